import { leanAnswer } from '../../commands/site/history-records.ts'
import { replayRecords } from '../../commands/site/replay-records.ts'
import { Pipeline, type PipelineOptions, type ResultRecord } from '../../processors/pipeline.ts'
import type { QuarantineEntry } from '../../src/model/columns.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import { QUARANTINE_REASONS, type QuarantineMark } from '../../src/model/quarantine.ts'
import {
  encodeControl,
  FRAME,
  HISTORY,
  type LogName,
  REGISTRY,
  REPLAY,
  type SettingsRecord,
  SETTINGS_CHANGED,
  TICK,
  type TopicName,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  type HeldRequest,
  HISTORY_REQUESTS,
  INTERVALS,
  QUARANTINE,
  QUARANTINE_MARKS,
  READINGS
} from '../../src/records/results-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { IntervalRow, QuarantineRow, ReadingRow } from '../../src/series/port.ts'
import { MemorySeries } from './memory-series.ts'
import type { Input } from './replay-outputs.ts'
import { positionAt } from './series-blocks.ts'
import { joined } from '../../src/records/bytes.ts'

export const SETTINGS: SettingsRecord = {
  pastDays: 45,
  futureMinutes: 5,
  maxReadings: 10_000,
  limitFactor: 1.2,
  minimumSteps: 5
}

export interface LineOptions {
  readonly registry: Registry
  readonly windowReadings?: number
  readonly growWindow?: boolean
  readonly settings?: SettingsRecord
  /** When the registry changes on the way; else it is always `registry`. */
  readonly loadRegistry?: PipelineOptions['loadRegistry']
}

type Message = Readonly<Record<string, unknown>>

/**
 * The pipeline between hands: what a terminal publishes goes in, what comes out goes into plain arrays that answer
 * questions about history when the test says so.
 *
 *   publish ─> pipeline ─> store (committed at once) ─> answers waiting in `asked`
 *                 ^──────────────── answer ────────────────────┘
 */
export class MeterLine {
  readonly store = new MemorySeries()
  /** Every record taken. */
  readonly inputs: Input[] = []
  /** Everything that came out, as encoded, one list a record taken. */
  readonly outputs: ResultRecord[][] = []
  /** Questions that the store has not been asked yet. */
  asked: HeldRequest[] = []
  quarantine: QuarantineEntry[] = []
  readonly options: PipelineOptions
  readonly #ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #seqs: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #registry: Registry
  #pipeline: Pipeline
  #at = 0
  #commits = 0

  constructor({ registry, loadRegistry = () => registry, ...given }: LineOptions) {
    this.options = { windowReadings: 32, growWindow: false, settings: SETTINGS, loadRegistry, ...given }
    this.#registry = registry
    this.#pipeline = new Pipeline(this.options)
  }

  get pipeline(): Pipeline {
    return this.#pipeline
  }

  /** Readings of the audit. */
  get counted() {
    return this.#pipeline.audit.total.readings
  }

  /** Codes of what was set aside. */
  get codes(): string[] {
    return this.quarantine.map(({ reason }) => QUARANTINE_REASONS[reason].code)
  }

  async useRegistry(registry = this.#registry): Promise<void> {
    await this.#control(REGISTRY, { version: registry.version, hash: registry.hash })
  }

  async useSettings(settings: SettingsRecord): Promise<void> {
    await this.#control(SETTINGS_CHANGED, settings)
  }

  async tick(at: number): Promise<void> {
    this.#at = Math.max(this.#at, at)
    await this.#control(TICK, { framesSeq: this.#seqs.frames })
  }

  /** What can be replayed, as a request would find it now. */
  replayable(): Promise<QuarantineRow[]> {
    return this.store.replayable({ limit: 1e6, maxBytes: 1e9 })
  }

  /** A person asks for a replay. @param eventsSeq where the store stood when the entries were read: now */
  async replay(
    rows?: readonly QuarantineRow[],
    eventsSeq = this.store.position().eventsSeq,
    by = 'ann'
  ): Promise<void> {
    const entries = rows ?? (await this.replayable())
    for (const record of replayRecords(entries, by, eventsSeq)) await this.#control(REPLAY, record)
  }

  /** A publish of a terminal, arrived at `at`. */
  async publish(
    at: number,
    message: Message,
    terminal = 'T0',
    topicName: TopicName = 'readings'
  ): Promise<void> {
    const topic = TOPICS.findIndex(({ name }) => name === topicName)
    const { log } = TOPICS[topic]!
    const ordinal = ++this.#ordinals[log]
    const head = { ordinal, generation: 1, arrivedAt: at, qos: 1, flags: 0, topic, terminal }
    const payload = new TextEncoder().encode(JSON.stringify(message, zeroSigns))
    await this.#take(log, at, FRAME, [
      writeFrameHead(new Uint8Array(96), head),
      new TextEncoder().encode(new TextDecoder().decode(payload).replaceAll('"-0"', '-0'))
    ])
  }

  /** Lets the store answer questions; the answers arrive as one record. */
  async answer(questions: readonly HeldRequest[] = this.asked): Promise<void> {
    const answers = await this.ask(questions)
    await this.give(answers)
  }

  /** What the store says now, as it travels: a hash instead of extras, through JSON. */
  async ask(questions: readonly HeldRequest[]): Promise<{ id: number; answer: HistoryAnswer }[]> {
    this.asked = this.asked.filter(question => !questions.includes(question))
    const answers = await this.store.history(questions)
    const paired = questions.map(({ id }, i) => ({ id, answer: leanAnswer(answers[i]) }))
    return JSON.parse(JSON.stringify(paired)) as typeof paired
  }

  async give(answers: readonly { readonly id: number; readonly answer: HistoryAnswer }[]): Promise<void> {
    await this.#control(HISTORY, { answers })
  }

  /** Answers until nothing is asked any more. */
  async settle(): Promise<void> {
    while (this.asked.length > 0) await this.answer()
  }

  /** Another life of the processor, from what it would have checkpointed. */
  restart(): void {
    const saved = joined(this.#pipeline.save())
    this.#pipeline = new Pipeline(this.options)
    this.#pipeline.load(saved)
  }

  readings(meter = 0, allVersions = true): Promise<ReadingRow[]> {
    return this.store.readings({ meter, from: -1e15, to: 1e15, limit: 1e9, allVersions })
  }

  /** The highest revision by end. */
  intervals(meter = 0): Promise<IntervalRow[]> {
    return this.store.intervals({ meter, from: -1e15, to: 1e15 })
  }

  #control(kind: number, content: object): Promise<void> {
    const head = writeOrdinal(new Uint8Array(8), this.#ordinals.events)
    return this.#take('events', this.#at, kind, [head, encodeControl(content)])
  }

  async #take(log: LogName, at: number, kind: number, parts: Uint8Array[]): Promise<void> {
    this.#at = Math.max(this.#at, at)
    const record = { seq: ++this.#seqs[log], at: this.#at, kind, body: Buffer.concat(parts) }
    this.inputs.push({ log, record })
    this.#pipeline.take(log, record)
    const records = this.#pipeline.drain()
    this.outputs.push(records)
    await this.#keep(records)
  }

  async #keep(records: readonly ResultRecord[]): Promise<void> {
    const seq = ++this.#commits
    const of = <T>(kind: number, decode: (body: Uint8Array) => T): T[] =>
      records.filter(record => record.kind === kind).map(({ body }) => decode(body))
    const entries = of(QUARANTINE, decodeQuarantine).flat()
    await this.store.commit({
      position: { ...positionAt(seq), eventsSeq: this.#seqs.events },
      readings: of(READINGS, decodeReadings).map(columns => ({ seq, columns })),
      intervals: of(INTERVALS, decodeIntervals).map(columns => ({ seq, columns })),
      quarantine: of(QUARANTINE, decodeQuarantine).map(entries => ({ seq, entries })),
      marks: of(QUARANTINE_MARKS, decodeJson<QuarantineMark[]>).map(marks => ({ seq, marks })),
      terminals: new Map()
    })
    this.quarantine.push(...entries)
    this.asked.push(...of(HISTORY_REQUESTS, decodeJson<HeldRequest[]>).flat())
  }
}

/** JSON.stringify writes -0 as 0; a meter may send it. */
const zeroSigns = (_: string, value: unknown): unknown => (Object.is(value, -0) ? '-0' : value)
