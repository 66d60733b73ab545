import type { Kysely } from 'kysely'
import type { DossierEntry } from '../model/dossier.ts'
import type { DossierQuery } from './port.ts'
import type { Tables } from './tables.ts'

type Row = Tables['dossier_entry']

/** Writes an entry in the place of what stood under its id. @returns what stood there; undefined for nothing */
export async function storeEntry(db: Kysely<Tables>, entry: DossierEntry): Promise<DossierEntry | undefined> {
  const row = toRow(entry)
  const before = await db
    .selectFrom('dossier_entry')
    .selectAll()
    .where('key_customer', '=', row.key_customer)
    .where('kind', '=', row.kind)
    .where('id', '=', row.id)
    .executeTakeFirst()
  await db
    .insertInto('dossier_entry')
    .values(row)
    .onConflict(conflict => conflict.columns(['key_customer', 'kind', 'id']).doUpdateSet(row))
    .execute()
  return before === undefined ? undefined : toEntry(before)
}

/** Entries of a customer, the latest first. */
export async function findEntries(
  db: Kysely<Tables>,
  { customer, kind, limit, skip = 0 }: DossierQuery
): Promise<DossierEntry[]> {
  const rows = await db
    .selectFrom('dossier_entry')
    .selectAll()
    .where('key_customer', '=', customer)
    .$if(kind !== undefined, query => query.where('kind', '=', kind ?? ''))
    .orderBy('at', 'desc')
    .orderBy('kind')
    .orderBy('id')
    .limit(limit)
    .offset(skip)
    .execute()
  return rows.map(toEntry)
}

const toRow = (entry: DossierEntry): Row => ({
  ...{ key_customer: entry.keyCustomer, kind: entry.kind, id: entry.id, at: entry.at },
  ...{ body: JSON.stringify(entry.body), withdrawn: entry.isWithdrawn ? 1 : 0 },
  ...{ written_at: entry.writtenAt, written_by: entry.writtenBy }
})

function toEntry(row: Row): DossierEntry {
  const entry = {
    ...{ keyCustomer: row.key_customer, kind: row.kind, id: row.id, at: row.at },
    ...{ body: JSON.parse(row.body), isWithdrawn: row.withdrawn === 1 },
    ...{ writtenAt: row.written_at, writtenBy: row.written_by }
  }
  return entry as DossierEntry
}
