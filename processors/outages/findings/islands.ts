import { figure } from '../likelihoods.ts'
import { islandOf } from './back-feed-words.ts'
import type { Round } from './teller.ts'

/** So many rows of the check meter, one upload apart or more, and so many customers who live meanwhile. */
const [LEAST_ROWS, LEAST_METERS] = [2, 5]
/** Rows that came after the fact are history: an incident tells of them. */
const isFresh = (now: number, last: number): boolean => now - last <= figure('rowFreshness')

/** Whether a truck fed a device after a time. */
const hadTruck = ({ grid, others }: Round['books'], device: number, since: number): boolean =>
  grid.wayUp(device).some(at => {
    const truck = others.truckAt(grid.id(at))
    return truck !== undefined && !(truck.until <= since)
  })

/**
 * Danger before anybody is dark: a transformer that carried load carries nothing any more, and its customers live on. Panels, or a source
 * that nobody told of, keep them up below a device that is dead.
 */
export function sayIslands({ books, now, out }: Round): void {
  const { grid, meters, others } = books
  for (const [id, run] of others.unloadedTransformers()) {
    if (run.isSaid || run.rows < LEAST_ROWS || !(run.last > run.since) || !isFresh(now, run.last)) continue
    const device = grid.registry.network.numbers.get(id) ?? -1
    if (device < 0 || grid.isLowest[device] === 0 || hadTruck(books, device, run.since)) continue
    const living = [...grid.metersIn.of(device)].filter(
      meter => meters.incident[meter] < 0 && meters.aliveAt(meter) > run.since
    )
    if (living.length < LEAST_METERS) continue
    run.isSaid = true
    out.findings.push(islandOf(id, run.since, now))
  }
}
