import type { DuckDBConnection } from '@duckdb/node-api'
import { FIELD_COUNT, FIELDS } from '../model/fields.ts'
import type { AttachedFile } from './duckdb-files.ts'
import type { IntervalRow, ReadingRow } from './port.ts'

/** A row as the library returns it; 64-bit numbers are cast to DOUBLE in SQL, so there is no BigInt in it. */
type Cells = readonly unknown[]

/**
 * Select list that `toReading` reads, of the table with this name in the statement; with `fields` it is `toReadingOf` that
 * reads it. Of the time that a statement over few rows takes, half goes into its columns.
 */
export const readingList = (name: string, fields?: readonly number[]): string =>
  [
    `${name}.meter, ${name}.time::DOUBLE, ${name}.received::DOUBLE, ${name}.version, ${name}.kind`,
    `${name}.quality_low, ${name}.quality_high, ${name}.ct, ${name}.pt, ${name}.sent_primary`,
    ...(fields === undefined ? FIELDS : fields.flatMap(field => FIELDS[field] ?? [])).map(
      field => `${name}."${field.name}"`
    ),
    fields === undefined ? `${name}.extras` : 'NULL'
  ].join(', ')

const FIRST_FIELD = 10
const NO_REASONS: ReadonlyMap<number, number> = new Map()

const ALL_FIELDS: readonly number[] = FIELDS.map((_, field) => field)

export const toReading = (cells: Cells): ReadingRow => toReadingOf(cells, ALL_FIELDS)

export function toReadingOf(cells: Cells, fields: readonly number[]): ReadingRow {
  const values = new Float64Array(FIELD_COUNT).fill(Number.NaN)
  fields.forEach((field, at) => {
    values[field] = numberOf(cells[FIRST_FIELD + at])
  })
  return {
    meter: numberOf(cells[0]),
    time: numberOf(cells[1]),
    at: numberOf(cells[2]),
    version: numberOf(cells[3]),
    kind: numberOf(cells[4]),
    qualityLow: numberOf(cells[5]),
    qualityHigh: numberOf(cells[6]),
    ct: numberOf(cells[7]),
    pt: numberOf(cells[8]),
    isPrimary: numberOf(cells[9]) === 1,
    values,
    reasons: NO_REASONS,
    extras: (cells[FIRST_FIELD + fields.length] as string | null) ?? ''
  }
}

/** Select list that `toInterval` reads. */
export const INTERVAL_LIST = `meter, start_time::DOUBLE, end_time::DOUBLE, received::DOUBLE, revision,
  "importKwh", "exportKwh", "importKvarh", "exportKvarh", quality, reasons`

/** The same, with nothing read but where the intervals lie. */
export const INTERVAL_BOUNDS =
  'meter, start_time::DOUBLE, end_time::DOUBLE, 0, revision, NULL, NULL, NULL, NULL, 0, 0'

export function toInterval(cells: Cells): IntervalRow {
  return {
    meter: numberOf(cells[0]),
    start: numberOf(cells[1]),
    end: numberOf(cells[2]),
    at: numberOf(cells[3]),
    revision: numberOf(cells[4]),
    energy: [numberOf(cells[5]), numberOf(cells[6]), numberOf(cells[7]), numberOf(cells[8])],
    quality: numberOf(cells[9]),
    reasons: numberOf(cells[10])
  }
}

/** NULL is NaN. */
export function numberOf(cell: unknown): number {
  return cell === null ? Number.NaN : Number(cell)
}

/** An integer for a statement's text. Beyond all times it is cut off; a bound with a fraction rounds up. */
export function integer(value: number): string {
  const edge = Number.MAX_SAFE_INTEGER
  if (Number.isNaN(value)) throw new RangeError('a bound of a query is not a number')
  return String(Math.min(edge, Math.max(-edge, Math.ceil(value))))
}

/** The rows with the reasons of their values. All rows are of one day's file. */
export async function withReasons(
  connection: DuckDBConnection,
  file: AttachedFile,
  rows: readonly ReadingRow[],
  toSeq: number
): Promise<ReadingRow[]> {
  if (rows.length === 0) return []
  const { alias } = file
  if (file.hasReasons === undefined) {
    const counted = await connection.runAndReadAll(`SELECT count(*)::DOUBLE FROM ${alias}.value_reasons`)
    // A commit that brought some meanwhile has said so.
    file.hasReasons ??= numberOf(counted.getRows()[0]?.[0]) > 0
  }
  if (!file.hasReasons) return [...rows]
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { time } of rows) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  const meters = [...new Set(rows.map(row => row.meter))]
  const result = await connection.runAndReadAll(
    `SELECT meter, time::DOUBLE, kind, version, field, mask FROM ${alias}.value_reasons
     WHERE meter IN (${meters.join(',')}) AND time BETWEEN ${integer(first)} AND ${integer(last)}
       AND seq <= ${integer(toSeq)}`
  )
  const reasons = new Map<string, Map<number, number>>()
  for (const [meter, time, kind, version, field, mask] of result.getRows() as number[][]) {
    const key = `${meter}/${time}/${kind}/${version}`
    const known = reasons.get(key) ?? new Map<number, number>()
    reasons.set(key, known.set(field, (known.get(field) ?? 0) | mask))
  }
  return rows.map(row => {
    const found = reasons.get(`${row.meter}/${row.time}/${row.kind}/${row.version}`)
    return found === undefined ? row : { ...row, reasons: found }
  })
}
