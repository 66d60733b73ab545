import { hash } from '../city/chance.ts'
import { ABC, type Grid } from '../grid/grid.ts'
import { feedsBack, type GridLoad } from '../load/grid-load.ts'
import type { World } from '../world/world.ts'
import { type Consumption, isBlown } from './consumption.ts'
import { LowVoltage, type LowVoltageState } from './low-voltage.ts'

/** What a meter shows at a time, secondary values. Volts and amperes have one element or three. */
export interface Shown {
  readonly meter: string
  /** Whose meter it is, -1 for a check meter. */
  readonly customer: number
  /** Steps of the register, 10^-decimals kWh. */
  readonly importSteps: number
  /** NaN where nobody feeds back. */
  readonly exportSteps: number
  readonly decimals: number
  readonly kw: number
  readonly kvar: number
  readonly powerFactor: number
  readonly volts: readonly number[]
  readonly amperes: readonly number[]
}

/** Lost on the way to the customers, as a share of what they take, least and most. */
const [LEAST_LOSS, MOST_LOSS] = [0.02, 0.04]
/** A meter shows voltages that are off by so much at most, always the same way (class 0.5 and better). */
const VOLT_ERROR = 0.0015
/** Questions that are asked by number (city/chance.ts). */
const [LOSS_SEED, VOLT_SEED] = [5501, 5502]
const CHECK_DECIMALS = 2
/** A register shows what is full, and sums of binary fractions fall short of it by a hair. */
const HAIR = 1e-6
const MOST_CHECK_KWH = 3000

/** All meters below one transformer, which depend on each other by what they draw. */
export class TransformerMeters {
  readonly #grid: Grid
  readonly #world: World
  readonly #consumption: Consumption
  readonly #load: GridLoad
  readonly #low: LowVoltage
  readonly #checkMeter: Grid['checkMeters'][number] | undefined
  /** Whether several terminals ask for the same moment, each for its own meters. */
  readonly #isShared: boolean
  #last: { readonly time: number; readonly shown: readonly Shown[] } | undefined

  constructor(
    world: World,
    consumption: Consumption,
    load: GridLoad,
    transformer: number,
    customers: readonly number[],
    checkMeter: Grid['checkMeters'][number] | undefined
  ) {
    this.#grid = world.index.grid
    this.#world = world
    this.#consumption = consumption
    this.#load = load
    this.#low = new LowVoltage(world, consumption, load, transformer, customers)
    this.#checkMeter = checkMeter
    const { terminal } = this.#grid.customers
    this.#isShared = new Set(customers.map(customer => terminal[customer])).size > 1
  }

  /** What all of them show, the check meter last. Those without voltage show none. */
  at(time: number): readonly Shown[] {
    if (this.#last?.time === time) return this.#last.shown
    const state = this.#low.at(time)
    const shown = this.#low.customers.map((customer, i) => this.#customer(customer, i, state, time))
    if (this.#checkMeter !== undefined) shown.push(this.#check(this.#checkMeter, state, time))
    if (this.#isShared) this.#last = { time, shown }
    return shown
  }

  #customer(customer: number, place: number, { kw, volts }: LowVoltageState, time: number): Shown {
    const { customers } = this.#grid
    const powerFactor = this.#load.powerFactor[customer] ?? 1
    const phases = customers.phases[customer] ?? ABC
    const ratio = customers.ct[customer] ?? 1
    const fuse = this.#world.isTouched(customer)
      ? this.#world.troubleAt(customer, 'meter-fuse', time)
      : undefined
    const decimals = customers.registerDecimals[customer] ?? 2
    const shown = { volts: [] as number[], amperes: [] as number[] }
    const error = 1 + VOLT_ERROR * (2 * hash(VOLT_SEED, customer) - 1)
    let counted = 0
    for (let phase = 0; phase < 3; phase++) {
      if (((phases >> phase) & 1) === 0) continue
      const v = volts[place * 3 + phase] ?? 0
      const part = (kw[place * 3 + phase] ?? 0) / ratio
      const hasNone = isBlown(fuse, phases, phase)
      shown.volts.push(hasNone ? 0 : v * error)
      shown.amperes.push(v > 0 ? (Math.abs(part) * 1000) / (v * error * powerFactor) : 0)
      if (!hasNone) counted += part
    }
    return {
      meter: meterAt(this.#world, customer, time),
      customer,
      ...this.#registers(customer, ratio, decimals, time),
      kw: counted,
      kvar: counted * Math.tan(Math.acos(powerFactor)),
      powerFactor,
      ...shown
    }
  }

  #registers(
    customer: number,
    ratio: number,
    decimals: number,
    time: number
  ): Pick<Shown, 'importSteps' | 'exportSteps' | 'decimals'> {
    const perKwh = 10 ** decimals / ratio
    const exchange = this.#world
      .troublesOf(customer)
      .find(({ kind, start }) => kind === 'exchanged' && start <= time)
    // A new meter begins at nothing.
    const [before, backBefore] =
      exchange === undefined
        ? [0, 0]
        : [
            this.#consumption.countedKwh(customer, exchange.start),
            this.#consumption.countedBackKwh(customer, exchange.start)
          ]
    const initial = exchange === undefined ? (this.#load.initialKwh[customer] ?? 0) * ratio : 0
    const kwh = this.#consumption.countedKwh(customer, time) - before + initial
    const exportSteps = feedsBack(this.#load, customer)
      ? Math.floor((this.#consumption.countedBackKwh(customer, time) - backBefore) * perKwh + HAIR)
      : Number.NaN
    return { importSteps: Math.floor(kwh * perKwh + HAIR), exportSteps, decimals }
  }

  /**
   * What the transformer brought: all that was taken, and the loss on the way. What some feed back it counts by itself, as if others did
   * not take it at once, so that neither register ever falls. Others than the network feed past it.
   */
  #check({ meter, ct, device }: Grid['checkMeters'][number], state: LowVoltageState, time: number): Shown {
    let [taken, fedBack, hasPanels] = [0, 0, false]
    for (const customer of this.#low.customers) {
      taken += this.#consumption.takenKwh(customer, time)
      if (!feedsBack(this.#load, customer)) continue
      fedBack += this.#consumption.fedBackKwh(customer, time)
      hasPanels = true
    }
    const factor = (1 + lossShare(device)) / ct
    const steps = (kwh: number): number => Math.floor(kwh * 10 ** CHECK_DECIMALS + HAIR)
    const kw = state.busKw.map(part => part * factor)
    const total = kw.reduce((sum, part) => sum + part, 0)
    const powerFactor = 0.95
    return {
      meter,
      customer: -1,
      importSteps: steps(initialOf(device) + taken * factor),
      exportSteps: hasPanels ? steps(fedBack * factor) : Number.NaN,
      decimals: CHECK_DECIMALS,
      kw: total,
      kvar: total * Math.tan(Math.acos(powerFactor)),
      powerFactor,
      volts: state.busVolts,
      amperes: kw.map((part, phase) => {
        const volts = state.busVolts[phase] ?? 0
        return volts > 0 ? (Math.abs(part) * 1000) / (volts * powerFactor) : 0
      })
    }
  }
}

/** What a check meter showed on the epoch, kWh. */
const initialOf = (device: number): number => (device * 7919) % MOST_CHECK_KWH

/** Id of the meter that stands at a usage point: another one once it was exchanged. */
export function meterAt(world: World, customer: number, time: number): string {
  const meter = world.index.grid.customers.meter[customer] ?? ''
  if (!world.isTouched(customer)) return meter
  const isNew = world.troublesOf(customer).some(({ kind, start }) => kind === 'exchanged' && start <= time)
  return isNew ? `N${meter.slice(1)}` : meter
}

/** Technical loss below a transformer: a share of what its customers take, its own and always the same. */
export const lossShare = (device: number): number =>
  LEAST_LOSS + (MOST_LOSS - LEAST_LOSS) * hash(LOSS_SEED, device)
