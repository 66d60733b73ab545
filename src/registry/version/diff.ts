import { groupBy } from '../lookup/groups.ts'
import { type Column, isNumeric, isPerson, type Schema } from '../schema.ts'
import type { RegistrySource } from '../source.ts'
import { SCHEMAS, TABLE_NAMES, type TableName } from '../tables.ts'
import { TextIndex } from '../texts.ts'

/** A cell as people see it: times as ISO 8601 UTC, blank numbers and times as null. */
export type DiffCell = string | number | null

export interface CellChange {
  readonly column: string
  readonly from: DiffCell
  readonly to: DiffCell
}

/** A row by its key: `id`, and where several rows have one what tells them apart. */
export interface RowChange {
  readonly kind: 'added' | 'removed' | 'changed'
  readonly key: Readonly<Record<string, DiffCell>>
  /** Of a changed row. */
  readonly cells: readonly CellChange[]
}

/** What differs in one file. The counts are whole; `rows` holds the first of each kind, as many as were asked for. */
export interface FileDiff {
  readonly file: string
  readonly added: number
  readonly removed: number
  readonly changed: number
  /** In how many of the changed rows each column differs. */
  readonly columns: Readonly<Record<string, number>>
  readonly rows: readonly RowChange[]
}

/**
 * What differs between two registries, by file; files without a difference are left out. Rows are matched by their key, so
 * their order means nothing. Of persons nothing is compared and nothing shown.
 * @param listed how many rows of each kind are listed per file
 */
export function diffRegistries(before: RegistrySource, after: RegistrySource, listed: number): FileDiff[] {
  return TABLE_NAMES.map(name => new TableDiff(name, before, after).run(listed)).filter(
    ({ added, removed, changed }) => added + removed + changed > 0
  )
}

/** Columns that make the key of a row: those that several rows may share an id or have none are told apart by more. */
function keyColumns(schema: Schema): readonly string[] {
  if (schema.columns[0]?.kind !== 'id') return ['usage_point', 'kind', 'from']
  return schema.repeats === true ? ['id', 'installed_at'] : ['id']
}

class TableDiff {
  readonly #name: TableName
  readonly #schema: Schema
  readonly #before: RegistrySource
  readonly #after: RegistrySource

  constructor(name: TableName, before: RegistrySource, after: RegistrySource) {
    this.#name = name
    this.#schema = SCHEMAS[name]
    this.#before = before
    this.#after = after
  }

  run(listed: number): FileDiff {
    const { oldRowOf, isKept } = this.#match()
    const differs = this.#compare(oldRowOf)
    const added = rowsWhere(oldRowOf.length, row => oldRowOf[row] === -1)
    const removed = rowsWhere(isKept.length, row => isKept[row] === 0)
    const changed = rowsWhere(oldRowOf.length, row => differs.mask[row] !== 0)
    return {
      file: this.#schema.file,
      added: added.length,
      removed: removed.length,
      changed: changed.length,
      columns: differs.columns,
      rows: [
        ...this.#list('added', this.#after, added.slice(0, listed)),
        ...this.#list('removed', this.#before, removed.slice(0, listed)),
        ...this.#listChanged(changed.slice(0, listed), oldRowOf, differs.mask)
      ]
    }
  }

  /** The row before of each row after, -1 for those that are new; and which rows before are still there. */
  #match(): { oldRowOf: Int32Array; isKept: Uint8Array } {
    const [first = '', ...others] = keyColumns(this.#schema)
    const index = TextIndex.of(this.#before.packed(this.#name, first))
    const sameFirst = index.isWhole ? undefined : groupBy(index.allLike(index.texts), index.texts.length)
    const differs = others.map(name => this.#comparer(this.#column(name)))
    const ids = this.#after.texts(this.#name, first)
    const oldRowOf = new Int32Array(ids.length).fill(-1)
    const isKept = new Uint8Array(index.texts.length)
    const isMatch = (old: number, row: number): boolean =>
      isKept[old] === 0 && !differs.some(differ => differ(old, row))
    let next = 0
    for (let row = 0; row < ids.length; row++) {
      const found = index.getNear(ids.get(row), next)
      if (found < 0) continue
      const old = sameFirst === undefined ? found : (sameFirst.of(found).find(at => isMatch(at, row)) ?? -1)
      if (old < 0 || !isMatch(old, row)) continue
      isKept[old] = 1
      oldRowOf[row] = old
      next = old + 1
    }
    return { oldRowOf, isKept }
  }

  /** Which columns differ, as bits by the row after; a column at a time, so that two of them are in memory. */
  #compare(oldRowOf: Int32Array): { mask: Uint32Array; columns: Record<string, number> } {
    const mask = new Uint32Array(oldRowOf.length)
    const columns: Record<string, number> = {}
    if (oldRowOf.length === 0 || this.#before.rows(this.#name) === 0) return { mask, columns }
    for (const [bit, column] of this.#schema.columns.entries()) {
      if (isPerson(column)) continue
      if (this.#isSame(column)) continue
      const differs = this.#comparer(column)
      let count = 0
      for (let row = 0; row < mask.length; row++) {
        const old = oldRowOf[row] ?? -1
        if (old < 0 || !differs(old, row)) continue
        mask[row] = (mask[row] ?? 0) | (1 << bit)
        count++
      }
      if (count > 0) columns[column.name] = count
    }
    return { mask, columns }
  }

  /** Most columns of most registries hold one word, or are blank, before and after. */
  #isSame({ name }: Column): boolean {
    const one = this.#after.same(this.#name, name)
    return one !== undefined && (this.#before.same(this.#name, name) ?? '') === (one ?? '')
  }

  #comparer(column: Column): (old: number, row: number) => boolean {
    const name = this.#name
    if (isNumeric(column)) {
      const [from, to] = [this.#before.number(name, column.name), this.#after.number(name, column.name)]
      return (old, row) => !Object.is(from[old], to[row])
    }
    if (column.kind === 'choice') {
      const [from, to] = [this.#before.shared(name, column.name), this.#after.texts(name, column.name)]
      return (old, row) => from.get(old) !== to.get(row)
    }
    const [from, to] = [this.#before.packed(name, column.name), this.#after.texts(name, column.name)]
    return (old, row) => !from.isText(old, to.get(row))
  }

  #list(kind: 'added' | 'removed', source: RegistrySource, rows: readonly number[]): RowChange[] {
    const key = this.#keyOf(source, rows)
    return rows.map((_, i) => ({ kind, key: key(i), cells: [] }))
  }

  #listChanged(rows: readonly number[], oldRowOf: Int32Array, mask: Uint32Array): RowChange[] {
    const key = this.#keyOf(this.#after, rows)
    const cells = rows.map((): CellChange[] => [])
    for (const [bit, column] of this.#schema.columns.entries()) {
      const touched = [...rows.keys()].filter(i => (mask[rows[i] ?? 0] ?? 0) & (1 << bit))
      if (touched.length === 0) continue
      const from = readCells(this.#before, this.#name, column)
      const to = readCells(this.#after, this.#name, column)
      for (const i of touched) {
        const row = rows[i] ?? 0
        cells[i]?.push({ column: column.name, from: from(oldRowOf[row] ?? -1), to: to(row) })
      }
    }
    return rows.map((_, i) => ({ kind: 'changed', key: key(i), cells: cells[i] ?? [] }))
  }

  /** The key of each of these rows, by its position among them. */
  #keyOf(source: RegistrySource, rows: readonly number[]): (i: number) => Record<string, DiffCell> {
    if (rows.length === 0) return () => ({})
    const columns = keyColumns(this.#schema).map(name => {
      const read = readCells(source, this.#name, this.#column(name))
      return [name, read] as const
    })
    return i => Object.fromEntries(columns.map(([name, read]) => [name, read(rows[i] ?? -1)]))
  }

  #column(name: string): Column {
    const column = this.#schema.columns.find(column => column.name === name)
    if (column === undefined) throw new RangeError(`${this.#schema.file} has no column ${name}`)
    return column
  }
}

function rowsWhere(rows: number, isWanted: (row: number) => boolean): number[] {
  const wanted: number[] = []
  for (let row = 0; row < rows; row++) if (isWanted(row)) wanted.push(row)
  return wanted
}

function readCells(source: RegistrySource, table: TableName, column: Column): (row: number) => DiffCell {
  if (!isNumeric(column)) {
    const texts = source.texts(table, column.name)
    return row => texts.get(row)
  }
  const numbers = source.number(table, column.name)
  return row => {
    const value = numbers[row] ?? Number.NaN
    if (Number.isNaN(value)) return null
    return column.kind === 'time' ? new Date(value).toISOString() : value
  }
}
