import type { Kysely } from 'kysely'
import type { SupplyLine } from '../model/supply.ts'
import { writeAudit } from './audited.ts'
import type { ToldPart } from './outage-port.ts'
import { slices } from './rows.ts'
import { isOfPast, restated } from './supply-restated.ts'
import type { SupplyTableRows } from './supply-tables.ts'
import type { Tables } from './tables.ts'

type Stretch = SupplyTableRows['supply_stretch']

/** Stores lines of parts behind the cursor; runs inside a transaction. @returns lines that were new */
export async function storeSupply(db: Kysely<Tables>, parts: readonly ToldPart[]): Promise<number> {
  const told = parts.flatMap(({ seq, supply = [] }) => supply.map(line => ({ seq, line })))
  if (told.length === 0) return 0
  const known = await knownLines(
    db,
    told.map(({ line }) => line)
  )
  const fresh = told.filter(({ line }) => !known.has(JSON.stringify(line)))
  const last = await db.selectFrom('supply_line').select('n').orderBy('n', 'desc').limit(1).executeTakeFirst()
  const rows = fresh.map(({ seq, line }, place) => ({
    ...{ n: (last?.n ?? 0) + 1 + place, key_customer: line.keyCustomer, seq, at: line.at },
    ...{ from_at: line.from, end_at: line.end ?? null, line: JSON.stringify(line) }
  }))
  for (const part of slices(rows))
    await db
      .insertInto('supply_line')
      .values([...part])
      .execute()
  for (const [place, row] of rows.entries()) {
    const line = fresh[place]?.line as SupplyLine
    const before = await paint(db, row)
    if (isOfPast(line)) await noteRestated(db, line, before)
  }
  return rows.length
}

/** Lines that are not behind what is known of their customer may be told again: a log that was made anew has other seqs. */
async function knownLines(db: Kysely<Tables>, lines: readonly SupplyLine[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  const from = Math.min(...lines.map(({ at }) => at))
  for (const part of slices([...new Set(lines.map(({ keyCustomer }) => keyCustomer))])) {
    const rows = await db
      .selectFrom('supply_line')
      .select('line')
      .where('key_customer', 'in', part)
      .where('at', '>=', from)
      .execute()
    for (const { line } of rows) known.add(line)
  }
  return known
}

/** A report that was handed out says otherwise now: whoever asks why finds it in the audit trail. */
async function noteRestated(db: Kysely<Tables>, line: SupplyLine, before: readonly Stretch[]): Promise<void> {
  const stateOf = new Map<number, SupplyLine['state']>()
  for (const part of slices(before.map(({ line_n }) => line_n))) {
    const rows = await db.selectFrom('supply_line').select(['n', 'line']).where('n', 'in', part).execute()
    for (const { n, line: text } of rows) stateOf.set(n, (JSON.parse(text) as SupplyLine).state)
  }
  const said = before.flatMap(({ from_at: from, to_at: to, line_n }) => {
    const state = stateOf.get(line_n)
    return state === undefined ? [] : [{ from, to, state }]
  })
  const deed = restated(line, said)
  if (deed !== undefined) await writeAudit(db, { name: 'system', at: line.at, request: '' }, deed)
}

/** Puts the stretch of a line in the place of what was said of its time before. @returns the stretches that it overlaps, as they were */
async function paint(db: Kysely<Tables>, row: SupplyTableRows['supply_line']): Promise<Stretch[]> {
  const { key_customer, from_at: from, end_at: end } = row
  if (end !== null && end <= from) return []
  const overlapping = await db
    .selectFrom('supply_stretch')
    .selectAll()
    .where('key_customer', '=', key_customer)
    .where(eb => eb.or([eb('to_at', 'is', null), eb('to_at', '>', from)]))
    .$if(end !== null, query => query.where('from_at', '<', end ?? 0))
    .execute()
  if (overlapping.length > 0)
    await db
      .deleteFrom('supply_stretch')
      .where('key_customer', '=', key_customer)
      .where(
        'from_at',
        'in',
        overlapping.map(({ from_at }) => from_at)
      )
      .execute()
  const rest = overlapping.flatMap(stretch => leftOf(stretch, from, end))
  await db
    .insertInto('supply_stretch')
    .values([...rest, { key_customer, from_at: from, to_at: end, line_n: row.n }])
    .execute()
  return overlapping
}

/** What of a stretch is outside of [from, end). */
function leftOf(stretch: Stretch, from: number, end: number | null): Stretch[] {
  const kept: Stretch[] = []
  if (stretch.from_at < from) kept.push({ ...stretch, to_at: from })
  if (end !== null && (stretch.to_at === null || stretch.to_at > end)) kept.push({ ...stretch, from_at: end })
  return kept
}
