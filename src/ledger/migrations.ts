import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { asError, GridvigilError } from '../errors.ts'
import * as first from './migrations/0001-first.ts'
import * as outages from './migrations/0002-outages.ts'
import * as reliability from './migrations/0003-reliability.ts'
import * as decisions from './migrations/0004-decisions.ts'
import * as plans from './migrations/0005-plans.ts'
import * as dossier from './migrations/0007-dossier.ts'
import * as supply from './migrations/0006-supply.ts'

/** Every migration in its order; they go forward only. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-outages': outages,
  '0003-reliability': reliability,
  '0004-decisions': decisions,
  '0005-plans': plans,
  '0006-supply': supply,
  '0007-dossier': dossier
}

/**
 * Brings the tables to this release, each migration in a transaction of its own.
 * @throws LEDGER_NEWER when a later release has been here, LEDGER_OPEN when one fails
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } })
  const newer = (await executed(db)).filter(name => !Object.hasOwn(MIGRATIONS, name))
  if (newer.length > 0) throw new GridvigilError('LEDGER_NEWER', `it has ${newer.join(', ')}`)
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results.find(({ status }) => status === 'Error')?.migrationName ?? ''
  throw new GridvigilError('LEDGER_OPEN', `${failed} ${asError(error).message}`.trim())
}

/** Names of the migrations a ledger has been through. */
async function executed<T>(db: Kysely<T>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return []
  const anyTables = db as unknown as Kysely<{ kysely_migration: { name: string } }>
  const rows = await anyTables.selectFrom('kysely_migration').select('name').execute()
  return rows.map(({ name }) => name)
}
