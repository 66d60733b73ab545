import type { LogReader } from '../src/log/port.ts'
import type { LogName } from '../src/records/gateway-record.ts'
import {
  decodeJson,
  STEP_BEGIN,
  STEP_END,
  type StepBegin,
  type StepEnd
} from '../src/records/results-record.ts'
import type { ResultRecord } from './pipeline.ts'

/** A step as the results log has it. */
export interface RecordedStep {
  /** Seq of its first and last record; those between may be lost on the disk. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** The records that can be read, each at its distance from the first. */
  readonly records: ReadonlyMap<number, ResultRecord>
  /** Seq up to which each log was read; a log that is not named was not read. */
  readonly upTo: Readonly<Record<LogName, number | undefined>>
  readonly end: StepEnd | undefined
  /** Whether it is the last one and was cut off: what is missing is still to be written. */
  readonly isOpen: boolean
}

/**
 * The steps of the results log, one by one.
 *
 *   BEGIN rows rows END   BEGIN rows ╳ END   ╳ rows END   BEGIN rows ╳   BEGIN rows
 *   whole                 rows lost          BEGIN lost   END lost       open: cut off by a crash
 *
 * BEGIN and END both say how far the logs were read, so a step is known as long as one of them is intact. One without
 * both is passed over by everybody: its records count for nothing and its inputs are read anew.
 */
export class RecordedSteps {
  readonly #reader: LogReader
  /** Read already, but of the next step. */
  #ahead: { readonly seq: number; readonly record: ResultRecord } | undefined
  #lastSeq = 0

  constructor(reader: LogReader) {
    this.#reader = reader
  }

  /** Begins behind `seq`, where a step has ended. */
  seek(seq: number): void {
    this.#reader.seek(seq)
    this.#ahead = undefined
    this.#lastSeq = seq
  }

  /** The next step; undefined when there is none. */
  next(): RecordedStep | undefined {
    for (;;) {
      const step = this.#read()
      if (step === undefined) return undefined
      this.#lastSeq = step.lastSeq
      const isKnown = step.end !== undefined || step.records.get(0)?.kind === STEP_BEGIN
      if (isKnown) return step
    }
  }

  /** Seq of the last record that was passed over or returned. */
  get lastSeq(): number {
    return this.#lastSeq
  }

  #read(): RecordedStep | undefined {
    const first = this.#take()
    if (first === undefined) return undefined
    // Where the first record is lost, it followed the step before.
    const firstSeq = first.record.kind === STEP_BEGIN ? first.seq : this.#lastSeq + 1
    const records = new Map([[first.seq - firstSeq, first.record]])
    let last = first
    let isOpen = false
    while (last.record.kind !== STEP_END) {
      const next = this.#take()
      if (next === undefined || next.record.kind === STEP_BEGIN) {
        isOpen = next === undefined
        this.#ahead = next
        break
      }
      records.set(next.seq - firstSeq, next.record)
      last = next
    }
    const begin = first.record.kind === STEP_BEGIN ? decodeJson<StepBegin>(first.record.body) : undefined
    const end = last.record.kind === STEP_END ? decodeJson<StepEnd>(last.record.body) : undefined
    const upTo =
      end === undefined
        ? { events: begin?.events?.[1], frames: begin?.frames?.[1] }
        : { events: end.eventsSeq, frames: end.framesSeq }
    return { firstSeq, lastSeq: last.seq, records, upTo, end, isOpen }
  }

  #take(): { readonly seq: number; readonly record: ResultRecord } | undefined {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead !== undefined) return ahead
    const [record] = this.#reader.read(1, 1)
    if (record === undefined) return undefined
    return { seq: record.seq, record: { kind: record.kind, body: record.body.slice() } }
  }
}
