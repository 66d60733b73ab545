import type { ReadingColumns } from '../../../src/model/columns.ts'
import { FIELD, FIELDS } from '../../../src/model/fields.ts'

/** What a reading shows of supply: its voltages, and whether anything is drawn. */

/** Columns of readings by field, as the decode stage fills them. */
export type Values = readonly (Float64Array | undefined)[]

/** Voltages of the row below this on all phases, V: the point stands for a time without supply. */
const ZERO_V = 20
/** A phase below this share of the rated voltage is low, as the loads that hang on it see it. */
export const LOW_BELOW = 0.8
/** And above this one too high: 250 V of 220 (GB/T 12325 allows 7 %). */
export const HIGH_ABOVE = 1.136

/** Fields of the three voltages and of the three currents, in order of phases. */
export const VOLTAGES = FIELDS.flatMap(({ payload }, field) => (payload === 'voltageV' ? [field] : []))
export const CURRENTS = FIELDS.flatMap(({ payload }, field) => (payload === 'currentA' ? [field] : []))
/** Fields that are zero where nothing is drawn. */
const LOADS = [...CURRENTS, FIELD.activePowerKw]

/** A value as it is shown, NaN where there is none. */
export const shownBy = (values: Values, field: number, row: number): number =>
  values[field]?.[row] ?? Number.NaN

/** Whether anything flows, in or out; undefined for a row that shows voltages alone. */
export function hasLoad(values: Values, row: number): boolean | undefined {
  let isShown = false
  for (const field of LOADS) {
    const value = shownBy(values, field, row)
    if (Number.isNaN(value)) continue
    if (value !== 0) return true
    isShown = true
  }
  return isShown ? false : undefined
}

/** Phases with a voltage below one, as bits. @param below V */
export function phasesBelow(values: Values, row: number, below: number): number {
  let phases = 0
  for (const [phase, field] of VOLTAGES.entries())
    if (shownBy(values, field, row) < below) phases |= 1 << phase
  return phases
}

/**
 * The range of what rows of one frame show: each column is walked once for all who ask, and only of the few rows whose range is not
 * the usual one is it asked which phase makes it so.
 */
export class ShownRanges {
  #firstRow = 0
  #volts: readonly Float64Array[] = []
  /** Of the row at that place after the first. */
  #highest = new Float64Array(0)
  #lowest = new Float64Array(0)
  #current = new Float64Array(0)

  /** Looks at the rows from one on to the last, instead of those before. */
  look({ rows, values }: ReadingColumns, firstRow: number): void {
    const count = rows - firstRow
    this.#firstRow = firstRow
    if (count > this.#highest.length) {
      this.#highest = new Float64Array(2 * count)
      this.#lowest = new Float64Array(2 * count)
      this.#current = new Float64Array(2 * count)
    }
    this.#volts = VOLTAGES.flatMap(field => values[field] ?? [])
    const [highest, lowest, current] = [this.#highest, this.#lowest, this.#current]
    highest.fill(Number.NEGATIVE_INFINITY, 0, count)
    lowest.fill(Number.POSITIVE_INFINITY, 0, count)
    current.fill(0, 0, count)
    // NaN is neither more nor less than anything.
    for (const column of this.#volts)
      for (let at = 0; at < count; at++) {
        const volts = column[firstRow + at]
        if (volts > highest[at]) highest[at] = volts
        if (volts < lowest[at]) lowest[at] = volts
      }
    for (const field of CURRENTS) {
      const column = values[field]
      if (column === undefined) continue
      for (let at = 0; at < count; at++) {
        const amperes = Math.abs(column[firstRow + at])
        if (amperes > current[at]) current[at] = amperes
      }
    }
  }

  /** Whether the frame has any column of a voltage. */
  get hasVolts(): boolean {
    return this.#volts.length > 0
  }

  /** The highest voltage of a row, V; -Infinity where it shows none. */
  highest(row: number): number {
    return this.#highest[row - this.#firstRow]
  }

  /** The lowest one; Infinity where it shows none. */
  lowest(row: number): number {
    return this.#lowest[row - this.#firstRow]
  }

  /** The largest current of a row whatever its direction, A; 0 where it shows none. */
  current(row: number): number {
    return this.#current[row - this.#firstRow]
  }

  /** Whether a row shows no voltage on any phase it measures: what a meter fills in for a time without supply. */
  isZero(row: number): boolean {
    const highest = this.highest(row)
    return highest < ZERO_V && highest !== Number.NEGATIVE_INFINITY
  }
}
