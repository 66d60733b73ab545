import type { DuckDBConnection } from '@duckdb/node-api'
import { FIELD_COUNT, FIELDS } from '../../model/fields.ts'
import { readColumns } from './columns.ts'
import type { AttachedFile } from './files.ts'
import type { ReadingRow } from '../port.ts'
import { NO_REASONS } from '../row-columns.ts'

/** A row as the library returns it; 64-bit numbers are cast to DOUBLE in SQL, so there is no BigInt in it. */
type Cells = readonly unknown[]

/** Select list that `toReading` reads, of the table with this name in the statement. */
export const readingList = (name: string): string =>
  [
    `${name}.meter, ${name}.time::DOUBLE, ${name}.received::DOUBLE, ${name}.version, ${name}.kind`,
    `${name}.quality_low, ${name}.quality_high, ${name}.ct, ${name}.pt, ${name}.sent_primary`,
    ...FIELDS.map(field => `${name}."${field.name}"`),
    `${name}.extras`
  ].join(', ')

const FIRST_FIELD = 10

export function toReading(cells: Cells): ReadingRow {
  const values = new Float64Array(FIELD_COUNT)
  for (let field = 0; field < FIELD_COUNT; field++) values[field] = numberOf(cells[FIRST_FIELD + field])
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
    extras: (cells[FIRST_FIELD + FIELD_COUNT] as string | null) ?? ''
  }
}

/** NULL is NaN. */
export function numberOf(cell: unknown): number {
  return cell === null ? Number.NaN : Number(cell)
}

/** The only number of a statement's answer, NaN when there is none. */
export async function readNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  return Number((await connection.runAndReadAll(sql)).getRows()[0]?.[0] ?? Number.NaN)
}

/** An integer for a statement's text. Beyond all times it is cut off; a bound with a fraction rounds up. */
export function integer(value: number): string {
  const edge = Number.MAX_SAFE_INTEGER
  if (Number.isNaN(value)) throw new RangeError('a bound of a query is not a number')
  return String(Math.min(edge, Math.max(-edge, Math.ceil(value))))
}

/** The rows with the reasons of their values; `files` are those of their days. */
export async function withReasons(
  connection: DuckDBConnection,
  files: readonly AttachedFile[],
  rows: readonly ReadingRow[],
  toSeq: number
): Promise<ReadingRow[]> {
  if (rows.length === 0) return []
  for (const file of files) {
    if (file.hasReasons !== undefined) continue
    const count = await readNumber(connection, `SELECT count(*)::DOUBLE FROM ${file.alias}.value_reasons`)
    // A commit that brought some meanwhile has said so.
    file.hasReasons ??= count > 0
  }
  const asked = files.filter(({ hasReasons }) => hasReasons)
  if (asked.length === 0) return [...rows]
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { time } of rows) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  const meters = [...new Set(rows.map(row => row.meter))].join(',')
  const condition = `meter IN (${meters}) AND time BETWEEN ${integer(first)} AND ${integer(last)}
    AND seq <= ${integer(toSeq)}`
  const reasons = await readReasons(
    connection,
    asked.map(({ alias }) => alias),
    condition
  )
  return rows.map(row => {
    const found = reasons.get(placeKey(row.meter, row.time, row.kind, row.version))
    return found === undefined ? row : { ...row, reasons: found }
  })
}

/** Rows taken over in one go: some 2 ms. */
const TURN_ROWS = 4608

/** Reasons of values by the place of their reading, then by field. @param turn lets others have a turn between many rows */
export async function readReasons(
  connection: DuckDBConnection,
  aliases: readonly string[],
  condition: string,
  turn: () => Promise<void> = async () => {}
): Promise<Map<string, Map<number, number>>> {
  const sql = aliases.map(
    alias => `SELECT meter, time, kind, version, field, mask FROM ${alias}.value_reasons WHERE ${condition}`
  )
  const read = await readColumns(connection, sql.join(' UNION ALL '))
  const columns = Array.from({ length: 6 }, (_, column) => read.numbers(column))
  const reasons = new Map<string, Map<number, number>>()
  for (let row = 0; row < read.rows; row++) {
    const [meter = 0, time = 0, kind = 0, version = 0, field = 0, mask = 0] = columns.map(of => of[row])
    const key = placeKey(meter, time, kind, version)
    const known = reasons.get(key) ?? new Map<number, number>()
    reasons.set(key, known.set(field, (known.get(field) ?? 0) | mask))
    if (row % TURN_ROWS === TURN_ROWS - 1) await turn()
  }
  return reasons
}

export const placeKey = (meter: number, time: number, kind: number, version: number): string =>
  `${meter}/${time}/${kind}/${version}`
