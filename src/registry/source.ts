import type { NumberBook } from './numbers.ts'
import { emptyTable, type Schema, type Table } from './schema.ts'
import { SCHEMAS, type TableName, type Tables } from './tables.ts'
import { type PackedTexts, packTexts, type SharedTexts, shareTexts } from './texts.ts'

/**
 * Where a registry is built from: tables that were just imported, or a snapshot whose columns are read when they are asked
 * for. What nobody asks for costs nothing. Each answer is a column of its own, which the one who asked may release.
 */
export interface RegistrySource {
  rows(table: TableName): number
  /** A column whose texts repeat. */
  shared(table: TableName, column: string): SharedTexts
  /** A column whose texts differ. */
  packed(table: TableName, column: string): PackedTexts
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
  return {
    rows: name => table(name).rows,
    shared: (name, column) => shareTexts(texts(name, column)),
    packed: (name, column) => packTexts(texts(name, column)),
    number: (name, column) =>
      Float64Array.from((table(name).number as Readonly<Record<string, readonly number[]>>)[column] ?? []),
    book: () => packTexts(book.ids)
  }
}
