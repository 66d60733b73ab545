import { isOwnKind, type KeyCustomer } from '../registry/lookup/customers.ts'
import { UNFED } from '../registry/lookup/network.ts'
import type { Registry } from '../registry/lookup/registry.ts'
import { placeOfPoint } from '../registry/lookup/supply-path.ts'
import { cutsOf, effectOfLosing } from './dependence.ts'
import { presentCuts, type ToldStates } from './ways.ts'

/** What a customer is without some devices, in the words of its supply; `reduced` has a feed less, and all it needs. */
export const EFFECTS = ['interrupted', 'emergency', 'reduced'] as const
export type Effect = (typeof EFFECTS)[number]

export interface Affected {
  readonly customer: KeyCustomer
  readonly effect: Effect
  /** Feeds that are lost. */
  readonly feeds: readonly string[]
}

/**
 * Key customers that are without a feed while some devices are out of service, as switches stand now, the worst first. By the network alone: whether sections really change over, a generator starts
 * or a feed was dead before, the supply of the customer tells (`/v1/supply`). A feed that only several of the devices together cut off, each on one of two closed ways, is not found.
 * @param told states of switches as they were told last @param out ids of devices, or of usage points that lost their own line
 * @param customers who is asked about; all when left out
 */
export function affectedBy(
  registry: Registry,
  told: ToldStates,
  out: readonly string[],
  customers: Iterable<KeyCustomer> = registry.keyCustomers.values()
): Affected[] {
  const dominator = presentCuts(registry, told)
  const without = new Set(out)
  const devices = new Set(out.map(id => registry.network.numbers.get(id) ?? -1))
  const isLost = (usagePoint: string): boolean => {
    if (without.has(usagePoint)) return true
    return cutsOf(dominator, placeOfPoint(registry, usagePoint))?.some(device => devices.has(device)) ?? false
  }
  const isDead = (usagePoint: string): boolean => {
    const place = placeOfPoint(registry, usagePoint)
    return place >= 0 && dominator[place] === UNFED
  }
  const affected: Affected[] = []
  for (const customer of customers) {
    const grid = customer.sources.filter(({ kind, usagePoint }) => kind === 'grid' && usagePoint !== '')
    const feeds = grid.filter(({ usagePoint }) => isLost(usagePoint)).map(({ id }) => id)
    if (feeds.length === 0) continue
    const dead = grid.filter(({ usagePoint }) => isDead(usagePoint)).map(({ id }) => id)
    affected.push({ customer, feeds, effect: effectOf(customer, new Set([...feeds, ...dead])) })
  }
  return affected.sort(
    (one, other) =>
      EFFECTS.indexOf(one.effect) - EFFECTS.indexOf(other.effect) ||
      (one.customer.id < other.customer.id ? -1 : 1)
  )
}

/** The first that fits, as the states of supply are concluded. @param gone feeds without supply */
function effectOf({ sections, sources }: KeyCustomer, gone: ReadonlySet<string>): Effect {
  const own = new Set(sources.filter(({ kind }) => isOwnKind(kind)).map(({ id }) => id))
  // Of a customer without known sections all hangs on all of its sources.
  const all =
    sections.length > 0
      ? sections.map(section => ({ kind: section.class, fed: section.sources }))
      : [{ kind: 'security', fed: sources.map(({ id }) => id) }]
  const standing = all.map(({ kind, fed }) => ({
    kind,
    // What no feed feeds anyway loses nothing.
    isLost: fed.some(id => !own.has(id)) && fed.every(id => own.has(id) || gone.has(id)),
    hasOwn: fed.some(id => own.has(id))
  }))
  return effectOfLosing(standing) ?? 'reduced'
}
