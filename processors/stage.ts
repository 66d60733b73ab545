import type { DecodedFrame } from '../src/codecs/decoded-frame.ts'
import type { ReportedEvent, TerminalStatus } from '../src/model/events.ts'
import type { PingReply } from '../src/model/pings.ts'
import type { PlantReport } from '../src/model/plant.ts'
import {
  type MarkOutcome,
  type QuarantineCode,
  type QuarantineKey,
  type QuarantineMark,
  quarantineNumber
} from '../src/model/quarantine.ts'
import type { FrameHead, LogName, SettingsRecord } from '../src/records/gateway-record.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import type { StepOutput } from './output.ts'

/**
 * The stage contract. A record of a log passes through all stages in order; each may add to the output and to what the
 * next ones see. Stages are pure: no I/O, no clock, no randomness; time is `at` of the record. Everything a stage
 * remembers is in `save`, so that the same records after `load` give the same output as without it.
 */
export interface Stage {
  readonly name: string
  take(input: StageInput, out: StepOutput): void
  /** Ids of history requests that have no answer yet. */
  waiting?(): Iterable<number>
  /**
   * Takes over from a recorded step that was computed differently now: what it has given out is not to be given out
   * again.
   */
  adopt?(records: Iterable<{ readonly kind: number; readonly body: Uint8Array }>): void
  /** In parts, of which some may be the memory itself: they hold until the next record is taken. */
  save(): readonly Uint8Array[]
  load(saved: Uint8Array): void
}

/** One record on its way through the stages. */
export interface StageInput {
  readonly log: LogName
  readonly seq: number
  /** Log time, epoch ms: never goes back, so it is ahead of the clock after the clock was set back. */
  readonly at: number
  readonly kind: number
  /** FRAME records: the publish. */
  readonly frame: FrameHead | undefined
  /** Other records: their content. */
  readonly control: unknown
  /** REGISTRY records: the registry from here on. */
  readonly registry: Registry | undefined
  /** An entry of the quarantine, given once more as `frame`: late data, which tells nothing of the state of now. */
  readonly replayed: Replayed | undefined
  /** Publishes lost on the disk just before this record. */
  readonly lostFrames: number
  /** Rows of `out.readings` before this record: those behind it are its own. */
  firstRow: number
  /** Lines of `out.outages.incidents` before this record. */
  firstIncident: number
  /** Set by the decode stage for frames of readings that can be read, replies among them. */
  decoded: DecodedFrame | undefined
  /** Set by the decode stage for frames of events that have just come: late data never flips a live state. */
  events: readonly ReportedEvent[] | undefined
  /** The same for a status that says whether its terminal is online. */
  status: TerminalStatus | undefined
  /** The same for what stands in the backup plant of key customers. */
  plant: PlantReport | undefined
  /** The same for a reply to a ping; its readings are in `decoded`. */
  reply: PingReply | undefined
}

/** Which entry is judged again, and who asked for it. */
export interface Replayed extends QuarantineKey {
  readonly by: string
}

/** @param code why it is set aside still */
export function markOf(
  { log, seq, index, by }: Replayed,
  at: number,
  outcome: MarkOutcome,
  code?: QuarantineCode
): QuarantineMark {
  return { log, seq, index, at, by, outcome, reason: code === undefined ? 0 : quarantineNumber(code) }
}

/** Where a frame came from, for quarantine and audit. */
export interface FrameOrigin {
  readonly log: LogName
  readonly seq: number
  /** Arrival by the clock of the machine. */
  readonly at: number
  readonly terminal: string
  readonly topic: string
}

/** Settings that rule the stages until a record says otherwise. */
export type StageSettings = SettingsRecord
