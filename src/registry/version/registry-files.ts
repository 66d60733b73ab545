import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Column, isNumeric, isPerson, type Schema } from '../schema.ts'
import type { RegistrySource } from '../source.ts'
import { NUMBERS_FILE, SCHEMAS, TABLE_NAMES, type TableName } from '../tables.ts'

/** Characters after which a file's text is written out. */
const FLUSH_CHARACTERS = 1 << 20

/**
 * Writes a registry as the CSV files that it could have been imported from. What is said of persons is not among a source's
 * columns, and files without rows are left out: to an import a file that is there is one that is checked against.
 */
export function writeRegistryFiles(source: RegistrySource, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const name of TABLE_NAMES) {
    const schema: Schema = SCHEMAS[name]
    const rows = source.rows(name)
    if (rows === 0 && !schema.required) continue
    const columns = schema.columns.filter(column => isWritten(source, name, schema, column))
    const cells = columns.map(column => cellsOf(source, name, column))
    const lineOf = (row: number): string => cells.map(cell => cell(row)).join(',')
    writeLines(join(folder, schema.file), columns.map(column => column.name).join(','), rows, lineOf)
  }
}

/** Writes the numbers of meters beside registry files. @param ids by number */
export function writeNumbers(ids: readonly string[], folder: string): void {
  writeLines(join(folder, NUMBERS_FILE), 'id', ids.length, row => quoted(ids[row] ?? ''))
}

/** Columns that are blank in every row say nothing, unless a file cannot do without them. */
function isWritten(source: RegistrySource, name: TableName, schema: Schema, column: Column): boolean {
  if (isPerson(column)) return false
  const same = source.same(name, column.name)
  return schema.needs.includes(column.name) || (same !== '' && same !== null)
}

function cellsOf(source: RegistrySource, name: TableName, column: Column): (row: number) => string {
  if (!isNumeric(column)) {
    const texts = source.texts(name, column.name)
    return row => quoted(texts.get(row))
  }
  const numbers = source.number(name, column.name)
  const textOf = column.kind === 'time' ? timeText : plainNumber
  return row => {
    const value = numbers[row] ?? Number.NaN
    return Number.isNaN(value) ? '' : textOf(value)
  }
}

/** With its offset, so that it means the same in every zone. */
const timeText = (time: number): string => new Date(time).toISOString()

/** Registry files know no exponents. */
function plainNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : text
}

/** Blanks at the ends belong to a quoted cell only. */
const quoted = (cell: string): string =>
  /^[^\s",]+(?: [^\s",]+)*$|^$/.test(cell) ? cell : `"${cell.replaceAll('"', '""')}"`

function writeLines(path: string, header: string, rows: number, lineOf: (row: number) => string): void {
  const file = openSync(path, 'w')
  try {
    let text = `${header}\n`
    const flush = (): void => {
      const bytes = Buffer.from(text)
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
      text = ''
    }
    for (let row = 0; row < rows; row++) {
      text += `${lineOf(row)}\n`
      if (text.length > FLUSH_CHARACTERS) flush()
    }
    flush()
  } finally {
    closeSync(file)
  }
}
