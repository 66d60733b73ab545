import type { Clock } from '../src/clock.ts'
import type { LogWriter } from '../src/log/port.ts'
import {
  encodeControl,
  FRAME,
  GATEWAY,
  type GatewayRecord,
  HISTORY,
  type LogName,
  REGISTRY,
  type RegistryRecord,
  SESSION,
  SETTINGS_CHANGED,
  type SessionRecord,
  type SettingsRecord,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../src/records/gateway-record.ts'

/** A publish that may be stored: who sent it, under which topic class. */
export interface IntakeFrame {
  readonly terminal: string
  readonly generation: number
  readonly topic: number
  readonly qos: number
  readonly flags: number
  readonly payload: Uint8Array
}

export type OnStored = (error: Error | undefined) => void

/** One of the two logs with the number of publishes in it, open and durable. */
interface Lane {
  readonly log: LogWriter
  ordinal: number
  durableOrdinal: number
}

/**
 * The only way into the logs. A publish is called back once its record is durable: that callback, and nothing
 * else, releases the PUBACK.
 */
export class Intake {
  readonly #lanes: Readonly<Record<LogName, Lane>>
  readonly #clock: Clock
  readonly #head = new Uint8Array(96)

  /** @param ordinals publishes already in each log: what its last record says */
  constructor(
    logs: Readonly<Record<LogName, LogWriter>>,
    ordinals: Readonly<Record<LogName, number>>,
    clock: Clock
  ) {
    const lane = (name: LogName): Lane => ({
      log: logs[name],
      ordinal: ordinals[name],
      durableOrdinal: ordinals[name]
    })
    this.#lanes = { frames: lane('frames'), events: lane('events') }
    this.#clock = clock
  }

  /** Publishes that are durable in both logs since the data folder was made: `acknowledged` of the audit. */
  get acknowledged(): number {
    return this.#lanes.frames.durableOrdinal + this.#lanes.events.durableOrdinal
  }

  /** The next seq of the events log: unique and rising over restarts, so it serves as a session's generation. */
  get nextGeneration(): number {
    return this.#lanes.events.log.nextSeq
  }

  /** Stores a publish. Errors of the log reach `onStored`; nothing is thrown. */
  storeFrame(frame: IntakeFrame, onStored: OnStored): void {
    const lane = this.#lanes[TOPICS[frame.topic]?.log ?? 'frames']
    const ordinal = lane.ordinal + 1
    const head = writeFrameHead(this.#head, { ...frame, ordinal })
    try {
      lane.log.append(FRAME, this.#clock.now(), head, frame.payload, error => {
        if (error === undefined) lane.durableOrdinal = ordinal
        else lane.ordinal = lane.durableOrdinal
        onStored(error)
      })
      lane.ordinal = ordinal
    } catch (thrown) {
      onStored(thrown instanceof Error ? thrown : new Error(String(thrown)))
    }
  }

  storeSession(record: SessionRecord): void {
    this.#storeControl(SESSION, record)
  }

  storeGateway(record: GatewayRecord): void {
    this.#storeControl(GATEWAY, record)
  }

  storeTick(): void {
    this.#storeControl(TICK, { framesSeq: this.#lanes.frames.log.durableSeq })
  }

  storeRegistry(record: RegistryRecord): void {
    this.#storeControl(REGISTRY, record)
  }

  storeSettings(record: SettingsRecord): void {
    this.#storeControl(SETTINGS_CHANGED, record)
  }

  /** Answers of a history job: input like everything else, so that a replay uses what was answered then. */
  storeHistory(answers: object): void {
    this.#storeControl(HISTORY, answers)
  }

  #storeControl(kind: number, record: object): void {
    const lane = this.#lanes.events
    const head = writeOrdinal(this.#head, lane.ordinal)
    try {
      lane.log.append(kind, this.#clock.now(), head, encodeControl(record), () => {})
    } catch {
      // The log is failing and says so itself. What is lost here is repaired: ticks show the gap, sessions are
      // stated again by their next change, history requests are asked again.
    }
  }
}
