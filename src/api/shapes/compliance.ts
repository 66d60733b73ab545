import type { LedgerCalls } from '../../ledger/port.ts'
import type { SupplyCalls } from '../../ledger/supply-port.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { complianceOf, type ComplianceResult } from '../../supply/compliance.ts'
import { sharedRoutes } from '../../supply/dependence.ts'
import { latestTests } from '../../supply/dossier.ts'
import { reportOf } from '../../supply/report.ts'
import type { Ways } from '../../supply/ways.ts'

/** What events show is looked for so far back. */
const YEAR_MS = 366 * 86_400_000
const MOST_STRETCHES = 100_000
/** Entries of a dossier that are looked at, the latest of them. */
export const MOST_ENTRIES = 5000

/** What is known of a customer's compliance by the registry and events of a year. @param now epoch ms */
export async function complianceNow(
  { supply, ledger }: { readonly supply: SupplyCalls; readonly ledger: LedgerCalls },
  { network, devices }: Registry,
  customer: KeyCustomer,
  { normal }: Ways,
  now: number
): Promise<ComplianceResult[]> {
  const span = { customer: customer.id, from: now - YEAR_MS, to: now, limit: MOST_STRETCHES }
  const [stretches, entries] = await Promise.all([
    supply.supplyStretches(span),
    ledger.dossierEntries({ customer: customer.id, kind: 'backup-test', limit: MOST_ENTRIES })
  ])
  const tests = [...latestTests(entries).values()].map(({ at, body }) => ({ ...body, at }))
  const { ownRuns } = reportOf(stretches, span.from, now)
  const common =
    normal.common < 0
      ? undefined
      : { device: network.ids.get(normal.common), kind: devices.kind.get(normal.common) }
  return complianceOf({
    ...{ customer, common, stretches, ownRuns, tests, now },
    isPlaced: [...normal.feeds.values()].every(path => path !== undefined),
    sharedRoutes: sharedRoutes(customer.sources)
  })
}
