import type { LogRecord } from '../src/log/port.ts'
import type { QuarantineMark } from '../src/model/quarantine.ts'
import { ByteReader, ByteWriter, lengthOf } from '../src/records/bytes.ts'
import {
  FRAME,
  type FrameHead,
  type LogName,
  readControl,
  readFrame,
  readOrdinal,
  REGISTRY,
  type RegistryRecord,
  REPLAY,
  type ReplayEntry,
  type ReplayRecord,
  TOPICS
} from '../src/records/gateway-record.ts'
import {
  decodeJson,
  encodeIntervals,
  encodeJson,
  encodeQuarantine,
  encodeReadings,
  HISTORY_REQUESTS,
  INTERVALS,
  OUTAGES,
  QUARANTINE,
  QUARANTINE_MARKS,
  READINGS,
  type StepEnd,
  SUPPLY
} from '../src/records/results-record.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import { AuditBook } from './audit-book.ts'
import { DecodeStage } from './decode/decode-stage.ts'
import { StepOutput } from './output.ts'
import { intervalParts, outageParts, quarantineParts, supplyParts } from './parts.ts'
import { ReplayBook } from './replay-book.ts'
import { OutageStage } from './outages/outage-stage.ts'
import type { Stage, StageInput, StageSettings } from './stage.ts'
import { SupplyStage } from './supply/supply-stage.ts'
import { ValidateStage } from './validate/validate-stage.ts'

export interface PipelineOptions {
  readonly settings: StageSettings
  /** Readings per meter that the window remembers. */
  readonly windowReadings: number
  /** Remember all of them: for runs without a store to ask. */
  readonly growWindow: boolean
  /** Content of a registry version. The only thing a record refers to instead of holding it. */
  readonly loadRegistry: (record: RegistryRecord) => Registry
}

/** A record of the results log, before it has a place there. */
export interface ResultRecord {
  readonly kind: number
  readonly body: Uint8Array
}

/**
 * What data passes through, in order. The list is the architecture: a new stage is a line here.
 */
function createStages(audit: AuditBook, options: PipelineOptions): readonly Stage[] {
  const outages = new OutageStage()
  return [
    new DecodeStage(audit, options.settings),
    new ValidateStage(audit, options.settings, options.windowReadings, options.growWindow),
    outages,
    new SupplyStage(() => outages.grid)
  ]
}

/** Bytes a body's buffer begins with; it grows to what steps need and is kept. */
const FIRST_BODY = 1 << 20

/** Publishes in each log that a saved pipeline had taken. */
export function ordinalsIn(saved: Uint8Array): Record<LogName, number> {
  return (JSON.parse(new ByteReader(saved, 'in place').text()) as { ordinals: Record<LogName, number> })
    .ordinals
}

/** The publish that an entry came with; of an entry that is one reading, the reading alone. */
function frameOf({ topic, terminal, at, payload }: ReplayEntry): FrameHead {
  const number = TOPICS.findIndex(({ name }) => name === topic)
  const sender = { ordinal: 0, generation: 0, qos: 1, flags: 0, topic: number, terminal }
  return { ...sender, arrivedAt: at, payload: Buffer.from(payload, 'base64') }
}

/** The pure part of the processor: records in, results out, all memory in one snapshot. */
export class Pipeline {
  readonly audit = new AuditBook()
  readonly out = new StepOutput()
  readonly #options: PipelineOptions
  readonly #stages: readonly Stage[]
  readonly #replays = new ReplayBook()
  /** Publishes in each log up to the last record taken. */
  readonly #ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #writers: ByteWriter[] = []
  #writersInUse = 0
  #registry: RegistryRecord | undefined
  #lastAt = 0

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#stages = createStages(this.audit, options)
  }

  /** Publishes taken from both logs. */
  get framesConsumed(): number {
    return this.#ordinals.frames + this.#ordinals.events
  }

  /** Publishes up to the last record taken, of each log. */
  get ordinals(): Readonly<Record<LogName, number>> {
    return this.#ordinals
  }

  /** The highest log time taken: results carry it. */
  get lastAt(): number {
    return this.#lastAt
  }

  take(log: LogName, record: LogRecord): void {
    const { seq, at, kind, body } = record
    const ordinal = readOrdinal(body)
    const lostFrames = ordinal - this.#ordinals[log] - (kind === FRAME ? 1 : 0)
    this.#ordinals[log] = ordinal
    this.#lastAt = Math.max(this.#lastAt, at)
    const control = kind === FRAME ? undefined : readControl(body)
    const input: StageInput = {
      log,
      seq,
      at,
      kind,
      frame: kind === FRAME ? readFrame(body) : undefined,
      control,
      registry: kind === REGISTRY ? this.#load(control as RegistryRecord) : undefined,
      replayed: undefined,
      lostFrames,
      firstRow: 0,
      firstIncident: 0,
      decoded: undefined,
      events: undefined,
      status: undefined,
      plant: undefined,
      reply: undefined
    }
    this.#pass(input)
    if (kind === REPLAY) this.#replay(control as ReplayRecord, input)
  }

  /** Entries of the quarantine go the way of frames once more, one after the other. */
  #replay(record: ReplayRecord, { seq, at, kind }: StageInput): void {
    for (const entry of this.#replays.open(record)) {
      const from = this.out.marks.length
      this.#pass({
        log: entry.log,
        seq: entry.seq,
        at,
        kind,
        frame: frameOf(entry),
        control: undefined,
        registry: undefined,
        replayed: { log: entry.log, seq: entry.seq, index: entry.index, by: record.by },
        lostFrames: 0,
        firstRow: 0,
        firstIncident: 0,
        decoded: undefined,
        events: undefined,
        status: undefined,
        plant: undefined,
        reply: undefined
      })
      for (const mark of this.out.marks.slice(from)) this.#replays.note(mark, seq)
    }
  }

  #pass(input: StageInput): void {
    input.firstRow = this.out.readings.rows
    input.firstIncident = this.out.outages.incidents.length
    for (const stage of this.#stages) stage.take(input, this.out)
  }

  /** The results of the records taken since the last call, encoded; the output is empty afterwards. */
  drain(): ResultRecord[] {
    const { readings, intervals, quarantine, marks, requests, outages, supply } = this.out
    const records: ResultRecord[] = []
    if (readings.rows > 0) {
      records.push({ kind: READINGS, body: encodeReadings(readings.columns(), this.#writer()) })
    }
    for (const part of intervalParts(intervals.columns()))
      records.push({ kind: INTERVALS, body: encodeIntervals(part, this.#writer()) })
    for (const entries of quarantineParts(quarantine))
      records.push({ kind: QUARANTINE, body: encodeQuarantine(entries) })
    if (marks.length > 0) records.push({ kind: QUARANTINE_MARKS, body: encodeJson(marks) })
    if (requests.length > 0) records.push({ kind: HISTORY_REQUESTS, body: encodeJson(requests) })
    for (const part of outageParts(outages)) records.push({ kind: OUTAGES, body: encodeJson(part) })
    for (const part of supplyParts(supply)) records.push({ kind: SUPPLY, body: encodeJson(part) })
    this.out.reset()
    return records
  }

  /**
   * Takes over the counters of a recorded step that was computed differently now: they tell what consumers have got.
   * Publishes whose records were lost since are among them, and are not to be missed a second time.
   */
  adopt({ audit, terminals, ordinals, eventsSeq }: StepEnd, records: Iterable<ResultRecord>): void {
    this.audit.adopt(audit, terminals)
    for (const { kind, body } of records) {
      if (kind !== QUARANTINE_MARKS) continue
      for (const mark of decodeJson<QuarantineMark[]>(body)) this.#replays.note(mark, eventsSeq)
    }
    for (const stage of this.#stages) stage.adopt?.(records)
    for (const log of ['frames', 'events'] as const)
      this.#ordinals[log] = Math.max(this.#ordinals[log], ordinals[log])
  }

  /** Ids of history requests that have no answer yet. */
  waiting(): Set<number> {
    return new Set(this.#stages.flatMap(stage => [...(stage.waiting?.() ?? [])]))
  }

  /** The records drained so far are needed no more: their buffers serve the next ones. */
  recycle(): void {
    this.#writersInUse = 0
  }

  #writer(): ByteWriter {
    const writer = this.#writers[this.#writersInUse] ?? new ByteWriter(FIRST_BODY)
    this.#writers[this.#writersInUse++] = writer
    return writer.clear()
  }

  /** In parts, as `Stage.save`. */
  save(): readonly Uint8Array[] {
    const json = {
      ordinals: this.#ordinals,
      lastAt: this.#lastAt,
      registry: this.#registry,
      audit: this.audit.save(),
      replays: this.#replays.save(),
      stages: this.#stages.map(stage => stage.name)
    }
    const parts = [new ByteWriter(1 << 16).text(JSON.stringify(json)).finish()]
    for (const stage of this.#stages) {
      const own = stage.save()
      parts.push(new ByteWriter(64).u32(lengthOf(own)).finish(), ...own)
    }
    return parts
  }

  load(saved: Uint8Array): void {
    const reader = new ByteReader(saved, 'in place')
    const json = JSON.parse(reader.text()) as {
      ordinals: Record<LogName, number>
      lastAt: number
      registry: RegistryRecord | undefined
      audit: object
      replays?: object
      stages: string[]
    }
    Object.assign(this.#ordinals, json.ordinals)
    this.#lastAt = json.lastAt
    this.audit.load(json.audit)
    // Checkpoints of format 2 knew no replays.
    if (json.replays !== undefined) this.#replays.load(json.replays)
    const states = new Map(json.stages.map(name => [name, reader.view()]))
    for (const stage of this.#stages) {
      const state = states.get(stage.name)
      if (state !== undefined) stage.load(state)
    }
    if (json.registry !== undefined) this.#restoreRegistry(json.registry)
  }

  /** A snapshot names its registry; the stages get it as if its record had just been read. */
  #restoreRegistry(record: RegistryRecord): void {
    const registry = this.#load(record)
    const input: StageInput = {
      log: 'events',
      seq: 0,
      at: this.#lastAt,
      kind: REGISTRY,
      frame: undefined,
      control: record,
      registry,
      replayed: undefined,
      lostFrames: 0,
      firstRow: 0,
      firstIncident: 0,
      decoded: undefined,
      events: undefined,
      status: undefined,
      plant: undefined,
      reply: undefined
    }
    this.#pass(input)
  }

  #load(record: RegistryRecord): Registry {
    this.#registry = record
    return this.#options.loadRegistry(record)
  }
}
