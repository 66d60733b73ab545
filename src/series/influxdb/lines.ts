/** Room at first; a request of usual lines fits. */
const FIRST_BYTES = 1 << 20
/** Bytes of a character at most. */
const WIDEST = 3
/** A number of any kind, and what usual lines have before the next look at the room. */
const SPARE_BYTES = 4096

const ZERO = 0x30
const MINUS = 0x2d
const DOT = 0x2e
const SCALE = 10_000
const BILLION = 1_000_000_000

/**
 * Lines of one request as bytes, written piece by piece. As strings they would live until the request is done, and the collector copies
 * all that they are made of again and again; and making a number into a string costs five times as much as its digits do.
 */
export class Lines {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  #size = 0
  /** Where each line ends, behind its line break. */
  readonly #ends: number[] = []

  get count(): number {
    return this.#ends.length
  }

  /** Bytes. */
  get size(): number {
    return this.#size
  }

  /** Text of any characters. */
  text(text: string): this {
    this.#makeRoom(text.length * WIDEST)
    this.#size += this.#bytes.write(text, this.#size, 'utf8')
    return this
  }

  /** A few plain characters. */
  ascii(text: string): this {
    this.#makeRoom(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#size++] = text.charCodeAt(i)
    return this
  }

  /** A number as JavaScript reads it back: as short as can be up to four decimals. */
  number(value: number): this {
    this.#makeRoom(0)
    const scaled = Math.round(value * SCALE)
    // The quotient is the double nearest to these decimals: what is equal to it is read back as it was.
    const isShort = scaled / SCALE === value && Number.isSafeInteger(scaled) && !Object.is(value, -0)
    if (!isShort) return this.ascii(Object.is(value, -0) ? '-0' : String(value))
    const positive = Math.abs(scaled)
    if (scaled < 0) this.#bytes[this.#size++] = MINUS
    const whole = Math.floor(positive / SCALE)
    this.#digits(whole)
    let rest = positive - whole * SCALE
    if (rest === 0) return this
    this.#bytes[this.#size++] = DOT
    for (let place = SCALE / 10; rest > 0; place /= 10) {
      const digit = (rest / place) | 0
      this.#bytes[this.#size++] = ZERO + digit
      rest -= digit * place
    }
    return this
  }

  /** A whole number that is not negative. */
  whole(value: number): this {
    this.#makeRoom(0)
    this.#digits(value)
    return this
  }

  /** So many digits of a whole number below 10^9, with zeros before it. */
  padded(value: number, digits: number): this {
    this.#makeRoom(0)
    let rest = value
    for (let at = this.#size + digits - 1; at >= this.#size; at--) {
      const next = (rest / 10) | 0
      this.#bytes[at] = ZERO + rest - next * 10
      rest = next
    }
    this.#size += digits
    return this
  }

  /** Ends the line. */
  end(): void {
    this.#makeRoom(0)
    this.#bytes[this.#size++] = 0x0a
    this.#ends.push(this.#size)
  }

  add(line: string): void {
    this.text(line).end()
  }

  /** Lines [from, to) with line breaks between them. */
  read(from = 0, to = this.count): string {
    return this.#bytes.toString('utf8', this.#startOf(from), this.#startOf(to) - 1)
  }

  clear(): void {
    this.#size = 0
    this.#ends.length = 0
  }

  /** Takes the last line back. @returns its text */
  takeLast(): string {
    const line = this.read(this.count - 1, this.count)
    this.#ends.pop()
    this.drop()
    return line
  }

  /** Takes back what was written of a line that has not ended. */
  drop(): void {
    this.#size = this.#startOf(this.count)
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#ends[line - 1] ?? this.#size)
  }

  #makeRoom(bytes: number): void {
    const most = this.#size + bytes + SPARE_BYTES
    if (most > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], Math.max(most, 2 * this.#bytes.length))
  }

  #digits(value: number): void {
    if (value >= BILLION) {
      const high = Math.floor(value / BILLION)
      this.#digits(high)
      this.padded(value - high * BILLION, 9)
      return
    }
    let digits = 1
    for (let most = 10; value >= most; most *= 10) digits++
    this.padded(value, digits)
  }
}
