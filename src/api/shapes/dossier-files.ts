import type { Actor } from '../../ledger/port.ts'
import type { DossierEntry, DossierKind } from '../../model/dossier.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { ImportIssue } from '../../registry/read/issues.ts'
import { readRows, type RowListener } from '../../registry/read/rows.ts'
import {
  columnName,
  DOSSIER_COLUMNS,
  type DossierColumn,
  CUSTOMER_COLUMN,
  quoteCell,
  readCell
} from './dossier-columns.ts'
import { type GivenEntry, makeEntry, wrongsOf } from './dossier-entry.ts'
import { DOSSIER_ISSUES, type DossierIssueCode } from './dossier-issues.ts'

/** Files of entries, one for each kind. */
export const DOSSIER_FILES = {
  'patrols.csv': 'patrol',
  'drills.csv': 'drill',
  'backup_tests.csv': 'backup-test',
  'hazards.csv': 'hazard'
} as const satisfies Record<string, DossierKind>
export type DossierFileName = keyof typeof DOSSIER_FILES

/** Whether a file of this name holds entries. */
export const isDossierFile = (name: string): name is DossierFileName => Object.hasOwn(DOSSIER_FILES, name)

/** Rows of a file that are looked at. */
export const MAX_ROWS = 5000
/** Cells of a header; one that is far longer than any file needs is no header. */
const MAX_CELLS = 64
/** Each costs a scan to the end of the file. */
const MAX_BROKEN = 10

/** What a file says: entries where nothing is wrong with it, else everything that is. */
export interface DossierFile {
  readonly file: DossierFileName
  readonly rows: number
  readonly entries: readonly DossierEntry[]
  readonly issues: readonly ImportIssue[]
}

/**
 * Reads a file of entries. Each cell goes through the schema of its member, each row through the checks of an entry: nothing comes
 * in by a file that would not come in alone.
 */
export function readDossierFile(
  file: DossierFileName,
  bytes: Uint8Array,
  customers: ReadonlyMap<string, KeyCustomer>,
  by: Actor
): DossierFile {
  return new DossierReader(file, customers, by).read(bytes)
}

class DossierReader implements RowListener {
  readonly #file: DossierFileName
  readonly #kind: DossierKind
  readonly #columns: readonly DossierColumn[]
  readonly #customers: ReadonlyMap<string, KeyCustomer>
  readonly #by: Actor
  readonly #entries: DossierEntry[] = []
  readonly #issues: ImportIssue[] = []
  /** Line of each entry, by customer and id. */
  readonly #lines = new Map<string, number>()
  #rows = 0
  /** Whether rows mean nothing any more. */
  #isUnreadable = false

  constructor(file: DossierFileName, customers: ReadonlyMap<string, KeyCustomer>, by: Actor) {
    this.#file = file
    this.#kind = DOSSIER_FILES[file]
    this.#columns = DOSSIER_COLUMNS[this.#kind]
    this.#customers = customers
    this.#by = by
  }

  read(bytes: Uint8Array): DossierFile {
    const named = (columns: readonly DossierColumn[]) => [CUSTOMER_COLUMN, ...columns.map(({ name }) => name)]
    const known = named(this.#columns)
    const needs = named(this.#columns.filter(({ isNeeded }) => isNeeded))
    readRows(bytes, { known, needs, quote: quoteCell, mostBroken: MAX_BROKEN, mostColumns: MAX_CELLS }, this)
    if (this.#rows > MAX_ROWS)
      this.report('ROWS_TOO_MANY', 0, '', `has ${this.#rows} rows; at most ${MAX_ROWS} are taken`)
    return { file: this.#file, rows: this.#rows, entries: this.#entries, issues: this.#issues }
  }

  report(code: DossierIssueCode, line: number, column: string, message: string): void {
    const { severity, remedy } = DOSSIER_ISSUES[code]
    if (severity === 'fatal') this.#isUnreadable = true
    // A name that is not known may be of any length; the message has it.
    const named = code === 'COLUMN_UNKNOWN' ? '' : column
    this.#issues.push({ severity, code, file: this.#file, line, column: named, message, remedy })
  }

  onBroken(line: number, message: string): void {
    this.#rows++
    this.report('QUOTE', line, '', message)
  }

  onRow(cells: readonly string[], line: number, header: readonly number[]): void {
    this.#rows++
    if (this.#isUnreadable || this.#rows > MAX_ROWS) return
    if (cells.length !== header.length) {
      this.report('CELL_COUNT', line, '', `row has ${cells.length} cells, the header ${header.length}`)
      return
    }
    const issuesBefore = this.#issues.length
    const given = this.#readCells(cells, line, header)
    const customer = this.#findCustomer(cells[header.indexOf(0)] ?? '', line)
    if (customer !== undefined) this.#checkDuplicate(customer.id, given.id, line)
    if (customer === undefined || this.#issues.length > issuesBefore) return
    // No cell was refused, so each member is what its schema gives.
    const entry = makeEntry(this.#kind, customer.id, given as GivenEntry, this.#by)
    const wrongs = wrongsOf(customer, entry, this.#by.at)
    if (wrongs.length === 0) this.#entries.push(entry)
    for (const { member, message } of wrongs)
      this.report('ENTRY_IMPOSSIBLE', line, columnName(member), message)
  }

  #readCells(
    cells: readonly string[],
    line: number,
    header: readonly number[]
  ): Readonly<Record<string, unknown>> {
    const given: Record<string, unknown> = {}
    header.forEach((position, i) => {
      // The first known column is that of the customer.
      const column = this.#columns[position - 1]
      if (column === undefined) return
      const read = readCell(column, cells[i] ?? '')
      if ('code' in read) this.report(read.code, line, column.name, read.message)
      else given[column.member] = read.value
    })
    return given
  }

  #findCustomer(id: string, line: number): KeyCustomer | undefined {
    const customer = this.#customers.get(id)
    if (id === '') this.report('CELL_BLANK', line, CUSTOMER_COLUMN, 'the cell is blank')
    else if (customer === undefined)
      this.report('KEY_CUSTOMER_UNKNOWN', line, CUSTOMER_COLUMN, `${quoteCell(id)} is not in the registry`)
    return customer
  }

  #checkDuplicate(customer: string, id: unknown, line: number): void {
    if (typeof id !== 'string') return
    // No id has a blank in it.
    const key = `${id} ${customer}`
    const first = this.#lines.get(key)
    if (first === undefined) this.#lines.set(key, line)
    else
      this.report(
        'ID_DUPLICATE',
        line,
        'id',
        `${quoteCell(id)} of ${customer} stands in line ${first} already`
      )
  }
}
