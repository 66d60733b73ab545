import { ByteReader, ByteWriter, lengthOf } from '../src/records/bytes.ts'
import type { LogReader, LogRecord } from '../src/log/port.ts'
import type { LogName } from '../src/records/gateway-record.ts'
import { encodeJson, STEP_BEGIN, STEP_END, type StepBegin } from '../src/records/results-record.ts'
import { noPingLines, type PingLines } from '../src/model/pings.ts'
import type { Checkpoint, CheckpointToSave } from './checkpoint.ts'
import { ordinalsIn, type Pipeline, type ResultRecord } from './pipeline.ts'
import type { RecordedStep } from './recorded-steps.ts'
import type { ResultsJournal } from './results-journal.ts'

export interface RunnerOptions {
  readonly readers: Readonly<Record<LogName, LogReader>>
  readonly pipeline: Pipeline
  readonly journal: ResultsJournal
  /** Most records and bytes that one step takes from a log. */
  readonly batchRecords: number
  readonly batchBytes: number
}

/** Rows after which a step's output is cut into another part, so that no record of the results log grows too large. */
const PART_ROWS = 32_768
/** The same for texts, which a terminal may make long. */
const PART_EXTRAS = 2 * 1024 * 1024

/** Publishes in each log that a checkpoint covers. */
export function publishesIn(checkpoint: Checkpoint): Record<LogName, number> {
  const reader = new ByteReader(checkpoint.state, 'in place')
  reader.text()
  return ordinalsIn(reader.view())
}

/** How far a store is: what stands in it need not come from the results log again. */
export interface Stored {
  readonly framesSeq: number
  readonly eventsSeq: number
  readonly resultsSeq: number
}

/**
 * Drives the pipeline over the two logs in steps. A step takes what the events log has, then some of the frames log:
 * events never wait behind a backlog of readings, and a frame is never taken before what was told before it came. The order
 * taken is recorded with the results.
 *
 *   events ─┐
 *           ├─ step ─> pipeline ─> STEP_BEGIN, results, STEP_END ─> results log
 *   frames ─┘
 */
export class ProcessorRunner {
  readonly #options: RunnerOptions
  #steps = 0
  #pings = noPingLines()
  /** Results seq before the step that asked, by id of the history request. */
  #asked = new Map<number, number>()

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  get steps(): number {
    return this.#steps
  }

  /** Takes up where a checkpoint left, or at the beginning. */
  open(checkpoint: Checkpoint | undefined): void {
    const { readers, journal } = this.#options
    if (checkpoint !== undefined) this.#load(checkpoint.state)
    readers.frames.seek(checkpoint?.framesSeq ?? 0)
    readers.events.seek(checkpoint?.eventsSeq ?? 0)
    journal.open(checkpoint?.resultsSeq ?? 0)
  }

  /**
   * For results that the store has and the log has lost: takes their records once more, for the memory alone, and goes
   * on behind them. The order in which both logs were merged is lost too: their time is the nearest to it. Only what
   * was asked of history and has no answer yet is kept, and asked again with the next step.
   */
  catchUp(stored: Stored): void {
    const { readers, pipeline, journal } = this.#options
    const frames = this.#upTo(readers.frames, stored.framesSeq)
    const events = this.#upTo(readers.events, stored.eventsSeq)
    let frame = frames.next().value
    let event = events.next().value
    while (frame !== undefined || event !== undefined) {
      if (frame !== undefined && (event === undefined || frame.at <= event.at)) {
        pipeline.take('frames', frame)
        frame = frames.next().value
      } else if (event !== undefined) {
        pipeline.take('events', event)
        event = events.next().value
      }
      pipeline.out.dropRows()
    }
    const waiting = pipeline.waiting()
    pipeline.out.requests = pipeline.out.requests.filter(({ id }) => waiting.has(id))
    journal.open(stored.resultsSeq)
  }

  *#upTo(reader: LogReader, seq: number): Generator<LogRecord, undefined> {
    const { batchRecords, batchBytes } = this.#options
    while (reader.seq < seq) {
      const records = reader.read(batchRecords, batchBytes)
      if (records.length === 0) return
      for (const record of records) {
        if (record.seq <= seq) yield record
        else reader.seek(seq)
      }
    }
  }

  /**
   * What the steps since the last call said of pings. Nobody is asked by a step that was found recorded: whoever recorded it
   * has asked.
   */
  takePings(): PingLines {
    const pings = this.#pings
    this.#pings = noPingLines()
    return pings
  }

  /** One step. @returns false when both logs have nothing new */
  step(): boolean {
    const { journal, pipeline } = this.#options
    const { recorded } = journal
    const parts: ResultRecord[] = []
    // Asked before events are read: a frame that comes while they are taken may rest on a registry or setting behind them.
    const framesUpTo = this.#options.readers.frames.durableSeq
    const events = this.#pass('events', recorded, parts)
    const frames = this.#pass('frames', recorded, parts, framesUpTo)
    if (recorded === undefined && events === undefined && frames === undefined) return false
    const begin: StepBegin = { ...(events && { events }), ...(frames && { frames }) }
    const records = [
      { kind: STEP_BEGIN, body: encodeJson(begin) },
      ...parts,
      ...this.#drain(),
      { kind: STEP_END, body: encodeJson(this.#end()) }
    ]
    // What was recorded has been acted upon: from there on the counters are those of the record.
    const differs = journal.put(records, pipeline.lastAt)
    if (differs && recorded?.end !== undefined) pipeline.adopt(recorded.end, [...recorded.records.values()])
    if (recorded !== undefined) this.#pings.wishes.length = 0
    pipeline.recycle()
    this.#steps++
    return true
  }

  /**
   * State and offsets as of the last step. Its results must be durable before it is saved, and it must be saved before the
   * next step: it shows the memory itself.
   */
  checkpoint(): CheckpointToSave {
    const { readers, pipeline, journal } = this.#options
    const waiting = pipeline.waiting()
    for (const id of this.#asked.keys()) if (!waiting.has(id)) this.#asked.delete(id)
    return {
      framesSeq: readers.frames.seq,
      eventsSeq: readers.events.seq,
      resultsSeq: journal.seq,
      historyFrom: this.#asked.values().reduce((least, seq) => Math.min(least, seq), journal.seq),
      state: this.#save()
    }
  }

  #drain(): ResultRecord[] {
    const { pipeline, journal } = this.#options
    const { answers, wishes } = pipeline.out.pings
    this.#pings.answers.push(...answers)
    this.#pings.wishes.push(...wishes)
    for (const { id } of pipeline.out.requests) this.#asked.set(id, journal.seq)
    return pipeline.drain()
  }

  #save(): readonly Uint8Array[] {
    const state = this.#options.pipeline.save()
    const asked = JSON.stringify([...this.#asked])
    return [new ByteWriter(1024).text(asked).u32(lengthOf(state)).finish(), ...state]
  }

  #load(saved: Uint8Array): void {
    const reader = new ByteReader(saved, 'in place')
    this.#asked = new Map(JSON.parse(reader.text()) as [number, number][])
    this.#options.pipeline.load(reader.view())
  }

  #end() {
    const { readers, pipeline } = this.#options
    return {
      framesSeq: readers.frames.seq,
      eventsSeq: readers.events.seq,
      framesConsumed: pipeline.framesConsumed,
      ordinals: pipeline.ordinals,
      audit: pipeline.audit.total,
      terminals: pipeline.audit.takeTouched()
    }
  }

  /** Passes a batch of one log through the pipeline: up to where the recorded step was, or what is there. */
  #pass(
    log: LogName,
    recorded: RecordedStep | undefined,
    parts: ResultRecord[],
    durableSeq = Infinity
  ): readonly [number, number] | undefined {
    const { readers, batchRecords, batchBytes } = this.#options
    const reader = readers[log]
    const first = reader.seq + 1
    if (recorded === undefined) this.#take(log, reader.read(batchRecords, batchBytes, durableSeq), parts)
    else {
      const upTo = recorded.upTo[log] ?? 0
      while (reader.seq < upTo) {
        const records = reader.read(upTo - reader.seq, batchBytes, upTo)
        // What is not there any more was lost with its file; the records behind it have higher numbers.
        if (records.length === 0) break
        this.#take(log, records, parts)
      }
    }
    return reader.seq < first ? undefined : [first, reader.seq]
  }

  #take(log: LogName, records: readonly LogRecord[], parts: ResultRecord[]): void {
    const { pipeline } = this.#options
    for (const record of records) {
      pipeline.take(log, record)
      const { rows, extrasLength } = pipeline.out.readings
      if (rows >= PART_ROWS || extrasLength >= PART_EXTRAS) parts.push(...this.#drain())
    }
  }
}
