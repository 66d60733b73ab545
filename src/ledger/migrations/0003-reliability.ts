import type { Kysely } from 'kysely'

/** When each usage point had supply again, and published months. A migration is never changed once released. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('incident').addColumn('plan_type', 'text').execute()
  await db.schema.alterTable('incident_point').addColumn('ended_at', 'bigint').execute()
  await db.schema
    .alterTable('incident_point')
    .addColumn('counted', 'integer', column => column.notNull().defaultTo(1))
    .execute()
  await db.schema.createIndex('incident_started').on('incident').columns(['started_at']).execute()
  await db.schema
    .createTable('reliability_month')
    .addColumn('profile', 'text', column => column.notNull())
    .addColumn('month', 'text', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('result', 'text', column => column.notNull())
    .addColumn('days', 'text', column => column.notNull())
    .addPrimaryKeyConstraint('reliability_month_key', ['profile', 'month'])
    .execute()
}
