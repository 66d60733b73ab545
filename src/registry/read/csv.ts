import { isUtf8 } from 'node:buffer'

/**
 * RFC 4180 with a memory for lines: every record comes with the line it starts at, and a record with broken
 * quotes is named and skipped instead of taking the rest of the file with it.
 */

/** After so many records with broken quotes the file is not CSV; each one costs a scan to the end of the file. */
export const MAX_BROKEN_RECORDS = 100
/** Longest name that is compared with known ones, characters. */
const MAX_NAME = 64
const BOM = [0xef, 0xbb, 0xbf]
const LINE_FEED = 10
const QUOTE = 34
const COMMA = 44
const NON_ASCII = 0x80

/** UTF-8 bytes of a text file: UTF-8 (with or without BOM) as it is, GB 18030 converted, else undefined. */
export function readAsUtf8(bytes: Uint8Array): { text: Uint8Array; encoding: string } | undefined {
  if (isUtf8(bytes)) return { text: bytes, encoding: 'UTF-8' }
  try {
    const decoded = new TextDecoder('gb18030', { fatal: true }).decode(bytes)
    return { text: Buffer.from(decoded, 'utf8'), encoding: 'GB 18030' }
  } catch {
    return undefined
  }
}

/**
 * Calls `onRecord` for each record with its cells (trimmed) and first line, `onBroken` for each line whose quotes
 * do not close. Empty lines and lines of empty cells are passed over. Of a cell that is the same as the one above it the
 * very same text is given, so that columns of few words stay small.
 * @returns false when the scan was given up after `mostBroken` of those.
 */
export function scanCsv(
  text: Uint8Array,
  onRecord: (cells: string[], line: number) => void,
  onBroken: (line: number, message: string) => void,
  mostBroken = MAX_BROKEN_RECORDS
): boolean {
  const scanner = new CsvScanner(text)
  let broken = 0
  while (scanner.next()) {
    if (scanner.problem === '') {
      if (scanner.cells.some(cell => cell !== '')) onRecord(scanner.cells, scanner.line)
      continue
    }
    onBroken(scanner.line, scanner.problem)
    if (++broken === mostBroken) return scanner.isAtEnd
  }
  return true
}

const STRAY = 'a quote stands where none may stand'
const OPEN = 'a quoted cell that starts here never ends'

/**
 *   file   = [BOM] { record (LF | CR LF) }
 *   record = cell { "," cell }
 *   cell   = blanks (plain | '"' { any but '"' | '""' } '"') blanks        plain holds no comma, line feed or quote
 *
 * Blanks are what String.trim takes away; inside quotes they belong to the cell.
 */
class CsvScanner {
  readonly #text: Buffer
  #at: number
  /** First line of the record. */
  line = 0
  /** What is wrong with the record; the next one begins on the line after `line`. */
  problem = ''
  cells: string[] = []
  #nextLine = 1
  /** Bytes and text of the cell above, by position in the record. */
  readonly #above: { start: number; end: number; text: string }[] = []

  constructor(text: Uint8Array) {
    this.#text = Buffer.from(text.buffer, text.byteOffset, text.byteLength)
    this.#at = BOM.every((byte, i) => text[i] === byte) ? BOM.length : 0
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** Reads the next record. @returns false at the end */
  next(): boolean {
    const text = this.#text
    if (this.isAtEnd) return false
    const start = this.#at
    this.line = this.#nextLine
    this.cells = []
    this.problem = this.#readRecord()
    if (this.problem === '') return true
    // What follows on its line is not believed; the next line is.
    const end = text.indexOf(LINE_FEED, start)
    this.#at = end < 0 ? text.length : end + 1
    this.#nextLine = this.line + 1
    return true
  }

  /** @returns '' or what is wrong */
  #readRecord(): string {
    const text = this.#text
    for (;;) {
      const start = this.#at
      let at = start
      let byte = text[at]
      while (byte !== COMMA && byte !== LINE_FEED && byte !== QUOTE && byte !== undefined) byte = text[++at]
      if (byte === QUOTE) {
        if (text.toString('utf8', start, at).trim() !== '') return STRAY
        const problem = this.#readQuoted(at + 1)
        if (problem !== '') return problem
        byte = text[this.#at]
      } else {
        this.cells.push(this.#plainCell(start, at))
        this.#at = at
      }
      this.#at++
      if (byte === COMMA) continue
      this.#nextLine++
      return ''
    }
  }

  /** A cell up to the comma or line feed behind it. @param from behind its opening quote @returns as #readRecord */
  #readQuoted(from: number): string {
    const text = this.#text
    let cell = ''
    let start = from
    for (;;) {
      const quote = text.indexOf(QUOTE, start)
      if (quote < 0) return OPEN
      cell += text.toString('utf8', start, quote)
      start = quote + 1
      if (text[start] !== QUOTE) break
      cell += '"'
      start++
    }
    let at = start
    while (at < text.length && text[at] !== COMMA && text[at] !== LINE_FEED) at++
    if (text.toString('utf8', start, at).trim() !== '') return STRAY
    for (let i = cell.indexOf('\n'); i >= 0; i = cell.indexOf('\n', i + 1)) this.#nextLine++
    this.cells.push(cell)
    this.#at = at
    return ''
  }

  #plainCell(from: number, to: number): string {
    const text = this.#text
    let [start, end] = [from, to]
    while (start < end && isBlank(text[start] ?? 0)) start++
    while (end > start && isBlank(text[end - 1] ?? 0)) end--
    if (start === end) return ''
    const place = this.cells.length
    const above = this.#above[place]
    if (above !== undefined && this.#isSame(start, end, above)) return above.text
    const cell = text.toString('utf8', start, end)
    // Blanks beyond ASCII, such as that of full width, are several bytes.
    const isPlain = (text[start] ?? 0) < NON_ASCII && (text[end - 1] ?? 0) < NON_ASCII
    const trimmed = isPlain ? cell : cell.trim()
    if (above === undefined) this.#above[place] = { start, end, text: trimmed }
    else {
      above.start = start
      above.end = end
      above.text = trimmed
    }
    return trimmed
  }

  #isSame(start: number, end: number, above: { readonly start: number; readonly end: number }): boolean {
    if (end - start !== above.end - above.start) return false
    // From the end: ids count up, so they differ there.
    for (let i = end - 1, j = above.end - 1; i >= start; i--, j--)
      if (this.#text[i] !== this.#text[j]) return false
    return true
  }
}

/** Space, tab, line feed, vertical tab, form feed, carriage return. */
const isBlank = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13)

/** The known name that is fewest edits away (insert, delete, replace, swap of neighbours). */
export function nearestName(name: string, known: readonly string[]): string {
  const given = name.slice(0, MAX_NAME).toLowerCase()
  const ranked = known.map(candidate => ({ candidate, edits: countEdits(given, candidate) }))
  ranked.sort((one, other) => one.edits - other.edits)
  return ranked[0]?.candidate ?? ''
}

/** Optimal string alignment distance. */
function countEdits(from: string, to: string): number {
  const rows = Array.from({ length: from.length + 1 }, (_, i) => [i, ...new Array<number>(to.length).fill(0)])
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? 0
  for (let j = 1; j <= to.length; j++) (rows[0] as number[])[j] = j
  for (let i = 1; i <= from.length; i++) {
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let edits = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) edits = Math.min(edits, cell(i - 2, j - 2) + 1)
      ;(rows[i] as number[])[j] = edits
    }
  }
  return cell(from.length, to.length)
}
