import type { CreateTableBuilder, Kysely } from 'kysely'

type Table = CreateTableBuilder<string, string>

/** What is said about outages. A migration is never changed once released: its tables are those of data folders. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const now = db.schema
  await now
    .createTable('log_cursor')
    .addColumn('name', 'text', column => column.primaryKey())
    .addColumn('seq', 'bigint', column => column.notNull())
    .execute()
  await texts(lasting(kept(now.createTable('incident'))), ['device', 'same_as', 'phases', 'kind', 'cause'])
    .addColumn('supply', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('opened_at', 'bigint')
    .addColumn('parent', 'text')
    .addColumn('merged_into', 'text')
    .addColumn('reason', 'text')
    .addColumn('affected', 'integer', column => column.notNull())
    .addColumn('confirmed', 'integer', column => column.notNull())
    .addColumn('confidence', 'double precision', column => column.notNull())
    .addColumn('counted', 'integer', column => column.notNull())
    .addColumn('evidence', 'text', column => column.notNull())
    .addColumn('usage_points', 'integer')
    .execute()
  await texts(now.createTable('incident_place') as Table, ['device', 'incident'])
    .addPrimaryKeyConstraint('incident_place_key', ['device', 'incident'])
    .execute()
  await texts(now.createTable('incident_point') as Table, ['usage_point', 'incident', 'account'])
    .addPrimaryKeyConstraint('incident_point_key', ['usage_point', 'incident'])
    .execute()
  await texts(lasting(kept(now.createTable('communication_loss'))), ['state', 'scope', 'subject'])
    .addColumn('terminals', 'text', column => column.notNull())
    .addColumn('meters', 'text', column => column.notNull())
    .addColumn('reason', 'text')
    .execute()
  await texts(kept(now.createTable('finding')), ['kind', 'subject', 'evidence']).execute()
  await texts(lasting(kept(now.createTable('alarm'))), ['state', 'kind', 'subject'])
    .addColumn('value', 'double precision')
    .addColumn('threshold', 'double precision')
    .execute()
  await texts(now.createTable('outage_line') as Table, ['told_in', 'id', 'state', 'line'])
    .addColumn('n', 'bigint', column => column.primaryKey())
    .addColumn('seq', 'bigint', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull())
    .addColumn('change', 'text')
    .addColumn('reason', 'text')
    .execute()
  await texts(now.createTable('outage_count') as Table, ['told_in', 'state'])
    .addColumn('lines', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('outage_count_key', ['told_in', 'state'])
    .execute()
  const indexes: readonly (readonly [name: string, table: string, columns: string[]])[] = [
    ['incident_state', 'incident', ['state', 'n']],
    ['incident_device', 'incident', ['device']],
    ['incident_place_incident', 'incident_place', ['incident']],
    ['incident_point_incident', 'incident_point', ['incident']],
    ['communication_loss_state', 'communication_loss', ['state', 'n']],
    ['communication_loss_subject', 'communication_loss', ['subject']],
    ['finding_subject', 'finding', ['subject']],
    ['alarm_state', 'alarm', ['state', 'n']],
    ['alarm_subject', 'alarm', ['subject']],
    ['outage_line_id', 'outage_line', ['told_in', 'id', 'n']]
  ]
  for (const [name, table, columns] of indexes)
    await now.createIndex(name).on(table).columns(columns).execute()
}

/** An id, when it was first and last told of. */
function kept(table: unknown): Table {
  return (table as Table)
    .addColumn('n', 'bigint', column => column.primaryKey())
    .addColumn('id', 'text', column => column.notNull().unique())
    .addColumn('first_at', 'bigint', column => column.notNull())
    .addColumn('at', 'bigint', column => column.notNull()) as Table
}

const lasting = (table: Table): Table =>
  table.addColumn('started_at', 'bigint', column => column.notNull()).addColumn('ended_at', 'bigint') as Table

const texts = (table: Table, names: readonly string[]): Table =>
  names.reduce((made, name) => made.addColumn(name, 'text', column => column.notNull()) as Table, table)
