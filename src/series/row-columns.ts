import { FIELD_COUNT } from '../model/fields.ts'
import type { ReadingRow } from './port.ts'

/** Of a row whose values have none. */
export const NO_REASONS: ReadonlyMap<number, number> = new Map()

/** Columns of the head of a reading, in this order: time, received, version, kind, quality low, high, ct, pt, primary. */
export const HEAD_COLUMNS = 9

/** What a row has beside its numbers. */
export type RowRest = Pick<ReadingRow, 'reasons' | 'extras' | 'start'>

/**
 * Rows of one meter out of columns. Their values are parts of one array: an array of its own for each costs more than all else.
 * @param head HEAD_COLUMNS of them @param given columns of fields; all other fields are absent
 */
export function rowsOfColumns(
  meter: number,
  rows: number,
  head: readonly Float64Array[],
  given: readonly { readonly field: number; readonly of: Float64Array }[],
  restOf: (row: number, time: number) => RowRest
): ReadingRow[] {
  const cell = (column: number, row: number): number => head[column]?.[row] ?? Number.NaN
  const all = new Float64Array(rows * FIELD_COUNT).fill(Number.NaN)
  return Array.from({ length: rows }, (_, row) => {
    for (const { field, of } of given) all[row * FIELD_COUNT + field] = of[row] ?? Number.NaN
    const time = cell(0, row)
    return {
      meter,
      time,
      at: cell(1, row),
      version: cell(2, row),
      kind: cell(3, row),
      qualityLow: cell(4, row),
      qualityHigh: cell(5, row),
      ct: cell(6, row),
      pt: cell(7, row),
      isPrimary: cell(8, row) === 1,
      values: all.subarray(row * FIELD_COUNT, (row + 1) * FIELD_COUNT),
      ...restOf(row, time)
    }
  })
}
