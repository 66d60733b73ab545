import type { NumberBook } from './numbers.ts'
import { emptyTable, type Schema, type Table } from './schema.ts'
import { SCHEMAS, type TableName, type Tables } from './tables.ts'
import { type PackedTexts, packTexts, type SharedTexts, shareTexts, type Texts } from './texts.ts'

/**
 * Where a registry is built from: tables that were just imported, or a snapshot whose columns are read when they are asked
 * for. What nobody asks for costs nothing. Each answer is a column of its own, which the one who asked may release.
 */
export interface RegistrySource {
  rows(table: TableName): number
  /** A column whose texts repeat. */
  shared(table: TableName, column: string): SharedTexts
  /** A column as it is at hand, to be read once. */
  texts(table: TableName, column: string): Texts
  /** A column whose texts differ. */
  packed(table: TableName, column: string): PackedTexts
  /** The one cell that all rows of a column have; undefined where they differ or there are none. Numbers: blank is null. */
  same(table: TableName, column: string): string | number | null | undefined
  /** Blank is NaN. */
  number(table: TableName, column: string): Float64Array
  /** Id of each dense number. */
  book(): PackedTexts
}

/** Imported tables as a source; those left out have no rows. */
export function sourceOf(tables: Partial<Tables>, book: NumberBook = { ids: [] }): RegistrySource {
  const table = (name: TableName): Table<Schema> =>
    (tables[name] ?? emptyTable(SCHEMAS[name])) as unknown as Table<Schema>
  const texts = (name: TableName, column: string): readonly string[] =>
    (table(name).text as Readonly<Record<string, readonly string[]>>)[column] ?? []
  const numbers = (name: TableName, column: string): readonly number[] =>
    (table(name).number as Readonly<Record<string, readonly number[]>>)[column] ?? []
  return {
    rows: name => table(name).rows,
    shared: (name, column) => shareTexts(texts(name, column)),
    texts(name, column) {
      const given = texts(name, column)
      return { length: given.length, get: row => given[row] ?? '' }
    },
    packed: (name, column) => packTexts(texts(name, column)),
    number: (name, column) => new Float64Array(numbers(name, column)),
    same(name, column) {
      const [text] = texts(name, column)
      if (text !== undefined) return texts(name, column).every(other => other === text) ? text : undefined
      const [number] = numbers(name, column)
      if (number === undefined || !numbers(name, column).every(other => Object.is(other, number)))
        return undefined
      return Number.isNaN(number) ? null : number
    },
    book: () => packTexts(book.ids)
  }
}
