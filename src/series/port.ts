import { type AuditCounters, emptyAudit } from '../model/audit.ts'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../model/columns.ts'
import type { HistoryAnswer, HistoryRequest } from '../model/history.ts'
import type { QuarantineMark, QuarantineState } from '../model/quarantine.ts'

export type { HistoryAnswer, HistoryNeighbour, HistoryRequest, HistorySibling } from '../model/history.ts'

/**
 * The series port: where validated readings become queryable.
 *
 * What an adapter promises:
 * - `commit` makes a batch and its position durable together, or neither: after a crash the store stands at
 *   the position of some earlier commit and shows the rows of exactly the batches up to it.
 * - Every block carries the seq of its record in the results log, and rows are known by it: a store never keeps
 *   the rows of one record twice. So a batch may be committed again, in whole or after a crash in the middle of
 *   it, and with other boundaries than before: what is already there is skipped block by block.
 * - Readings are appended, never updated: a correction is a further version, and `readings` returns the highest
 *   one (or all of them when asked). Intervals are restated by revision. The adapter does not look for duplicates.
 * - Queries see committed batches only, whole ones, as of the position at which they began; they may run while a
 *   commit is under way and never change anything.
 * - A query that needs a part that cannot be read throws SERIES_DAY_UNREADABLE; others are answered.
 * - Methods may be called concurrently; commits are serialised by the caller.
 */
export interface SeriesStore {
  /** Opens or creates the store and returns where it stands. @throws SERIES_OPEN_FAILED */
  open(): Promise<SeriesPosition>
  /** @throws SERIES_COMMIT_FAILED, SERIES_DAY_UNREADABLE */
  commit(batch: SeriesBatch): Promise<void>
  position(): SeriesPosition
  /** Raw rows of one meter in order of (time, kind, version). */
  readings(query: ReadingQuery): Promise<ReadingRow[]>
  /** Interval energies of one meter, the highest revision of each, fully inside [from, to), in order of end. */
  intervals(query: IntervalQuery): Promise<IntervalRow[]>
  /** What members take and feed in together, by step, with how many of them are known. */
  load(query: LoadQuery): Promise<LoadSteps>
  /** In which slots of a grid meters have at least one reading, of whatever kind. */
  storedSlots(query: SlotQuery): Promise<StoredSlots>
  /**
   * The newest reading (by data time, highest version) of each meter; absent meters have none. Of several kinds
   * at that time the one with the lowest number, which is the one with the most values.
   */
  latest(meters: readonly number[]): Promise<Map<number, ReadingRow>>
  /**
   * What validation needs to judge a reading older than its window: whether (meter, time, kind) is stored, what
   * other kinds say at that time, and its neighbours in time, however far away. See HistoryRequest. Undefined where
   * that cannot be told now, because it may lie in a day that cannot be read.
   */
  history(requests: readonly HistoryRequest[]): Promise<(HistoryAnswer | undefined)[]>
  /** Stored first versions and later ones, counted in the rows themselves: the audit's check on the counters. */
  countReadings(): Promise<{ first: number; corrections: number }>
  /** Cumulative audit counters by terminal id, as of the position. */
  terminals(): Promise<Map<string, AuditCounters>>
  /** Newest first. */
  quarantine(query: QuarantineQuery): Promise<QuarantineRow[]>
  /** Entries to be judged again, whole: open ones whose bytes are not lost, oldest first. */
  replayable(query: ReplayQuery): Promise<QuarantineRow[]>
  /** Which parts of the store cannot be used and why, for operators; '' while all can. */
  trouble(): string
  /** Seq of the results log from which a part is to be made anew; `commit` takes what that part lacks. */
  rebuildFrom(): number | undefined
  /** Rows, bytes on disk and files, for operators. */
  statistics(): Promise<{ files: number; bytes: number }>
  close(): Promise<void>
}

/** Where a store stands: everything up to `resultsSeq` of the results log is in it. */
export interface SeriesPosition {
  readonly resultsSeq: number
  /** What the processor had consumed then, and the audit as of then. */
  readonly framesSeq: number
  readonly eventsSeq: number
  /** Frames (publishes) among those records, for `pending`. */
  readonly framesConsumed: number
  readonly audit: AuditCounters
}

export const EMPTY_POSITION: SeriesPosition = {
  resultsSeq: 0,
  framesSeq: 0,
  eventsSeq: 0,
  framesConsumed: 0,
  audit: emptyAudit()
}

/**
 * All results up to `position.resultsSeq` since the batch before. Blocks keep the processor's order; `seq` is
 * that of their record in the results log, rising within each list.
 */
export interface SeriesBatch {
  readonly position: SeriesPosition
  readonly readings: readonly { readonly seq: number; readonly columns: ReadingColumns }[]
  readonly intervals: readonly { readonly seq: number; readonly columns: IntervalColumns }[]
  readonly quarantine: readonly { readonly seq: number; readonly entries: readonly QuarantineEntry[] }[]
  /** Of entries of this batch or of earlier ones; the newest of an entry counts. */
  readonly marks: readonly { readonly seq: number; readonly marks: readonly QuarantineMark[] }[]
  /** Cumulative counters of the terminals touched by this batch. */
  readonly terminals: ReadonlyMap<string, AuditCounters>
}

/** [from, to) on the data time, epoch ms. */
export interface SpanQuery {
  readonly meter: number
  readonly from: number
  readonly to: number
}

/** A meter and the span [from, to) in which it counts for a member, such as a customer. */
export interface MemberSpan {
  readonly member: number
  readonly meter: number
  /** Epoch ms, may be infinite. */
  readonly from: number
  readonly to: number
}

export interface LoadQuery {
  /** Spans of one member stand together and do not overlap. */
  readonly members: readonly MemberSpan[]
  /** Steps are [bounds[i], bounds[i + 1]), epoch ms, ascending. */
  readonly bounds: readonly number[]
}

/** By step. Intervals count as in energy-steps.ts: wholly inside the step, and inside the member's span. */
export interface LoadSteps {
  /** kWh, primary: the sum of what is known; NaN when nothing is. */
  readonly importKwh: Float64Array
  readonly exportKwh: Float64Array
  /** Members that had a meter for any part of the step. */
  readonly expected: Uint32Array
  /** Those of them whose import is known for all of that part. */
  readonly complete: Uint32Array
}

/** Slots [from + i x slotMs, from + (i + 1) x slotMs), the last one cut off at `to`. */
export interface SlotQuery {
  readonly meters: readonly number[]
  readonly from: number
  readonly to: number
  readonly slotMs: number
}

export interface StoredSlots {
  /** Slots of the grid. */
  readonly slots: number
  /** 1 where the meter at place p of the query has a reading in slot s, at p x slots + s. */
  readonly has: Uint8Array
}

export interface IntervalQuery extends SpanQuery {
  /** Only where intervals begin and end: their energies come as NaN, the rest as 0. Costs half. */
  readonly boundsOnly?: boolean
}

export interface ReadingQuery extends SpanQuery {
  readonly limit: number
  /** Only rows after this (time, kind, version): the last row of the page before. */
  readonly after?: { readonly time: number; readonly kind: number; readonly version: number }
  /** Columns of FIELDS that are wanted; the others and the extras come back absent. All when absent. */
  readonly fields?: readonly number[]
  /** All versions instead of the highest of each (time, kind). */
  readonly allVersions?: boolean
  /** Where the store has them beside its rows: `start` of each. */
  readonly withStarts?: boolean
}

export interface ReadingRow {
  readonly meter: number
  readonly time: number
  readonly at: number
  readonly version: number
  readonly kind: number
  /** By column number of FIELDS; NaN = absent. As sent. */
  readonly values: Float64Array
  readonly qualityLow: number
  readonly qualityHigh: number
  readonly ct: number
  readonly pt: number
  /** Whether the values were sent as primary; `ct` and `pt` are 1 then. */
  readonly isPrimary: boolean
  /** Reason bits by field number, only for fields that have any. */
  readonly reasons: ReadonlyMap<number, number>
  /** JSON text of fields without a column, '' when none. */
  readonly extras: string
  /**
   * Where the interval begins that ends at the row's time, epoch ms, as `intervals` says; NaN when none does. Absent where
   * the store would have to look for it, or was not asked.
   */
  readonly start?: number | undefined
}

export interface IntervalRow {
  readonly meter: number
  readonly start: number
  readonly end: number
  readonly at: number
  readonly revision: number
  /** importKwh, exportKwh, importKvarh, exportKvarh; NaN = missing or not measured. Primary. */
  readonly energy: readonly [number, number, number, number]
  /** Three bits per register. */
  readonly quality: number
  readonly reasons: number
}

/** Entries that fit all that is given. */
export interface QuarantineFilter {
  readonly ids?: readonly number[] | undefined
  /** Index into QUARANTINE_REASONS. */
  readonly reason?: number | undefined
  readonly terminal?: string | undefined
  /** [from, to) on the arrival, epoch ms. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface QuarantineQuery extends QuarantineFilter {
  readonly state?: QuarantineState | undefined
  readonly limit: number
  /** `id` of the last entry of the page before. */
  readonly before?: number | undefined
}

export interface ReplayQuery extends QuarantineFilter {
  readonly limit: number
  /** No more entries once they have so many bytes together; at least one. */
  readonly maxBytes: number
  /** `id` of the last entry of the page before. */
  readonly after?: number
}

export interface QuarantineRow extends QuarantineEntry {
  readonly id: number
  /** Its newest mark, undefined while it was never judged again; `reason` is that of it where it is set aside still. */
  readonly mark: Pick<QuarantineMark, 'at' | 'by' | 'outcome'> | undefined
}
