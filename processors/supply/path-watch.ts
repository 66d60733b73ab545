import type { IncidentLine } from '../../src/model/outages.ts'
import type { PresentGrid } from '../outages/grid/present-grid.ts'
import { CONCLUDED_MS } from './lifetimes.ts'
import type { PathOutage } from './judge-sources.ts'

/** An incident as far as it says anything of the ways to feeds: its latest line. */
interface Watched {
  readonly device: string
  readonly start: number
  /** NaN while it is open. */
  readonly end: number
  /** Log time of its last line. */
  readonly at: number
}

/** Incidents that are open, or were over a while ago, from the lines of the outage stage. */
export class PathWatch {
  readonly #incidents = new Map<string, Watched>()

  /** @returns whether it says anything new: a suspicion does not */
  take({ id, state, device, start, end, at, supply }: IncidentLine): boolean {
    if (state === 'suspected') return false
    // What a tie feeds now has supply.
    const isOver = state === 'withdrawn' || supply === 'transferred'
    if (isOver) return this.#incidents.delete(id)
    const isOpen = state === 'open' || state === 'updated'
    this.#incidents.set(id, {
      device,
      start,
      end: isOpen || end === null || end === undefined ? Number.NaN : end,
      at
    })
    return true
  }

  /** What lies on the way to a feed. @param place device that its usage point hangs on */
  onWay(grid: PresentGrid, place: number, usagePoint: string): PathOutage {
    let [openSince, overAt] = [Number.NaN, Number.NaN]
    for (const { device, start, end } of this.#incidents.values()) {
      const number = grid.registry.network.numbers.get(device)
      const isOnWay = number === undefined ? device === usagePoint : grid.isAtOrBelow(place, number)
      if (!isOnWay) continue
      // What is not known yet is neither before nor after anything.
      if (Number.isNaN(end) && !(openSince <= start)) openSince = start
      if (!Number.isNaN(end) && !(overAt >= end)) overAt = end
    }
    return { openSince, overAt }
  }

  /** Forgets what was over too long ago to conclude anything from. @param now log time */
  forget(now: number): void {
    for (const [id, { end, at }] of this.#incidents)
      if (!Number.isNaN(end) && now - Math.max(end, at) > CONCLUDED_MS) this.#incidents.delete(id)
  }

  save(): [id: string, watched: Watched][] {
    return [...this.#incidents]
  }

  load(saved: readonly (readonly [id: string, watched: Watched])[]): void {
    this.#incidents.clear()
    for (const [id, watched] of saved) this.#incidents.set(id, watched)
  }
}
