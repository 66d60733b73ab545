import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { OUTAGE_METHODS, type OutageLedger } from '../../src/ledger/outage-port.ts'
import { type Ledger, LEDGER_METHODS, type LedgerCalls } from '../../src/ledger/port.ts'
import type { ReliabilityLedger } from '../../src/ledger/reliability-port.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { SUPPLY_METHODS, type SupplyLedger } from '../../src/ledger/supply-port.ts'

const RELIABILITY = [
  'countedIncidents',
  'interruptedPoints',
  'firstCounted',
  'correctedUpTo',
  'toldBehind',
  'publishedMonths',
  'publish'
] as const satisfies readonly (keyof ReliabilityLedger)[]

/** The real ledger on a database in memory; it opens itself before the first call. */
export function memoryLedger(): LedgerCalls & Pick<Ledger, 'outages' | 'reliability' | 'supply'> {
  const ledger = new KyselyLedger(sqliteDialect(':memory:'))
  const opened = ledger.open()
  const afterOpening =
    <Port extends object>(port: Port) =>
    (method: keyof Port & string) => [
      method,
      async (...given: never[]) => {
        await opened
        const call = port[method] as (...given: never[]) => Promise<unknown>
        return call.apply(port, given)
      }
    ]
  const methods = [...OUTAGE_METHODS, 'takeLines'] as const
  const outages: OutageLedger = Object.fromEntries(methods.map(afterOpening(ledger.outages)))
  const reliability: ReliabilityLedger = Object.fromEntries(RELIABILITY.map(afterOpening(ledger.reliability)))
  const supply: SupplyLedger = Object.fromEntries(SUPPLY_METHODS.map(afterOpening(ledger.supply)))
  return { ...Object.fromEntries(LEDGER_METHODS.map(afterOpening(ledger))), outages, reliability, supply }
}
