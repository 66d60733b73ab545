import { FIELDS } from '../../../src/model/fields.ts'

/** What a reading shows of supply: its voltages, and whether anything is drawn. */

/** Columns of readings by field, as the decode stage fills them. */
export type Values = readonly (Float64Array | undefined)[]

/** Voltages of the row below this on all phases, V: the point stands for a time without supply. */
const ZERO_V = 20
/** A phase below this share of the rated voltage is low, as the loads that hang on it see it. */
const LOW_BELOW = 0.8
/** And above this one too high: 250 V of 220 (GB/T 12325 allows 7 %). */
const HIGH_ABOVE = 1.136

/** Fields of the three voltages, in order of phases. */
export const VOLTAGES = FIELDS.flatMap(({ payload }, field) => (payload === 'voltageV' ? [field] : []))
/** Fields that are zero where nothing is drawn. */
const LOADS = FIELDS.flatMap(({ payload }, field) =>
  payload === 'currentA' || payload === 'activePowerKw' ? [field] : []
)

const shownBy = (values: Values, field: number, row: number): number => values[field]?.[row] ?? Number.NaN

export const hasNoLoad = (values: Values, row: number): boolean =>
  LOADS.every(field => !(shownBy(values, field, row) > 0))

/** Whether a row shows no voltage on any phase it measures: what a meter fills in for a time without supply. */
export function isZero(values: Values, row: number): boolean {
  let seen = false
  for (const field of VOLTAGES) {
    const volts = shownBy(values, field, row)
    if (Number.isNaN(volts)) continue
    if (volts >= ZERO_V) return false
    seen = true
  }
  return seen
}

/** Phases that are low by what a row shows, as bits, and whether one is too high. @param rated voltage, V */
export function oddVoltages(values: Values, row: number, rated: number): { low: number; isHigh: boolean } {
  let [low, isHigh] = [0, false]
  for (const [phase, field] of VOLTAGES.entries()) {
    const volts = shownBy(values, field, row)
    if (volts > HIGH_ABOVE * rated) isHigh = true
    if (volts < LOW_BELOW * rated) low |= 1 << phase
  }
  return { low, isHigh }
}
