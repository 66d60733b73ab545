import { ABC } from '../grid/grid.ts'
import { fedBackKwh, type GridLoad, meanKw, takenKwh } from '../load/grid-load.ts'
import type { Condition } from '../world/feeding.ts'
import type { World } from '../world/world.ts'

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
    return this.#since(
      customer,
      time,
      at => takenKwh(this.#load, customer, at),
      at => this.countedAt(customer, at)
    )
  }

  /** What the export register has counted since the epoch, kWh (primary). */
  countedBackKwh(customer: number, time: number): number {
    return this.#since(
      customer,
      time,
      at => fedBackKwh(this.#load, customer, at),
      at => this.countedAt(customer, at)
    )
  }

  /** What a customer has really taken less what it fed back since the epoch, kWh: what its transformer had to bring. */
  netKwh(customer: number, time: number): number {
    const net = (at: number): number =>
      takenKwh(this.#load, customer, at) - fedBackKwh(this.#load, customer, at)
    return this.#since(customer, time, net, at => this.shareAt(customer, at))
  }

  /** A running energy less what was not taken of it, change by change. */
  #since(
    customer: number,
    time: number,
    energy: (at: number) => number,
    shareAt: (at: number) => number
  ): number {
    const whole = energy(time)
    if (!this.#world.isTouched(customer)) return whole
    const changes = this.#world.changesOf(customer)
    let lost = 0
    for (let i = 0; i < changes.length; i++) {
      const from = changes[i] ?? 0
      if (from >= time) break
      const share = shareAt(from)
      if (share < 1) lost += (1 - share) * (energy(Math.min(time, changes[i + 1] ?? time)) - energy(from))
    }
    return whole - lost
  }
}

function shareUnder({ volts }: Condition, phases: number): number {
  if (phases === ABC)
    return volts.reduce((sum, value, phase) => sum + powerAt(value) * (PHASE_SHARES[phase] ?? 0), 0)
  return powerAt(Math.max(...volts.map((value, phase) => ((phases >> phase) & 1 ? value : 0))))
}
