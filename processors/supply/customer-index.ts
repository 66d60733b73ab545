import type { KeyCustomer, LoadSection, SupplySource } from '../../src/registry/lookup/customers.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { lifetimeOf } from './lifetimes.ts'

/** A source with what the registry says of who tells of it. */
export interface IndexedSource {
  readonly source: SupplySource
  /** Its own meter by dense number, -1 for none. */
  readonly meter: number
  /** Device that its usage point hangs on, -1 where nobody knows. */
  readonly place: number
  readonly lifetimeMs: number
}

export interface IndexedCustomer {
  readonly customer: KeyCustomer
  readonly sources: readonly IndexedSource[]
  /** Of words of its switches: that of the terminal which watches its plant, ms. */
  readonly switchLifetimeMs: number
}

/** Key customers of a registry by whoever may tell of them. */
export class CustomerIndex {
  readonly customers: readonly IndexedCustomer[]
  /** Places of customers by the id of a source or section. */
  readonly bySource = new Map<string, number>()
  readonly bySection = new Map<string, number>()
  /** Places and sources by the number of a feed's meter. */
  readonly byMeter = new Map<number, { readonly place: number; readonly indexed: IndexedSource }>()
  /** Rated voltage of each meter as it shows it, V. */
  readonly ratedV: Float64Array
  readonly #registry: Registry
  /** Terminals that watch a plant, and of which customers. */
  readonly #watchers = new Map<string, Set<number>>()
  readonly #sections = new Map<string, LoadSection>()
  readonly #feeds = new Set<string>()

  constructor(registry: Registry) {
    this.#registry = registry
    this.ratedV = registry.meters.ratedV
    this.customers = [...registry.keyCustomers.values()].map((customer, place) => {
      const sources = customer.sources.map(source => indexSource(registry, source))
      for (const indexed of sources) {
        this.bySource.set(indexed.source.id, place)
        if (indexed.meter >= 0) this.byMeter.set(indexed.meter, { place, indexed })
        if (indexed.source.kind === 'grid') this.#feeds.add(indexed.source.id)
        if (indexed.source.terminal !== '') this.#watches(indexed.source.terminal, place)
      }
      for (const section of customer.sections) {
        this.bySection.set(section.id, place)
        this.#sections.set(section.id, section)
      }
      const [watcher = ''] = customer.sources.map(({ terminal }) => terminal).filter(id => id !== '')
      return { customer, sources, switchLifetimeMs: lifetimeOf(registry.terminals.get(watcher)) }
    })
  }

  #watches(terminal: string, place: number): void {
    const places = this.#watchers.get(terminal) ?? new Set()
    this.#watchers.set(terminal, places.add(place))
  }

  section(id: string): LoadSection | undefined {
    return this.#sections.get(id)
  }

  /** Whether a source is fed by the network. */
  isFeed(source: string): boolean {
    return this.#feeds.has(source)
  }

  /**
   * Whether a terminal may speak of the plant of a customer: the registry says that it watches it.
   * @param place of the customer, undefined for nobody's @param touched gets it where it may
   */
  mayTell(terminal: string, place: number | undefined, touched: Set<number>): boolean {
    if (place === undefined || this.#watchers.get(terminal)?.has(place) !== true) return false
    touched.add(place)
    return true
  }

  /** The feed that a meter measures, when the terminal reads that meter; undefined otherwise. @param touched as above */
  feedOf(terminal: string, meterId: string, touched: Set<number>): string | undefined {
    const { meterNumbers, meters } = this.#registry
    const number = meterNumbers.get(meterId)
    const feed = number === undefined ? undefined : this.byMeter.get(number)
    if (number === undefined || feed === undefined || meters.terminal.get(number) !== terminal)
      return undefined
    touched.add(feed.place)
    return feed.indexed.source.id
  }
}

function indexSource(
  { meters, meterNumbers, usagePoints, network, terminals }: Registry,
  source: SupplySource
): IndexedSource {
  const meter = meterNumbers.get(source.meter) ?? -1
  const place = network.numbers.get(usagePoints.get(source.usagePoint)?.device ?? '') ?? -1
  const teller = source.kind !== 'grid' ? source.terminal : meter < 0 ? '' : meters.terminal.get(meter)
  return { source, meter, place, lifetimeMs: lifetimeOf(terminals.get(teller)) }
}
