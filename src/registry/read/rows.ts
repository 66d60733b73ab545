import { MAX_BROKEN_RECORDS, nearestName, readAsUtf8, scanCsv } from './csv.ts'

/** What can be wrong with a file before any of its rows is looked at. */
export type RowFileIssue =
  | 'ENCODING'
  | 'QUOTES_BROKEN'
  | 'HEADER_MISSING'
  | 'COLUMN_UNKNOWN'
  | 'COLUMN_TWICE'
  | 'COLUMN_MISSING'

/** The columns of a file, and how it is read. */
export interface RowFile {
  readonly known: readonly string[]
  /** Columns it cannot do without. */
  readonly needs: readonly string[]
  /** A cell as a message may show it. */
  readonly quote: (cell: string) => string
  /** Lines with broken quotes after which it is given up. */
  readonly mostBroken?: number
  /** Cells of a first line that is longer than any header are not looked at. */
  readonly mostColumns?: number
}

/** What is told of a file while it is read. */
export interface RowListener {
  /** A row under a header. @param header of each of its cells the position of the column among the known ones, -1 for none */
  onRow(cells: readonly string[], line: number, header: readonly number[]): void
  /** A row that cannot be read. */
  onBroken(line: number, message: string): void
  /** @param line 0 is the file as a whole @param column as it stands in the file where it is not known */
  report(code: RowFileIssue, line: number, column: string, message: string): void
}

/** Reads the rows of a CSV file under its header. @returns its encoding, '' when it has none that is known */
export function readRows(bytes: Uint8Array, file: RowFile, listener: RowListener): string {
  const utf8 = readAsUtf8(bytes)
  if (utf8 === undefined) {
    listener.report('ENCODING', 0, '', 'is neither UTF-8 nor GB 18030')
    return ''
  }
  let header: readonly number[] | undefined
  const complete = scanCsv(
    utf8.text,
    (cells, line) => {
      if (header === undefined) header = readHeader(cells, line, file, listener)
      // Under a header that could not be read no cell has a meaning; the header's own issue says it all.
      else if (header.length > 0) listener.onRow(cells, line, header)
    },
    (line, message) => {
      if (header !== undefined) return listener.onBroken(line, message)
      header = []
      listener.report('HEADER_MISSING', line, '', `cannot be read: ${message}`)
    },
    file.mostBroken ?? MAX_BROKEN_RECORDS
  )
  if (!complete) listener.report('QUOTES_BROKEN', 0, '', 'has too many lines with broken quotes')
  if (header === undefined) listener.report('HEADER_MISSING', 0, '', 'is empty')
  return utf8.encoding
}

/** A file whose line ends are none of ours is one header of a million columns: the first say what is wrong. */
const MOST_COLUMNS_NAMED = 20

function readHeader(
  cells: readonly string[],
  line: number,
  { known, needs, quote, mostColumns = Infinity }: RowFile,
  listener: RowListener
): readonly number[] {
  if (cells.length > mostColumns) {
    listener.report('HEADER_MISSING', line, '', `has ${cells.length} cells: no header of this file`)
    return []
  }
  const header = cells.map(cell => known.indexOf(cell.toLowerCase()))
  const isWrong = (position: number, i: number): boolean => position < 0 || header.indexOf(position) !== i
  const wrong = header.flatMap((position, i) => (isWrong(position, i) ? [i] : []))
  for (const i of wrong.slice(0, MOST_COLUMNS_NAMED)) {
    const name = cells[i] ?? ''
    if ((header[i] ?? -1) < 0) {
      const hint = `the nearest known column is ${nearestName(name, known)}`
      listener.report('COLUMN_UNKNOWN', line, name, `column ${quote(name)} is not known; ${hint}`)
    } else listener.report('COLUMN_TWICE', line, name, `column "${name}" stands in the header twice`)
  }
  const more = wrong.length - MOST_COLUMNS_NAMED
  if (more > 0) listener.report('COLUMN_UNKNOWN', line, '', `so are, or stand twice, ${more} columns more`)
  for (const name of needs) {
    if (header.includes(known.indexOf(name))) continue
    listener.report('COLUMN_MISSING', line, name, `column "${name}" is missing`)
  }
  return header
}
