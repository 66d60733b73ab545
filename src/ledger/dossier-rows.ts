import { isDeepStrictEqual } from 'node:util'
import type { Kysely } from 'kysely'
import { DOSSIER_KINDS, type DossierEntry, type LedgerEntry, type TruckEntry } from '../model/dossier.ts'
import { audited, type Deed } from './audited.ts'
import type { Actor, DossierQuery, StayQuery } from './port.ts'
import type { Tables } from './tables.ts'

type Row = Tables['dossier_entry']

/** Writes an entry in the place of what stood under its id. */
export async function putEntry(db: Kysely<Tables>, entry: LedgerEntry, by: Actor): Promise<void> {
  await audited(db, by, async inside => [await store(inside, entry, await standing(inside, entry))])
}

/** Writes several, all or none; those that say what stands under their id already are left. @returns of each whether it was written */
export async function putEntries(
  db: Kysely<Tables>,
  entries: readonly DossierEntry[],
  by: Actor
): Promise<boolean[]> {
  const isWritten: boolean[] = []
  await audited(db, by, async inside => {
    const deeds: Deed[] = []
    for (const entry of entries) {
      const before = await standing(inside, entry)
      const isNews = before === undefined || !saysSame(before, entry)
      isWritten.push(isNews)
      if (isNews) deeds.push(await store(inside, entry, before))
    }
    return deeds
  })
  return isWritten
}

/** What stands under the id of an entry; undefined for nothing. */
async function standing(
  db: Kysely<Tables>,
  { keyCustomer, kind, id }: LedgerEntry
): Promise<LedgerEntry | undefined> {
  const row = await db
    .selectFrom('dossier_entry')
    .selectAll()
    .where('key_customer', '=', keyCustomer)
    .where('kind', '=', kind)
    .where('id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : toEntry(row)
}

async function store(db: Kysely<Tables>, entry: LedgerEntry, before: LedgerEntry | undefined): Promise<Deed> {
  const { id, keyCustomer, kind } = entry
  const row = toRow(entry)
  await db
    .insertInto('dossier_entry')
    .values(row)
    .onConflict(conflict => conflict.columns(['key_customer', 'kind', 'id']).doUpdateSet(row))
    .execute()
  const action = kind === 'truck' ? 'key-customer.truck' : `dossier.${kind}`
  return { action, subject: keyCustomer, detail: { id, before, after: entry } }
}

/** Whether two entries under one id say the same, whoever wrote them down and when. */
const saysSame = (one: LedgerEntry, other: LedgerEntry): boolean =>
  one.at === other.at && one.isWithdrawn === other.isWithdrawn && isDeepStrictEqual(one.body, other.body)

/** Entries of a customer, the latest first. */
export async function findEntries(
  db: Kysely<Tables>,
  { customer, kind, id, limit, skip = 0 }: DossierQuery
): Promise<DossierEntry[]> {
  const rows = await db
    .selectFrom('dossier_entry')
    .selectAll()
    .where('key_customer', '=', customer)
    .where('kind', 'in', kind === undefined ? DOSSIER_KINDS : [kind])
    .$if(id !== undefined, query => query.where('id', '=', id ?? ''))
    .orderBy('at', 'desc')
    .orderBy('kind')
    .orderBy('id')
    .limit(limit)
    .offset(skip)
    .execute()
  return rows.map(toEntry) as DossierEntry[]
}

/** Stays of generator trucks, the latest first. */
export async function findStays(
  db: Kysely<Tables>,
  { customer, id, limit }: StayQuery
): Promise<TruckEntry[]> {
  const rows = await db
    .selectFrom('dossier_entry')
    .selectAll()
    .where('kind', '=', 'truck')
    .$if(customer !== undefined, query => query.where('key_customer', '=', customer ?? ''))
    .$if(id !== undefined, query => query.where('id', '=', id ?? ''))
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toEntry) as TruckEntry[]
}

const toRow = (entry: LedgerEntry): Row => ({
  ...{ key_customer: entry.keyCustomer, kind: entry.kind, id: entry.id, at: entry.at },
  ...{ body: JSON.stringify(entry.body), withdrawn: entry.isWithdrawn ? 1 : 0 },
  ...{ written_at: entry.writtenAt, written_by: entry.writtenBy }
})

function toEntry(row: Row): LedgerEntry {
  const entry = {
    ...{ keyCustomer: row.key_customer, kind: row.kind, id: row.id, at: row.at },
    ...{ body: JSON.parse(row.body), isWithdrawn: row.withdrawn === 1 },
    ...{ writtenAt: row.written_at, writtenBy: row.written_by }
  }
  return entry as LedgerEntry
}
