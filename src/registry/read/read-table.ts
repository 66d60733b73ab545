import { nearestName, readAsUtf8, scanCsv } from './csv.ts'
import { type ImportIssue, type IssueCode, makeIssue } from './issues.ts'
import { parseTime } from './local-time.ts'
import {
  isPerson,
  type Column,
  type Draft,
  isNumeric,
  makeTable,
  type Schema,
  startDraft,
  type Table
} from '../schema.ts'

/** What reading one file gave: good rows, everything wrong with the others, and how many there were. */
export interface ReadTable<S extends Schema> {
  readonly table: Table<S>
  readonly issues: ImportIssue[]
  readonly notes: string[]
  /** Rows in the file, good or not. */
  readonly total: number
  /** Lines of rows that were not taken, by their id where they had one. */
  readonly rejected: Map<string, number>
  readonly rejectedRows: number
  /** The last row of each id; of tables whose rows have one. */
  readonly rowOfId: ReadonlyMap<string, number>
}

/** Reads a file into columns. A row with any issue is not taken; all its issues are reported. */
export function readTable<S extends Schema>(schema: S, bytes: Uint8Array, zone: string): ReadTable<S> {
  const reader = new TableReader(schema, zone)
  const utf8 = readAsUtf8(bytes)
  if (utf8 === undefined) {
    reader.report('ENCODING', 0, '', 'is neither UTF-8 nor GB 18030')
    return reader.finish()
  }
  if (utf8.encoding !== 'UTF-8') reader.notes.push(`${schema.file} was read as ${utf8.encoding}`)
  const complete = scanCsv(
    utf8.text,
    (cells, line) => reader.takeRecord(cells, line),
    (line, message) => reader.rejectLine(line, message)
  )
  if (!complete) reader.report('QUOTES_BROKEN', 0, '', 'has too many lines with broken quotes')
  return reader.finish()
}

class TableReader<S extends Schema> {
  readonly notes: string[] = []
  readonly #schema: S
  /** Whether the file has columns that say something of persons. */
  readonly #hasPersons: boolean
  readonly #zone: string
  readonly #issues: ImportIssue[] = []
  readonly #draft: Draft
  /** Columns of the draft in schema order. */
  readonly #columns: readonly ({ readonly numbers: number[] } | { readonly texts: string[] })[]
  readonly #rejected = new Map<string, number>()
  readonly #rowOfId = new Map<string, number>()
  /** A table whose rows have no id of their own begins with a reference: rows may share it. */
  readonly #hasId: boolean
  /** Times repeat by the thousand (installation days): each text is converted once. */
  readonly #times = new Map<string, ReturnType<typeof parseTime>>()
  /** For each cell of a row the position of its column in the schema, -1 when unknown. */
  #header: readonly number[] | undefined
  /** What a row starts from: the blanks of columns that the file leaves out. */
  #blankRow: readonly (string | number | undefined)[] = []
  #total = 0
  #rejectedRows = 0

  constructor(schema: S, zone: string) {
    this.#schema = schema
    this.#hasPersons = schema.columns.some(isPerson)
    this.#zone = zone
    this.#draft = startDraft(schema)
    this.#hasId = schema.columns[0]?.kind === 'id'
    this.#columns = schema.columns.map(column =>
      isNumeric(column)
        ? { numbers: this.#draft.number[column.name] ?? [] }
        : { texts: this.#draft.text[column.name] ?? [] }
    )
  }

  report(code: IssueCode, line: number, column: string, message: string): void {
    this.#issues.push(makeIssue(code, this.#schema.file, line, column, message))
  }

  rejectLine(line: number, message: string): void {
    if (this.#header === undefined) {
      this.#header = []
      this.report('HEADER_MISSING', line, '', `cannot be read: ${message}`)
      return
    }
    this.#total++
    this.#rejectedRows++
    this.report('QUOTE', line, '', message)
  }

  takeRecord(cells: readonly string[], line: number): void {
    if (this.#header === undefined) {
      this.#header = this.#readHeader(cells, line)
      return
    }
    // Under a header that could not be read no cell has a meaning; the header's own issue says it all.
    if (this.#header.length === 0) return
    this.#total++
    const issuesBefore = this.#issues.length
    const values = this.#readCells(cells, line)
    const id = this.#hasId && typeof values[0] === 'string' ? values[0] : ''
    if (this.#issues.length === issuesBefore) this.#checkDuplicate(id, line)
    if (this.#issues.length > issuesBefore) {
      this.#rejectedRows++
      if (id !== '' && !this.#rowOfId.has(id)) this.#rejected.set(id, line)
      return
    }
    if (this.#hasId) this.#rowOfId.set(id, this.#draft.line.length)
    this.#draft.line.push(line)
    for (const [i, column] of this.#columns.entries()) {
      const value = values[i]
      if ('numbers' in column) column.numbers.push(typeof value === 'number' ? value : NaN)
      else column.texts.push(typeof value === 'string' ? value : '')
    }
  }

  finish(): ReadTable<S> {
    const fileIsRead = this.#issues.every(found => found.severity !== 'fatal')
    if (this.#header === undefined && fileIsRead) this.report('HEADER_MISSING', 0, '', 'is empty')
    return {
      table: makeTable(this.#schema, this.#draft.line, this.#draft.text, this.#draft.number),
      issues: this.#issues,
      notes: this.notes,
      total: this.#total,
      rejected: this.#rejected,
      rejectedRows: this.#rejectedRows,
      rowOfId: this.#rowOfId
    }
  }

  /**
   * A cell in a message. In files that name persons it may be one, in another column than it should be or where the header
   * is missing: issues go to logs, answers and a file.
   */
  #quote(cell: string): string {
    return this.#hasPersons ? 'the cell' : `"${cell}"`
  }

  #readHeader(cells: readonly string[], line: number): number[] {
    const known = this.#schema.columns.map(column => column.name)
    const header = cells.map(cell => known.indexOf(cell.toLowerCase()))
    header.forEach((position, i) => {
      const name = cells[i] ?? ''
      if (position < 0) {
        const hint = `the nearest known column is ${nearestName(name, known)}`
        this.report(
          'COLUMN_UNKNOWN',
          line,
          this.#hasPersons ? '' : name,
          `column ${this.#quote(name)} is not known; ${hint}`
        )
      } else if (header.indexOf(position) !== i) {
        this.report('COLUMN_TWICE', line, name, `column "${name}" stands in the header twice`)
      }
    })
    for (const name of this.#schema.needs) {
      if (header.includes(known.indexOf(name))) continue
      this.report('COLUMN_MISSING', line, name, `column "${name}" is missing`)
    }
    this.#blankRow = this.#schema.columns.map(column => (column.kind === 'choice' ? column.blank : undefined))
    return header
  }

  /** Values in schema order; a bad cell reports and leaves undefined. The id, if rows have one, is column 0. */
  #readCells(cells: readonly string[], line: number): (string | number | undefined)[] {
    const header = this.#header ?? []
    if (cells.length !== header.length) {
      this.report('CELL_COUNT', line, '', `row has ${cells.length} cells, the header ${header.length}`)
    }
    const values = [...this.#blankRow]
    header.forEach((position, i) => {
      const cell = cells[i]
      const column = this.#schema.columns[position]
      if (column === undefined || cell === undefined) return
      if (cell === '' && this.#schema.filled?.includes(column.name)) {
        this.report('CELL_BLANK', line, column.name, 'the cell is blank')
      }
      values[position] = this.#readCell(column, cell, line)
    })
    return values
  }

  #readCell(column: Column, cell: string, line: number): string | number | undefined {
    switch (column.kind) {
      case 'id':
        return this.#readId(column, cell, line)
      case 'reference':
        if (EXCEL_DAMAGE.test(cell)) this.#reportExcel(column, cell, line)
        return cell
      case 'references':
        return this.#readReferences(column, cell, line)
      case 'text':
        return cell
      case 'choice':
        if (cell === '') return column.blank
        if (column.choices.includes(cell)) return cell
        this.report(
          'CHOICE',
          line,
          column.name,
          `${this.#quote(cell)} is none of ${column.choices.join(', ')}`
        )
        return undefined
      case 'number':
        return this.#readNumber(column, cell, line)
      case 'time':
        return this.#readTime(column, cell, line)
      default:
        return column satisfies never
    }
  }

  #readReferences(column: Column, cell: string, line: number): string {
    const ids = cell.split(';').map(id => id.trim())
    for (const id of ids) if (EXCEL_DAMAGE.test(id)) this.#reportExcel(column, id, line)
    return ids.filter(id => id !== '').join(';')
  }

  #readId(column: Column & { kind: 'id' }, cell: string, line: number): string {
    if (cell === '') this.report('ID_BLANK', line, column.name, 'the id is blank')
    else if (EXCEL_DAMAGE.test(cell)) this.#reportExcel(column, cell, line)
    else if (!column.form.test(cell)) {
      this.report('ID_FORMAT', line, column.name, `${this.#quote(cell)} is not an id: ${column.says}`)
    }
    return cell
  }

  #reportExcel(column: Column, cell: string, line: number): void {
    const why = 'a spreadsheet turned the id into a rounded number; its digits are lost'
    this.report('ID_EXCEL', line, column.name, `${this.#quote(cell)}: ${why}`)
  }

  #readNumber(column: Column & { kind: 'number' }, cell: string, line: number): number {
    if (cell === '') return NaN
    if (!PLAIN_NUMBER.test(cell)) {
      this.report('NUMBER_FORMAT', line, column.name, `${this.#quote(cell)} is not a plain number`)
      return NaN
    }
    const value = Number(cell)
    const fits = value >= column.low && value <= column.high && !(column.whole && !Number.isInteger(value))
    if (!fits) {
      const what = column.whole ? 'a whole number' : 'a number'
      this.report(
        'NUMBER_RANGE',
        line,
        column.name,
        `${this.#hasPersons ? 'the cell' : cell} is not ${what} of ${column.low}..${column.high}`
      )
    }
    return value
  }

  #readTime(column: Column, cell: string, line: number): number {
    if (cell === '') return NaN
    let read = this.#times.get(cell)
    if (read === undefined) {
      read = parseTime(cell, this.#zone)
      if (this.#times.size < MAX_TIME_TEXTS) this.#times.set(cell, read)
    }
    if ('ms' in read) return read.ms
    if (read.problem === 'skipped') {
      this.report(
        'TIME_SKIPPED',
        line,
        column.name,
        `${this.#hasPersons ? 'the cell' : cell} does not exist in ${this.#zone}`
      )
    } else {
      this.report('TIME_FORMAT', line, column.name, `${this.#quote(cell)} is not a date or time`)
    }
    return NaN
  }

  #checkDuplicate(id: string, line: number): void {
    const first = id === '' || this.#schema.repeats === true ? undefined : this.#rowOfId.get(id)
    if (first === undefined) return
    this.report('ID_DUPLICATE', line, 'id', `${id} stands in line ${this.#draft.line[first]} already`)
  }
}

const EXCEL_DAMAGE = /^\d(?:[.,]\d+)?[eE]\+\d+$/
const PLAIN_NUMBER = /^[+-]?\d+(?:\.\d+)?$/
const MAX_TIME_TEXTS = 100000

/** The rows of a table for which `keep` is true, in order. */
export function keepRows<S extends Schema>(table: Table<S>, keep: (row: number) => boolean): Table<S> {
  const rows: number[] = []
  for (let row = 0; row < table.rows; row++) if (keep(row)) rows.push(row)
  if (rows.length === table.rows) return table
  const pick = <T>(columns: Record<string, readonly T[]>): Record<string, T[]> =>
    Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, rows.map(row => values[row] as T)])
    )
  const line = rows.map(row => table.line[row] ?? 0)
  return makeTable(table.schema, line, pick(table.text), pick(table.number))
}
