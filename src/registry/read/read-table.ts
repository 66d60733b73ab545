import { EXCEL_SAYS, isDamagedId, isPlainNumber } from './cell-forms.ts'
import { type ImportIssue, type IssueCode, makeIssue } from './issues.ts'
import { parseTime } from './local-time.ts'
import { readRows, type RowListener } from './rows.ts'
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
  return new TableReader(schema, zone).read(bytes)
}

class TableReader<S extends Schema> implements RowListener {
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
  /** What a row starts from: the blanks of columns that the file leaves out. */
  readonly #blankRow: readonly (string | number | undefined)[]
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
    this.#blankRow = schema.columns.map(column => (column.kind === 'choice' ? column.blank : undefined))
  }

  read(bytes: Uint8Array): ReadTable<S> {
    const { file, columns, needs } = this.#schema
    const known = columns.map(column => column.name)
    const encoding = readRows(bytes, { known, needs, quote: cell => this.#quote(cell) }, this)
    const isOther = encoding !== 'UTF-8' && encoding !== ''
    return this.#finish(isOther ? [`${file} was read as ${encoding}`] : [])
  }

  report(code: IssueCode, line: number, column: string, message: string): void {
    const isHidden = code === 'COLUMN_UNKNOWN' && this.#hasPersons
    this.#issues.push(makeIssue(code, this.#schema.file, line, isHidden ? '' : column, message))
  }

  onBroken(line: number, message: string): void {
    this.#total++
    this.#rejectedRows++
    this.report('QUOTE', line, '', message)
  }

  onRow(cells: readonly string[], line: number, header: readonly number[]): void {
    this.#total++
    const issuesBefore = this.#issues.length
    const values = this.#readCells(cells, line, header)
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

  #finish(notes: string[]): ReadTable<S> {
    return {
      table: makeTable(this.#schema, this.#draft.line, this.#draft.text, this.#draft.number),
      issues: this.#issues,
      notes,
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

  /** Values in schema order; a bad cell reports and leaves undefined. The id, if rows have one, is column 0. */
  #readCells(
    cells: readonly string[],
    line: number,
    header: readonly number[]
  ): (string | number | undefined)[] {
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
        if (isDamagedId(cell)) this.#reportExcel(column, cell, line)
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
    for (const id of ids) if (isDamagedId(id)) this.#reportExcel(column, id, line)
    return ids.filter(id => id !== '').join(';')
  }

  #readId(column: Column & { kind: 'id' }, cell: string, line: number): string {
    if (cell === '') this.report('ID_BLANK', line, column.name, 'the id is blank')
    else if (isDamagedId(cell)) this.#reportExcel(column, cell, line)
    else if (!column.form.test(cell)) {
      this.report('ID_FORMAT', line, column.name, `${this.#quote(cell)} is not an id: ${column.says}`)
    }
    return cell
  }

  #reportExcel(column: Column, cell: string, line: number): void {
    this.report('ID_EXCEL', line, column.name, `${this.#quote(cell)}: ${EXCEL_SAYS}`)
  }

  #readNumber(column: Column & { kind: 'number' }, cell: string, line: number): number {
    if (cell === '') return NaN
    if (!isPlainNumber(cell)) {
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
