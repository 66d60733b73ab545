import { GridvigilError } from '../../src/errors.ts'
import type { LogRecord } from '../../src/log/port.ts'
import {
  DECISION,
  FRAME,
  GATEWAY,
  HISTORY,
  type LogName,
  OBSERVATION,
  TRUCK,
  PING,
  PLANNED_OUTAGE,
  REGISTRY,
  REPLAY,
  type RegistryRecord,
  type ReplayRecord,
  readControl,
  readFrame,
  readOrdinal,
  SESSION,
  SETTINGS_CHANGED,
  type SessionRecord,
  type SettingsRecord,
  SWITCH_STATE,
  TICK,
  TOPICS
} from '../../src/records/gateway-record.ts'
import {
  decisionWithoutPersons,
  observationWithoutPersons,
  truckWithoutPersons
} from '../export/without-persons.ts'

/**
 * Lines of a frames file (docs/backtest.md), one JSON object each. Members that are left out are what is said behind them.
 *
 *   line     = { at, topic, terminal?, payload?, seq? (one above the one before in its log), lost? (0),
 *                step? (false), of a publish: arrivedAt? (at), generation? (0), qos? (1), flags? (0) }
 *   topic    = a publish's | "session" | "gateway" | "tick" | "settings" | "registry" | "history" | "replay"
 *            | "switch-state" | "planned-outage" | "decision" | "ping" | "observation" | "truck"
 *            | "export" (the first line of what `gridvigil export` writes)
 *   payload  = of a publish: JSON, or text for base64 of the bytes; else the record's content
 */
export interface Line {
  readonly at?: unknown
  readonly terminal?: unknown
  readonly topic?: unknown
  readonly payload?: unknown
  readonly seq?: unknown
  readonly lost?: unknown
  readonly step?: unknown
  readonly arrivedAt?: unknown
  readonly generation?: unknown
  readonly qos?: unknown
  readonly flags?: unknown
}

export const EXPORT_FORMAT = 1

/** What the first line of an export says: how a backtest has to take the others. */
export interface ExportHead {
  readonly format: number
  /** Version of the product that wrote it. */
  readonly version: string
  /**
   * Whether it begins with the data folder and names every step: then the pipeline remembers what it remembered, and the
   * store's answers are those of then.
   */
  readonly whole: boolean
  /** Settings and registries in force at its beginning, and all that came later. */
  readonly settings: readonly SettingsRecord[]
  readonly registries: readonly ExportedRegistry[]
}

export interface ExportedRegistry extends RegistryRecord {
  /** Hash of what importing its files gives; undefined where none could be written that give the same registry. */
  readonly files?: string
}

/** Topics of records that are no publishes, all of the events log. */
export const CONTROL_TOPICS = {
  session: SESSION,
  gateway: GATEWAY,
  tick: TICK,
  settings: SETTINGS_CHANGED,
  registry: REGISTRY,
  history: HISTORY,
  replay: REPLAY,
  'switch-state': SWITCH_STATE,
  'planned-outage': PLANNED_OUTAGE,
  decision: DECISION,
  ping: PING,
  observation: OBSERVATION,
  truck: TRUCK
} as const

const TOPIC_OF_KIND = new Map<number, string>(
  Object.entries(CONTROL_TOPICS).map(([topic, kind]) => [kind, topic])
)

/** Folder of a later registry version, inside that of the first. */
export const laterFolder = ({ version }: RegistryRecord): string => `version-${version}`

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const loose = new TextDecoder()

/** Writes records as lines. Keeps count as the one who reads them does, so that only what differs is said. */
export class LineWriter {
  readonly #seqs: Record<LogName, number | undefined> = { frames: undefined, events: undefined }
  readonly #ordinals: Record<LogName, number | undefined>

  /** @param isFromStart the logs begin with the first line: what is missing before it was lost */
  constructor(isFromStart: boolean) {
    const ordinal = isFromStart ? 0 : undefined
    this.#ordinals = { frames: ordinal, events: ordinal }
  }

  /** @param isFirst a step begins with it */
  line(log: LogName, record: LogRecord, isFirst: boolean): string {
    const { seq, at, kind, body } = record
    const isNext = this.#seqs[log] === seq - 1
    this.#seqs[log] = seq
    const lost = this.#lost(log, readOrdinal(body), kind === FRAME ? 1 : 0)
    const common = { ...(!isNext && { seq }), ...(lost !== 0 && { lost }), ...(isFirst && { step: true }) }
    if (kind === FRAME) return frameLine(at, common, body)
    const topic = TOPIC_OF_KIND.get(kind)
    if (topic === undefined)
      throw new GridvigilError('LOG_FORMAT', `record ${seq} of ${log} is of kind ${kind}`)
    if (kind === SESSION) {
      const { terminal, ...payload } = readControl<SessionRecord>(body)
      return toLine({ at, terminal, topic, ...common }, JSON.stringify(payload))
    }
    return toLine({ at, topic, ...common }, contentOf(kind, body))
  }

  #lost(log: LogName, ordinal: number, own: number): number {
    const before = this.#ordinals[log]
    this.#ordinals[log] = ordinal
    return before === undefined ? 0 : ordinal - own - before
  }
}

/** A line that stands for no record of the logs. */
export function headLine(at: number, topic: string, payload: object): string {
  return toLine({ at, topic }, JSON.stringify(payload))
}

/** The content of a record as JSON. Who asked for a replay, decided or saw something is a person. */
function contentOf(kind: number, body: Uint8Array): string {
  if (kind === REPLAY) return JSON.stringify({ ...readControl<ReplayRecord>(body), by: '' })
  if (kind === DECISION) return JSON.stringify(decisionWithoutPersons(readControl(body)))
  if (kind === OBSERVATION) return JSON.stringify(observationWithoutPersons(readControl(body)))
  if (kind === TRUCK) return JSON.stringify(truckWithoutPersons(readControl(body)))
  return loose.decode(body.subarray(8))
}

function frameLine(at: number, common: object, body: Uint8Array): string {
  const { terminal, topic, generation, qos, flags, arrivedAt, payload } = readFrame(body)
  const name = TOPICS[topic]?.name
  if (name === undefined) throw new GridvigilError('LOG_FORMAT', `a publish has a topic of number ${topic}`)
  const members = {
    ...{ at, terminal, topic: name },
    ...common,
    ...(arrivedAt !== at && { arrivedAt }),
    ...(generation !== 0 && { generation }),
    ...(qos !== 1 && { qos }),
    ...(flags !== 0 && { flags })
  }
  return toLine(members, jsonOf(payload) ?? `"${Buffer.from(payload).toString('base64')}"`)
}

/** The bytes as JSON, if reading and writing it gives the same bytes again. */
function jsonOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes)
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && JSON.stringify(value) === text ? text : undefined
  } catch {
    return undefined
  }
}

/** @param payload JSON text. Some readers take the two separators of Unicode for the end of a line. */
function toLine(members: object, payload: string): string {
  const line = `${JSON.stringify(members).slice(0, -1)},"payload":${payload}}\n`
  return line.replace(/[\u2028\u2029]/g, separator => (separator === '\u2028' ? '\\u2028' : '\\u2029'))
}

/** What a first line says of an export; undefined when it is none. @throws SENDER_FORMAT for a later format */
export function exportHead(text: string): ExportHead | undefined {
  const { topic, payload } = parsed(text)
  if (topic !== 'export') return undefined
  const { format, version } = payload as ExportHead
  if (format === EXPORT_FORMAT) return payload as ExportHead
  throw new GridvigilError('SENDER_FORMAT', `an export of version ${version} with format ${format}`)
}

/** A line that is no JSON is told of when it is taken. */
function parsed(text: string): Line {
  try {
    return (JSON.parse(text) ?? {}) as Line
  } catch {
    return {}
  }
}
