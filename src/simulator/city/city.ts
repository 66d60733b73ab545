import { Chance } from './chance.ts'
import { type Customers, planAreas, settle } from './customers.ts'
import { type Hospital, placeHospitals, usualHospitals } from './hospital.ts'
import { growNetwork, type Network } from './network.ts'
import { placeTerminals, type Terminals } from './terminals.ts'

/**
 * A made-up city: a function of its seed and its size, equal on every machine. Everything is in columns by number; ids are
 * made where they are written (ids.ts).
 */
export interface City {
  readonly seed: string
  readonly network: Network
  readonly customers: Customers
  /** By transformer. */
  readonly terminals: Terminals
  readonly hospitals: readonly Hospital[]
}

export interface CityOptions {
  readonly seed: string
  /** Customers' meters; those of transformers and hospitals come on top. */
  readonly meters: number
  /** How much more its homes take than Chinese ones do: transformers are chosen for it. 1 when nothing is said. */
  readonly homeLoad?: number
  /** Customers of a transformer, least and most; as in a city when nothing is said. */
  readonly transformerMeters?: readonly [least: number, most: number]
  /** Hospitals; as many as a city of that size has when nothing is said. Nothing else of the city depends on it. */
  readonly keyCustomers?: number
}

/** @throws RangeError for a city without meters */
export function makeCity({
  seed,
  meters,
  homeLoad = 1,
  transformerMeters,
  keyCustomers = usualHospitals(meters)
}: CityOptions): City {
  if (!(Number.isSafeInteger(meters) && meters > 0)) throw new RangeError('a city has one meter at least')
  const chance = new Chance(`${seed}/city`)
  const plans = planAreas(meters, chance, homeLoad, transformerMeters)
  const network = growNetwork(plans, chance.named('network'))
  return {
    seed,
    network,
    customers: settle(plans, chance.named('customers')),
    terminals: placeTerminals(network, chance.named('terminals')),
    hospitals: placeHospitals(network, keyCustomers, chance.named('hospitals'))
  }
}
