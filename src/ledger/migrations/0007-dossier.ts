import type { Kysely } from 'kysely'

/** What people did for key customers. A migration is never changed once released. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('dossier_entry')
    .addColumn('key_customer', 'text', column => column.notNull())
    .addColumn('kind', 'text', column => column.notNull())
    .addColumn('id', 'text', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('body', 'text', column => column.notNull())
    .addColumn('withdrawn', 'integer', column => column.notNull())
    .addColumn('written_at', 'bigint', column => column.notNull())
    .addColumn('written_by', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('dossier_entry_key', ['key_customer', 'kind', 'id'])
    .execute()
  await schema
    .createIndex('dossier_entry_at')
    .on('dossier_entry')
    .columns(['key_customer', 'kind', 'at'])
    .execute()
}
