import type { DuckDBBlobValue, DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import {
  type MarkOutcome,
  type QuarantineMark,
  type QuarantineState,
  quarantineNumber
} from '../../model/quarantine.ts'
import { CATALOG } from './files.ts'
import { integer } from './rows.ts'
import type { QuarantineFilter, QuarantineQuery, QuarantineRow, ReplayQuery, SeriesBatch } from '../port.ts'

/** Entries of blocks behind `afterSeq`, numbered on from `lastId`. @returns the last number given */
export async function appendQuarantine(
  connection: DuckDBConnection,
  batch: SeriesBatch,
  afterSeq: number,
  lastId: number
): Promise<number> {
  let id = lastId
  const blocks = batch.quarantine.filter(({ seq }) => seq > afterSeq)
  if (blocks.length === 0) return id
  const appender = await connection.createAppender('quarantine', 'main', CATALOG)
  try {
    for (const { seq, entries } of blocks) {
      for (const entry of entries) {
        appender.appendBigInt(BigInt(++id))
        appender.appendBigInt(BigInt(seq))
        appender.appendUTinyInt(entry.log === 'frames' ? 0 : 1)
        appender.appendBigInt(BigInt(entry.seq))
        appender.appendBigInt(BigInt(Math.floor(entry.at)))
        appender.appendVarchar(entry.terminal)
        appender.appendVarchar(entry.topic)
        appender.appendUInteger(entry.reason)
        appender.appendInteger(entry.index)
        appender.appendVarchar(entry.meter)
        appender.appendBlob(entry.bytes)
        appender.endRow()
      }
    }
    appender.closeSync()
  } catch (error) {
    appender.clear()
    throw error
  }
  return id
}

/** Of each entry its newest mark in the batch: those before it have said nothing that anybody has seen. */
export async function appendMarks(
  connection: DuckDBConnection,
  batch: SeriesBatch,
  afterSeq: number
): Promise<void> {
  const newest = new Map<string, { readonly seq: number; readonly mark: QuarantineMark }>()
  for (const { seq, marks } of batch.marks) {
    if (seq <= afterSeq) continue
    for (const mark of marks) newest.set(`${mark.log}/${mark.seq}/${mark.index}`, { seq, mark })
  }
  if (newest.size === 0) return
  const appender = await connection.createAppender('quarantine_marks', 'main', CATALOG)
  try {
    for (const { seq, mark } of newest.values()) {
      appender.appendBigInt(BigInt(seq))
      appender.appendUTinyInt(mark.log === 'frames' ? 0 : 1)
      appender.appendBigInt(BigInt(mark.seq))
      appender.appendInteger(mark.index)
      appender.appendBigInt(BigInt(Math.floor(mark.at)))
      appender.appendVarchar(mark.by)
      appender.appendVarchar(mark.outcome)
      appender.appendUInteger(mark.reason)
      appender.endRow()
    }
    appender.closeSync()
  } catch (error) {
    appender.clear()
    throw error
  }
}

/** Each entry with its newest mark. */
const ENTRIES = `(SELECT q.* EXCLUDE (reason), m.marked, m.marked_by, m.outcome,
    CASE WHEN m.outcome = 'quarantined' THEN m.reason ELSE q.reason END AS reason
  FROM ${CATALOG}.quarantine AS q LEFT JOIN (
    SELECT log, record, position, arg_max(marked, seq) AS marked, arg_max(marked_by, seq) AS marked_by,
      arg_max(outcome, seq) AS outcome, arg_max(reason, seq) AS reason
    FROM ${CATALOG}.quarantine_marks GROUP BY log, record, position
  ) AS m USING (log, record, position))`

const LIST = `id::DOUBLE, log, record::DOUBLE, received::DOUBLE, terminal, topic, reason, position, meter, bytes,
  marked::DOUBLE, marked_by, outcome`

const IS_STATE: Readonly<Record<QuarantineState, string>> = {
  open: `coalesce(outcome, 'quarantined') = 'quarantined'`,
  unbound: `outcome = 'unbound'`,
  replayed: `outcome NOT IN ('quarantined', 'unbound')`
}

/** Conditions with their values, numbered as they are added. */
class Where {
  readonly values: DuckDBValue[] = []
  readonly #parts: string[] = ['true']

  constructor({ ids, reason, terminal, from, to }: QuarantineFilter) {
    if (ids !== undefined) this.add(`id IN (${[-1, ...ids].map(integer).join(',')})`)
    if (reason !== undefined) this.add(`reason = ${integer(reason)}`)
    if (from !== undefined) this.add(`received >= ${integer(from)}`)
    if (to !== undefined) this.add(`received < ${integer(to)}`)
    if (terminal === undefined) return
    this.values.push(terminal)
    this.add(`terminal = $${this.values.length}`)
  }

  add(condition: string): void {
    this.#parts.push(condition)
  }

  get text(): string {
    return this.#parts.join(' AND ')
  }
}

export async function readQuarantine(
  connection: DuckDBConnection,
  query: QuarantineQuery
): Promise<QuarantineRow[]> {
  const where = new Where(query)
  if (query.before !== undefined) where.add(`id < ${integer(query.before)}`)
  if (query.state !== undefined) where.add(IS_STATE[query.state])
  const result = await connection.runAndReadAll(
    `SELECT ${LIST} FROM ${ENTRIES} WHERE ${where.text} ORDER BY id DESC LIMIT ${limitOf(query.limit)}`,
    where.values
  )
  return result.getRows().map(toRow)
}

/** The bytes before each entry of the page are added up, so that no page is larger than asked by more than an entry. */
export async function readReplayable(
  connection: DuckDBConnection,
  query: ReplayQuery
): Promise<QuarantineRow[]> {
  const where = new Where(query)
  where.add(IS_STATE.open)
  where.add(`reason <> ${quarantineNumber('LOG_DAMAGED')}`)
  if (query.after !== undefined) where.add(`id > ${integer(query.after)}`)
  const result = await connection.runAndReadAll(
    `WITH sized AS (SELECT id AS sized_id, sum(size) OVER (ORDER BY id) - size AS bytes_before
       FROM (SELECT id, octet_length(bytes) AS size FROM ${ENTRIES} WHERE ${where.text}
         ORDER BY id LIMIT ${limitOf(query.limit)}))
     SELECT ${LIST} FROM ${ENTRIES} JOIN sized ON id = sized_id
     WHERE bytes_before < ${integer(Math.max(1, query.maxBytes))} ORDER BY id`,
    where.values
  )
  return result.getRows().map(toRow)
}

const limitOf = (limit: number): number => Math.max(0, Math.floor(limit))

function toRow(cells: readonly unknown[]): QuarantineRow {
  const [id, log, seq, at, terminal, topic, reason, index, meter, bytes, marked, by, outcome] = cells as [
    ...[number, number, number, number, string, string, number, number, string, DuckDBBlobValue],
    ...[number | null, string | null, MarkOutcome | null]
  ]
  return {
    id,
    log: log === 0 ? 'frames' : 'events',
    seq,
    at,
    terminal,
    topic,
    reason,
    index,
    meter,
    bytes: new Uint8Array(bytes.bytes),
    mark: outcome === null ? undefined : { at: marked ?? 0, by: by ?? '', outcome }
  }
}
