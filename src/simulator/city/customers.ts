import type { Chance } from './chance.ts'
import type { TransformerPlan } from './network.ts'

/** Who draws power: homes and shops of one phase or three, and factories. */
export const CUSTOMER_KINDS = ['home', 'shop', 'factory'] as const
export type CustomerKind = (typeof CUSTOMER_KINDS)[number]

/** What an area is like decides whom its transformer feeds: shares of homes, shops and factories. */
const AREAS = [
  { share: 0.72, kinds: [0.965, 0.03, 0.005] },
  { share: 0.2, kinds: [0.78, 0.2, 0.02] },
  { share: 0.08, kinds: [0.3, 0.3, 0.4] }
] as const

/** Expected share of the peak of its transformer, kVA a customer: homes reach theirs at different times. */
const PEAK_KVA: Readonly<Record<CustomerKind, number>> = { home: 1.6, shop: 5, factory: 40 }
const TRANSFORMER_METERS: readonly [least: number, most: number] = [30, 250]
const BOX_LEAST = 6
const BOX_MOST = 15
/** Share of customers with three phases. */
const THREE_PHASES: Readonly<Record<CustomerKind, number>> = { home: 0.05, shop: 0.5, factory: 1 }
/** Larger loads are measured through current transformers. */
const FACTORY_CT = [10, 20, 30, 40, 60] as const

/** Network phase of a meter: A, B, C or all three. */
export const PHASES = ['A', 'B', 'C', 'ABC'] as const

/** Columns by customer number: one account, one usage point and one meter each. */
export interface Customers {
  readonly count: number
  /** Place of the transformer in the list of transformers. */
  readonly transformer: Uint32Array
  /** Number of the meter box. */
  readonly box: Uint32Array
  /** Index into CUSTOMER_KINDS. */
  readonly kind: Uint8Array
  /** Index into PHASES. */
  readonly phase: Uint8Array
  readonly ctRatio: Uint16Array
  /** Of each box its transformer. */
  readonly boxTransformer: Uint32Array
}

/** A transformer with the customers it will have. */
export interface AreaPlan extends TransformerPlan {
  readonly kinds: readonly [home: number, shop: number, factory: number]
}

/** Parts that many meters among transformers. @param homeLoad peaks of homes are so many times the usual ones */
export function planAreas(
  meters: number,
  chance: Chance,
  homeLoad: number,
  [smallest, largest] = TRANSFORMER_METERS
): AreaPlan[] {
  const [size, area] = [chance.named('meters of a transformer'), chance.named('area')]
  const plans: AreaPlan[] = []
  for (let left = meters; left > 0; ) {
    const number = plans.length
    const wanted = smallest + Math.floor((largest - smallest) * size.at(number) ** 1.5)
    // A rest that is too small for a transformer of its own stays with the last one.
    const count = left - wanted < smallest ? left : wanted
    const { kinds: shares } = area.pick(
      number,
      AREAS.map(each => [each, each.share] as const)
    )
    const shop = Math.round(count * shares[1])
    const factory = Math.round(count * shares[2])
    const home = count - shop - factory
    const peakKva = home * homeLoad * PEAK_KVA.home + shop * PEAK_KVA.shop + factory * PEAK_KVA.factory
    plans.push({ meters: count, peakKva, kinds: [home, shop, factory] })
    left -= count
  }
  return plans
}

/** Gives every customer its place and its phase. */
export function settle(plans: readonly AreaPlan[], chance: Chance): Customers {
  const count = plans.reduce((sum, { meters }) => sum + meters, 0)
  const ask = {
    box: chance.named('meters of a box'),
    phase: chance.named('phase'),
    three: chance.named('three phases'),
    ct: chance.named('current transformers')
  }
  const customers = {
    count,
    transformer: new Uint32Array(count),
    box: new Uint32Array(count),
    kind: new Uint8Array(count),
    phase: new Uint8Array(count),
    ctRatio: new Uint16Array(count).fill(1)
  }
  const boxTransformer: number[] = []
  let customer = 0
  plans.forEach(({ meters, kinds }, transformer) => {
    let room = 0
    for (const kind of kindsInTurn(meters, kinds)) {
      if (room === 0) {
        room = BOX_LEAST + ask.box.integer(boxTransformer.length, BOX_MOST - BOX_LEAST + 1)
        boxTransformer.push(transformer)
      }
      room--
      const box = boxTransformer.length - 1
      const word = CUSTOMER_KINDS[kind] ?? 'home'
      const isThree = ask.three.at(customer) < THREE_PHASES[word]
      customers.transformer[customer] = transformer
      customers.box[customer] = box
      customers.kind[customer] = kind
      customers.phase[customer] = isThree ? 3 : ask.phase.integer(customer, 3)
      if (kind === 2)
        customers.ctRatio[customer] = FACTORY_CT[ask.ct.integer(customer, FACTORY_CT.length)] ?? 1
      customer++
    }
  })
  return { ...customers, boxTransformer: Uint32Array.from(boxTransformer) }
}

/** The kinds of a transformer's customers one after the other, each spread evenly over all of them. */
function* kindsInTurn(meters: number, kinds: AreaPlan['kinds']): Generator<number> {
  const given = kinds.map(() => 0)
  for (let i = 1; i <= meters; i++) {
    const behind = kinds.map((count, kind) => (i * count) / meters - (given[kind] ?? 0))
    const next = behind.indexOf(Math.max(...behind))
    given[next] = (given[next] ?? 0) + 1
    yield next
  }
}
