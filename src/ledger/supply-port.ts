import type { SupplyLine } from '../model/supply.ts'

/**
 * How key customers are and were supplied, as the ledger keeps it: every line that was ever said, and what of each moment was said last. It is written with
 * what is said about outages (outage-port.ts), by the same consumer and in the same transaction; a line paints its stretch over those before.
 */
export interface SupplyLedger {
  /** What is shown now of every customer of whom something was said, in no order. */
  supplyNow(): Promise<SupplyRow[]>
  /** How a customer was supplied at a moment, as it is settled by now; undefined where nothing was said of it. */
  supplyAt(customer: string, moment: number): Promise<SupplyStretch | undefined>
  /** Stretches of a time in which what is settled is the same, oldest first. */
  supplyStretches(query: StretchQuery): Promise<SupplyStretch[]>
  /** All that was said, the newest first; what has been restated since stands among it. */
  supplyLines(query: SupplyLineQuery): Promise<SupplyRow[]>
}

export interface StretchQuery {
  readonly customer: string
  /** Epoch ms, [from, to). */
  readonly from: number
  readonly to: number
  readonly limit: number
}

export interface SupplyLineQuery {
  readonly customer: string
  readonly limit: number
  /** `n` of the last one of the page before. */
  readonly before?: number
}

export interface SupplyRow {
  /** Place in the order in which lines were said. */
  readonly n: number
  readonly line: SupplyLine
}

export interface SupplyStretch extends SupplyRow {
  /** Epoch ms; `to` is null where it goes on. */
  readonly from: number
  readonly to: number | null
}

/** Methods that may be called from another thread. */
export const SUPPLY_METHODS = [
  'supplyNow',
  'supplyAt',
  'supplyStretches',
  'supplyLines'
] as const satisfies readonly (keyof SupplyLedger)[]

/** The same as other threads see it. */
export type SupplyCalls = Pick<SupplyLedger, (typeof SUPPLY_METHODS)[number]>
