/**
 * A column of numbers in as few bytes as a few simple forms allow; what comes out is what went in, to the bit (NaN is NaN).
 *
 *   column     nothing               all are NaN
 *              u8 0 | f64            all are equal
 *              u8 1 | f64 x rows     as they are
 *              u8 2.. | varint ...   decimals: number x 10^digits as whole numbers, their first or second differences
 *                                    (form - 2 = digits x 2 + (second ? 1 : 0)); the first one or two stand for themselves
 *   varint     seven bits a byte, lowest first, the top bit says that more follow; signs by zigzag (0, -1, 1, -2 ...)
 *
 * What meters show has few decimals, so a register costs a byte or two a row and regular times one.
 */
const EQUAL = 0
const PLAIN = 1
const DECIMALS = 2
const MAX_DIGITS = 6
/** Differences of differences of such numbers, and their zigzag, are exact. */
const MAX_WHOLE = 2 ** 49
const SHIFTED = 128
const SMALL = 2 ** 31

/** Takes columns one after the other; its buffer is used again. */
export class ColumnPacker {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #whole = new Float64Array(128)

  clear(): void {
    this.#length = 0
  }

  /** What was written, as a view: valid until the packer is used again. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** @returns bytes that the column takes */
  column(values: Float64Array): number {
    const before = this.#length
    const [first = Number.NaN] = values
    if (areEqual(values, first)) {
      if (!Number.isNaN(first)) this.#u8(EQUAL).f64(first)
      return this.#length - before
    }
    const digits = this.#scale(values)
    if (digits === undefined) {
      this.#u8(PLAIN)
      for (const value of values) this.f64(value)
    } else this.#decimals(digits, values.length)
    return this.#length - before
  }

  varint(value: number): this {
    this.#need(8)
    let rest = value
    while (rest >= SHIFTED) {
      this.#bytes[this.#length++] = (rest % SHIFTED) + SHIFTED
      rest = rest < SMALL ? rest >>> 7 : Math.floor(rest / SHIFTED)
    }
    this.#bytes[this.#length++] = rest
    return this
  }

  f64(value: number): this {
    this.#need(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
    return this
  }

  raw(bytes: Uint8Array): this {
    this.#need(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  #u8(value: number): this {
    this.#need(1)
    this.#bytes[this.#length++] = value
    return this
  }

  /** Fills `#whole`. @returns the digits with which all are whole; undefined when they are not decimals */
  #scale(values: Float64Array): number | undefined {
    if (this.#whole.length < values.length) this.#whole = new Float64Array(values.length * 2)
    let digits = 0
    for (let row = 0; row < values.length; row++) {
      const value = values[row] ?? Number.NaN
      while (digits <= MAX_DIGITS && !isDecimal(value, digits)) digits++
      if (digits > MAX_DIGITS) return undefined
    }
    const scale = 10 ** digits
    for (let row = 0; row < values.length; row++) {
      const value = values[row] ?? Number.NaN
      // What is whole with fewer digits is so with more, but for the limit.
      if (!isDecimal(value, digits)) return undefined
      this.#whole[row] = Math.round(value * scale)
    }
    return digits
  }

  #decimals(digits: number, rows: number): void {
    const whole = this.#whole
    const start = this.#length
    this.#u8(DECIMALS + digits * 2)
    let last = 0
    for (let row = 0; row < rows; row++) {
      const value = whole[row] ?? 0
      this.varint(zigzag(value - last))
      last = value
    }
    const first = this.#length - start
    this.#u8(DECIMALS + digits * 2 + 1)
    let step = 0
    last = 0
    for (let row = 0; row < rows; row++) {
      const value = whole[row] ?? 0
      const next = value - last
      this.varint(zigzag(next - step))
      // The first number is no step: beside it the second would need as many bytes.
      step = row === 0 ? 0 : next
      last = value
    }
    const second = this.#length - start - first
    if (second < first) this.#bytes.copyWithin(start, start + first, this.#length)
    this.#length = start + Math.min(first, second)
  }

  #need(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + bytes, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}

/** Reads varints and columns where they stand. @throws RangeError when the bytes end early or are of no known form */
export class ColumnUnpacker {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get at(): number {
    return this.#at
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('a packed column ends early')
      if (byte < SHIFTED) return value + byte * scale
      value += (byte - SHIFTED) * scale
      scale *= SHIFTED
    }
  }

  /** @param at where the column stands @param length bytes of it */
  column(at: number, length: number, rows: number): Float64Array {
    const values = new Float64Array(rows)
    if (length === 0) return values.fill(Number.NaN)
    const form = this.#bytes[at] ?? EQUAL
    this.#at = at + 1
    if (form === EQUAL) return values.fill(this.#view.getFloat64(this.#at, true))
    if (form === PLAIN) {
      for (let row = 0; row < rows; row++) values[row] = this.#view.getFloat64(this.#at + row * 8, true)
      return values
    }
    const digits = (form - DECIMALS) >>> 1
    if (digits > MAX_DIGITS) throw new RangeError(`no packed column has form ${form}`)
    this.#decimals(values, 10 ** digits, ((form - DECIMALS) & 1) === 1)
    return values
  }

  #decimals(values: Float64Array, scale: number, isSecond: boolean): void {
    let last = 0
    let step = 0
    for (let row = 0; row < values.length; row++) {
      const difference = unzigzag(this.varint())
      const next = isSecond ? step + difference : difference
      if (row > 0) step = next
      last += next
      values[row] = last / scale
    }
  }
}

const POWERS = Array.from({ length: MAX_DIGITS + 1 }, (_, digits) => 10 ** digits)

function areEqual(values: Float64Array, first: number): boolean {
  for (let row = 0; row < values.length; row++) if (!Object.is(values[row], first)) return false
  return true
}

/** Both are the nearest double of the same decimal, so dividing gives it back; a negative zero would lose its sign. */
function isDecimal(value: number, digits: number): boolean {
  const scale = POWERS[digits] ?? 1
  const whole = Math.round(value * scale)
  return Math.abs(whole) <= MAX_WHOLE && whole / scale === value && !Object.is(value, -0)
}

const zigzag = (value: number): number => (value < 0 ? value * -2 - 1 : value * 2)

const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)
