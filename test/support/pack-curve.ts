import { FIELD_COUNT } from '../../src/model/fields.ts'
import { CurvePacker, type Whose } from '../../src/series/curves/curve-bytes.ts'
import type { ReadingRow } from '../../src/series/port.ts'

/** Everything that is in a curve. */
export const WHOLE_CURVE = {
  fields: Array.from({ length: FIELD_COUNT }, (_, field) => field),
  hasExtras: true,
  hasStarts: true
}

/** As the day's file gives them. */
export function packCurve(whose: Whose, rows: readonly ReadingRow[]): Uint8Array {
  const column = (of: (row: ReadingRow) => number) => Float64Array.from(rows, of)
  const columns = [
    column(row => row.time),
    column(row => row.at),
    column(row => row.version),
    column(row => row.kind),
    column(row => row.qualityLow),
    column(row => row.qualityHigh),
    column(row => row.ct),
    column(row => row.pt),
    column(row => (row.isPrimary ? 1 : 0)),
    column(row => row.time - (row.start ?? Number.NaN)),
    ...WHOLE_CURVE.fields.map(field => column(row => row.values[field] ?? Number.NaN))
  ]
  const reasons = rows.flatMap((row, at) =>
    [...row.reasons].map(([field, mask]) => [at, field, mask] as const)
  )
  const extras = rows.flatMap((row, at) => (row.extras === '' ? [] : [[at, row.extras] as const]))
  return new CurvePacker().pack(whose, columns, 0, rows.length, { reasons, extras })
}
