import { ABC } from '../grid/grid.ts'
import { fedBackKwh, type GridLoad, meanKw, takenKwh } from '../load/grid-load.ts'
import type { Condition } from '../world/feeding.ts'
import { lastUpTo, type World } from '../world/world.ts'

/** Below this share of the rated voltage nothing runs any more. */
const NOTHING_BELOW = 0.1
/** Below this share loads take what their resistance takes; above it they keep their power. */
const RESISTIVE_BELOW = 0.8
/** How the load of a customer with three phases lies on them. */
export const PHASE_SHARES = [0.36, 0.33, 0.31] as const

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
    net: new Map()
  }

  constructor(world: World, load: GridLoad) {
    this.#world = world
    this.#load = load
  }

  /** Share of the undisturbed load that is really taken. */
  shareAt(customer: number, time: number): number {
    const world = this.#world
    if (!world.isTouched(customer)) return 1
    if (world.troubleAt(customer, 'relay', time) ?? world.troubleAt(customer, 'breaker', time)) return 0
    return shareUnder(
      world.customerConditionAt(customer, time),
      world.index.grid.customers.phases[customer] ?? ABC
    )
  }

  /** Share of the undisturbed load that the register counts: a phase without its voltage is not counted. */
  countedAt(customer: number, time: number): number {
    const fuse = this.#world.troubleAt(customer, 'meter-fuse', time)
    const share = this.shareAt(customer, time)
    if (fuse === undefined) return share
    const phases = this.#world.index.grid.customers.phases[customer] ?? ABC
    if (phases !== ABC) return 0
    return (
      share * PHASE_SHARES.reduce((sum, part, phase) => ((fuse.phases >> phase) & 1 ? sum : sum + part), 0)
    )
  }

  /** Mean power that is really taken over [from, to), kW; what is fed back is negative. */
  kwOver(customer: number, from: number, to: number): number {
    return meanKw(this.#load, customer, from, to) * this.shareAt(customer, to)
  }

  /** What the import register has counted since the epoch, kWh (primary). */
  countedKwh(customer: number, time: number): number {
    return this.#since('counted', customer, time)
  }

  /** What the export register has counted since the epoch, kWh (primary). */
  countedBackKwh(customer: number, time: number): number {
    return this.#since('countedBack', customer, time)
  }

  /** What a customer has really taken less what it fed back since the epoch, kWh: what its transformer had to bring. */
  netKwh(customer: number, time: number): number {
    return this.#since('net', customer, time)
  }

  /** A running energy less what was not taken of it. */
  #since(measure: Measure, customer: number, time: number): number {
    const whole = this.#energy(measure, customer, time)
    if (!this.#world.isTouched(customer)) return whole
    const { times, shares, lost } = this.#lossesOf(measure, customer)
    const place = lastUpTo(times, time)
    if (place < 0) return whole
    const since = whole - this.#energy(measure, customer, times[place] ?? time)
    return whole - (lost[place] ?? 0) - (1 - (shares[place] ?? 1)) * since
  }

  #energy(measure: Measure, customer: number, time: number): number {
    if (measure === 'counted') return takenKwh(this.#load, customer, time)
    if (measure === 'countedBack') return fedBackKwh(this.#load, customer, time)
    return takenKwh(this.#load, customer, time) - fedBackKwh(this.#load, customer, time)
  }

  /** At each change of a customer's supply the share from then on, and what was lost until then. */
  #lossesOf(measure: Measure, customer: number): Losses {
    const known = this.#losses[measure].get(customer)
    if (known !== undefined) return known
    const times = this.#world.changesOf(customer)
    const shares = times.map(time =>
      measure === 'net' ? this.shareAt(customer, time) : this.countedAt(customer, time)
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

type Measure = 'counted' | 'countedBack' | 'net'

interface Losses {
  readonly times: readonly number[]
  readonly shares: readonly number[]
  /** kWh. */
  readonly lost: readonly number[]
}

function shareUnder({ volts }: Condition, phases: number): number {
  if (phases === ABC)
    return volts.reduce((sum, value, phase) => sum + powerAt(value) * (PHASE_SHARES[phase] ?? 0), 0)
  return powerAt(Math.max(...volts.map((value, phase) => ((phases >> phase) & 1 ? value : 0))))
}
