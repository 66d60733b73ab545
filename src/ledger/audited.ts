import type { Kysely } from 'kysely'
import type { Actor } from './port.ts'
import type { Tables } from './tables.ts'

/** What was done, to whom, and what is told of it. */
export interface Deed {
  readonly action: string
  readonly subject: string
  readonly detail: object
}

/** A change and its audit row, together or not at all. @param work what it says was done; undefined when there was nothing to change: then there is no row */
export async function audited(
  db: Kysely<Tables>,
  by: Actor,
  work: (db: Kysely<Tables>) => Promise<Deed | undefined>
): Promise<boolean> {
  return db.transaction().execute(async inside => {
    const deed = await work(inside)
    if (deed === undefined) return false
    const { action, subject, detail } = deed
    await inside
      .insertInto('audit')
      .values({
        ...{ at: by.at, actor: by.name, action, subject, request: by.request },
        detail: JSON.stringify(detail)
      })
      .execute()
    return true
  })
}
