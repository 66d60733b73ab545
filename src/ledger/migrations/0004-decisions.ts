import type { Kysely } from 'kysely'

/** What people decided. A migration is never changed once released: its tables are those of data folders. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const now = db.schema
  let decision = now
    .createTable('decision')
    .addColumn('n', 'bigint', column => column.primaryKey())
    .addColumn('id', 'text', column => column.notNull().unique())
    .addColumn('first_at', 'bigint', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('reason', 'text')
  for (const name of ['state', 'about', 'subject', 'act', 'decided_by', 'facts'])
    decision = decision.addColumn(name, 'text', column => column.notNull())
  await decision.execute()
  await now.createIndex('decision_subject').on('decision').columns(['subject', 'n']).execute()
  await now.alterTable('incident').addColumn('decided', 'text').execute()
  await now.alterTable('alarm').addColumn('decided_by', 'text').execute()
  await now.alterTable('alarm').addColumn('note', 'text').execute()
  await now.alterTable('alarm').addColumn('until_at', 'bigint').execute()
}
