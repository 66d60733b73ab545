import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { LEDGER_METHODS, type LedgerCalls } from '../../src/ledger/port.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'

/** The real ledger on a database in memory; it opens itself before the first call. */
export function memoryLedger(): LedgerCalls {
  const ledger = new KyselyLedger(sqliteDialect(':memory:'))
  const opened = ledger.open()
  const calls = LEDGER_METHODS.map(method => [
    method,
    async (...given: never[]) => {
      await opened
      const call = ledger[method] as (...given: never[]) => Promise<unknown>
      return call.apply(ledger, given)
    }
  ])
  return Object.fromEntries(calls)
}
