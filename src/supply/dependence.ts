import { isOwnKind, type KeyCustomer, type SupplySource } from '../registry/lookup/customers.ts'
import { type Network, ROOT, UNFED } from '../registry/lookup/network.ts'

/**
 * Of each device the nearest other one without which nothing reaches it (its immediate dominator), ROOT where there is none: at the top, and where two ways
 * that share nothing lead to it. UNFED where nothing reaches it anyway. In a radial network that is who feeds it.
 *
 * In an undirected graph the devices that cut one off are the articulation points on any way to it (Hopcroft, Tarjan 1973): one walk in depth, linear.
 * @param isOpen by edge number
 */
export function dominatorsOf(network: Network, isOpen: (edge: number) => boolean): Int32Array {
  const { normalParent, endA, endB, firstEdge, edgeList } = network
  const count = normalParent.length
  // Place `count` stands for what feeds all roots.
  const top = count
  const found = new Int32Array(count + 1).fill(-1)
  const low = new Int32Array(count + 1)
  const parent = new Int32Array(count + 1).fill(-1)
  const next = Int32Array.from({ length: count }, (_, device) => firstEdge[device] ?? 0)
  const order = new Int32Array(count)
  let [reached, clock] = [0, 1]
  found[top] = 0
  const enter = (device: number, from: number): void => {
    parent[device] = from
    found[device] = clock
    // Every root has a way to the top of its own.
    low[device] = normalParent[device] === ROOT ? 0 : clock
    clock++
    order[reached++] = device
  }
  for (let root = 0; root < count; root++) {
    if (normalParent[root] !== ROOT || found[root] !== -1) continue
    enter(root, top)
    for (let device = root; device !== top; ) {
      const at = next[device] as number
      if (at >= (firstEdge[device + 1] ?? 0)) {
        const above = parent[device] as number
        if (above !== top) low[above] = Math.min(low[above] as number, low[device] as number)
        device = above
        continue
      }
      next[device] = at + 1
      const edge = edgeList[at] as number
      if (isOpen(edge)) continue
      const other = (endA[edge] === device ? endB[edge] : endA[edge]) as number
      if (found[other] === -1) {
        enter(other, device)
        device = other
      } else if (other !== parent[device])
        low[device] = Math.min(low[device] as number, found[other] as number)
    }
  }
  const dominator = new Int32Array(count).fill(UNFED)
  for (let place = 0; place < reached; place++) {
    const device = order[place] as number
    const above = parent[device] as number
    if (above === top) dominator[device] = ROOT
    else
      dominator[device] =
        (low[device] as number) >= (found[above] as number) ? above : (dominator[above] as number)
  }
  return dominator
}

/** The device itself and all that cut it off, from below to above; undefined where nothing reaches it. */
export function cutsOf(dominator: Int32Array, place: number): number[] | undefined {
  if (place < 0 || dominator[place] === UNFED) return undefined
  const cuts: number[] = []
  for (let at = place; at >= 0; at = dominator[at] as number) cuts.push(at)
  return cuts
}

/** A device whose failure alone takes from a customer what it cannot be without. */
export interface SingleFailure {
  readonly device: number
  /** `interrupted`: a security section, or every section, has nothing left; `emergency`: what is left is its own. */
  readonly effect: 'interrupted' | 'emergency'
}

export interface Dependence {
  /** Of each feed the devices that cut it off, from below to above; undefined where nobody knows where it hangs, or nothing reaches it. */
  readonly feeds: ReadonlyMap<string, readonly number[] | undefined>
  /** The nearest device that all known feeds share; -1 for none up to the top of the registry, or where only one is known. */
  readonly common: number
  /** From below to above. */
  readonly failures: readonly SingleFailure[]
}

/** What a customer's supply hangs on. @param placeOf device that a usage point hangs on, -1 where nobody knows */
export function dependenceOf(
  customer: KeyCustomer,
  dominator: Int32Array,
  placeOf: (usagePoint: string) => number
): Dependence {
  const grid = customer.sources.filter(({ kind }) => kind === 'grid')
  const feeds = new Map(grid.map(({ id, usagePoint }) => [id, cutsOf(dominator, placeOf(usagePoint))]))
  const known = [...feeds.values()].filter(cuts => cuts !== undefined)
  const shared = known.length > 1 ? sharedBy(known) : []
  return { feeds, common: shared[0] ?? -1, failures: failuresOf(customer, feeds) }
}

/** Devices that cut off all of them, from below to above. */
function sharedBy(chains: readonly (readonly number[])[]): number[] {
  const [first = [], ...others] = chains
  const sets = others.map(chain => new Set(chain))
  return first.filter(device => sets.every(set => set.has(device)))
}

/** A section as it stands when something failed. */
interface SectionWithout {
  readonly kind: string
  /** All its feeds are gone. */
  readonly isLost: boolean
  /** It has a source of its own that may take over. */
  readonly hasOwn: boolean
}

/** What a customer is whose sections stand so; undefined where all are on the grid. */
export function effectOfLosing(sections: readonly SectionWithout[]): SingleFailure['effect'] | undefined {
  const lost = sections.filter(({ isLost }) => isLost)
  const dark = lost.filter(({ hasOwn }) => !hasOwn)
  const isInterrupted = dark.some(({ kind }) => kind === 'security') || dark.length === sections.length
  if (lost.length > 0 && (isInterrupted || dark.length === lost.length)) return 'interrupted'
  return lost.length > 0 ? 'emergency' : undefined
}

function failuresOf(
  { sections, sources }: KeyCustomer,
  feeds: ReadonlyMap<string, readonly number[] | undefined>
): SingleFailure[] {
  const byId = new Map(sources.map(source => [source.id, source]))
  const losses = sections.map(section => {
    const own = section.sources.some(id => isOwnKind(byId.get(id)?.kind ?? ''))
    const chains = section.sources.filter(id => feeds.has(id)).map(id => feeds.get(id))
    // A feed of which nobody knows where it hangs may be what is left.
    const isKnown = chains.length > 0 && chains.every(chain => chain !== undefined)
    return { section, own, lost: isKnown ? sharedBy(chains as number[][]) : [] }
  })
  const effects = new Map<number, SingleFailure['effect']>()
  for (const { lost } of losses) for (const device of lost) effects.set(device, 'emergency')
  for (const device of effects.keys()) {
    const effect = effectOfLosing(
      losses.map(({ section, own, lost }) => ({
        ...{ kind: section.class, hasOwn: own },
        isLost: lost.includes(device)
      }))
    )
    if (effect !== undefined) effects.set(device, effect)
  }
  const heightOf = (device: number): number =>
    Math.min(...[...feeds.values()].map(chain => chain?.indexOf(device) ?? -1).filter(at => at >= 0))
  return [...effects]
    .map(([device, effect]) => ({ device, effect }))
    .sort((one, other) => heightOf(one.device) - heightOf(other.device))
}

/** Sources that lie in one trench or on one tower, by the group. */
export function sharedRoutes(sources: readonly SupplySource[]): { group: string; sources: string[] }[] {
  const groups = new Map<string, string[]>()
  for (const { id, routeGroup } of sources)
    if (routeGroup !== '') groups.set(routeGroup, [...(groups.get(routeGroup) ?? []), id])
  return [...groups].filter(([, ids]) => ids.length > 1).map(([group, ids]) => ({ group, sources: ids }))
}
