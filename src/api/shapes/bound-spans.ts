import type { MeterColumns } from '../../registry/lookup/registry.ts'

/** When a binding holds: [from, to), epoch ms, infinite where the registry does not say. */
export interface BoundSpan {
  readonly from: number
  readonly to: number
}

/** The span of a meter's binding: from its installation to its removal, or to the meter's next binding when that came before. */
export function spanOf(meters: MeterColumns, meter: number, row: number): BoundSpan {
  let nextFrom = Number.POSITIVE_INFINITY
  for (let at = meter; at >= 0 && at !== row; at = meters.earlier[at] ?? -1) {
    nextFrom = meters.installedAt[at] ?? Number.NEGATIVE_INFINITY
  }
  return {
    from: meters.installedAt[row] ?? Number.NEGATIVE_INFINITY,
    to: Math.min(nextFrom, meters.removedAt[row] ?? Number.POSITIVE_INFINITY)
  }
}
