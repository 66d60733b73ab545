import type { Kysely } from 'kysely'

/** How key customers are supplied. A migration is never changed once released. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('supply_line')
    .addColumn('n', 'bigint', column => column.primaryKey())
    .addColumn('key_customer', 'text', column => column.notNull())
    .addColumn('seq', 'bigint', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('from_at', 'bigint', column => column.notNull())
    .addColumn('end_at', 'bigint')
    .addColumn('line', 'text', column => column.notNull())
    .execute()
  await schema.createIndex('supply_line_customer').on('supply_line').columns(['key_customer', 'n']).execute()
  await schema
    .createTable('supply_stretch')
    .addColumn('key_customer', 'text', column => column.notNull())
    .addColumn('from_at', 'bigint', column => column.notNull())
    .addColumn('to_at', 'bigint')
    .addColumn('line_n', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('supply_stretch_key', ['key_customer', 'from_at'])
    .execute()
  await schema.createIndex('supply_stretch_open').on('supply_stretch').columns(['to_at']).execute()
}
