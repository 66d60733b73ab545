import { Chance } from './chance.ts'
import type { City } from './city.ts'

/**
 * What is wrong in the registry of a city, as edits of the truth. Shares of usage points: 1 to 3 % of real ones hang on the
 * wrong transformer, and of 10 % the phase is unknown (DESIGN section 4).
 */
export interface DirtShares {
  readonly wrongTransformer: number
  readonly unknownPhase: number
  /** Meters that were exchanged, which the registry has not heard of yet. */
  readonly exchanged: number
}

export const USUAL_DIRT: DirtShares = { wrongTransformer: 0.02, unknownPhase: 0.1, exchanged: 0.0005 }

/** Columns by customer. */
export interface Dirt {
  /** The box that the registry names. */
  readonly box: Uint32Array
  readonly isPhaseUnknown: Uint8Array
  readonly isExchanged: Uint8Array
  /** Whether the standby feed of each hospital is bound to somebody else's usage point. */
  readonly isFeedWrong: boolean
}

/** How far away, in transformers, somebody who is registered wrongly may seem to hang. */
const REACH = 3

/** The edits of a city's registry; of the same seed more dirt has all the edits of less. */
export function makeDirt(
  { seed, customers }: City,
  shares: DirtShares = USUAL_DIRT,
  isFeedWrong = false
): Dirt {
  const chance = new Chance(`${seed}/dirt`)
  const [wrong, which, phase, exchanged] = ['transformer', 'other', 'phase', 'exchange'].map(name =>
    chance.named(name)
  ) as [Chance, Chance, Chance, Chance]
  const boxes = firstBoxes(customers.boxTransformer)
  const transformers = boxes.length - 1
  const dirt = {
    box: customers.box.slice(),
    isPhaseUnknown: new Uint8Array(customers.count),
    isExchanged: new Uint8Array(customers.count),
    isFeedWrong
  }
  for (let customer = 0; customer < customers.count; customer++) {
    if (phase.at(customer) < shares.unknownPhase) dirt.isPhaseUnknown[customer] = 1
    if (exchanged.at(customer) < shares.exchanged) dirt.isExchanged[customer] = 1
    if (transformers < 2 || wrong.at(customer) >= shares.wrongTransformer) continue
    const other = neighbour(customers.transformer[customer] ?? 0, transformers, which.at(customer))
    const [from = 0, to = 0] = [boxes[other], boxes[other + 1]]
    dirt.box[customer] = from + (customer % (to - from))
  }
  return dirt
}

/** The first box of each transformer, and behind them the number of boxes. */
function firstBoxes(boxTransformer: Uint32Array): number[] {
  const first: number[] = []
  boxTransformer.forEach((transformer, box) => {
    first[transformer] ??= box
  })
  return [...first, boxTransformer.length]
}

/** Another transformer nearby, of at least two. @param chance uniform in [0, 1) */
export function neighbour(transformer: number, count: number, chance: number): number {
  const low = Math.max(0, transformer - REACH)
  const high = Math.min(count - 1, transformer + REACH)
  const other = low + Math.floor(chance * (high - low))
  return other < transformer ? other : other + 1
}
