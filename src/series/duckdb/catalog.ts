import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api'
import { type AuditCounters, completeAudit } from '../../model/audit.ts'
import { CATALOG } from './files.ts'
import { appendMarks, appendQuarantine } from './quarantine.ts'
import { EMPTY_POSITION, type SeriesBatch, type SeriesPosition } from '../port.ts'

/** What the catalog held when it was opened, and keeps holding: what the next commit builds on. */
export interface CatalogState {
  readonly position: SeriesPosition
  /** Terminals that have a row. */
  readonly terminals: ReadonlySet<string>
  readonly lastQuarantineId: number
  /**
   * Days that have rows, with the cursor of their file: a file that is gone, or older than this, is known by it.
   * Undefined until a version that keeps it has committed.
   */
  readonly days: ReadonlyMap<number, number> | undefined
}

/** The position as it is kept, with the days: both move in one statement. */
type KeptPosition = SeriesPosition & { readonly days?: readonly (readonly [day: number, cursor: number])[] }

export async function readCatalog(connection: DuckDBConnection): Promise<CatalogState> {
  const state = await connection.runAndReadAll(
    `SELECT position, (SELECT coalesce(max(id), 0)::DOUBLE FROM ${CATALOG}.quarantine) FROM ${CATALOG}.store_state`
  )
  const [position, lastQuarantineId] = state.getRows()[0] as [string, number]
  const ids = await connection.runAndReadAll(`SELECT id FROM ${CATALOG}.terminals`)
  const { days, ...kept }: KeptPosition = position === '' ? EMPTY_POSITION : JSON.parse(position)
  return {
    position: { ...kept, audit: completeAudit(kept.audit) },
    days: days === undefined ? undefined : new Map(days),
    terminals: new Set(ids.getRows().map(row => String(row[0]))),
    lastQuarantineId
  }
}

/**
 * Quarantine, counters and position of a batch in one transaction, durable on return. The rows of its days are
 * durable already; from here on they are seen. @returns the state after it
 */
export async function commitCatalog(
  connection: DuckDBConnection,
  batch: SeriesBatch,
  before: CatalogState,
  days: ReadonlyMap<number, number>
): Promise<CatalogState> {
  await connection.run('BEGIN')
  try {
    const stood = before.position.resultsSeq
    const lastQuarantineId = await appendQuarantine(connection, batch, stood, before.lastQuarantineId)
    await appendMarks(connection, batch, stood)
    await writeTerminals(connection, batch.terminals, before.terminals)
    const kept: KeptPosition = { ...batch.position, days: [...days] }
    await connection.run(`UPDATE ${CATALOG}.store_state SET position = $1`, [JSON.stringify(kept)])
    await connection.run('COMMIT')
    const terminals = new Set([...before.terminals, ...batch.terminals.keys()])
    return { position: batch.position, terminals, lastQuarantineId, days }
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Updates and inserts apart, because an upsert needs an index. */
async function writeTerminals(
  connection: DuckDBConnection,
  terminals: ReadonlyMap<string, AuditCounters>,
  known: ReadonlySet<string>
): Promise<void> {
  const given = '(SELECT unnest($1) AS id, unnest($2) AS audit)'
  const ids = [...terminals.keys()]
  const statements = [
    {
      sql: `UPDATE ${CATALOG}.terminals AS t SET audit = given.audit FROM ${given} AS given WHERE t.id = given.id`,
      ids: ids.filter(id => known.has(id))
    },
    {
      sql: `INSERT INTO ${CATALOG}.terminals SELECT id, audit FROM ${given}`,
      ids: ids.filter(id => !known.has(id))
    }
  ]
  for (const { sql, ids } of statements) {
    if (ids.length === 0) continue
    const audits = ids.map(id => JSON.stringify(terminals.get(id)))
    await connection.run(sql, [listValue(ids), listValue(audits)], [LIST(VARCHAR), LIST(VARCHAR)])
  }
}

export async function readTerminals(connection: DuckDBConnection): Promise<Map<string, AuditCounters>> {
  const result = await connection.runAndReadAll(`SELECT id, audit FROM ${CATALOG}.terminals ORDER BY id`)
  return new Map(
    result
      .getRows()
      .map(([id, audit]) => [String(id), completeAudit(JSON.parse(String(audit)) as AuditCounters)])
  )
}
