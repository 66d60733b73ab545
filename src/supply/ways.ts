import type { KeyCustomer } from '../registry/lookup/customers.ts'
import { SwitchStates } from '../registry/lookup/network.ts'
import type { Registry } from '../registry/lookup/registry.ts'
import { placeOfPoint } from '../registry/lookup/supply-path.ts'
import { type Dependence, dependenceOf, dominatorsOf } from './dependence.ts'

/** What a customer hangs on in normal operation, and as switches stand now. */
export interface Ways {
  readonly normal: Dependence
  readonly present: Dependence
  /** Its feeds share a device now that they do not share normally. */
  readonly isTemporarilyShared: boolean
}

interface Cut {
  readonly normal: Int32Array
  /** For these states of switches, in the order in which they were told. */
  readonly states: readonly (readonly [id: string, state: 'open' | 'closed'])[]
  readonly present: Int32Array
}

/** Of each registry, for the switch states that were asked for last: 50 ms for a city of a million meters. */
const cuts = new WeakMap<Registry, Cut>()

/** States of switches as they were told last, by id; those that are not told of are normal. */
export type ToldStates = ReadonlyMap<string, { readonly state: 'open' | 'closed' }>

/** What cuts each device off as switches stand now: as `dominatorsOf`. */
export const presentCuts = (registry: Registry, told: ToldStates): Int32Array =>
  cutsBy(registry, told).present

export function waysOf(registry: Registry, told: ToldStates, customer: KeyCustomer): Ways {
  const { normal, present } = cutsBy(registry, told)
  const placeOf = (usagePoint: string): number => placeOfPoint(registry, usagePoint)
  const now = dependenceOf(customer, present, placeOf)
  const usual = dependenceOf(customer, normal, placeOf)
  return { normal: usual, present: now, isTemporarilyShared: now.common >= 0 && now.common !== usual.common }
}

function cutsBy(registry: Registry, told: ToldStates): Cut {
  const { network } = registry
  const known = cuts.get(registry)
  if (known !== undefined && isAsTold(known.states, told)) return known
  const normal = known?.normal ?? dominatorsOf(network, edge => network.normallyOpen[edge] === 1)
  const states = [...told].map(([id, { state }]) => [id, state] as const)
  const switches = new SwitchStates(network)
  for (const [id, state] of states) switches.set(id, state)
  const cut = { normal, states, present: dominatorsOf(network, edge => switches.isOpen(edge)) }
  cuts.set(registry, cut)
  return cut
}

/** Asked for each customer: whoever told of switches changes the states in place. */
const isAsTold = (states: Cut['states'], told: ToldStates): boolean =>
  states.length === told.size && states.every(([id, state]) => told.get(id)?.state === state)
