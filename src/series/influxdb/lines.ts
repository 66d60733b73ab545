/** Room at first; a request of usual lines fits. */
const FIRST_BYTES = 1 << 20
/** Bytes of a character at most. */
const WIDEST = 3

/**
 * Lines of one request as bytes. Kept as strings they would live until the request is done, and the collector copies all that they are
 * made of again and again: a quarter of all time.
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

  add(line: string): void {
    const most = this.#size + line.length * WIDEST + 1
    if (most > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], Math.max(most, 2 * this.#bytes.length))
    this.#size += this.#bytes.write(line, this.#size, 'utf8')
    this.#bytes[this.#size++] = 0x0a
    this.#ends.push(this.#size)
  }

  /** Lines [from, to) with line breaks between them. */
  text(from = 0, to = this.count): string {
    return this.#bytes.toString('utf8', this.#startOf(from), this.#startOf(to) - 1)
  }

  clear(): void {
    this.#size = 0
    this.#ends.length = 0
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#ends[line - 1] ?? this.#size)
  }
}
