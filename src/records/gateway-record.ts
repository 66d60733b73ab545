import type { AnnouncedOutage, Decision, SwitchState } from '../model/decisions.ts'
import type { Observation } from '../model/observation.ts'
import type { AskedTerminal } from '../model/pings.ts'
import type { QuarantineKey } from '../model/quarantine.ts'
import type { Truck } from '../model/truck.ts'

/**
 * What stands in the frames and events logs. Little endian. Every body starts with the head:
 *
 *   0  f64  ordinal     publishes in this log up to and including this record
 *
 * and goes on by kind:
 *
 *   FRAME     8 f64 generation of the session (0 = none)
 *            16 f64 arrival by the clock of the machine, epoch ms: log time never goes back, a clock may be set back
 *            24 u8  qos   25 u8 flags (1 will, 2 our own stop published it, 4 retain)
 *            26 u8  topic class (index into TOPICS)   27 u8 length n of terminal id
 *            28 n   terminal id, ASCII                28+n… payload as it arrived
 *   others    8…    JSON text, UTF-8 (SESSION, GATEWAY, TICK, REGISTRY, HISTORY, SETTINGS_CHANGED, REPLAY, SWITCH_STATE,
 *                   PLANNED_OUTAGE, DECISION, PING, OBSERVATION, TRUCK)
 *
 * The log a publish goes to is decided by its topic (TOPICS), so that events never wait behind readings.
 */

/** Record kinds, numbered as stored: append, never reorder. */
export const FRAME = 1
export const SESSION = 2
export const GATEWAY = 3
export const TICK = 4
export const REGISTRY = 5
export const HISTORY = 6
export const SETTINGS_CHANGED = 7
export const REPLAY = 8
export const SWITCH_STATE = 9
export const PLANNED_OUTAGE = 10
export const DECISION = 11
export const PING = 12
export const OBSERVATION = 13
export const TRUCK = 14

export type LogName = 'frames' | 'events'

/** Last part of gv1/{terminal}/…, in the order of their stored numbers, and the log each goes to. */
export const TOPICS = [
  { name: 'readings', log: 'frames' },
  { name: 'frames', log: 'frames' },
  { name: 'events', log: 'events' },
  { name: 'status', log: 'events' },
  { name: 'backup', log: 'events' },
  { name: 'replies', log: 'events' }
] as const satisfies readonly { name: string; log: LogName }[]
export type TopicName = (typeof TOPICS)[number]['name']

export const FLAG_WILL = 1
export const FLAG_SHUTDOWN = 2
export const FLAG_RETAIN = 4

/** A session of a terminal began or ended. A record of an older generation changes nothing. */
export interface SessionRecord {
  readonly terminal: string
  readonly state: 'connected' | 'disconnected'
  readonly generation: number
  /** Why it ended: the terminal said so, its link was lost, a newer session took over, or we stopped. */
  readonly cause: '' | 'clean' | 'lost' | 'takeover' | 'shutdown'
}

/** The gateway's own life. A `started` without a `stopped` before it is a crash. */
export interface GatewayRecord {
  readonly state: 'started' | 'stopped' | 'intake-held' | 'intake-resumed'
}

/** One a second while the gateway accepts. `framesSeq`: what the frames log held then, so that silence is judged
 * only once the frames of before have been read. */
export interface TickRecord {
  readonly framesSeq: number
}

/** From here on these settings rule the stages. Written at every start, so that a replay judges as was judged then. */
export interface SettingsRecord {
  readonly pastDays: number
  readonly futureMinutes: number
  readonly maxReadings: number
  readonly limitFactor: number
  readonly minimumSteps: number
  /** Readings per meter that the window remembers; left out: as many as before. */
  readonly windowReadings?: number
}

/** From here on this version of the registry is valid. The content lies in the data folder under its hash. */
export interface RegistryRecord {
  readonly version: number
  readonly hash: string
}

/**
 * Entries of the quarantine that are to be decoded and judged again, whole: what the store holds may be rebuilt, moved
 * or gone when this is read again.
 */
export interface ReplayRecord {
  /** Who asked. */
  readonly by: string
  /** How far the store had taken the events log when it gave the entries out: until there it knows what was replayed. */
  readonly eventsSeq: number
  readonly entries: readonly ReplayEntry[]
}

export interface ReplayEntry extends QuarantineKey {
  /** Arrival of the frame, epoch ms: the reading is judged by it, as it would have been then. */
  readonly at: number
  readonly terminal: string
  readonly topic: string
  /** Index into QUARANTINE_REASONS. */
  readonly reason: number
  /** The entry's bytes in base64. */
  readonly payload: string
}

/** A switch was operated, or said so itself. */
export interface SwitchStateRecord {
  /** A device, or a tie. */
  readonly device: string
  readonly state: SwitchState
  /** When, epoch ms. */
  readonly time: number
  /** Who says so: automation, a person at the desk; '' when unknown. */
  readonly origin: string
}

/** Work that was announced. A later record of the same id replaces it. */
export type PlannedOutageRecord = AnnouncedOutage

/** What a person decided. */
export type DecisionRecord = Decision

/** What a person saw at a key customer's. */
export type ObservationRecord = Observation

/** A generator truck came to a key customer's, is there still, or left. A later record of its id replaces it. */
export type TruckRecord = Truck

/** Meters that terminals were asked to read at once. Stored before anything is sent; who asked is in the audit trail. */
export interface PingRecord {
  readonly id: string
  /** Until when an answer is wanted, epoch ms. */
  readonly deadline: number
  readonly asked: readonly AskedTerminal[]
}

export interface FrameHead {
  readonly ordinal: number
  readonly generation: number
  /** Epoch ms by the clock of the machine; readings are judged and stored by it. */
  readonly arrivedAt: number
  readonly qos: number
  readonly flags: number
  readonly topic: number
  readonly terminal: string
  /** View into the record's body. */
  readonly payload: Uint8Array
}

const FRAME_HEAD = 28
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Head of a FRAME record; the payload is appended after it. Reuses `into` (at least 92 bytes). */
export function writeFrameHead(into: Uint8Array, frame: Omit<FrameHead, 'payload'>): Uint8Array {
  const view = new DataView(into.buffer, into.byteOffset, into.byteLength)
  view.setFloat64(0, frame.ordinal, true)
  view.setFloat64(8, frame.generation, true)
  view.setFloat64(16, frame.arrivedAt, true)
  into[24] = frame.qos
  into[25] = frame.flags
  into[26] = frame.topic
  const { written } = encoder.encodeInto(frame.terminal, into.subarray(FRAME_HEAD))
  into[27] = written
  return into.subarray(0, FRAME_HEAD + written)
}

/** The parts of a FRAME record's body. */
export function readFrame(body: Uint8Array): FrameHead {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const idEnd = FRAME_HEAD + (body[27] ?? 0)
  let terminal = ''
  for (let i = FRAME_HEAD; i < idEnd; i++) terminal += String.fromCharCode(body[i] ?? 0)
  return {
    ordinal: view.getFloat64(0, true),
    generation: view.getFloat64(8, true),
    arrivedAt: view.getFloat64(16, true),
    qos: body[24] ?? 0,
    flags: body[25] ?? 0,
    topic: body[26] ?? 0,
    terminal,
    payload: body.subarray(idEnd)
  }
}

/** Publishes in this log up to and including the record. */
export function readOrdinal(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset, body.byteLength).getFloat64(0, true)
}

/** Head of a record of any other kind. */
export function writeOrdinal(into: Uint8Array, ordinal: number): Uint8Array {
  new DataView(into.buffer, into.byteOffset, into.byteLength).setFloat64(0, ordinal, true)
  return into.subarray(0, 8)
}

/** Payload of a control record. */
export function encodeControl(
  record: SessionRecord | GatewayRecord | TickRecord | RegistryRecord | object
): Uint8Array {
  return encoder.encode(JSON.stringify(record))
}

/** Payload of a control record, by the type its kind stands for. */
export function readControl<T>(body: Uint8Array): T {
  return JSON.parse(decoder.decode(body.subarray(8))) as T
}
