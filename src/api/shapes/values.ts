import type { z } from 'zod'
import { FIELD_COUNT, FIELDS, READING_KINDS, type ReadingKind, ratioOf } from '../../model/fields.ts'
import { QUALITIES, type Quality, qualityAt, reasonCodes } from '../../model/quality.ts'
import type { ReadingRow } from '../../series/port.ts'
import type { valuesOut } from './schemas.ts'

export type ValuesOut = z.input<typeof valuesOut>

const ALL_COLUMNS = Array.from({ length: FIELD_COUNT }, (_, column) => column)
/** Shown x ratio has noise in its last digits: 0.1 x 80 is 8.000000000000002. Registers have at most 15. */
const PRIMARY_DIGITS = 15

/** The primary value of a column, NaN when absent. */
export function primaryOf(row: ReadingRow, column: number): number {
  const field = FIELDS[column]
  const shown = row.values[column] ?? Number.NaN
  const ratio = field === undefined ? 1 : ratioOf(field.scale, row.ct, row.pt)
  return ratio === 1 || !Number.isFinite(shown) ? shown : Number((shown * ratio).toPrecision(PRIMARY_DIGITS))
}

export function qualityOf(row: ReadingRow, column: number): Quality {
  return QUALITIES[qualityAt(row.qualityLow, row.qualityHigh, column)] ?? 'unchecked'
}

export const kindOf = (row: ReadingRow): ReadingKind => READING_KINDS[row.kind] ?? 'instant'

/** Values of a row by field name; absent ones are left out. @param columns those wanted, all when absent */
export function showValues(row: ReadingRow, columns: readonly number[] = ALL_COLUMNS): ValuesOut {
  const values: ValuesOut = {}
  for (const column of columns) {
    const field = FIELDS[column]
    const shown = row.values[column] ?? Number.NaN
    if (field === undefined || !Number.isFinite(shown)) continue
    const v = primaryOf(row, column)
    const value: NonNullable<ValuesOut['importKwh']> = {
      v,
      q: qualityOf(row, column),
      reasons: reasonCodes(row.reasons.get(column) ?? 0)
    }
    values[field.name] = ratioOf(field.scale, row.ct, row.pt) === 1 ? value : { ...value, raw: shown }
  }
  return values
}

/** Fields without a column, as sent; undefined when there are none. */
export function showExtras(row: ReadingRow): Record<string, unknown> | undefined {
  if (row.extras === '') return undefined
  const extras: unknown = JSON.parse(row.extras)
  return typeof extras === 'object' && extras !== null ? (extras as Record<string, unknown>) : undefined
}
