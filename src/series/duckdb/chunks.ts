import {
  BIGINT,
  DOUBLE,
  type DuckDBAppender,
  DuckDBDataChunk,
  type DuckDBType,
  UINTEGER,
  UTINYINT,
  VARCHAR
} from '@duckdb/node-api'
import type { Column, ColumnType } from './schema.ts'

/** Rows of a full chunk: DuckDB's vector size. */
export const CHUNK_ROWS = 2048

const TYPES: Record<ColumnType, DuckDBType> = {
  u8: UTINYINT,
  u32: UINTEGER,
  i64: BIGINT,
  f64: DOUBLE,
  text: VARCHAR
}

type Numbers = Float64Array | Uint32Array | Uint8Array

/**
 * The part of the library's vectors that writes whole columns, which its public interface does not offer: a
 * typed array over the values and the validity words (bit set = present, null = all present).
 */
interface RawVector {
  readonly items: Numbers | BigInt64Array
  readonly validity: { data: BigUint64Array | null }
  flush(): void
}

const ALL_NULL = new BigUint64Array(CHUNK_ROWS / 64)

/**
 * Appends rows column by column: values are gathered in typed arrays and handed over a chunk at a time.
 *
 *   copy / fill / text -> gathered rows -> advance -> (2048? chunk -> appender) -> end -> flushed
 *
 * `raw` writes the columns of a chunk with one copy each; `public` sets value by value through the library's
 * documented interface, five times slower. A test keeps both equal, and a vector that does not look as
 * expected is written the public way.
 */
export class ChunkAppender {
  readonly #columns: readonly Column[]
  readonly #path: 'raw' | 'public'
  readonly #gathered: readonly Numbers[]
  readonly #texts = new Map<number, string>()
  readonly #textColumn: number
  /** Rows of the open chunk that have no value, by column: when all are absent nobody looks at them. */
  readonly #absent: Uint32Array
  readonly #mask = new Uint32Array(CHUNK_ROWS / 32)
  readonly #maskWords = new BigUint64Array(this.#mask.buffer)
  #reused: DuckDBDataChunk | undefined
  #appender: DuckDBAppender | undefined
  #rows = 0

  constructor(columns: readonly Column[], path: 'raw' | 'public' = 'raw') {
    this.#columns = columns
    this.#path = path
    this.#textColumn = columns.findIndex(column => column.type === 'text')
    this.#absent = new Uint32Array(columns.length)
    this.#gathered = columns.map(({ type }) => {
      if (type === 'u8') return new Uint8Array(CHUNK_ROWS)
      return type === 'u32' ? new Uint32Array(CHUNK_ROWS) : new Float64Array(CHUNK_ROWS)
    })
  }

  /** Rows from here on go to `appender`, until `end`. */
  begin(appender: DuckDBAppender): void {
    this.#appender = appender
    this.#rows = 0
    this.#texts.clear()
    this.#absent.fill(0)
  }

  /** Rows that still fit into the open chunk: copy at most so many before `advance`. */
  get room(): number {
    return CHUNK_ROWS - this.#rows
  }

  copy(column: number, source: Numbers, from: number, to: number): void {
    this.#gathered[column].set(source.subarray(from, to), this.#rows)
  }

  fill(column: number, value: number, count: number): void {
    this.#gathered[column].fill(value, this.#rows, this.#rows + count)
  }

  fillAbsent(column: number, count: number): void {
    this.fill(column, Number.NaN, count)
    this.#absent[column] += count
  }

  /** Text of the row that is `offset` rows ahead. */
  text(offset: number, text: string): void {
    this.#texts.set(this.#rows + offset, text)
  }

  /** The next `count` rows are complete. */
  advance(count: number): void {
    this.#rows += count
    if (this.#rows === CHUNK_ROWS) this.#emit()
  }

  /** One row of numbers, in column order. */
  add(values: readonly number[]): void {
    for (let column = 0; column < values.length; column++) this.#gathered[column][this.#rows] = values[column]
    this.advance(1)
  }

  /** Moves full chunks into the transaction; otherwise the library keeps them and moves all at the end. */
  flush(): void {
    this.#appender?.flushSync()
  }

  /** Hands over the rest. The rows are in the transaction then. */
  end(): void {
    if (this.#rows > 0) this.#emit()
    this.#appender?.closeSync()
    this.#appender = undefined
  }

  /**
   * Forgets what was not flushed. Without it the library would flush when the appender is collected, in a
   * transaction of its own, and rows that were given up would appear.
   */
  abandon(): void {
    this.#appender?.clear()
    this.#appender = undefined
  }

  #emit(): void {
    const chunk = this.#openChunk()
    for (let column = 0; column < this.#columns.length; column++) this.#write(chunk, column)
    this.#appender?.appendDataChunk(chunk)
    this.#rows = 0
    this.#texts.clear()
    this.#absent.fill(0)
  }

  /** Texts stay on the heap of their chunk until it is dropped, so only a chunk without any is used again. */
  #openChunk(): DuckDBDataChunk {
    const types = this.#columns.map(column => TYPES[column.type])
    if (this.#texts.size > 0 || this.#path === 'public') return DuckDBDataChunk.create(types, this.#rows)
    this.#reused ??= DuckDBDataChunk.create(types, this.#rows)
    if (this.#reused.rowCount !== this.#rows) this.#reused.rowCount = this.#rows
    return this.#reused
  }

  #write(chunk: DuckDBDataChunk, column: number): void {
    const isText = column === this.#textColumn
    const raw = chunk.getColumnVector(column) as unknown as RawVector
    const isPublic = this.#path === 'public' || (isText && this.#texts.size > 0)
    if (isPublic || !isRaw(raw, isText)) {
      chunk.setColumnValues(column, this.#values(column))
      return
    }
    let mask: BigUint64Array | null = null
    if (isText) mask = ALL_NULL
    else this.#copyItems(raw.items, column)
    if (this.#columns[column].type === 'f64') mask = this.#maskOf(column)
    // A chunk that is used again may still carry the mask of before.
    if (mask !== null || raw.validity.data !== null) raw.validity.data = mask ?? this.#fullMask()
    raw.flush()
  }

  #copyItems(items: Numbers | BigInt64Array, column: number): void {
    const gathered = this.#gathered[column]
    if (!(items instanceof BigInt64Array)) {
      items.set(gathered.subarray(0, this.#rows))
      return
    }
    // Two halves, because making a BigInt of each time would cost more than everything else.
    const halves = new Uint32Array(items.buffer, items.byteOffset, items.length * 2)
    for (let row = 0; row < this.#rows; row++) {
      const value = Math.floor(gathered[row])
      halves[row * 2] = value
      halves[row * 2 + 1] = Math.floor(value / 4294967296)
    }
  }

  /** Null when every row has a value. */
  #maskOf(column: number): BigUint64Array | null {
    if (this.#absent[column] === this.#rows) return ALL_NULL
    const values = this.#gathered[column]
    const mask = this.#mask
    let absent = false
    for (let row = 0; row < this.#rows; row++) {
      if (!Number.isNaN(values[row])) continue
      if (!absent) mask.fill(0xffffffff)
      absent = true
      mask[row >>> 5] &= ~(1 << (row & 31))
    }
    return absent ? this.#maskWords : null
  }

  #fullMask(): BigUint64Array {
    this.#mask.fill(0xffffffff)
    return this.#maskWords
  }

  /** What the library's public interface takes. */
  #values(column: number): (number | bigint | string | null)[] {
    const { type } = this.#columns[column]
    const values = this.#gathered[column]
    return Array.from({ length: this.#rows }, (_, row) => {
      if (type === 'text') return this.#texts.get(row) ?? null
      if (type === 'i64') return BigInt(Math.floor(values[row]))
      return Number.isNaN(values[row]) ? null : values[row]
    })
  }
}

/** Whether a vector has the inside that the raw path writes to. */
function isRaw(vector: Partial<RawVector>, isText: boolean): vector is RawVector {
  const { validity, items, flush } = vector
  if (typeof validity !== 'object' || !('data' in validity) || typeof flush !== 'function') return false
  return isText || ArrayBuffer.isView(items)
}
