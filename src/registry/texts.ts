/**
 * Columns of texts for a registry of millions of rows. An array of strings costs 40 bytes a row that the collector walks
 * over again and again, in every thread; these cost what their bytes do.
 */
export interface Texts {
  readonly length: number
  /** '' where there is no such row. */
  get(row: number): string
}

/** What is asked of a Map by ids; a Map of a million ids costs a hundred megabytes. */
export type NumberById = Pick<ReadonlyMap<string, number>, 'get' | 'has' | 'size'> &
  Iterable<[string, number]>

/** Texts that are all different, such as ids: their UTF-8 bytes one after the other. A text is made when asked for. */
export class PackedTexts implements Texts {
  readonly length: number
  readonly bytes: Buffer
  /** Row r is bytes[ends[r - 1] .. ends[r]). */
  readonly ends: Uint32Array

  constructor(bytes: Buffer, ends: Uint32Array) {
    this.bytes = bytes
    this.ends = ends
    this.length = ends.length
  }

  start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] ?? 0)
  }

  get(row: number): string {
    const end = this.ends[row]
    return end === undefined ? '' : this.bytes.toString('utf8', this.start(row), end)
  }

  /** Whether a row has this text; makes no string of it. */
  isText(row: number, text: string): boolean {
    const start = this.start(row)
    const end = this.ends[row] ?? -1
    const { length } = text
    if (end - start < length) return false
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= NON_ASCII) return this.get(row) === text
      if (this.bytes[start + i] !== code) return false
    }
    return end - start === length
  }

  startsWith(row: number, bytes: Uint8Array): boolean {
    const start = this.start(row)
    if ((this.ends[row] ?? 0) - start < bytes.length) return false
    for (let i = 0; i < bytes.length; i++) if (this.bytes[start + i] !== bytes[i]) return false
    return true
  }

  *[Symbol.iterator](): Generator<string> {
    for (let row = 0; row < this.length; row++) yield this.get(row)
  }
}

/** Texts that repeat, such as terminals: each is one object however often it stands there, so comparing them is free. */
export class SharedTexts implements Texts {
  readonly length: number
  /** Each text once, in order of first appearance. */
  readonly packed: PackedTexts
  /** Place in `packed`, by row. */
  readonly codes: Uint32Array
  /** Those that were asked for. */
  readonly #words: (string | undefined)[]

  constructor(words: PackedTexts | readonly string[], codes: Uint32Array) {
    const isPacked = words instanceof PackedTexts
    this.packed = isPacked ? words : packTexts(words)
    this.#words = isPacked ? new Array<string | undefined>(words.length) : [...words]
    this.codes = codes
    this.length = codes.length
  }

  get(row: number): string {
    const code = this.codes[row]
    return code === undefined ? '' : (this.#words[code] ?? this.#make(code))
  }

  /** The text of a place in `packed`, '' where there is none. */
  word(code: number): string {
    return this.#words[code] ?? (code < this.packed.length ? this.#make(code) : '')
  }

  *[Symbol.iterator](): Generator<string> {
    for (let row = 0; row < this.length; row++) yield this.get(row)
  }

  #make(code: number): string {
    const word = this.packed.get(code)
    this.#words[code] = word
    return word
  }
}

const FIRST_BYTES = 1 << 12
const NON_ASCII = 0x80

/** Fills a column of packed texts, row by row. */
export class TextPacker {
  #bytes: Buffer
  #end = 0
  readonly #ends: Uint32Array
  #rows = 0

  /** @param rows how many there will be @param bytes about how many bytes they have */
  constructor(rows: number, bytes = FIRST_BYTES) {
    this.#ends = new Uint32Array(rows)
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
  }

  add(text: string): void {
    this.#room(text.length * 3)
    this.#end += this.#bytes.write(text, this.#end)
    this.#close()
  }

  addBytes(from: Uint8Array, start: number, end: number): void {
    this.#room(end - start)
    for (let i = start; i < end; i++) this.#bytes[this.#end++] = from[i] ?? 0
    this.#close()
  }

  finish(): PackedTexts {
    if (this.#end === this.#bytes.length) return new PackedTexts(this.#bytes, this.#ends)
    const bytes = Buffer.allocUnsafeSlow(this.#end)
    this.#bytes.copy(bytes, 0, 0, this.#end)
    release(this.#bytes)
    return new PackedTexts(bytes, this.#ends)
  }

  #close(): void {
    this.#ends[this.#rows++] = this.#end
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return
    const wider = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + bytes))
    this.#bytes.copy(wider, 0, 0, this.#end)
    release(this.#bytes)
    this.#bytes = wider
  }
}

/** Gives memory back now: the collector sees a small object and takes its time. A piece of a pool is left alone. */
export function release(column: Uint8Array | Uint32Array | Float64Array): void {
  const { buffer } = column
  if (buffer instanceof ArrayBuffer && buffer.byteLength === column.byteLength) buffer.transfer(0)
}

export function packTexts(texts: Iterable<string> & { readonly length: number }): PackedTexts {
  const packer = new TextPacker(texts.length)
  for (const text of texts) packer.add(text)
  return packer.finish()
}

export function shareTexts(texts: Iterable<string> & { readonly length: number }): SharedTexts {
  const words: string[] = []
  const known = new Map<string, number>()
  const codes = new Uint32Array(texts.length)
  let row = 0
  for (const text of texts) {
    let code = known.get(text)
    if (code === undefined) {
      code = words.length
      known.set(text, code)
      words.push(text)
    }
    codes[row++] = code
  }
  return new SharedTexts(words, codes)
}

/**
 * Row by text, of a packed column: open addressing over the bytes, a few bytes a row where a Map of strings takes a hundred.
 * Of equal texts the first row is found.
 */
export class TextIndex {
  readonly texts: PackedTexts
  /** How many rows can be found. */
  readonly size: number
  /** Row + 1 by place, 0 where nothing stands; at most half of the places are taken. */
  readonly places: Uint32Array
  /** Every row is found by its text: none is left out, and all differ. */
  readonly isWhole: boolean

  /** As `of` made it. */
  constructor(texts: PackedTexts, places: Uint32Array, size: number) {
    this.texts = texts
    this.places = places
    this.size = size
    this.isWhole = size === texts.length
  }

  /** @param isIn which rows can be found; all when absent */
  static of(texts: PackedTexts, isIn?: Uint8Array): TextIndex {
    let count = 16
    while (count < texts.length * 2) count *= 2
    const empty = new TextIndex(texts, new Uint32Array(count), 0)
    const { places } = empty
    let size = 0
    for (let row = 0; row < texts.length; row++) {
      if (isIn !== undefined && isIn[row] !== 1) continue
      const at = empty.#place(texts.bytes, texts.start(row), texts.ends[row] ?? 0)
      if (places[at] !== 0) continue
      places[at] = row + 1
      size++
    }
    return new TextIndex(texts, places, size)
  }

  /** Undefined when no row has this text. */
  get(text: string): number | undefined {
    const row = this.#find(text)
    return row < 0 ? undefined : row
  }

  has(text: string): boolean {
    return this.#find(text) >= 0
  }

  /** As `get`, -1 when no row has it; a row is looked at first. */
  getNear(text: string, row: number): number {
    return this.isWhole && this.texts.isText(row, text) ? row : this.#find(text)
  }

  /** Row with the same text as a row of another column, -1 when none has it. */
  like(other: PackedTexts, row: number): number {
    return (this.places[this.#place(other.bytes, other.start(row), other.ends[row] ?? 0)] ?? 0) - 1
  }

  /** The same for all rows of another column. */
  allLike(other: PackedTexts): Int32Array {
    const rows = new Int32Array(other.length)
    let next = 0
    for (let row = 0; row < rows.length; row++) {
      // Columns of one registry mostly stand in the same order: the row after the one before is looked at first.
      const isNext = isSame(this.texts, next, other.bytes, other.start(row), other.ends[row] ?? 0)
      const found = isNext && this.isWhole ? next : this.like(other, row)
      rows[row] = found
      if (found >= 0) next = found + 1
    }
    return rows
  }

  /** Each text with its row, in order of rows. */
  *[Symbol.iterator](): Generator<[text: string, row: number]> {
    const rows = this.places.filter(row => row !== 0).sort()
    for (const row of rows) yield [this.texts.get(row - 1), row - 1]
  }

  #find(text: string): number {
    const { places, texts } = this
    const { bytes, ends } = texts
    const mask = places.length - 1
    const { length } = text
    let hash = FNV_OFFSET
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= NON_ASCII) return this.#findEncoded(text)
      hash = Math.imul(hash ^ code, FNV_PRIME)
    }
    for (let at = mix(hash) & mask; ; at = (at + 1) & mask) {
      const row = (places[at] ?? 0) - 1
      if (row < 0) return -1
      const start = row === 0 ? 0 : (ends[row - 1] ?? 0)
      if ((ends[row] ?? 0) - start !== length) continue
      let i = 0
      while (i < length && bytes[start + i] === text.charCodeAt(i)) i++
      if (i === length) return row
    }
  }

  #findEncoded(text: string): number {
    const bytes = Buffer.from(text)
    return (this.places[this.#place(bytes, 0, bytes.length)] ?? 0) - 1
  }

  /** Where these bytes stand, or where they would. */
  #place(from: Uint8Array, start: number, end: number): number {
    const { places, texts } = this
    const mask = places.length - 1
    let hash = FNV_OFFSET
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (from[i] ?? 0), FNV_PRIME)
    for (let at = mix(hash) & mask; ; at = (at + 1) & mask) {
      const row = (places[at] ?? 0) - 1
      if (row < 0 || isSame(texts, row, from, start, end)) return at
    }
  }
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** Ids count up: without this their last digits alone would choose the place. */
const mix = (hash: number): number => {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return half ^ (half >>> 13)
}

function isSame(
  { bytes, ends }: PackedTexts,
  row: number,
  from: Uint8Array,
  start: number,
  end: number
): boolean {
  const first = row === 0 ? 0 : (ends[row - 1] ?? 0)
  if (row >= ends.length || (ends[row] ?? 0) - first !== end - start) return false
  for (let i = start; i < end; i++) if (bytes[first + i - start] !== from[i]) return false
  return true
}
