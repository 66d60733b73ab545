import type { Three } from '../electrics/phasors.ts'
import { ABC } from '../grid/grid.ts'
import { fedBackKwh, type GridLoad, type LostEnergy, takenKwh } from '../load/grid-load.ts'
import type { OwnTrouble } from '../scenario/happenings.ts'
import { lastUpTo, type World } from '../world/world.ts'

/** Below this share of the rated voltage nothing runs any more. */
const NOTHING_BELOW = 0.1
/** Below this share loads take what their resistance takes; above it they keep their power. */
const RESISTIVE_BELOW = 0.8
/** How the load of a customer with three phases lies on them. */
export const PHASE_SHARES = [0.36, 0.33, 0.31] as const
const NOTHING: Three<number> = [0, 0, 0]
/** By the phases that a customer has, as bits. */
const USUAL_SHARES: readonly Three<number>[] = Array.from({ length: ABC + 1 }, (_, phases) => {
  if (phases === ABC) return PHASE_SHARES
  const has = [0, 1, 2].map(phase => (phases >> phase) & 1)
  const [a = 0, b = 0, c = 0] = has.map(one => one / Math.max(1, has.filter(Boolean).length))
  return [a, b, c] as const
})

/** Power at a voltage as a share of that at the rated one: heaters and lamps at low voltage, regulated supplies at a fair one. */
export function powerAt(volts: number): number {
  if (volts < NOTHING_BELOW) return 0
  return volts < RESISTIVE_BELOW ? volts * volts : 1
}

/** What customers take of what they would take, and what their meters see of it. */
export class Consumption {
  readonly #world: World
  readonly #load: GridLoad
  /** By customer, made when they are asked for. */
  readonly #losses: Readonly<Record<Measure, Map<number, Losses>>> = {
    counted: new Map(),
    countedBack: new Map(),
    taken: new Map(),
    fedBack: new Map()
  }

  constructor(world: World, load: GridLoad) {
    this.#world = world
    this.#load = load
  }

  /** Share of the undisturbed load that is really taken from a, b and c. */
  sharesAt(customer: number, time: number): Three<number> {
    const world = this.#world
    const usual = USUAL_SHARES[world.index.grid.customers.phases[customer] ?? ABC] ?? PHASE_SHARES
    if (!world.isTouched(customer)) return usual
    if (world.troubleAt(customer, 'relay', time) ?? world.troubleAt(customer, 'breaker', time)) return NOTHING
    const { volts } = world.customerConditionAt(customer, time)
    return [usual[0] * powerAt(volts[0]), usual[1] * powerAt(volts[1]), usual[2] * powerAt(volts[2])]
  }

  /** Share of the undisturbed load that is really taken. */
  shareAt(customer: number, time: number): number {
    const [a, b, c] = this.sharesAt(customer, time)
    return a + b + c
  }

  /** What others than the network feed passes no transformer. */
  #networkShareAt(customer: number, time: number): number {
    const { source } = this.#world.customerConditionAt(customer, time)
    return source === 'grid' ? this.shareAt(customer, time) : 0
  }

  /** Share of the undisturbed load that the register counts: a phase without its voltage is not counted. */
  countedAt(customer: number, time: number): number {
    const fuse = this.#world.troubleAt(customer, 'meter-fuse', time)
    if (fuse === undefined) return this.shareAt(customer, time)
    const phases = this.#world.index.grid.customers.phases[customer] ?? ABC
    return this.sharesAt(customer, time).reduce(
      (sum, share, phase) => (isBlown(fuse, phases, phase) ? sum : sum + share),
      0
    )
  }

  /** What the import register has counted since the epoch, kWh (primary). */
  countedKwh(customer: number, time: number): number {
    return this.#since('counted', customer, time)
  }

  /** What the export register has counted since the epoch, kWh (primary). */
  countedBackKwh(customer: number, time: number): number {
    return this.#since('countedBack', customer, time)
  }

  /** What a customer has really taken of the network since the epoch, kWh: what its transformer had to bring. */
  takenKwh(customer: number, time: number): number {
    return this.#since('taken', customer, time)
  }

  /** What a customer has really fed back into the network since the epoch, kWh. */
  fedBackKwh(customer: number, time: number): number {
    return this.#since('fedBack', customer, time)
  }

  /** A running energy less what was not taken of it. */
  #since(measure: Measure, customer: number, time: number): number {
    const whole = this.#energy(measure, customer, time) - (this.#load.lost?.[measure][customer] ?? 0)
    if (!this.#world.isTouched(customer)) return whole
    const { times, shares, lost } = this.#lossesOf(measure, customer)
    const place = lastUpTo(times, time)
    if (place < 0) return whole
    const [from, to] = [times[place] ?? time, time].map(at => this.#energy(measure, customer, at))
    const since = (to ?? 0) - (from ?? 0)
    return whole - (lost[place] ?? 0) - (1 - (shares[place] ?? 1)) * since
  }

  /** What was drawn for all customers until a time and not counted, or not taken. */
  lostUntil(time: number): Omit<LostEnergy, 'feedKwh'> {
    const { count } = this.#world.index.grid.customers
    const lost = (measure: Measure): Float64Array =>
      Float64Array.from(
        { length: count },
        (_, customer) => this.#energy(measure, customer, time) - this.#since(measure, customer, time)
      )
    return {
      counted: lost('counted'),
      countedBack: lost('countedBack'),
      taken: lost('taken'),
      fedBack: lost('fedBack')
    }
  }

  #energy(measure: Measure, customer: number, time: number): number {
    const isBack = measure === 'countedBack' || measure === 'fedBack'
    return isBack ? fedBackKwh(this.#load, customer, time) : takenKwh(this.#load, customer, time)
  }

  /** At each change of a customer's supply the share from then on, and what was lost until then. */
  #lossesOf(measure: Measure, customer: number): Losses {
    const known = this.#losses[measure].get(customer)
    if (known !== undefined) return known
    const times = this.#world.changesOf(customer)
    const isCounted = measure === 'counted' || measure === 'countedBack'
    const shares = times.map(time =>
      isCounted ? this.countedAt(customer, time) : this.#networkShareAt(customer, time)
    )
    const lost: number[] = []
    for (let i = 0, sum = 0; i < times.length; i++) {
      lost.push(sum)
      const [from, to] = [times[i] ?? 0, times[i + 1]]
      if (to !== undefined)
        sum +=
          (1 - (shares[i] ?? 1)) *
          (this.#energy(measure, customer, to) - this.#energy(measure, customer, from))
    }
    const losses = { times, shares, lost }
    this.#losses[measure].set(customer, losses)
    return losses
  }
}

type Measure = 'counted' | 'countedBack' | 'taken' | 'fedBack'

interface Losses {
  readonly times: readonly number[]
  readonly shares: readonly number[]
  /** kWh. */
  readonly lost: readonly number[]
}

/** Whether a meter lacks the voltage of a phase. A meter of one phase has one fuse. @param phases that it has, as bits */
export const isBlown = (fuse: OwnTrouble | undefined, phases: number, phase: number): boolean =>
  fuse !== undefined && (phases !== ABC || ((fuse.phases >> phase) & 1) === 1)
