import type { Kysely } from 'kysely'
import type { Actor } from './port.ts'
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
