import { GridvigilError } from '../../errors.ts'
import { DEVICE_KINDS } from '../../registry/tables.ts'
import type { Chance } from '../city/chance.ts'
import { ABC } from '../grid/grid.ts'
import type { GridIndex } from '../grid/grid-index.ts'
import type { Target } from './schema.ts'

/** A thing of the grid that a step acts on, by its number. */
export interface Thing {
  readonly kind: 'device' | 'tie' | 'customer' | 'terminal' | 'keyCustomer'
  readonly number: number
}

type Query = Extract<Target, { kind: unknown }>

/** Finds what steps mean; names that steps give are kept. */
export class Targets {
  readonly #index: GridIndex
  readonly #chance: Chance
  readonly #names = new Map<string, Thing>()
  #asked = 0

  constructor(index: GridIndex, chance: Chance) {
    this.#index = index
    this.#chance = chance
  }

  name(name: string, thing: Thing): void {
    this.#names.set(name, thing)
  }

  /** @throws SIMULATOR_SCENARIO when the grid has no such thing */
  find(target: Target): Thing {
    if ('ref' in target) return this.#named(target.ref)
    if ('id' in target) return this.#byId(target.id)
    const found = this.#all(target)
    const place = target.pick ?? this.#chance.integer(this.#asked++, Math.max(1, found.length))
    const thing = found.at(place)
    if (thing === undefined)
      throw new GridvigilError(
        'SIMULATOR_SCENARIO',
        found.length === 0
          ? `the grid has 0 things like ${JSON.stringify(target)}, and the step needs one: a larger grid may have it`
          : `the grid has ${found.length} things like ${JSON.stringify(target)}, numbered from 0: pick ${place} is none of them`
      )
    return thing
  }

  /** @throws SIMULATOR_SCENARIO when it is something else */
  device(target: Target): number {
    return this.#of(target, 'device')
  }

  customer(target: Target): number {
    return this.#of(target, 'customer')
  }

  terminal(target: Target): number {
    return this.#of(target, 'terminal')
  }

  keyCustomer(target: Target): number {
    return this.#of(target, 'keyCustomer')
  }

  #of(target: Target, kind: Thing['kind']): number {
    const thing = this.find(target)
    if (thing.kind === kind) return thing.number
    throw new GridvigilError(
      'SIMULATOR_SCENARIO',
      `${JSON.stringify(target)} is a ${thing.kind}, not a ${kind}`
    )
  }

  #named(name: string): Thing {
    const thing = this.#names.get(name)
    if (thing === undefined)
      throw new GridvigilError('SIMULATOR_SCENARIO', `no step before names anything ${name}`)
    return thing
  }

  #byId(id: string): Thing {
    const { grid, deviceNumbers } = this.#index
    const lists: readonly (readonly [Thing['kind'], number])[] = [
      ['device', deviceNumbers.get(id) ?? -1],
      ['tie', grid.ties.findIndex(tie => tie.id === id)],
      ['customer', Math.max(grid.customers.point.indexOf(id), grid.customers.meter.indexOf(id))],
      ['terminal', grid.terminals.findIndex(terminal => terminal.id === id)],
      ['keyCustomer', grid.keyCustomers.findIndex(customer => customer.id === id)]
    ]
    const found = lists.find(([, number]) => number >= 0)
    if (found === undefined)
      throw new GridvigilError('SIMULATOR_SCENARIO', `the grid has nothing with the id ${id}`)
    return { kind: found[0], number: found[1] }
  }

  #all(query: Query): Thing[] {
    switch (query.kind) {
      case 'customer':
        return this.#customers(query).map(number => ({ kind: 'customer', number }))
      case 'terminal':
        return this.#terminals(query).map(number => ({ kind: 'terminal', number }))
      case 'hospital':
        return this.#index.grid.keyCustomers.map((_, number) => ({ kind: 'keyCustomer', number }))
      case 'tie':
        return [...this.#index.grid.ties.keys()]
          .filter(tie => {
            const { a = -1, b = -1 } = this.#index.grid.ties[tie] ?? {}
            return this.#fits(query, a) || this.#fits(query, b)
          })
          .map(number => ({ kind: 'tie', number }))
      case 'feed':
        return this.#feeds(query).map(customer => {
          const number = this.#index.grid.customers.device[customer] ?? -1
          return { kind: 'device', number }
        })
      case 'feed-line':
        return this.#feeds(query).map(number => ({ kind: 'customer', number }))
      default:
        return this.#devices(query).map(number => ({ kind: 'device', number }))
    }
  }

  #devices(query: Query): number[] {
    const { grid, customersBelow } = this.#index
    const wanted = (DEVICE_KINDS as readonly string[]).indexOf(query.kind)
    return [...grid.devices.kind.keys()].filter(device => {
      if (grid.devices.kind[device] !== wanted || !this.#fits(query, device)) return false
      const count = customersBelow[device] ?? 0
      return (
        count >= (query.least ?? 1) &&
        count <= (query.most ?? Infinity) &&
        (query.windings === undefined || this.#isWound(device, query.windings))
      )
    })
  }

  /** Whether the transformer at a device, or all below it, have such windings. */
  #isWound(device: number, wanted: string): boolean {
    const { devices } = this.#index.grid
    const transformers = this.#index.devicesAt(device).filter(each => devices.transformer[each] === each)
    const own = devices.transformer[device] ?? -1
    return (own >= 0 ? [own] : transformers).every(each => devices.windings[each] === wanted)
  }

  #customers(query: Query): number[] {
    const { customers } = this.#index.grid
    const { feeds } = this.#index
    return [...customers.device.keys()].filter(customer => {
      const isThree = customers.phases[customer] === ABC
      const isWired = query.wiring === undefined || (query.wiring === 'three-phase') === isThree
      const device = customers.device[customer] ?? -1
      const { windings, transformer } = this.#index.grid.devices
      const isWound = query.windings === undefined || windings[transformer[device] ?? -1] === query.windings
      return isWired && isWound && !feeds.has(customer) && this.#fits(query, device)
    })
  }

  #terminals(query: Query): number[] {
    const { terminals, customers, devices } = this.#index.grid
    return [...terminals.keys()].filter(terminal => {
      const { poweredBy, backup } = terminals[terminal] ?? { poweredBy: -1, backup: '' }
      const read = this.#index.customersRead[terminal] ?? []
      const [first] = read
      if (first === undefined || read.length < (query.least ?? 1) || read.length > (query.most ?? Infinity))
        return false
      const at = customers.device[first] ?? -1
      // Who is fed from nowhere we know of, or reads at medium voltage, is no stranger.
      const [own = -1, theirs = -1] = [devices.transformer[poweredBy], devices.transformer[at]]
      const isForeign = own >= 0 && theirs >= 0 && own !== theirs
      return (
        (query.backup === undefined || backup === query.backup) &&
        (query.foreign === undefined || query.foreign === isForeign) &&
        this.#isReading(terminal, query, at)
      )
    })
  }

  /** Whether any meter that a terminal reads hangs where a query wants it; a key customer's own terminal has no such place. */
  #isReading(terminal: number, query: Query, first: number): boolean {
    if (query.below === undefined && query.above === undefined) return this.#fits(query, first)
    const { customers, devices } = this.#index.grid
    return (this.#index.customersRead[terminal] ?? []).some(customer => {
      const at = customers.device[customer] ?? -1
      return (devices.transformer[at] ?? -1) >= 0 && this.#fits(query, at)
    })
  }

  /** Customer numbers of the key customers' main or standby feeds. */
  #feeds(query: Query): number[] {
    const { keyCustomers } = this.#index.grid
    return keyCustomers.flatMap(({ feeds }) => {
      const feed = feeds[query.feed === 'standby' ? 1 : 0]
      return feed === undefined ? [] : [feed.customer]
    })
  }

  #fits({ below, above, apartFrom }: Query, device: number): boolean {
    if (device < 0) return false
    if (below !== undefined && !this.#index.isAtOrBelow(device, this.#deviceOf(below))) return false
    if (above !== undefined && !this.#index.isAtOrBelow(this.#deviceOf(above), device)) return false
    if (apartFrom === undefined) return true
    return this.#index.feederOf(device) !== this.#index.feederOf(this.#deviceOf(apartFrom))
  }

  /** Where a named thing hangs. */
  #deviceOf(name: string): number {
    const { kind, number } = this.#named(name)
    const { customers, terminals } = this.#index.grid
    if (kind === 'device') return number
    if (kind === 'customer') return customers.device[number] ?? -1
    if (kind === 'terminal') {
      const [first] = this.#index.customersRead[number] ?? []
      return customers.device[first ?? -1] ?? terminals[number]?.poweredBy ?? -1
    }
    throw new GridvigilError('SIMULATOR_SCENARIO', `${name} is a ${kind}: nothing hangs below or above it`)
  }
}
