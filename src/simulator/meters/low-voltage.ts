import { Chance, hash } from '../city/chance.ts'
import { admittanceOf, brokenNeutralVoltages } from '../electrics/broken-neutral.ts'
import { add, type Phasor, symmetrical, type Three, ZERO } from '../electrics/phasors.ts'
import { ABC } from '../grid/grid.ts'
import type { GridLoad } from '../load/grid-load.ts'
import type { World } from '../world/world.ts'
import { type Consumption, PHASE_SHARES } from './consumption.ts'

/** Unloaded voltage at the transformer, V. */
const OPEN_V = 233
const NOMINAL_V = 230
/** Resistance of a transformer, per unit of its rating. */
const TRANSFORMER_PU = 0.02
const USUAL_KVA = 400
/** Ohm for a km of line, phase and neutral conductor (70 mm2 aluminium, electrics/radial-drop.ts). */
const OHM_KM = 0.443
const [SHORTEST_KM, LONGEST_KM] = [0.08, 0.35]
/** Conductors are chosen so that the peak, so many times the mean, loses so much on the way at most (GB/T 12325: -10 %). */
const [PEAK_OVER_MEAN, PLANNED_DROP] = [2.2, 0.05]
/** Of a current that is drawn all along a line the end sees this much, and unequal phases add to it. */
const SPREAD = 0.65
/** From the line to a meter, Ohm. */
const SERVICE_OHM = 0.06
/** Conductance of what still joins a broken neutral to earth, S. */
const EARTH: Phasor = { re: 0.02, im: 0 }
/** How far the medium voltage wanders, V, and how fast. */
const WANDER_V = 5
const WANDER_MS = 1_800_000
/** Powers are means over so long. */
export const POWER_SPAN_MS = 60_000

/** What stands at the meters of one transformer at a time. */
export interface LowVoltageState {
  /** By place in `customers`: power, kW. */
  readonly kw: Float64Array
  /** By place times three: V to the neutral, 0 where a meter has no such phase. */
  readonly volts: Float64Array
  /** At the transformer itself. */
  readonly busVolts: Three<number>
  readonly busKw: Three<number>
}

/**
 * The low-voltage side of one transformer: its customers along a line, each where its box stands. Drops are those of the linear flow: a place at
 * x sees of a current drawn at y the resistance up to min(x, y), in its own phase and through the neutral in the others, which
 * what a phase draws lifts by half (electrics/radial-drop.ts is the exact reckoning, and the test's measure).
 */
export class LowVoltage {
  readonly customers: readonly number[]
  readonly #world: World
  readonly #consumption: Consumption
  readonly #powerFactor: Float64Array
  readonly #transformer: number
  readonly #position: Float64Array
  /** Places in `customers` along the line. */
  readonly #order: readonly number[]
  readonly #ohm: number
  readonly #busOhm: number

  constructor(
    world: World,
    consumption: Consumption,
    load: GridLoad,
    transformer: number,
    customers: readonly number[]
  ) {
    const { devices, customers: columns } = world.index.grid
    const chance = new Chance('low voltage')
    const [place, length] = [chance.named('place of a box'), chance.named('length of a line')]
    this.customers = customers
    this.#world = world
    this.#consumption = consumption
    this.#powerFactor = load.powerFactor
    this.#transformer = transformer
    this.#position = Float64Array.from(customers, customer => place.at(columns.device[customer] ?? 0))
    this.#order = [...customers.keys()].sort((a, b) => (this.#position[a] ?? 0) - (this.#position[b] ?? 0))
    const meanKw = customers.reduce((sum, customer) => sum + (load.scale[customer] ?? 0) / 24, 0)
    const peakA = (PEAK_OVER_MEAN * meanKw * 1000) / (3 * NOMINAL_V)
    this.#ohm = Math.min(
      OHM_KM * (SHORTEST_KM + (LONGEST_KM - SHORTEST_KM) * length.at(transformer)),
      (PLANNED_DROP * NOMINAL_V) / (peakA * SPREAD)
    )
    const kva = devices.ratedKva[transformer] || USUAL_KVA
    this.#busOhm = (TRANSFORMER_PU * 3 * NOMINAL_V ** 2) / (kva * 1000)
  }

  at(time: number): LowVoltageState {
    const { customers } = this
    const kw = new Float64Array(customers.length)
    const amperes = new Float64Array(customers.length * 3)
    const [busAmperes, busKw] = [new Float64Array(3), [0, 0, 0] as [number, number, number]]
    const columns = this.#world.index.grid.customers
    customers.forEach((customer, i) => {
      const power = this.#consumption.kwOver(customer, time - POWER_SPAN_MS, time)
      kw[i] = power
      const perKw = 1000 / (NOMINAL_V * (this.#powerFactor[customer] ?? 1))
      const phases = columns.phases[customer] ?? ABC
      for (let phase = 0; phase < 3; phase++) {
        if (((phases >> phase) & 1) === 0) continue
        const part = power * (phases === ABC ? (PHASE_SHARES[phase] ?? 0) : 1)
        amperes[i * 3 + phase] = part * perKw
        busAmperes[phase] = (busAmperes[phase] ?? 0) + part * perKw
        busKw[phase] = (busKw[phase] ?? 0) + part
      }
    })
    const open = OPEN_V + WANDER_V * (wander(this.#transformer, time) - 0.5)
    const factors = this.#world.conditionAt(this.#transformer, time).volts
    const bus = [0, 1, 2].map(phase => open - this.#busOhm * (busAmperes[phase] ?? 0))
    const volts = this.#drops(amperes, bus)
    this.#disturb(volts, kw, time)
    const [a, b, c] = bus.map((value, phase) => value * (factors[phase] ?? 1))
    return { kw, volts, busVolts: [a ?? 0, b ?? 0, c ?? 0], busKw }
  }

  /** Voltages at the meters as if all were whole. */
  #drops(amperes: Float64Array, bus: readonly number[]): Float64Array {
    const volts = new Float64Array(amperes.length)
    // Of the currents passed so far, times their place; and what flows on beyond.
    const [moment, beyond] = [new Float64Array(3), new Float64Array(3)]
    for (let i = 0; i < amperes.length; i++) beyond[i % 3] = (beyond[i % 3] ?? 0) + (amperes[i] ?? 0)
    for (const i of this.#order) {
      const x = this.#position[i] ?? 0
      let half = 0
      for (let phase = 0; phase < 3; phase++) {
        const own = amperes[i * 3 + phase] ?? 0
        moment[phase] = (moment[phase] ?? 0) + own * x
        beyond[phase] = (beyond[phase] ?? 0) - own
        half += ((moment[phase] ?? 0) + x * (beyond[phase] ?? 0)) / 2
      }
      for (let phase = 0; phase < 3; phase++) {
        const flow = (moment[phase] ?? 0) + x * (beyond[phase] ?? 0)
        // Its own conductor, and the neutral: all of its own current less half of the others'.
        const drop = this.#ohm * (2.5 * flow - half)
        volts[i * 3 + phase] = (bus[phase] ?? 0) - drop - SERVICE_OHM * (amperes[i * 3 + phase] ?? 0)
      }
    }
    return volts
  }

  /** What failures and broken neutrals make of them; phases that a meter does not have are 0. */
  #disturb(volts: Float64Array, kw: Float64Array, time: number): void {
    const columns = this.#world.index.grid.customers
    const floating = new Map<number, number[]>()
    this.customers.forEach((customer, i) => {
      const condition = this.#world.customerConditionAt(customer, time)
      if (condition.neutralAt >= 0)
        floating.set(condition.neutralAt, [...(floating.get(condition.neutralAt) ?? []), i])
      const phases = columns.phases[customer] ?? ABC
      for (let phase = 0; phase < 3; phase++) {
        const has = ((phases >> phase) & 1) === 1
        volts[i * 3 + phase] = has ? (volts[i * 3 + phase] ?? 0) * (condition.volts[phase] ?? 0) : 0
      }
    })
    for (const places of floating.values()) this.#float(places, volts, kw)
  }

  /** Those behind a broken neutral share what the phases' loads leave them. */
  #float(places: readonly number[], volts: Float64Array, kw: Float64Array): void {
    const columns = this.#world.index.grid.customers
    const loads: Phasor[] = [ZERO, ZERO, ZERO]
    for (const i of places) {
      const customer = this.customers[i] ?? 0
      const phases = columns.phases[customer] ?? ABC
      for (let phase = 0; phase < 3; phase++) {
        if (((phases >> phase) & 1) === 0) continue
        const part = Math.max(0, kw[i] ?? 0) * (phases === ABC ? (PHASE_SHARES[phase] ?? 0) : 1)
        loads[phase] = add(
          loads[phase] ?? ZERO,
          admittanceOf(part, NOMINAL_V, this.#powerFactor[customer] ?? 1)
        )
      }
    }
    const [a = ZERO, b = ZERO, c = ZERO] = loads
    const found = brokenNeutralVoltages(symmetrical(NOMINAL_V), [a, b, c], EARTH)
    for (const i of places)
      for (let phase = 0; phase < 3; phase++)
        if ((volts[i * 3 + phase] ?? 0) > 0) volts[i * 3 + phase] = found[phase] ?? 0
  }
}

/** Noise in [0, 1) that moves evenly from one half hour to the next. */
function wander(seed: number, time: number): number {
  const step = Math.floor(time / WANDER_MS)
  const share = time / WANDER_MS - step
  return hash(seed, step) * (1 - share) + hash(seed, step + 1) * share
}
