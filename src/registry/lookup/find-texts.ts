import type { PackedTexts, SharedTexts } from '../texts.ts'

const NON_ASCII = 0x80
const CASE_BIT = 0x20

/**
 * Whether rows of columns contain a text, whatever its case: as `row.toLowerCase().includes(text.toLowerCase())` says, over
 * the bytes, so that a column of a million ids is looked through without a million strings.
 */
export class TextSearch {
  readonly #wanted: string
  readonly #bytes: Buffer
  /** The same in upper case, as far as it is ASCII. */
  readonly #other: Buffer
  /** 1 no, 2 yes, 0 not looked at, by place of the words of a column. */
  readonly #words = new Map<SharedTexts, Uint8Array>()

  constructor(text: string) {
    this.#wanted = text.toLowerCase()
    this.#bytes = Buffer.from(this.#wanted)
    this.#other = Buffer.from(this.#bytes.map(byte => (isLetter(byte) ? byte - CASE_BIT : byte)))
  }

  isIn(column: PackedTexts, row: number): boolean {
    const { bytes } = column
    const [start, end] = [column.start(row), column.ends[row] ?? 0]
    // Beyond ASCII a letter and its other case may have other lengths.
    for (let i = start; i < end; i++)
      if ((bytes[i] ?? 0) >= NON_ASCII) return column.get(row).toLowerCase().includes(this.#wanted)
    const last = end - this.#bytes.length
    for (let at = start; at <= last; at++) if (this.#isAt(bytes, at)) return true
    return false
  }

  /** Each word is looked at once. */
  isInShared(column: SharedTexts, row: number): boolean {
    let known = this.#words.get(column)
    if (known === undefined) {
      known = new Uint8Array(column.packed.length)
      this.#words.set(column, known)
    }
    const code = column.codes[row] ?? 0
    if (known[code] === 0) known[code] = this.isIn(column.packed, code) ? 2 : 1
    return known[code] === 2
  }

  #isAt(bytes: Uint8Array, at: number): boolean {
    const [wanted, other] = [this.#bytes, this.#other]
    for (let i = 0; i < wanted.length; i++) {
      const byte = bytes[at + i]
      if (byte !== wanted[i] && byte !== other[i]) return false
    }
    return true
  }
}

const isLetter = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a
