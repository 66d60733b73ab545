import type { QuarantineEntry } from '../model/columns.ts'
import type { OutageTables } from '../model/outages.ts'
import type { SupplyLine } from '../model/supply.ts'
import type { ReadingRow, SeriesPosition } from '../series/port.ts'

/**
 * The live port: what the processor makes, as it makes it, for as many listeners as there are. Each has a cursor of its
 * own in the results log, so one that reads slowly holds nobody back and takes no memory, and one that was cut off goes
 * on where it was, as far back as the log is kept.
 */
export interface Live {
  /**
   * A listener's cursor behind the step that ends at `from`.
   * @throws API_BUSY when there are too many
   */
  open(wish: LiveWish, from: number): Promise<number>
  /** What came since, or undefined when nothing did for `waitMs`. Whole steps only. */
  next(listener: number, waitMs: number): Promise<LiveBatch | undefined>
  close(listener: number): Promise<void>
}

export interface LiveWish {
  /** Dense numbers of the meters whose readings are wanted. */
  readonly meters: readonly number[]
  readonly quarantine: boolean
  /** Incidents, lost communication, findings, alarms. */
  readonly outages: boolean
  /** The key customer whose supply is wanted; null: of all of them. */
  readonly supply: string | null
}

export interface LiveBatch {
  /** Cursor after it: seq of the results log at which its last step ends. */
  readonly seq: number
  /** Of the meters that are wanted, in the order in which they were accepted. */
  readonly readings: readonly ReadingRow[]
  readonly quarantine: readonly Omit<QuarantineEntry, 'bytes'>[]
  /** What was said about outages, in the order in which it was. */
  readonly outages: readonly OutageTables[]
  /** The same about the supply of the key customers that are wanted. */
  readonly supply: readonly SupplyLine[]
  readonly position: SeriesPosition
  /** Records before it are not in the log any more, or are damaged: something may be missing. */
  readonly hasGap: boolean
}

/** Methods that may be called from another thread. */
export const LIVE_METHODS = ['open', 'next', 'close'] as const satisfies readonly (keyof Live)[]
