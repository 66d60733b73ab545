import { DOUBLE, type DuckDBConnection, type DuckDBDataChunk, LIST, listValue } from '@duckdb/node-api'

/** The part of the library's vectors that shows whole columns; a test of the raw path is in duckdb-chunks. */
interface RawColumn {
  readonly items?: unknown
  readonly validity?: { readonly data: BigUint64Array | null }
}

/**
 * A statement's result by column, all of them DOUBLE; NULL is NaN. Many rows at a tenth of what rows of values cost.
 *
 * @param meters given to the statement as $1, a list, when it has one
 */
export async function readColumns(
  connection: DuckDBConnection,
  sql: string,
  columns: number,
  meters?: readonly number[]
): Promise<Float64Array[]> {
  const result = await (meters === undefined
    ? connection.run(sql)
    : connection.run(sql, [listValue([...meters])], [LIST(DOUBLE)]))
  const chunks = await result.fetchAllChunks()
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  const found = Array.from({ length: columns }, () => new Float64Array(rows))
  let at = 0
  for (const chunk of chunks) {
    found.forEach((into, column) => {
      copyColumn(chunk, column, into.subarray(at, at + chunk.rowCount))
    })
    at += chunk.rowCount
  }
  return found
}

function copyColumn(chunk: DuckDBDataChunk, column: number, into: Float64Array): void {
  const { items, validity } = chunk.getColumnVector(column) as RawColumn
  if (!(items instanceof Float64Array) || validity === undefined || items.length < into.length) {
    chunk.getColumnValues(column).forEach((value, row) => {
      into[row] = value === null ? Number.NaN : Number(value)
    })
    return
  }
  into.set(items.subarray(0, into.length))
  const words = validity.data
  if (words === null) return
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2)
  for (let row = 0; row < into.length; row++) {
    if ((((halves[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0) into[row] = Number.NaN
  }
}

/** Condition that a row is of one of the meters, and the list it needs; a range alone where they have no holes. */
export function ofMeters(meters: readonly number[]): {
  condition: string
  list: readonly number[] | undefined
} {
  let [low, high] = [Number.POSITIVE_INFINITY, 0]
  for (const meter of meters) {
    low = Math.min(low, meter)
    high = Math.max(high, meter)
  }
  const range = `meter >= ${low} AND meter <= ${high}`
  const hasHoles = high - low + 1 > new Set(meters).size
  if (!hasHoles) return { condition: range, list: undefined }
  return { condition: `${range} AND meter IN (SELECT unnest($1)::UINTEGER)`, list: meters }
}
