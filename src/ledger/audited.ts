import type { Kysely } from 'kysely'
import type { Actor, AuditQuery, AuditRow } from './port.ts'
import type { Tables } from './tables.ts'

/** What was done, to whom, and what is told of it. */
export interface Deed {
  readonly action: string
  readonly subject: string
  readonly detail: object
}

/** Changes and their audit rows, all or none. @param work what it says was done; of nothing there is no row */
export async function audited(
  db: Kysely<Tables>,
  by: Actor,
  work: (db: Kysely<Tables>) => Promise<readonly Deed[]>
): Promise<boolean> {
  return db.transaction().execute(async inside => {
    const deeds = await work(inside)
    for (const deed of deeds) await writeAudit(inside, by, deed)
    return deeds.length > 0
  })
}

/** A row of the audit trail, in the transaction of what it tells of. */
export async function writeAudit(db: Kysely<Tables>, by: Actor, deed: Deed): Promise<void> {
  const { action, subject, detail } = deed
  const row = { at: by.at, actor: by.name, action, subject, request: by.request }
  await db
    .insertInto('audit')
    .values({ ...row, detail: JSON.stringify(detail) })
    .execute()
}

/** Rows of the trail, the newest first. */
export function findAudit(
  db: Kysely<Tables>,
  { limit, before, action, actor }: AuditQuery
): Promise<AuditRow[]> {
  return db
    .selectFrom('audit')
    .selectAll()
    .$if(before !== undefined, query => query.where('id', '<', before ?? 0))
    .$if(action !== undefined, query => query.where('action', '=', action ?? ''))
    .$if(actor !== undefined, query => query.where('actor', '=', actor ?? ''))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Of each subject the last row of these actions. */
export function findLastAudit(db: Kysely<Tables>, actions: readonly string[]): Promise<AuditRow[]> {
  const ofThem = db.selectFrom('audit').where('action', 'in', [...actions])
  const last = ofThem.select(({ fn }) => fn.max('id').as('id')).groupBy('subject')
  return db.selectFrom('audit').selectAll().where('id', 'in', last).orderBy('id').execute()
}
