const encoder = new TextEncoder()
// A byte order mark at the start of a text belongs to it: a meter id that has one is another id.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Grows a buffer and appends little-endian numbers, columns, texts. Columns start at multiples of 8. */
export class ByteWriter {
  #buffer: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity: number) {
    this.#buffer = new Uint8Array(Math.max(64, capacity))
    this.#view = new DataView(this.#buffer.buffer)
  }

  /** Begins anew in the same buffer: what `finish` returned before is overwritten. */
  clear(): this {
    this.#length = 0
    return this
  }

  u32(...values: number[]): this {
    this.#need(values.length * 4)
    for (const value of values) {
      this.#view.setUint32(this.#length, value, true)
      this.#length += 4
    }
    return this
  }

  f64(...values: number[]): this {
    this.#need(values.length * 8)
    for (const value of values) {
      this.#view.setFloat64(this.#length, value, true)
      this.#length += 8
    }
    return this
  }

  /** The first `rows` numbers of a column. */
  f64s(column: Float64Array, rows: number): this {
    return this.#column(column.subarray(0, rows))
  }

  u32s(column: Uint32Array, rows: number): this {
    return this.#column(column.subarray(0, rows))
  }

  u8s(column: Uint8Array, rows: number): this {
    return this.#column(column.subarray(0, rows))
  }

  text(value: string): this {
    return this.bytes(encoder.encode(value))
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length)
    this.#need(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
    return this
  }

  /** What was written, as a view: the writer is done. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #column(column: Float64Array | Uint32Array | Uint8Array): this {
    this.#need(column.byteLength + 8)
    this.#pad()
    this.#buffer.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), this.#length)
    this.#length += column.byteLength
    this.#pad()
    return this
  }

  /** Zeros up to the next multiple of 8: a buffer used before holds something there. */
  #pad(): void {
    const end = align(this.#length)
    this.#buffer.fill(0, this.#length, end)
    this.#length = end
  }

  #need(bytes: number): void {
    const wanted = align(this.#length) + bytes
    if (wanted <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(wanted, this.#buffer.length * 2))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** The same bytes in one piece. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export const lengthOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, part) => sum + part.length, 0)

/** A column's bytes where they are, without a copy. */
export const bytesOf = (column: Float64Array): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, column.byteLength)

/**
 * Reads what ByteWriter wrote. Columns are views of one copy of the input, made at the start: they outlive it.
 * @throws RangeError when the input ends early
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  /** @param kind `in place`: without the copy, for inputs that stay as they are and have no columns */
  constructor(bytes: Uint8Array, kind: 'copied' | 'in place' = 'copied') {
    // Not slice(): a Buffer would give a view.
    this.#bytes = kind === 'copied' ? new Uint8Array(bytes) : bytes
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
  }

  u32(): number {
    const value = this.#view.getUint32(this.#offset, true)
    this.#offset += 4
    return value
  }

  f64(): number {
    const value = this.#view.getFloat64(this.#offset, true)
    this.#offset += 8
    return value
  }

  f64s(rows: number): Float64Array {
    return new Float64Array(this.#bytes.buffer, this.#column(rows * 8), rows)
  }

  u32s(rows: number): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, this.#column(rows * 4), rows)
  }

  u8s(rows: number): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#column(rows), rows)
  }

  text(): string {
    return decoder.decode(this.view())
  }

  bytes(): Uint8Array {
    return this.view().slice()
  }

  /** The same as a view of what is read. */
  view(): Uint8Array {
    const length = this.u32()
    if (this.#offset + length > this.#bytes.length) throw new RangeError('record body ends early')
    const value = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return value
  }

  /** Start of the column that comes next. */
  #column(byteLength: number): number {
    const start = align(this.#offset)
    if (start + byteLength > this.#bytes.length) throw new RangeError('record body ends early')
    this.#offset = align(start + byteLength)
    return start
  }
}

const align = (offset: number): number => (offset + 7) & ~7
