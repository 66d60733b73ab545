import { FIELD_COUNT, FIELDS, READING_KINDS } from '../model/fields.ts'
import { type DecodedFrame, INTERNED } from './decoded-frame.ts'
import { timeOrNaN } from './time-text.ts'

/**
 * The fast way through the rows form of json-readings.ts: bytes to columns, no object per reading. It takes a frame
 * only when everything in it is plain, and says no at the first surprise; then the plain decoder decides, errors included.
 *
 *   frame    { head , "readings": [ reading , … ] }        head before the readings: time, kind, collectedAt, seq
 *   reading  { key : value , … }                            keys: meter, time, kind, payload names of FIELDS, each once
 *   value    number | [ n , n , n ] with n a number or null | null; texts of printable ASCII without escapes
 *   number   -? digits [. digits], no exponent, at most 15 digits in all
 *
 * Such a number is m / 10^k with m < 2^53 and k <= 22, both exact in a double, so one division rounds it as JSON.parse
 * does (W. D. Clinger, How to read floating point numbers accurately, PLDI 1990). test/codecs/scan-readings.test.ts
 * holds both decoders against each other.
 */
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const MINUS = 0x2d
const POINT = 0x2e
const ZERO = 0x30
const BACKSLASH = 0x5c

const MOST_DIGITS = 15
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, k) => 10 ** k)
const LOWS = Float64Array.from(FIELDS, field => field.low)
const HIGHS = Float64Array.from(FIELDS, field => field.high)
const KINDS = new Map<string, number>(READING_KINDS.map((kind, number) => [kind, number]))

/** What stands behind a key of a reading: a column, or one of these. */
const METER = -1
const TIME = -2
const KIND = -3

interface Key {
  /** The key as it stands in a frame without white space: quotes, name, quotes, colon. */
  readonly bytes: Uint8Array
  /** The same, four bytes at a time; the last word overlaps the one before it. */
  readonly words: Uint32Array
  readonly meaning: number
  /** Whether the value may be a list of three: this column and the two behind it. */
  readonly isPhased: boolean
  /** Bit by which a second occurrence is seen. */
  readonly bit: number
}

const KEYS: readonly Key[] = makeKeys()

function makeKeys(): Key[] {
  const meanings = new Map<string, number>([
    ['meter', METER],
    ['time', TIME],
    ['kind', KIND]
  ])
  for (const [column, { payload }] of FIELDS.entries())
    if (!meanings.has(payload)) meanings.set(payload, column)
  return [...meanings].map(([name, meaning], i) => {
    const bytes = new TextEncoder().encode(`"${name}":`)
    const view = new DataView(bytes.buffer)
    const words = Uint32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, word) =>
      view.getUint32(Math.min(word * 4, bytes.length - 4), true)
    )
    const isPhased = FIELDS.filter(field => field.payload === name).length === 3
    return { bytes, words, meaning, isPhased, bit: 1 << i }
  })
}

/** One scanner per thread: it remembers the order of keys that terminals use. */
export class ReadingsScanner {
  #bytes: Uint8Array = new Uint8Array()
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  /** The number read last. */
  #number = 0
  /** Bounds of the text read last. */
  #textStart = 0
  #textEnd = 0
  /** The key met at each place of a reading the last time: nearly always the one met there again. */
  readonly #expected: Key[] = []
  /** Meter ids seen lately, by a hash of their bytes: one text object per meter spares making and hashing it again. */
  readonly #interned: string[] = new Array<string>(INTERNED).fill('')

  /**
   * @returns true when `into` holds all readings of the frame; false when the plain decoder must look at it
   */
  scan(bytes: Uint8Array, maxReadings: number, into: DecodedFrame): boolean {
    into.reset()
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = 0
    return this.#frame(maxReadings, into)
  }

  #frame(maxReadings: number, into: DecodedFrame): boolean {
    let time = Number.NaN
    let kind = 0
    let isRead = false
    if (!this.#skip(OPEN)) return false
    do {
      if (!this.#text()) return false
      const name = this.#slice()
      if (!this.#skip(COLON)) return false
      // What comes behind the readings would have to be applied to them.
      if (isRead) return false
      if (name === 'readings') {
        if (!this.#readings(time, kind, maxReadings, into)) return false
        isRead = true
      } else if (name === 'time') {
        time = this.#timeValue()
        if (Number.isNaN(time)) return false
      } else if (name === 'kind') {
        kind = this.#kindValue()
        if (kind < 0) return false
      } else if (name === 'seq') {
        if (!this.#numeral()) return false
      } else if (name === 'collectedAt') {
        const given = this.#timeToken()
        if (given === undefined) return false
        into.collectedAt = timeOrNaN(given)
      } else return false
    } while (this.#skip(COMMA))
    return this.#skip(CLOSE) && isRead && this.#isEnd()
  }

  #readings(time: number, kind: number, maxReadings: number, into: DecodedFrame): boolean {
    if (!this.#skip(OPEN_LIST)) return false
    if (this.#skip(CLOSE_LIST)) return true
    do {
      if (into.rows === maxReadings || !this.#reading(time, kind, into)) return false
      into.index.push(into.rows)
      into.rows++
      into.found++
    } while (this.#skip(COMMA))
    return this.#skip(CLOSE_LIST)
  }

  #reading(messageTime: number, messageKind: number, into: DecodedFrame): boolean {
    into.openRow()
    const row = into.rows
    let time = messageTime
    let kind = messageKind
    let place = -1
    let seen = 0
    let fields = 0
    let keys = 0
    if (!this.#skip(OPEN)) return false
    do {
      const key = this.#key(keys++)
      if (key === undefined || (seen & key.bit) !== 0) return false
      seen |= key.bit
      if (key.meaning >= 0) {
        const read = this.#value(key, row * FIELD_COUNT, into.values)
        if (read < 0) return false
        fields |= read
      } else if (key.meaning === METER) {
        if (!this.#text()) return false
        place = this.#intern()
      } else if (key.meaning === TIME) {
        time = this.#timeValue()
        if (Number.isNaN(time)) return false
      } else {
        kind = this.#kindValue()
        if (kind < 0) return false
      }
    } while (this.#skip(COMMA))
    if (!this.#skip(CLOSE) || place < 0 || fields === 0 || Number.isNaN(time)) return false
    into.meter[row] = this.#interned[place] ?? ''
    into.place[row] = place
    into.time[row] = time
    into.kind[row] = kind
    into.primary[row] = 0
    into.fields[row] = fields
    into.extras[row] = ''
    return true
  }

  /** Bits of the fields read for a key, -1 for a surprise. @param row where the row begins in `values` */
  #value(key: Key, row: number, values: Float64Array): number {
    const column = key.meaning
    if (!this.#skip(OPEN_LIST)) return this.#isNull() ? 0 : this.#put(column, row, values)
    if (!key.isPhased) return -1
    let fields = 0
    for (let element = 0; element < 3; element++) {
      if (element > 0 && !this.#skip(COMMA)) return -1
      if (this.#isNull()) continue
      const read = this.#put(column + element, row, values)
      if (read < 0) return -1
      fields |= read
    }
    return this.#skip(CLOSE_LIST) ? fields : -1
  }

  #put(column: number, row: number, values: Float64Array): number {
    if (!this.#numeral()) return -1
    const value = this.#number
    if (!(value >= (LOWS[column] ?? 0) && value <= (HIGHS[column] ?? 0))) return -1
    values[row + column] = value
    return 1 << column
  }

  #timeValue(): number {
    return timeOrNaN(this.#timeToken())
  }

  /** A text or a number as it stands, undefined for anything else. */
  #timeToken(): string | number | undefined {
    return this.#text() ? this.#slice() : this.#numeral() ? this.#number : undefined
  }

  #kindValue(): number {
    return this.#text() ? (KINDS.get(this.#slice()) ?? -1) : -1
  }

  /** The key at this place and its colon. */
  #key(place: number): Key | undefined {
    if ((this.#bytes[this.#at] ?? 0) <= 0x20) this.#space()
    const expected = this.#expected[place]
    if (expected !== undefined && this.#isKey(expected)) return expected
    for (const key of KEYS) {
      if (!this.#isKey(key) && !this.#isSpacedKey(key)) continue
      this.#expected[place] = key
      return key
    }
    return undefined
  }

  #isKey({ bytes, words }: Key): boolean {
    const view = this.#view
    const at = this.#at
    const last = at + bytes.length - 4
    if (last + 4 > view.byteLength) return false
    for (let word = 0; word < words.length; word++) {
      if (view.getUint32(Math.min(at + word * 4, last), true) !== words[word]) return false
    }
    this.#at = last + 4
    return true
  }

  /** A key with white space before its colon. */
  #isSpacedKey({ bytes: name }: Key): boolean {
    const bytes = this.#bytes
    const start = this.#at
    const length = name.length - 1
    for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false
    this.#at = start + length
    if (this.#skip(COLON)) return true
    this.#at = start
    return false
  }

  /** A text of printable ASCII without escapes. */
  #text(): boolean {
    if ((this.#bytes[this.#at] ?? 0) <= 0x20) this.#space()
    const bytes = this.#bytes
    if (bytes[this.#at] !== QUOTE) return false
    for (let end = this.#at + 1; ; end++) {
      const byte = bytes[end]
      if (byte === QUOTE) {
        this.#textStart = this.#at + 1
        this.#textEnd = end
        this.#at = end + 1
        return true
      }
      if (byte === undefined || byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return false
    }
  }

  #slice(): string {
    const { buffer, byteOffset } = this.#bytes
    return Buffer.from(buffer, byteOffset + this.#textStart, this.#textEnd - this.#textStart).toString(
      'latin1'
    )
  }

  /** Where the text read last is kept, as the same object as long as no other takes its place; -1 when it is empty. */
  #intern(): number {
    if (this.#textStart === this.#textEnd) return -1
    const bytes = this.#bytes
    let hash = 0x811c9dc5
    for (let at = this.#textStart; at < this.#textEnd; at++)
      hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
    const slot = (hash ^ (hash >>> 16)) & (INTERNED - 1)
    const known = this.#interned[slot] ?? ''
    if (!this.#isText(known)) this.#interned[slot] = this.#slice()
    return slot
  }

  #isText(text: string): boolean {
    const start = this.#textStart
    if (text.length !== this.#textEnd - start) return false
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== this.#bytes[start + i]) return false
    return true
  }

  /** A number of at most 15 digits; see the grammar above. */
  #numeral(): boolean {
    if ((this.#bytes[this.#at] ?? 0) <= 0x20) this.#space()
    const bytes = this.#bytes
    let at = this.#at
    const isNegative = bytes[at] === MINUS
    if (isNegative) at++
    const start = at
    let mantissa = 0
    let digit = (bytes[at] ?? 0) - ZERO
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digit = (bytes[++at] ?? 0) - ZERO
    }
    const whole = at - start
    if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return false
    let decimals = 0
    if (bytes[at] === POINT) {
      digit = (bytes[++at] ?? 0) - ZERO
      while (digit >= 0 && digit <= 9) {
        mantissa = mantissa * 10 + digit
        decimals++
        digit = (bytes[++at] ?? 0) - ZERO
      }
      if (decimals === 0) return false
    }
    if (whole + decimals > MOST_DIGITS || isExponent(bytes[at])) return false
    const value = decimals === 0 ? mantissa : mantissa / (POWERS[decimals] ?? 1)
    // Never -0: as a reading it is the same as 0.
    this.#number = isNegative ? 0 - value : value
    this.#at = at
    return true
  }

  #isNull(): boolean {
    if ((this.#bytes[this.#at] ?? 0) <= 0x20) this.#space()
    const bytes = this.#bytes
    const at = this.#at
    if (bytes[at] !== 0x6e) return false
    const isNull = bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c && bytes[at + 3] === 0x6c
    if (isNull) this.#at = at + 4
    return isNull
  }

  /** Takes the byte if it comes next. */
  #skip(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) {
      this.#space()
      if (this.#bytes[this.#at] !== byte) return false
    }
    this.#at++
    return true
  }

  #space(): void {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at++
    }
  }

  #isEnd(): boolean {
    this.#space()
    return this.#at === this.#bytes.length
  }
}

const isExponent = (byte: number | undefined): boolean => byte === 0x65 || byte === 0x45
