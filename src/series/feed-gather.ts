import type { LogRecord } from '../log/port.ts'
import { type AuditCounters, completeAudit } from '../model/audit.ts'
import type { QuarantineMark } from '../model/quarantine.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  HISTORY_REQUESTS,
  type HeldRequest,
  INTERVALS,
  QUARANTINE,
  QUARANTINE_MARKS,
  READINGS,
  STEP_BEGIN,
  STEP_END,
  type StepEnd
} from '../records/results-record.ts'
import { EMPTY_POSITION, type SeriesBatch, type SeriesPosition } from './port.ts'

/** Requests of one record of the results log. */
export interface Held {
  readonly seq: number
  readonly requests: readonly HeldRequest[]
}

export interface Gathered {
  readonly batch: SeriesBatch
  readonly held: readonly Held[]
  /** Readings and intervals. */
  readonly rows: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }
type Blocks = Writable<Pick<SeriesBatch, 'readings' | 'intervals' | 'quarantine' | 'marks'>> & {
  held: Held[]
  rows: number
}

const noBlocks = (): Blocks => ({
  readings: [],
  intervals: [],
  quarantine: [],
  marks: [],
  held: [],
  rows: 0
})

/**
 * Puts whole steps of the results log together into one batch. A step counts from its STEP_END on. One that begins anew
 * without an end counts for nothing, unless its end was lost on the disk: the processor takes it for done then.
 */
export class StepGatherer {
  readonly #onGap: (gap: { after: number; next: number }) => void
  #whole = noBlocks()
  #open = noBlocks()
  /** Of the open step: whether its beginning was seen, and whether something was lost since. */
  #hasBegun = false
  #hasGap = false
  #terminals = new Map<string, AuditCounters>()
  #position: SeriesPosition = EMPTY_POSITION
  #steps = 0
  #seq = 0

  /** @param onGap records are missing between the two: damaged on disk, their rows are lost to the store */
  constructor(onGap: (gap: { after: number; next: number }) => void) {
    this.#onGap = onGap
  }

  /** Whole steps in the batch. */
  get steps(): number {
    return this.#steps
  }

  /** Rows of the whole steps. */
  get rows(): number {
    return this.#whole.rows
  }

  /** Forgets everything: the next record is the one after `seq`. */
  reset(seq: number): void {
    this.#clear()
    this.#dropOpen()
    this.#seq = seq
  }

  add(record: LogRecord): void {
    if (record.seq !== this.#seq + 1) {
      this.#onGap({ after: this.#seq, next: record.seq })
      this.#hasGap = true
    }
    this.#seq = record.seq
    const { seq, body } = record
    switch (record.kind) {
      case STEP_BEGIN:
        // Rows of a step whose end is lost wait for the end of the next: a batch never holds more than its position says.
        if (!(this.#hasBegun && this.#hasGap)) this.#open = noBlocks()
        this.#hasBegun = true
        this.#hasGap = false
        return
      case READINGS:
        this.#addRows('readings', { seq, columns: decodeReadings(body) })
        return
      case INTERVALS:
        this.#addRows('intervals', { seq, columns: decodeIntervals(body) })
        return
      case QUARANTINE:
        this.#open.quarantine.push({ seq, entries: decodeQuarantine(body) })
        return
      case QUARANTINE_MARKS:
        this.#open.marks.push({ seq, marks: decodeJson<QuarantineMark[]>(body) })
        return
      case HISTORY_REQUESTS:
        this.#open.held.push({ seq, requests: decodeJson<HeldRequest[]>(body) })
        return
      case STEP_END:
        this.#endStep(seq, decodeJson<StepEnd>(body))
        return
      default:
        // A later version's record kind: it says nothing about series.
        return
    }
  }

  /** The whole steps as one batch. What belongs to an open step stays. */
  take(): Gathered {
    const { held, rows, ...blocks } = this.#whole
    const batch = { position: this.#position, ...blocks, terminals: this.#terminals }
    this.#clear()
    return { batch, held, rows }
  }

  #addRows<Name extends 'readings' | 'intervals'>(name: Name, block: Blocks[Name][number]): void {
    const list = this.#open[name] as Blocks[Name][number][]
    list.push(block)
    this.#open.rows += block.columns.rows
  }

  #endStep(seq: number, end: StepEnd): void {
    const { readings, intervals, quarantine, marks, held, rows } = this.#open
    this.#whole.readings.push(...readings)
    this.#whole.intervals.push(...intervals)
    this.#whole.quarantine.push(...quarantine)
    this.#whole.marks.push(...marks)
    this.#whole.held.push(...held)
    this.#whole.rows += rows
    this.#dropOpen()
    for (const [id, counters] of Object.entries(end.terminals))
      this.#terminals.set(id, completeAudit(counters))
    const { framesSeq, eventsSeq, framesConsumed, audit } = end
    this.#position = { resultsSeq: seq, framesSeq, eventsSeq, framesConsumed, audit: completeAudit(audit) }
    this.#steps++
  }

  #dropOpen(): void {
    this.#open = noBlocks()
    this.#hasBegun = false
    this.#hasGap = false
  }

  #clear(): void {
    this.#whole = noBlocks()
    this.#terminals = new Map()
    this.#steps = 0
  }
}
