import { type ImportIssue, type IssueCode, makeIssue } from './issues.ts'
import { keepRows, type ReadTable } from './read-table.ts'
import type { Schema, Table } from '../schema.ts'

/** One file under check. */
export class CheckedTable<S extends Schema> {
  readonly given: boolean
  readonly table: Table<S>
  readonly issues: ImportIssue[]
  readonly #rejectedLines: ReadonlyMap<string, number>
  readonly #bad: Uint8Array
  readonly #rowOfId: ReadonlyMap<string, number>
  /** The row before with the same id, -1 for none; where several may have it. */
  readonly #sameId: Int32Array | undefined

  constructor(read: ReadTable<S>, given: boolean) {
    this.given = given
    this.table = read.table
    this.issues = read.issues
    this.#rejectedLines = read.rejected
    this.#bad = new Uint8Array(read.table.rows)
    this.#rowOfId = read.rowOfId
    this.#sameId = read.table.schema.repeats === true ? linkEqual(this.ids) : undefined
  }

  get ids(): readonly string[] {
    return (this.table.text as Record<string, readonly string[]>).id ?? []
  }

  /** The last row of an id that is still good, -1 when there is none. */
  find(id: string): number {
    let row = this.#rowOfId.get(id) ?? -1
    while (row >= 0 && this.#bad[row] === 1) row = this.#sameId?.[row] ?? -1
    return row
  }

  isBad(row: number): boolean {
    return this.#bad[row] === 1
  }

  reject(row: number, code: IssueCode, column: string, message: string): void {
    this.#bad[row] = 1
    this.report(code, this.table.line[row] ?? 0, column, message)
  }

  report(code: IssueCode, line: number, column: string, message: string): void {
    this.issues.push(makeIssue(code, this.table.schema.file, line, column, message))
  }

  /** Why an id cannot be referred to, as the rest of a sentence. */
  explainMissing(id: string): string {
    const row = this.#rowOfId.get(id)
    const line = row === undefined ? this.#rejectedLines.get(id) : this.table.line[row]
    const { file } = this.table.schema
    return line === undefined ? `${id} is not in ${file}` : `${id} was rejected itself (${file} line ${line})`
  }

  rejectedRows(): number {
    return this.#bad.reduce((sum, bad) => sum + bad, 0)
  }

  good(): Table<S> {
    return keepRows(this.table, row => this.#bad[row] === 0)
  }
}

function linkEqual(ids: readonly string[]): Int32Array {
  const lastRow = new Map<string, number>()
  return Int32Array.from(ids, (id, row) => {
    const before = lastRow.get(id) ?? -1
    lastRow.set(id, row)
    return before
  })
}
