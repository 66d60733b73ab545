import type { SupplyLine, SupplyState } from '../../src/model/supply.ts'

/** Lines about the supply of key customers as tests have them: `from` is `at` unless it is said. */
export const T0 = Date.UTC(2026, 10, 20, 8)

export function supplyLine(
  more: Partial<SupplyLine> & { readonly at: number; readonly state: SupplyState }
): SupplyLine {
  const { at } = more
  return {
    ...{ start: more.from ?? at, keyCustomer: 'K1', from: at, securityLoadSupplied: 'yes', atRisk: false },
    ...{ reason: 'ALL_THERE', sources: [], sections: [] },
    ...more
  }
}
