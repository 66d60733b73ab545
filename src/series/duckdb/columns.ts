import { DOUBLE, type DuckDBConnection, type DuckDBDataChunk, LIST, listValue } from '@duckdb/node-api'

/** The part of the library's vectors that shows whole columns; a test of the raw path is in chunks.test. */
interface RawColumn {
  readonly items?: unknown
  readonly validity?: { readonly data: BigUint64Array | null }
}

const HIGH_HALF = 4294967296

/** A statement's result by column. */
export class Columns {
  readonly #chunks: readonly DuckDBDataChunk[]
  readonly rows: number

  constructor(chunks: readonly DuckDBDataChunk[]) {
    this.#chunks = chunks
    this.rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0)
  }

  /** A column of numbers of whatever type, exact up to 2^53; NULL is NaN. */
  numbers(column: number): Float64Array {
    const into = new Float64Array(this.rows)
    let at = 0
    for (const chunk of this.#chunks) {
      copyColumn(chunk, column, into.subarray(at, at + chunk.rowCount))
      at += chunk.rowCount
    }
    return into
  }

  /** A column of texts; NULL is ''. */
  texts(column: number): string[] {
    return this.#chunks.flatMap(chunk => chunk.getColumnValues(column).map(value => String(value ?? '')))
  }
}

/**
 * Many rows at a tenth of what rows of values cost. Casts in the select list would cost more than the numbers' conversion
 * here does: each is bound and optimized in every statement.
 *
 * @param meters given to the statement as $1, a list, when it has one
 */
export async function readColumns(
  connection: DuckDBConnection,
  sql: string,
  meters?: readonly number[]
): Promise<Columns> {
  const result = await (meters === undefined
    ? connection.run(sql)
    : connection.run(sql, [listValue([...meters])], [LIST(DOUBLE)]))
  // The rows are in memory already: fetching a chunk takes a turn of the thread pool and of the event loop.
  return new Columns(Array.from({ length: result.chunkCount }, (_, chunk) => result.getChunk(chunk)))
}

function copyColumn(chunk: DuckDBDataChunk, column: number, into: Float64Array): void {
  const { items, validity } = chunk.getColumnVector(column) as RawColumn
  if (validity === undefined || !copyItems(items, into)) {
    chunk.getColumnValues(column).forEach((value, row) => {
      into[row] = value === null ? Number.NaN : Number(value)
    })
    return
  }
  const words = validity.data
  if (words === null) return
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2)
  for (let row = 0; row < into.length; row++) {
    if ((((halves[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 0) into[row] = Number.NaN
  }
}

/** @returns false when the vector's inside is not as expected */
function copyItems(items: unknown, into: Float64Array): boolean {
  if (items instanceof BigInt64Array && items.length >= into.length) {
    // Two halves, because making a BigInt of each would cost more than everything else.
    const low = new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
    const high = new Int32Array(items.buffer, items.byteOffset, items.length * 2)
    for (let row = 0; row < into.length; row++) {
      into[row] = (high[row * 2 + 1] ?? 0) * HIGH_HALF + (low[row * 2] ?? 0)
    }
    return true
  }
  const isKnown = items instanceof Float64Array || items instanceof Uint32Array || items instanceof Uint8Array
  if (!isKnown || items.length < into.length) return false
  into.set(items.subarray(0, into.length))
  return true
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
