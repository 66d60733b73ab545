import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { type SqliteDatabase, SqliteDialect } from 'kysely'

/**
 * node:sqlite as Kysely wants a database. Each commit is synced before it returns (WAL with synchronous=FULL), so
 * what was answered survives a power cut. Blocks: it belongs in a thread of its own.
 */
export function sqliteDialect(path: string): SqliteDialect {
  return new SqliteDialect({ database: async () => openDatabase(path) })
}

const BUSY_MS = 5000

/** It holds hashes of secrets and phones of persons. */
const MODE = 0o600

function openDatabase(path: string): SqliteDatabase {
  if (path !== ':memory:') closeSync(openSync(path, 'a', MODE))
  const database = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        // Its rows have no prototype; those of other drivers are plain objects.
        all: values => statement.all(...(values as SQLInputValue[])).map(row => ({ ...row })),
        run: values => statement.run(...(values as SQLInputValue[])),
        iterate: values => statement.iterate(...(values as SQLInputValue[]))
      }
    }
  }
}
