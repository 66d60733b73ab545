import type { Kysely } from 'kysely'
import { type IncidentLine, OUTAGE_TABLES, pointEnds } from '../model/outages.ts'
import type { OutageBatch, OutagePlaces, OutageTable, ToldPart } from './outage-port.ts'
import { AFTER, KEPT_IN, type KeptRow, type OutageLine } from './outage-rows.ts'
import type { OutageTableRows } from './outage-tables.ts'
import { slices } from './rows.ts'
import { storeSupply } from './supply-writer.ts'
import type { Tables } from './tables.ts'

/** Of the consumer that keeps what is said about outages. */
export const CURSOR = 'outages'

/** Rows of one INSERT: one of an incident has 29 values, of which SQLite takes 32,766 and PostgreSQL 65,535. */
const WIDE_ROWS = 500

type LineRow = OutageTableRows['outage_line']

interface Told {
  readonly seq: number
  readonly line: OutageLine
}

/** Stores a batch; runs inside a transaction. @returns lines that were new */
export async function storeLines(
  db: Kysely<Tables>,
  { seq, parts }: OutageBatch,
  places: OutagePlaces
): Promise<number> {
  const cursor = await readCursor(db)
  if (seq <= cursor) return 0
  const fresh = parts.filter(part => part.seq > cursor)
  let taken = 0
  for (const table of OUTAGE_TABLES) {
    const told = linesOf(fresh, table)
    if (told.length > 0) taken += await storeTable(db, table, told, places)
  }
  taken += await storeSupply(db, fresh)
  await db.deleteFrom('log_cursor').where('name', '=', CURSOR).execute()
  await db.insertInto('log_cursor').values({ name: CURSOR, seq }).execute()
  return taken
}

export async function readCursor(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('log_cursor').select('seq').where('name', '=', CURSOR).executeTakeFirst()
  return row?.seq ?? 0
}

const linesOf = (parts: readonly ToldPart[], table: OutageTable): Told[] =>
  parts.flatMap(({ seq, tables }) => (tables[table] ?? []).map(line => ({ seq, line })))

async function storeTable(
  db: Kysely<Tables>,
  table: OutageTable,
  told: readonly Told[],
  places: OutagePlaces
): Promise<number> {
  const before = await keptRows(
    db,
    table,
    told.map(({ line }) => line.id)
  )
  const known = await knownLines(db, table, told, before)
  const after = new Map(before)
  const fresh = told.filter(({ line }) => !known.has(textOf(line)))
  let nextRow = await nextNumber(db, KEPT_IN[table])
  for (const { line } of fresh) {
    const { id, at } = line
    const stands = after.get(id)
    const head = { n: stands?.n ?? nextRow++, id, first_at: stands?.first_at ?? at, at }
    after.set(id, AFTER[table](head, stands, line))
  }
  const changed = new Set(fresh.map(({ line }) => line.id))
  await replaceRows(
    db,
    table,
    [...after.values()].filter(({ id }) => changed.has(id))
  )
  await appendLines(db, table, fresh)
  if (table === 'incidents')
    await storePlaces(
      db,
      fresh.map(({ line }) => line as IncidentLine),
      before,
      places
    )
  return fresh.length
}

/** These tables have these columns in common; which others there are is known to outage-rows.ts. */
const alike = (db: Kysely<Tables>) => db as unknown as Kysely<Record<string, KeptRow>>

async function keptRows(
  db: Kysely<Tables>,
  table: OutageTable,
  ids: readonly string[]
): Promise<Map<string, KeptRow>> {
  const kept = new Map<string, KeptRow>()
  for (const part of slices([...new Set(ids)])) {
    const rows = await alike(db).selectFrom(KEPT_IN[table]).selectAll().where('id', 'in', part).execute()
    for (const row of rows) kept.set(row.id, row)
  }
  return kept
}

/** A line that is not behind what is known of its id may be told again: a log that was made anew has other seqs. */
async function knownLines(
  db: Kysely<Tables>,
  table: OutageTable,
  told: readonly Told[],
  before: ReadonlyMap<string, KeptRow>
): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  const doubtful = told.filter(({ line }) => line.at <= (before.get(line.id)?.at ?? -Infinity))
  for (const part of slices([...new Set(doubtful.map(({ line }) => line.id))])) {
    const from = Math.min(...doubtful.map(({ line }) => line.at))
    const rows = await db
      .selectFrom('outage_line')
      .select('line')
      .where('told_in', '=', table)
      .where('id', 'in', part)
      .where('at', '>=', from)
      .execute()
    for (const { line } of rows) known.add(line)
  }
  return known
}

async function replaceRows(db: Kysely<Tables>, table: OutageTable, rows: readonly KeptRow[]): Promise<void> {
  const name = KEPT_IN[table]
  for (const part of slices(rows, WIDE_ROWS)) {
    const ids = part.map(({ id }) => id)
    await alike(db).deleteFrom(name).where('id', 'in', ids).execute()
    await alike(db)
      .insertInto(name)
      .values([...part])
      .execute()
  }
}

async function appendLines(db: Kysely<Tables>, table: OutageTable, told: readonly Told[]): Promise<void> {
  let n = await nextNumber(db, 'outage_line')
  const rows = told.map(({ seq, line }): LineRow => {
    const { change, reason, state } = line as Partial<IncidentLine>
    return {
      ...{ n: n++, told_in: table, id: line.id, seq, at: line.at },
      ...{ state: state ?? '', change: change ?? null, reason: reason ?? null, line: textOf(line) }
    }
  })
  for (const part of slices(rows))
    await db
      .insertInto('outage_line')
      .values([...part])
      .execute()
  const counts = new Map<string, number>()
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1)
  for (const [state, lines] of counts) {
    await db
      .insertInto('outage_count')
      .values({ told_in: table, state, lines })
      .onConflict(conflict =>
        conflict
          .columns(['told_in', 'state'])
          .doUpdateSet(eb => ({ lines: eb('outage_count.lines', '+', eb.ref('excluded.lines')) }))
      )
      .execute()
  }
}

/** The usage points of a large outage, and when each had supply again, have a table of their own. */
function textOf(line: OutageLine): string {
  const { usagePoints, steps: _steps, ...rest } = line as Partial<IncidentLine>
  return JSON.stringify(usagePoints === undefined ? rest : { ...rest, usagePoints: usagePoints.length })
}

async function nextNumber(db: Kysely<Tables>, table: string): Promise<number> {
  const last = await alike(db).selectFrom(table).select('n').orderBy('n', 'desc').limit(1).executeTakeFirst()
  return (last?.n ?? 0) + 1
}

/** Where incidents are, for those who ask by device, and whom they name, for those who ask by usage point. */
async function storePlaces(
  db: Kysely<Tables>,
  lines: readonly IncidentLine[],
  before: ReadonlyMap<string, Partial<OutageTableRows['incident']>>,
  places: OutagePlaces
): Promise<void> {
  const devices = new Map(lines.map(({ id, device }) => [id, device]))
  const moved = [...devices].filter(([id, device]) => before.get(id)?.device !== device)
  for (const [incident, device] of moved) {
    await db.deleteFrom('incident_place').where('incident', '=', incident).execute()
    const rows = [...new Set([device, ...places.path(device)])].map(at => ({ device: at, incident }))
    await db.insertInto('incident_place').values(rows).execute()
  }
  const named = new Map(lines.flatMap(line => (line.usagePoints === undefined ? [] : [[line.id, line]])))
  for (const [incident, line] of named) {
    await db.deleteFrom('incident_point').where('incident', '=', incident).execute()
    for (const part of slices(pointsOf(line, places)))
      await db
        .insertInto('incident_point')
        .values([...part])
        .execute()
  }
}

/** A row for each usage point that a line names, once. */
function pointsOf(line: IncidentLine, places: OutagePlaces): OutageTableRows['incident_point'][] {
  const { id: incident, usagePoints = [] } = line
  const ends = pointEnds(line)
  const rows = usagePoints.map((usage_point, place) => ({
    ...{ usage_point, incident, account: places.account(usage_point) },
    ...{ ended_at: ends[place] ?? null, counted: ends[place] === undefined ? 0 : 1 }
  }))
  return [...new Map(rows.map(row => [row.usage_point, row])).values()]
}
