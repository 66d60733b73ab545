import { CLAIM } from '../evidence/meter-book.ts'
import type { Books } from '../books.ts'
import type { OutageCase } from './case.ts'
import { provenBack } from '../incidents/restoration.ts'

/** When those who claimed in a case to have lost their supply had it again, as far as that is proven: in no order. */
export function returnsOfClaimers({ grid, meters, terminals }: Books, each: OutageCase): number[] {
  const times: number[] = []
  let collected = 0
  for (const area of each.areas) {
    for (const meter of grid.metersIn.of(area)) {
      const at = returnOf(meters, meter, each)
      if (Number.isNaN(at)) continue
      // Of a bundle that a concentrator made one may have lived all the time.
      const isBundle = meters.lostBy[meter] === CLAIM.collected && meters.recordCase[meter] !== each.id
      if (!isBundle || ++collected > 1) times.push(at)
    }
    for (const number of grid.terminalsAt.of(area)) {
      const { downAt, downCase, backAt } = terminals.of(grid.terminals[number].id)
      if (downCase === each.id && backAt > downAt) times.push(backAt)
    }
  }
  return times
}

/** When somebody who claims to have lost his supply in a case had it again, NaN when that is not proven. */
function returnOf(meters: Books['meters'], meter: number, { id, start }: OutageCase): number {
  if (meters.recordCase[meter] === id) return meters.recordEnd[meter]
  return meters.lostCase[meter] === id ? provenBack(meters, meter, id, start) : Number.NaN
}
