import type { AnnouncedOutage } from '../../model/decisions.ts'
import type { PlannedOutage } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'

/** A planned outage, and who said so: an announcement goes before the registry. */
export interface ListedOutage {
  readonly outage: PlannedOutage | AnnouncedOutage
  readonly source: 'registry' | 'announced'
}

/** All that is known, in order of beginning: the registry's, and in their place and beside them what was announced. */
export function allOutages(
  registry: Registry,
  announced: ReadonlyMap<string, AnnouncedOutage>
): ListedOutage[] {
  const kept = registry.plannedOutages.filter(({ id }) => !announced.has(id))
  const all = [
    ...kept.map(outage => ({ outage, source: 'registry' as const })),
    ...[...announced.values()].map(outage => ({ outage, source: 'announced' as const }))
  ]
  return all.sort(
    ({ outage: one }, { outage: other }) => one.from - other.from || (one.id < other.id ? -1 : 1)
  )
}
