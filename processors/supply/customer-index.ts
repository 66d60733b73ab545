import type { LoadSection, SupplySource } from '../../src/registry/lookup/customers.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { type AskedTerminal, byTerminal } from '../../src/model/pings.ts'
import type { Truck } from '../../src/model/truck.ts'
import { placeOfPoint } from '../../src/registry/lookup/supply-path.ts'
import type { IndexedCustomer, IndexedFeed, IndexedSource } from './indexed.ts'
import { rhythmOf } from './lifetimes.ts'
import type { Rhythm } from './track.ts'
import { indexTruck } from './trucks.ts'

const NOBODY: ReadonlySet<number> = new Set()

/** Key customers of a registry by whoever may tell of them. */
export class CustomerIndex {
  readonly customers: readonly IndexedCustomer[]
  /** Places of customers by the id of a source or section. */
  readonly bySource = new Map<string, number>()
  readonly bySection = new Map<string, number>()
  /** Places and sources by the number of a feed's meter. */
  readonly byMeter = new Map<number, IndexedFeed>()
  /** Rated voltage of each meter as it shows it, V. */
  readonly ratedV: Float64Array
  readonly #registry: Registry
  /** Terminals that watch a plant, and of which customers. */
  readonly #watchers = new Map<string, Set<number>>()
  /** Terminals that read a feed or watch a plant, and of which customers. */
  readonly #places = new Map<string, Set<number>>()
  readonly #sections = new Map<string, LoadSection>()
  readonly #sources = new Map<string, IndexedSource>()
  /** Sources that are on no file: trucks. */
  readonly #brought = new Set<string>()

  constructor(registry: Registry) {
    this.#registry = registry
    this.ratedV = registry.meters.ratedV
    this.customers = [...registry.keyCustomers.values()].map((customer, place) => {
      const sources = customer.sources.map(source => indexSource(registry, source))
      for (const indexed of sources) {
        this.bySource.set(indexed.source.id, place)
        if (indexed.meter >= 0) {
          this.byMeter.set(indexed.meter, { place, indexed })
          this.#concerns(registry.meters.terminal.get(indexed.meter), place)
        }
        this.#sources.set(indexed.source.id, indexed)
        if (indexed.source.terminal !== '') {
          this.#watches(indexed.source.terminal, place)
          this.#concerns(indexed.source.terminal, place)
        }
      }
      for (const section of customer.sections) {
        this.bySection.set(section.id, place)
        this.#sections.set(section.id, section)
      }
      return {
        customer,
        sources,
        plantRhythm: slowest(
          customer.sources.map(({ terminal }) => terminal),
          registry
        )
      }
    })
  }

  #watches(terminal: string, place: number): void {
    const places = this.#watchers.get(terminal) ?? new Set()
    this.#watchers.set(terminal, places.add(place))
  }

  /** A truck that came is a source of its customer, of which may be told. @returns the place of the customer; undefined where the registry has it not */
  add(truck: Truck): number | undefined {
    const place = this.customers.findIndex(({ customer }) => customer.id === truck.keyCustomer)
    const indexed = this.customers[place]
    if (indexed === undefined) return undefined
    if (!this.#sources.has(truck.source) || this.#brought.has(truck.source)) {
      this.bySource.set(truck.source, place)
      this.#sources.set(truck.source, indexTruck(truck, indexed))
      this.#brought.add(truck.source)
    }
    return this.bySource.get(truck.source) === place ? place : undefined
  }

  /** Of trucks only those are sources that are given: the others are forgotten. */
  keepTrucks(trucks: Iterable<Truck>): void {
    for (const id of this.#brought) {
      this.bySource.delete(id)
      this.#sources.delete(id)
    }
    this.#brought.clear()
    for (const truck of trucks) this.add(truck)
  }

  #concerns(terminal: string, place: number): void {
    const places = this.#places.get(terminal) ?? new Set()
    this.#places.set(terminal, places.add(place))
  }

  /** Places of customers of whom a terminal reads a feed or watches the plant. */
  placesOf(terminal: string): ReadonlySet<number> {
    return this.#places.get(terminal) ?? NOBODY
  }

  /** Meters of a customer's feeds by the terminal that reads them. */
  readersOf(place: number): AskedTerminal[] {
    const { meters } = this.#registry
    const feeds = this.customers[place]?.sources.filter(({ meter }) => meter >= 0) ?? []
    return byTerminal(
      feeds.map(({ source, meter }) => ({ terminal: meters.terminal.get(meter), meter: source.meter }))
    )
  }

  section(id: string): LoadSection | undefined {
    return this.#sections.get(id)
  }

  /** A source that `bySource` has. */
  sourceOf(id: string): IndexedSource {
    return this.#sources.get(id) as IndexedSource
  }

  /** Whether a source is fed by the network. */
  isFeed(source: string): boolean {
    return this.#sources.get(source)?.source.kind === 'grid'
  }

  /** Whether a terminal may speak of the plant of a customer: the registry says that it watches it. */
  mayTell(terminal: string, place: number): boolean {
    return this.#watchers.get(terminal)?.has(place) === true
  }

  /** The feed that a meter measures, when the terminal reads that meter; undefined otherwise. */
  feedOf(terminal: string, meterId: string): IndexedFeed | undefined {
    const { meterNumbers, meters } = this.#registry
    const number = meterNumbers.get(meterId)
    if (number === undefined || meters.terminal.get(number) !== terminal) return undefined
    return this.byMeter.get(number)
  }
}

/** The rhythm of the slowest of the terminals that watch a plant: which of them tells of a switch nobody says. */
function slowest(watchers: readonly string[], { terminals }: Registry): Rhythm {
  const rhythms = [...new Set(watchers.filter(id => id !== ''))].map(id => rhythmOf(terminals.get(id)))
  return rhythms.reduce(
    (slow, each) => (each.keepsMs > slow.keepsMs ? each : slow),
    rhythms[0] ?? rhythmOf(undefined)
  )
}

function indexSource(registry: Registry, source: SupplySource): IndexedSource {
  const { meters, meterNumbers, terminals } = registry
  const meter = meterNumbers.get(source.meter) ?? -1
  const place = placeOfPoint(registry, source.usagePoint)
  const teller = source.kind !== 'grid' ? source.terminal : meter < 0 ? '' : meters.terminal.get(meter)
  return { source, meter, place, rhythm: rhythmOf(terminals.get(teller)) }
}
