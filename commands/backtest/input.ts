import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { GridvigilError } from '../../src/errors.ts'
import type { LogRecord } from '../../src/log/port.ts'
import {
  encodeControl,
  FRAME,
  GATEWAY,
  type LogName,
  SESSION,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'

/** A record as the gateway would have stored it, with the log it belongs to. */
export interface InputRecord {
  readonly log: LogName
  readonly record: LogRecord
}

/** What a line of the frames file may hold (docs/backtest.md). */
interface Line {
  readonly at?: unknown
  readonly terminal?: unknown
  readonly topic?: unknown
  readonly payload?: unknown
}

/** Topics of later features: legal in a file, of no effect yet. */
const LATER = new Set(['switch-state', 'planned-outage', 'decision', 'observation'])
const TICK_MS = 1000
/** A gap longer than this is no life of ours: ticks would only count time in which nothing was recorded. */
const LONGEST_TICKED_GAP_MS = 3_600_000
const NUMBERS = new Map<string, number>(TOPICS.map((topic, number) => [topic.name, number]))
const encoder = new TextEncoder()

/**
 * Turns recorded lines into the records that the gateway would have logged, ticks included. Ordinals and seqs are
 * counted as the logs would.
 */
export class RecordedInput {
  readonly #seqs: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #head = new Uint8Array(96)
  #lastAt = 0
  #nextTick = 0
  lines = 0
  ignored = 0

  /** A record that stands before the file's own: settings, registry. */
  control(kind: number, at: number, content: object): InputRecord {
    return this.#record(
      'events',
      kind,
      at,
      writeOrdinal(this.#head, this.#ordinals.events),
      encodeControl(content)
    )
  }

  /** The records of one line, ticks first. @throws SENDER_FORMAT naming the line */
  *take(text: string): Generator<InputRecord> {
    this.lines++
    const line = this.#parse(text)
    const at = line.at
    if (typeof at !== 'number' || !Number.isFinite(at)) throw this.#wrong('`at` is not epoch milliseconds')
    if (at < this.#lastAt) throw this.#wrong('`at` goes backwards')
    yield* this.#ticks(at)
    this.#lastAt = at
    const topic = String(line.topic)
    if (topic === 'session')
      yield this.control(SESSION, at, {
        terminal: String(line.terminal),
        generation: 0,
        ...this.#object(line.payload)
      })
    else if (topic === 'gateway') yield this.control(GATEWAY, at, this.#object(line.payload))
    else if (LATER.has(topic)) this.ignored++
    else yield this.#frame(at, topic, line)
  }

  #frame(at: number, topic: string, line: Line): InputRecord {
    const number = NUMBERS.get(topic)
    if (number === undefined) throw this.#wrong(`unknown topic ${JSON.stringify(topic)}`)
    if (typeof line.terminal !== 'string') throw this.#wrong('`terminal` is missing')
    const { payload } = line
    const bytes =
      typeof payload === 'string' ? Buffer.from(payload, 'base64') : encoder.encode(JSON.stringify(payload))
    const log = TOPICS[number]?.log ?? 'frames'
    const ordinal = ++this.#ordinals[log]
    const sender = { generation: 0, qos: 1, flags: 0, topic: number, terminal: line.terminal }
    const frame = { ...sender, ordinal, arrivedAt: at }
    return this.#record(log, FRAME, at, writeFrameHead(this.#head, frame), bytes)
  }

  *#ticks(at: number): Generator<InputRecord> {
    if (this.#nextTick === 0 || at - this.#lastAt > LONGEST_TICKED_GAP_MS)
      this.#nextTick = Math.ceil(at / TICK_MS) * TICK_MS
    for (; this.#nextTick <= at; this.#nextTick += TICK_MS) {
      yield this.control(TICK, this.#nextTick, { framesSeq: this.#seqs.frames })
    }
  }

  #record(log: LogName, kind: number, at: number, head: Uint8Array, payload: Uint8Array): InputRecord {
    const body = new Uint8Array(head.length + payload.length)
    body.set(head)
    body.set(payload, head.length)
    return { log, record: { seq: ++this.#seqs[log], at, kind, body } }
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

  #wrong(what: string): GridvigilError {
    return new GridvigilError('SENDER_FORMAT', `line ${this.lines}: ${what}`)
  }
}

/** Lines of a file, unpacked when its name ends in .gz; empty ones are passed over. */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  // An error of the file does not reach the end of a pipe by itself.
  file.on('error', error => input.destroy(error))
  for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line !== '') yield line
}
