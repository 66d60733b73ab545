import { asError, GridvigilError } from '../../errors.ts'
import type { RegistrySource } from '../source.ts'
import { SCHEMAS, type TableName } from '../tables.ts'
import { type PackedTexts, packTexts, release, SharedTexts, TextPacker } from '../texts.ts'

/**
 * Reads columns of a snapshot when they are asked for, from its bytes into columns: a million strings on the way would
 * take more memory than all that stays.
 *
 *   snapshot = head { LF column } LF book LF       each line as JSON.stringify writes it, without blanks
 *   head     = {"format":number,"version":number,"rows":{file:number,…}}
 *   column   = {"file":text,"column":text,"values":[cell,…]} | {"file":text,"column":text,"same":cell}
 *   book     = {"book":[text,…]}
 *   cell     = text | number | null
 */
export interface SnapshotHead {
  readonly format: number
  readonly version: number
  readonly rows: Readonly<Record<string, number>>
}

type Cell = string | number | null

/** Where a column's cells begin (behind the bracket), or the one cell that they all are. */
type ColumnPlace = { readonly from: number } | { readonly same: Cell }

const LINE_FEED = 10
const QUOTE = 34
const COMMA = 44
const DOT = 46
const ZERO = 48
const NINE = 57
const BACKSLASH = 92
const CLOSE = 93
const LETTER_N = 110
/** What stands before the cells of a column is shorter. */
const LONGEST_NAMES = 200
const COLUMN = /^\{"file":"([^"\\]+)","column":"([^"\\]+)","(?:values":\[|same":)/
const QUOTES_AND_COMMA = 3
const BOOK = '{"book":['
/** A decimal of so many digits, and so many of them behind the point, is one exact division. */
const EXACT_DIGITS = 15

export class SnapshotColumns implements RegistrySource {
  readonly head: SnapshotHead
  readonly hash: string
  readonly #bytes: Buffer
  readonly #path: string
  readonly #columns = new Map<string, ColumnPlace>()
  #book: number | undefined

  /** @param bytes taken over @param path for errors @throws GridvigilError REGISTRY_FATAL when these are no lines of a snapshot */
  constructor(bytes: Buffer, path: string, hash: string) {
    this.hash = hash
    this.#bytes = bytes
    this.#path = path
    const end = this.#lineEnd(0)
    this.head = this.#parse(0, end) as SnapshotHead
    for (let start = end + 1; start < bytes.length; start = this.#lineEnd(start) + 1) this.#note(start)
  }

  /** Gives the memory back; nothing can be read any more. */
  close(): void {
    release(this.#bytes)
  }

  rows(table: TableName): number {
    return this.head.rows[SCHEMAS[table].file] ?? 0
  }

  shared(table: TableName, column: string): SharedTexts {
    const place = this.#find(table, column)
    const codes = new Uint32Array(this.rows(table))
    if ('same' in place) return new SharedTexts(codes.length === 0 ? [] : [String(place.same ?? '')], codes)
    const words = new Map<string, number>()
    // Equal texts mostly follow each other: they are compared as bytes, and no string is made.
    let [lastStart, lastEnd, code] = [0, -1, 0]
    let at = place.from
    for (let row = 0; row < codes.length; row++) {
      const end = this.#textEnd(at)
      if (!this.#isEqual(at, end, lastStart, lastEnd)) {
        const text = this.#text(at, end)
        code = words.get(text) ?? words.size
        words.set(text, code)
        lastStart = at
        lastEnd = end
      }
      codes[row] = code
      at = end + 1
    }
    return new SharedTexts([...words.keys()], codes)
  }

  texts(table: TableName, column: string): PackedTexts {
    return this.packed(table, column)
  }

  packed(table: TableName, column: string): PackedTexts {
    const place = this.#find(table, column)
    const rows = this.rows(table)
    if ('same' in place) return packTexts(new Array<string>(rows).fill(String(place.same ?? '')))
    return this.#pack(place.from, rows)
  }

  same(table: TableName, column: string): Cell | undefined {
    const place = this.#find(table, column)
    return 'same' in place && this.rows(table) > 0 ? place.same : undefined
  }

  number(table: TableName, column: string): Float64Array {
    const place = this.#find(table, column)
    const numbers = new Float64Array(this.rows(table))
    if ('same' in place) return numbers.fill(place.same === null ? Number.NaN : Number(place.same))
    let at = place.from
    for (let row = 0; row < numbers.length; row++) {
      const end = this.#numberEnd(at)
      numbers[row] = this.#bytes[at] === LETTER_N ? Number.NaN : this.#number(at, end)
      at = end + 1
    }
    return numbers
  }

  book(): PackedTexts {
    if (this.#book === undefined) return packTexts([])
    let rows = 0
    for (let at = this.#book; this.#bytes[at] === QUOTE; at = this.#textEnd(at) + 1) rows++
    return this.#pack(this.#book, rows)
  }

  #pack(from: number, rows: number): PackedTexts {
    // Without quotes and commas; less where something is escaped.
    const packer = new TextPacker(rows, Math.max(0, this.#lineEnd(from) - from - QUOTES_AND_COMMA * rows - 1))
    let at = from
    for (let row = 0; row < rows; row++) {
      const end = this.#textEnd(at)
      if (this.#isEscaped(at, end)) packer.add(this.#text(at, end))
      else packer.addBytes(this.#bytes, at + 1, end - 1)
      at = end + 1
    }
    return packer.finish()
  }

  /** Columns that a later version added are blank in older snapshots. */
  #find(table: TableName, column: string): ColumnPlace {
    return this.#columns.get(`${SCHEMAS[table].file}/${column}`) ?? { same: null }
  }

  #note(start: number): void {
    const names = this.#bytes.toString('utf8', start, Math.min(start + LONGEST_NAMES, this.#lineEnd(start)))
    const match = COLUMN.exec(names)
    if (names.startsWith(BOOK)) this.#book = start + BOOK.length
    else if (match === null) throw new GridvigilError('REGISTRY_FATAL', `${this.#path}: a line is no column`)
    else {
      const [begin, file, column] = match
      const isSame = begin.endsWith(':')
      const same = (): Cell => (this.#parse(start, this.#lineEnd(start)) as { same: Cell }).same
      this.#columns.set(
        `${file}/${column}`,
        isSame ? { same: same() } : { from: start + Buffer.byteLength(begin) }
      )
    }
  }

  #lineEnd(start: number): number {
    const end = this.#bytes.indexOf(LINE_FEED, start)
    return end < 0 ? this.#bytes.length : end
  }

  #parse(start: number, end: number): unknown {
    try {
      return JSON.parse(this.#bytes.toString('utf8', start, end))
    } catch (thrown) {
      throw new GridvigilError('REGISTRY_FATAL', `${this.#path}: ${asError(thrown).message}`)
    }
  }

  /** Behind the closing quote of the text whose opening quote stands at `at`. */
  #textEnd(at: number): number {
    const bytes = this.#bytes
    let i = at + 1
    while (bytes[i] !== QUOTE) {
      if (i >= bytes.length) throw new GridvigilError('REGISTRY_FATAL', `${this.#path}: a text does not end`)
      i += bytes[i] === BACKSLASH ? 2 : 1
    }
    return i + 1
  }

  #numberEnd(at: number): number {
    const bytes = this.#bytes
    let i = at
    while (bytes[i] !== COMMA && bytes[i] !== CLOSE) {
      if (i >= bytes.length)
        throw new GridvigilError('REGISTRY_FATAL', `${this.#path}: a column does not end`)
      i++
    }
    return i
  }

  /** @param start @param end with the quotes */
  #text(start: number, end: number): string {
    if (this.#isEscaped(start, end)) return this.#parse(start, end) as string
    return this.#bytes.toString('utf8', start + 1, end - 1)
  }

  #isEscaped(start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (this.#bytes[i] === BACKSLASH) return true
    return false
  }

  #isEqual(start: number, end: number, otherStart: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - otherStart) return false
    for (let i = start, j = otherStart; i < end; i++, j++) if (this.#bytes[i] !== this.#bytes[j]) return false
    return true
  }

  #number(start: number, end: number): number {
    const bytes = this.#bytes
    let digits = 0
    let dot = end
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0
      if (byte === DOT && dot === end) dot = i
      else if (byte >= ZERO && byte <= NINE) digits = digits * 10 + byte - ZERO
      else return Number(bytes.toString('latin1', start, end))
    }
    if (end - start > EXACT_DIGITS) return Number(bytes.toString('latin1', start, end))
    return dot === end ? digits : digits / 10 ** (end - dot - 1)
  }
}
