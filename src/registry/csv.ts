import { isUtf8 } from 'node:buffer'
import { CsvError, parse } from 'csv-parse/sync'

/**
 * RFC 4180 with a memory for lines: every record comes with the line it starts at, and a record with broken
 * quotes is named and skipped instead of taking the rest of the file with it.
 */

/** After so many records with broken quotes the file is not CSV; each one costs a scan to the end of the file. */
export const MAX_BROKEN_RECORDS = 100

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
 * do not close. Empty lines and lines of empty cells are passed over.
 * @returns false when the scan was given up after MAX_BROKEN_RECORDS.
 */
export function scanCsv(
  text: Uint8Array,
  onRecord: (cells: string[], line: number) => void,
  onBroken: (line: number, message: string) => void
): boolean {
  let offset = 0
  let line = 1
  for (let broken = 0; broken < MAX_BROKEN_RECORDS; broken++) {
    const stop = scanUntilBroken(text.subarray(offset), line, onRecord)
    if (stop === undefined) return true
    while (line < stop.afterLine + 1 || isBlankLine(text, offset)) {
      offset = nextLine(text, offset)
      line++
    }
    onBroken(line, stop.message)
    offset = nextLine(text, offset)
    line++
    if (offset >= text.length) return true
  }
  return false
}

/** Scans until the end (undefined) or a broken record; `afterLine` is the last line of the record before it. */
function scanUntilBroken(
  text: Uint8Array,
  firstLine: number,
  onRecord: (cells: string[], line: number) => void
): { afterLine: number; message: string } | undefined {
  let afterLine = firstLine - 1
  try {
    parse(text, {
      bom: firstLine === 1,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      record_delimiter: ['\r\n', '\n'],
      on_record(cells: string[], context: { lines: number }) {
        const lastLine = firstLine - 1 + context.lines
        const line = lastLine - (lastLine - afterLine > 1 ? countBreaks(cells) : 0)
        afterLine = lastLine
        if (cells.some(cell => cell !== '')) onRecord(cells, line)
        // Nothing is returned, so nothing is gathered: a million rows stay one row at a time.
        return null
      }
    })
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    return {
      afterLine,
      message:
        thrown.code === 'CSV_QUOTE_NOT_CLOSED'
          ? 'a quoted cell that starts here never ends'
          : 'a quote stands where none may stand'
    }
  }
}

const countBreaks = (cells: readonly string[]): number =>
  cells.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0)

const LINE_FEED = 10

function nextLine(text: Uint8Array, offset: number): number {
  const end = text.indexOf(LINE_FEED, offset)
  return end < 0 ? text.length : end + 1
}

function isBlankLine(text: Uint8Array, offset: number): boolean {
  return (
    offset < text.length &&
    (text[offset] === LINE_FEED || (text[offset] === 13 && text[offset + 1] === LINE_FEED))
  )
}

/** The known name that is fewest edits away (insert, delete, replace, swap of neighbours). */
export function nearestName(name: string, known: readonly string[]): string {
  const given = name.toLowerCase()
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
