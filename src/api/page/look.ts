import { type Caller, mayUse } from '../../model/roles.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ApiContext } from '../context.ts'
import type { Reader } from './format.ts'
import { type IncidentWord, type Say, sayIn } from './incident-words.ts'

/** Who may decide on the pages, as the routes have it. */
export const DECIDES = ['dispatcher', 'admin'] as const

/** How one reader looks at outages: words, names of places and of people. */
export interface Look {
  readonly reader: Reader
  readonly say: Say
  readonly mayDecide: boolean
  /** Name of a device; of a usage point whose feed it is; '' for what has none. */
  nameOf(place: string): string
  /** Whether whoever is fed by this usage point has another feed of the grid. */
  isFedElsewhere(place: string): boolean
  /** Who acted, as people call him. */
  person(actor: string): string
}

const FEEDS: Readonly<Record<string, IncidentWord>> = {
  main: 'feedMain',
  standby: 'feedStandby',
  both: 'feedBoth'
}

export function lookOf(context: ApiContext, reader: Reader, caller: Caller | undefined): Look {
  const say = sayIn(reader.language)
  const mayDecide = mayUse(DECIDES, caller)
  const registry = context.registry()
  return {
    ...{ reader, say, mayDecide },
    nameOf: place => nameOfDevice(registry, place) || nameOfPoint(registry, place, say),
    isFedElsewhere: place =>
      (customerAt(registry, place)?.sources ?? []).some(
        ({ kind, usagePoint }) => kind === 'grid' && usagePoint !== place
      ),
    person(actor) {
      const [, kind, id] = /^(user|token):(.*)$/.exec(actor) ?? []
      if (id === undefined) return actor
      const called = context.access.calledBy(actor)
      if (kind === 'token') return called === '' ? say('tokenOf', { v: id }) : called
      // Names of people are for those who work with them.
      return mayDecide && called !== '' ? called : id
    }
  }
}

function nameOfDevice({ network, devices }: Registry, id: string): string {
  const device = network.numbers.get(id)
  return device === undefined ? '' : devices.name.get(device)
}

function nameOfPoint(registry: Registry, id: string, say: Say): string {
  if (registry.usagePoints.get(id) === undefined) return ''
  const customer = customerAt(registry, id)
  if (customer === undefined) return say('serviceLine')
  const mode = customer.sources.find(({ usagePoint }) => usagePoint === id)?.mode ?? ''
  return `${customer.name} · ${say(FEEDS[mode] ?? 'feedOf')}`
}

/** The key customer that a usage point feeds. */
function customerAt({ usagePoints, keyCustomers }: Registry, id: string) {
  const account = usagePoints.get(id)?.account ?? ''
  if (account === '') return undefined
  for (const customer of keyCustomers.values()) if (customer.accounts.includes(account)) return customer
  return undefined
}
