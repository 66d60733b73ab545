import type { DuckDBConnection } from '@duckdb/node-api'
import { GridvigilError } from '../../errors.ts'
import { FIELDS } from '../../model/fields.ts'

/**
 * The tables of the embedded series store. One file per UTC day of the data time holds the rows, one catalog
 * file the position, the terminals' counters and the quarantine:
 *
 *   days/2026-11-20.duckdb   day_state | readings | intervals | value_reasons | clustered, once it is
 *   catalog.duckdb           store_state | terminals | quarantine | quarantine_marks
 *
 * Times are epoch milliseconds UTC. Absent values are NULL: measured, they take half the space of NaN and read
 * as what they are in plain SQL. There is no unique index: deduplication is the processor's, and an index would
 * cost more than the append. `seq` is the results record a row came from; readers filter on it to see whole
 * batches only, and a file of a day knows by it what it already has.
 */
/** Of a day: 3 added interval_ms and lengths_to, and a file of 2 is given them when it is attached. */
export const SCHEMA_VERSION = 3
/** Of the catalog: 3 added quarantine_marks, and a catalog of 2 is given them when it is attached. */
export const CATALOG_VERSION = 3

export type ColumnType = 'u8' | 'u32' | 'i64' | 'f64' | 'text'

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

const column = (name: string, type: ColumnType): Column => ({ name, type })

export const READING_COLUMNS: readonly Column[] = [
  column('seq', 'i64'),
  column('meter', 'u32'),
  column('time', 'i64'),
  column('received', 'i64'),
  column('version', 'u32'),
  column('kind', 'u8'),
  column('quality_low', 'u32'),
  column('quality_high', 'u32'),
  column('ct', 'f64'),
  column('pt', 'f64'),
  column('sent_primary', 'u8'),
  ...FIELDS.map(field => column(field.name, 'f64')),
  column('extras', 'text'),
  // How long the interval was that ended at the reading, when the day was clustered; see `lengths_to`.
  column('interval_ms', 'i64')
]

export const INTERVAL_COLUMNS: readonly Column[] = [
  column('seq', 'i64'),
  column('meter', 'u32'),
  column('start_time', 'i64'),
  column('end_time', 'i64'),
  column('received', 'i64'),
  column('revision', 'f64'),
  column('importKwh', 'f64'),
  column('exportKwh', 'f64'),
  column('importKvarh', 'f64'),
  column('exportKvarh', 'f64'),
  column('quality', 'u32'),
  column('reasons', 'u32')
]

export const REASON_COLUMNS: readonly Column[] = [
  column('seq', 'i64'),
  column('meter', 'u32'),
  column('time', 'i64'),
  column('version', 'u32'),
  column('kind', 'u8'),
  column('field', 'u8'),
  column('mask', 'u32')
]

const SQL_TYPES = { u8: 'UTINYINT', u32: 'UINTEGER', i64: 'BIGINT', f64: 'DOUBLE', text: 'VARCHAR' } as const

const table = (alias: string, name: string, columns: readonly Column[]): string =>
  `CREATE TABLE ${alias}.${name} (${columns.map(each => `"${each.name}" ${SQL_TYPES[each.type]}`).join(', ')})`

/** Statements that make the file of a day. */
export const daySchema = (alias: string): string[] => [
  table(alias, 'readings', READING_COLUMNS),
  table(alias, 'intervals', INTERVAL_COLUMNS),
  table(alias, 'value_reasons', REASON_COLUMNS),
  `CREATE TABLE ${alias}.day_state (schema_version INTEGER, cursor BIGINT, lengths_to BIGINT)`,
  `INSERT INTO ${alias}.day_state VALUES (${SCHEMA_VERSION}, 0, NULL)`
]

/**
 * Brings the file of a day of version 2 to the present one, which says of clustered days how long intervals were: as long as
 * `lengths_to` of a file is its cursor, nothing has restated them.
 */
export const upgradeDay = (connection: DuckDBConnection, alias: string): Promise<void> =>
  upgrade(connection, `${alias}.day_state`, 2, [
    `ALTER TABLE ${alias}.readings ADD COLUMN interval_ms BIGINT`,
    `ALTER TABLE ${alias}.day_state ADD COLUMN lengths_to BIGINT`,
    `UPDATE ${alias}.day_state SET schema_version = ${SCHEMA_VERSION}`
  ])

/** Tables of a day's file whose rows are of meters. */
export const DAY_TABLES = [
  { name: 'readings', order: 'meter, time, kind, version' },
  { name: 'intervals', order: 'meter, end_time, revision' },
  { name: 'value_reasons', order: 'meter, time, kind, version, field' }
] as const

/** In a file whose rows with seq up to `cursor` are in order of meter and time; absent in others. */
export const CLUSTERED_TABLE = 'clustered'

/** Statements that make the catalog. Positions and counters are JSON text: they are read and written whole. */
export const catalogSchema = (alias: string): string[] => [
  `CREATE TABLE ${alias}.terminals (id VARCHAR, audit VARCHAR)`,
  `CREATE TABLE ${alias}.quarantine (id BIGINT, seq BIGINT, log UTINYINT, record BIGINT, received BIGINT,
     terminal VARCHAR, topic VARCHAR, reason UINTEGER, position INTEGER, meter VARCHAR, bytes BLOB)`,
  marksSchema(alias),
  `CREATE TABLE ${alias}.store_state (schema_version INTEGER, position VARCHAR)`,
  `INSERT INTO ${alias}.store_state VALUES (${CATALOG_VERSION}, '')`
]

/** Outcomes are kept by their names: there are few, and a person reads them. */
const marksSchema = (alias: string): string =>
  `CREATE TABLE ${alias}.quarantine_marks (seq BIGINT, log UTINYINT, record BIGINT, position INTEGER,
     marked BIGINT, marked_by VARCHAR, outcome VARCHAR, reason UINTEGER)`

/** Brings a catalog of version 2 to the present one. */
export const upgradeCatalog = (connection: DuckDBConnection, alias: string): Promise<void> =>
  upgrade(connection, `${alias}.store_state`, 2, [
    marksSchema(alias),
    `UPDATE ${alias}.store_state SET schema_version = ${CATALOG_VERSION}`
  ])

/** Runs the statements on a file of that version, all or, when power goes meanwhile, none. */
async function upgrade(
  connection: DuckDBConnection,
  stateTable: string,
  from: number,
  statements: readonly string[]
): Promise<void> {
  if ((await versionIn(connection, stateTable)) !== from) return
  await connection.run('BEGIN')
  try {
    for (const statement of statements) await connection.run(statement)
    await connection.run('COMMIT')
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

async function versionIn(connection: DuckDBConnection, stateTable: string): Promise<number> {
  const result = await connection.runAndReadAll(`SELECT schema_version FROM ${stateTable}`)
  return Number(result.getRows()[0]?.[0])
}

/** Refuses a file of another version. @throws SERIES_OPEN_FAILED */
export async function checkSchema(
  connection: DuckDBConnection,
  stateTable: string,
  file: string,
  readable: number
): Promise<void> {
  const version = await versionIn(connection, stateTable)
  if (version === readable) return
  throw new GridvigilError(
    'SERIES_OPEN_FAILED',
    `${file} has schema version ${version}, this program reads version ${readable}: ` +
      'use the version of Gridvigil that wrote it'
  )
}
