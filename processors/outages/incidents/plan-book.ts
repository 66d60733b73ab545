import { PLANNED_TYPES, type PlannedType } from '../../../src/model/decisions.ts'
import type { PlannedOutageRecord } from '../../../src/records/gateway-record.ts'
import type { PresentGrid } from '../grid/present-grid.ts'
import { figure } from '../likelihoods.ts'
import type { Incident, PlanMatch } from './incident.ts'

/** Planned work, as far as incidents are matched with it. Epoch ms. */
export interface Plan {
  readonly id: string
  readonly devices: readonly string[]
  readonly from: number
  readonly to: number
  readonly state: string
  /** Undefined in what an earlier release remembered. */
  readonly type?: PlannedType | undefined
}

/** Of the meters of a plan and of an incident, the share that is both for one to be the other. */
const SAME_SHARE = 0.5

/** Planned work by its id: as it was announced or changed, else of the present registry. */
export class PlanBook {
  readonly #announced = new Map<string, Plan>()
  #registered: readonly Plan[] = []

  setRegistry({ registry }: PresentGrid): void {
    this.#registered = registry.plannedOutages.map(({ id, type: word, devices, from, to, state }) => {
      const type = PLANNED_TYPES.find(each => each === word)
      return { id, type, devices, from, to, state }
    })
  }

  take({ id, type, devices, from, to, state }: PlannedOutageRecord): void {
    this.#announced.set(id, { id, type, devices, from, to, state })
  }

  *#all(): Generator<Plan> {
    for (const plan of this.#registered) if (!this.#announced.has(plan.id)) yield plan
    yield* this.#announced.values()
  }

  /**
   * The work that an incident is, undefined where it is none: nearly the same meters, begun in its window or a little before. What
   * fails inside the window elsewhere, or in a part of what is switched off, is an incident of its own.
   */
  match(grid: PresentGrid, { device, start, end, members }: Incident): PlanMatch | undefined {
    if (device < 0 || members.length === 0) return undefined
    const margin = figure('planMargin')
    for (const { id, type, devices, from, to, state } of this.#all()) {
      if (state === 'cancelled' || start < from - margin || start >= to) continue
      const meters = this.#metersOf(grid, devices)
      const both = members.filter(meter => meters.has(meter)).length
      if (both < SAME_SHARE * (meters.size + members.length - both)) continue
      return {
        id,
        ...(type !== undefined && { type }),
        earlyMs: Math.max(0, from - start),
        overrunMs: Number.isNaN(end) ? 0 : Math.max(0, end - to)
      }
    }
    return undefined
  }

  #metersOf(grid: PresentGrid, devices: readonly string[]): Set<number> {
    const meters = new Set<number>()
    for (const id of devices) {
      const device = grid.registry.network.numbers.get(id)
      if (device !== undefined) for (const meter of grid.metersBelow(device)) meters.add(meter)
    }
    return meters
  }

  save(): object {
    return [...this.#announced.values()]
  }

  load(saved: object): void {
    this.#announced.clear()
    for (const plan of saved as Plan[]) this.#announced.set(plan.id, plan)
  }
}
