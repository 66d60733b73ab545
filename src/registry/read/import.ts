import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asError, GridvigilError } from '../../errors.ts'
import { type CheckedTables, checkTables, goodTables } from './checks.ts'
import { CheckedTable } from './checked-table.ts'
import { describeIssue, type ImportIssue, ImportRefused, makeIssue } from './issues.ts'
import { isTimeZone } from './local-time.ts'
import { extendBook, type NumberBook } from '../numbers.ts'
import { type ReadTable, readTable } from './read-table.ts'
import { emptyTable, type Schema } from '../schema.ts'
import { OWN_FILES, REFUSED_FILES, SCHEMAS, TABLE_NAMES, type TableName, type Tables } from '../tables.ts'

/**
 *   folder of CSV ──read──> columns per file ──check──> good rows ──> Tables + NumberBook ──> snapshot.ts
 *                    └ cell issues        └ row issues, fatal issues ──> reject file / refusal
 *
 * Nothing is written here. Issues are collected, never thrown one by one; the import as a whole is refused when a
 * fatal one is among them or too large a share of all rows was rejected.
 */
export interface ImportOptions {
  /** IANA zone in which dates without offset are meant. */
  readonly timezone?: string
  /** Largest share of rejected rows, 0..1, that still loads the rest. */
  readonly maxRejects?: number
  /** Rows that a table had in the version before; left out where there is none. */
  readonly rowsBefore?: (table: TableName) => number
  /** Told what is done next: of a large registry each step takes seconds. */
  readonly onProgress?: (step: string) => void
}

export const DEFAULT_MAX_REJECTS = 0.02
/** Optional files that most registries have: it is said when one is not there. */
const REFERRED: readonly TableName[] = ['devices', 'usagePoints']
export const DEFAULT_TIMEZONE = 'Asia/Shanghai'

export interface ImportResult {
  readonly tables: Tables
  readonly book: NumberBook
  /** Row issues, in order of file and line; `rejectsCsv` makes the reject file of them. */
  readonly issues: readonly ImportIssue[]
  /** What an operator should know though nothing is wrong, one sentence each. */
  readonly notes: readonly string[]
  readonly files: readonly { readonly file: string; readonly rows: number; readonly rejected: number }[]
}

/**
 * Reads a registry folder. @param previous numbers handed out by earlier imports into the same data folder
 * @throws ImportRefused with code REGISTRY_FATAL or REGISTRY_REJECTS, CONFIG_BAD_VALUE for an unknown zone
 */
export function importRegistry(
  folder: string,
  previous?: NumberBook,
  options: ImportOptions = {}
): ImportResult {
  const zone = options.timezone ?? DEFAULT_TIMEZONE
  if (!isTimeZone(zone)) throw new GridvigilError('CONFIG_BAD_VALUE', `timezone ${zone} is not an IANA zone`)
  const names = listFolder(folder)
  const notes: string[] = []
  const fatal = inspectNames(names, notes, options.rowsBefore)
  const read = TABLE_NAMES.map(name => {
    const schema: Schema = SCHEMAS[name]
    if (names.includes(schema.file)) options.onProgress?.(`reading ${schema.file}`)
    const table = readFile(folder, names, schema, zone)
    return { name, read: table, checked: new CheckedTable(table, names.includes(schema.file)) }
  })
  // The names are those of SCHEMAS, each with the table of its own schema.
  const checked = Object.fromEntries(
    read.map(entry => [entry.name, entry.checked])
  ) as unknown as CheckedTables
  options.onProgress?.('checking')
  checkTables(checked)
  const tables = goodTables(checked)
  const files = read
    .filter(entry => entry.checked.given)
    .map(entry => ({
      file: entry.checked.table.schema.file,
      rows: entry.read.total,
      rejected: entry.read.rejectedRows + entry.checked.rejectedRows()
    }))
  const issues = [...fatal, ...read.flatMap(entry => sortByLine(entry.checked.issues))]
  notes.push(...read.flatMap(entry => entry.read.notes))
  refuseWhenBad(issues, files, options.maxRejects ?? DEFAULT_MAX_REJECTS)
  return { tables, book: extendBook(previous, tables), issues, notes, files }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => !name.startsWith('.'))
  } catch (thrown) {
    throw new ImportRefused('REGISTRY_FATAL', `${folder}: ${asError(thrown).message}`, [])
  }
}

function inspectNames(
  names: readonly string[],
  notes: string[],
  rowsBefore: (table: TableName) => number = () => 0
): ImportIssue[] {
  const schemas: readonly Schema[] = TABLE_NAMES.map(name => SCHEMAS[name])
  const fatal: ImportIssue[] = []
  for (const name of names) {
    if (schemas.some(schema => schema.file === name) || OWN_FILES.includes(name)) continue
    if (REFUSED_FILES.includes(name)) {
      fatal.push(makeIssue('FILE_REFUSED', name, 0, '', 'is not supported yet'))
    } else {
      notes.push(`${name} is not a registry file and was passed over`)
    }
  }
  for (const { file, required } of schemas) {
    if (required && !names.includes(file)) fatal.push(makeIssue('FILE_MISSING', file, 0, '', 'is missing'))
  }
  for (const name of REFERRED) {
    const { file } = SCHEMAS[name]
    if (names.includes(file)) continue
    const lost = rowsBefore(name) > 0 ? 'it has no rows any more, ' : ''
    notes.push(`${file} is not there: ${lost}references to it are not checked`)
  }
  return fatal
}

function readFile<S extends Schema>(
  folder: string,
  names: readonly string[],
  schema: S,
  zone: string
): ReadTable<S> {
  if (names.includes(schema.file)) {
    try {
      return readTable(schema, readFileSync(join(folder, schema.file)), zone)
    } catch (thrown) {
      throw new ImportRefused('REGISTRY_FATAL', `${schema.file}: ${asError(thrown).message}`, [])
    }
  }
  const none = { issues: [], notes: [], total: 0, rejected: new Map(), rejectedRows: 0, rowOfId: new Map() }
  return { table: emptyTable(schema), ...none }
}

const sortByLine = (issues: readonly ImportIssue[]): ImportIssue[] =>
  issues.toSorted((one, other) => one.line - other.line)

/** How many issues an error's text names; the reject file has them all. */
const SHOWN_ISSUES = 5

function refuseWhenBad(
  issues: readonly ImportIssue[],
  files: readonly { rows: number; rejected: number }[],
  maxRejects: number
): void {
  const fatal = issues.filter(found => found.severity === 'fatal')
  if (fatal.length > 0) throw new ImportRefused('REGISTRY_FATAL', list(fatal), issues)
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const rejected = files.reduce((sum, file) => sum + file.rejected, 0)
  if (rejected <= rows * maxRejects) return
  const share = `${rejected} of ${rows} rows, more than ${Number((maxRejects * 100).toFixed(3))} %`
  throw new ImportRefused('REGISTRY_REJECTS', `${share}; ${list(issues)}`, issues)
}

function list(issues: readonly ImportIssue[]): string {
  const more = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : ''
  return issues.slice(0, SHOWN_ISSUES).map(describeIssue).join('; ') + more
}
