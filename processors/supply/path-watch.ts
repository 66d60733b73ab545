import type { IncidentLine } from '../../src/model/outages.ts'
import type { PresentGrid } from '../outages/grid/present-grid.ts'
import { CONCLUDED_MS, HISTORY_MS } from './lifetimes.ts'
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

/** Devices below which feeds may be seen otherwise, from a moment on. */
export interface WayChange {
  readonly devices: readonly string[]
  readonly from: number
}

/** @param isLive whether it came back then; it was lost otherwise @returns the same where the feed told of nothing near */
export type OwnTime = (moment: number, isLive: boolean) => number

/** Incidents that are open, or were over days ago at most, from the lines of the outage stage. */
export class PathWatch {
  readonly #incidents = new Map<string, Watched>()

  /** @returns what it says anew: a suspicion says nothing */
  take({ id, state, device, start, end, at, supply }: IncidentLine): WayChange | undefined {
    if (state === 'suspected') return undefined
    const known = this.#incidents.get(id)
    // What a tie feeds now has supply.
    const isNone = state === 'withdrawn' || supply === 'transferred'
    const isOpen = state === 'open' || state === 'updated'
    const over = isOpen || end === null || end === undefined ? Number.NaN : end
    const isSame = known?.device === device && known.start === start && Object.is(known.end, over)
    if (isNone) this.#incidents.delete(id)
    else this.#incidents.set(id, { device, start, end: over, at })
    if (isNone ? known === undefined : isSame) return undefined
    return { devices: [device, known?.device ?? device], from: Math.min(start, known?.start ?? start) }
  }

  /**
   * What lies on the way to a feed at a moment. @param place device that its usage point hangs on
   * @param own when the feed itself told of what an incident says of it, as near as it did: that is the better time
   */
  onWay(grid: PresentGrid, place: number, usagePoint: string, moment: number, own: OwnTime): PathOutage {
    let [openSince, overAt] = [Number.NaN, Number.NaN]
    for (const incident of this.#incidents.values()) {
      if (!isOnWay(grid, place, usagePoint, incident.device)) continue
      const [start, end] = [own(incident.start, false), own(incident.end, true)]
      if (start > moment) continue
      // What is not known yet is neither before nor after anything.
      if (!(end <= moment) && !(openSince <= start)) openSince = start
      if (end <= moment && !(overAt >= end)) overAt = end
    }
    return { openSince, overAt }
  }

  /** When incidents on the way to a feed began and ended, and when nothing is concluded from that any more. */
  *changes(grid: PresentGrid, place: number, usagePoint: string): Generator<number> {
    for (const { device, start, end } of this.#incidents.values()) {
      if (!isOnWay(grid, place, usagePoint, device)) continue
      yield start
      if (!Number.isNaN(end)) yield* [end, end + CONCLUDED_MS + 1]
    }
  }

  /** Forgets what was over days ago. @param now log time */
  forget(now: number): void {
    for (const [id, { end, at }] of this.#incidents)
      if (!Number.isNaN(end) && now - Math.max(end, at) > HISTORY_MS) this.#incidents.delete(id)
  }

  save(): [id: string, watched: Watched][] {
    return [...this.#incidents]
  }

  load(saved: readonly (readonly [id: string, watched: Watched])[]): void {
    this.#incidents.clear()
    for (const [id, watched] of saved) this.#incidents.set(id, watched)
  }
}

/** Whether what is without supply below a device, or at a usage point, is the feed. */
export function isOnWay(grid: PresentGrid, place: number, usagePoint: string, device: string): boolean {
  const number = grid.registry.network.numbers.get(device)
  return number === undefined ? device === usagePoint : grid.isAtOrBelow(place, number)
}
