import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { asError, GridvigilError } from '../../src/errors.ts'
import type { LogRecord } from '../../src/log/port.ts'
import {
  DECISION,
  encodeControl,
  FRAME,
  HISTORY,
  type LogName,
  OBSERVATION,
  TRUCK,
  PING,
  PLANNED_OUTAGE,
  REGISTRY,
  REPLAY,
  type RegistryRecord,
  type ReplayEntry,
  type ReplayRecord,
  SETTINGS_CHANGED,
  type SettingsRecord,
  SWITCH_STATE,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import { decisionOf, observationOf, pingOf, plannedOutageOf, switchStateOf, truckOf } from './decided.ts'
import { CONTROL_TOPICS, type Line } from './line.ts'

/** A record as the gateway would have stored it, with the log it belongs to. */
export interface InputRecord {
  readonly log: LogName
  readonly record: LogRecord
  /** A recorded step begins with it. */
  readonly isFirst: boolean
}

/** What a run makes of records that rule the stages. */
export interface InputRules {
  /** Recorded settings as they hold in this run. */
  settings(recorded: SettingsRecord): SettingsRecord
  /** Whether there is a registry for a recorded version; it is passed over otherwise. */
  hasRegistry(recorded: RegistryRecord): boolean
  /** Whether the store's answers are taken as they were recorded; they are passed over otherwise. */
  readonly takesAnswers: boolean
  /** Whether an entry stands in quarantine, so that it can be judged again. */
  isSetAside(entry: ReplayEntry): boolean
}

const TICK_MS = 1000
/** A gap longer than this is no life of ours: ticks would only count time in which nothing was recorded. */
const LONGEST_TICKED_GAP_MS = 3_600_000
const NUMBERS = new Map<string, number>(TOPICS.map((topic, number) => [topic.name, number]))
const CONTROLS = new Map<string, number>(Object.entries(CONTROL_TOPICS))
const encoder = new TextEncoder()

/**
 * Turns recorded lines into the records that the gateway would have logged, or has logged. Where lines do not say
 * otherwise, ordinals and seqs are counted as the logs would, and ticks are made.
 */
export class RecordedInput {
  readonly #rules: InputRules
  readonly #seqs: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #head = new Uint8Array(96)
  /** In an export two logs stand as they were merged: their times may go back. */
  readonly #isExport: boolean
  #hasTicks: boolean
  #lastAt = 0
  #nextTick = 0
  lines = 0
  ignored = 0

  constructor(rules: InputRules, isExport: boolean) {
    this.#rules = rules
    this.#isExport = isExport
    this.#hasTicks = isExport
  }

  /** A record that stands before the file's own: settings, registry. */
  control(kind: number, at: number, content: object, isFirst = false): InputRecord {
    const head = writeOrdinal(this.#head, this.#ordinals.events)
    return this.#record('events', kind, at, head, encodeControl(content), isFirst)
  }

  /** The records of one line, ticks first. @throws SENDER_FORMAT naming the line */
  *take(text: string): Generator<InputRecord> {
    this.lines++
    const line = this.#parse(text)
    const at = this.#number(line.at, '`at` is not epoch milliseconds')
    if (at < this.#lastAt && !this.#isExport) throw this.#wrong('`at` goes backwards')
    // From the first recorded one on, none are made.
    this.#hasTicks ||= line.topic === 'tick'
    if (!this.#hasTicks) yield* this.#ticks(at)
    this.#lastAt = at
    const topic = String(line.topic)
    const kind = CONTROLS.get(topic)
    if (kind !== undefined) yield* this.#control(kind, at, line)
    else if (topic !== 'export') yield this.#frame(at, topic, line)
  }

  *#control(kind: number, at: number, line: Line): Generator<InputRecord> {
    this.#place('events', line)
    const content = this.#content(kind, line)
    if (content !== undefined) yield this.control(kind, at, content, line.step === true)
    else {
      // Its number was given, whatever becomes of it.
      this.#seqs.events++
      this.ignored++
    }
  }

  /** What the record says in this run; undefined when it is passed over. */
  #content(kind: number, { terminal, payload }: Line): object | undefined {
    const content = this.#object(payload)
    if (kind === CONTROL_TOPICS.session) return { terminal: String(terminal), generation: 0, ...content }
    if (kind === SETTINGS_CHANGED) return this.#rules.settings(content as SettingsRecord)
    if (kind === REGISTRY) return this.#rules.hasRegistry(content as RegistryRecord) ? content : undefined
    if (kind === HISTORY) return this.#rules.takesAnswers ? content : undefined
    const wrong = (what: string): Error => this.#wrong(what)
    if (kind === SWITCH_STATE) return switchStateOf(content, wrong)
    if (kind === PLANNED_OUTAGE) return plannedOutageOf(content, wrong)
    if (kind === DECISION) return decisionOf(content, wrong)
    if (kind === PING) return pingOf(content, wrong)
    if (kind === OBSERVATION) return observationOf(content, wrong)
    if (kind === TRUCK) return truckOf(content, wrong)
    if (kind !== REPLAY) return content
    const replay = content as ReplayRecord
    return { ...replay, entries: replay.entries.filter(entry => this.#rules.isSetAside(entry)) }
  }

  #frame(at: number, topic: string, line: Line): InputRecord {
    const number = NUMBERS.get(topic)
    if (number === undefined) throw this.#wrong(`unknown topic ${JSON.stringify(topic)}`)
    if (typeof line.terminal !== 'string') throw this.#wrong('`terminal` is missing')
    const { payload, arrivedAt = at, generation = 0, qos = 1, flags = 0 } = line
    const bytes =
      typeof payload === 'string' ? Buffer.from(payload, 'base64') : encoder.encode(JSON.stringify(payload))
    const log = TOPICS[number]?.log ?? 'frames'
    this.#place(log, line)
    const frame = {
      ordinal: ++this.#ordinals[log],
      generation: this.#number(generation, '`generation` is not a number'),
      arrivedAt: this.#number(arrivedAt, '`arrivedAt` is not epoch milliseconds'),
      qos: this.#number(qos, '`qos` is not a number'),
      flags: this.#number(flags, '`flags` is not a number'),
      topic: number,
      terminal: line.terminal
    }
    return this.#record(log, FRAME, at, writeFrameHead(this.#head, frame), bytes, line.step === true)
  }

  /** Where a line says that its record does not follow the one before it in its log. */
  #place(log: LogName, { seq, lost = 0 }: Line): void {
    if (seq !== undefined) this.#seqs[log] = this.#number(seq, '`seq` is not a number') - 1
    this.#ordinals[log] += this.#number(lost, '`lost` is not a number')
  }

  *#ticks(at: number): Generator<InputRecord> {
    if (this.#nextTick === 0 || at - this.#lastAt > LONGEST_TICKED_GAP_MS)
      this.#nextTick = Math.ceil(at / TICK_MS) * TICK_MS
    for (; this.#nextTick <= at; this.#nextTick += TICK_MS) {
      yield this.control(TICK, this.#nextTick, { framesSeq: this.#seqs.frames })
    }
  }

  #record(
    log: LogName,
    kind: number,
    at: number,
    head: Uint8Array,
    payload: Uint8Array,
    isFirst: boolean
  ): InputRecord {
    const body = new Uint8Array(head.length + payload.length)
    body.set(head)
    body.set(payload, head.length)
    return { log, record: { seq: ++this.#seqs[log], at, kind, body }, isFirst }
  }

  #parse(text: string): Line {
    try {
      return this.#object(JSON.parse(text))
    } catch {
      throw this.#wrong('it is not a JSON object')
    }
  }

  #object(value: unknown): object {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    throw this.#wrong('an object is expected')
  }

  #number(value: unknown, complaint: string): number {
    if (typeof value === 'number' && Number.isFinite(value)) return value
    throw this.#wrong(complaint)
  }

  #wrong(what: string): GridvigilError {
    return new GridvigilError('SENDER_FORMAT', `line ${this.lines}: ${what}`)
  }
}

/**
 * Lines of a file, unpacked when its name ends in .gz, or of standard input (`-`); empty ones are passed over.
 * @throws SENDER_FORMAT when it is not there, or cannot be read or unpacked
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = path === '-' ? process.stdin : createReadStream(path)
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  // An error of the file does not reach the end of a pipe by itself.
  file.on('error', error => input.destroy(error))
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line !== '') yield line
  } catch (thrown) {
    throw new GridvigilError('SENDER_FORMAT', `${path}: ${asError(thrown).message}`)
  }
}
