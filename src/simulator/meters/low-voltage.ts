import { Chance, hash } from '../city/chance.ts'
import { admittanceOf, brokenNeutralVoltages } from '../electrics/broken-neutral.ts'
import { add, type Phasor, symmetrical, type Three, ZERO } from '../electrics/phasors.ts'
import { ABC } from '../grid/grid.ts'
import { type GridLoad, meanKw } from '../load/grid-load.ts'
import type { World } from '../world/world.ts'
import type { Consumption } from './consumption.ts'

/** Unloaded voltage at the transformer, V. */
const OPEN_V = 233
const NOMINAL_V = 230
/** Resistance of a transformer, per unit of its rating. */
const TRANSFORMER_PU = 0.02
const USUAL_KVA = 400
/** Ohm for a km of line, phase and neutral conductor (70 mm2 aluminium, electrics/radial-drop.ts), and its reactance as a share of that. */
const OHM_KM = 0.443
const REACTIVE = 0.09 / OHM_KM
/** Of a third of a turn. */
const [COS, SIN] = [-0.5, Math.sqrt(3) / 2]
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
  /** By place in `customers` times three: power of each phase, kW. */
  readonly kw: Float64Array
  /** Likewise: V to the neutral, 0 where a meter has no such phase. */
  readonly volts: Float64Array
  /** At the transformer itself, and what it carries: nothing while others keep up its low voltage. */
  readonly busVolts: Three<number>
  readonly busKw: Three<number>
}

/**
 * The low-voltage side of one transformer: its customers along a line, each where its box stands. Drops are those of the linear flow: a place at
 * x sees of a current drawn at y the line up to min(x, y), in its own phase and through the neutral in the others, a third of a turn
 * apart (electrics/radial-drop.ts is the exact reckoning, and the test's measure).
 */
export class LowVoltage {
  readonly customers: readonly number[]
  readonly #world: World
  readonly #consumption: Consumption
  readonly #load: GridLoad
  readonly #transformer: number
  readonly #position: Float64Array
  /** Reactive current of each as a share of the active one. */
  readonly #tangent: Float64Array
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
    this.#load = load
    this.#transformer = transformer
    this.#position = Float64Array.from(customers, customer => place.at(columns.device[customer] ?? 0))
    this.#tangent = Float64Array.from(customers, each => Math.tan(Math.acos(load.powerFactor[each] ?? 1)))
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
    const kw = new Float64Array(customers.length * 3)
    // Active currents.
    const amperes = new Float64Array(customers.length * 3)
    const busKw: [number, number, number] = [0, 0, 0]
    customers.forEach((customer, i) => {
      const power = meanKw(this.#load, customer, time - POWER_SPAN_MS, time)
      const shares = this.#consumption.sharesAt(customer, time)
      const { volts } = this.#world.customerConditionAt(customer, time)
      for (let phase = 0; phase < 3; phase++) {
        const share = shares[phase] ?? 0
        if (share === 0) continue
        const part = power * share
        kw[i * 3 + phase] = part
        // Voltages are reckoned as if they were whole and lowered then: so the current is one that does the same to them.
        amperes[i * 3 + phase] = (part * 1000) / NOMINAL_V / (volts[phase] ?? 1) ** 2
        busKw[phase] = (busKw[phase] ?? 0) + part
      }
    })
    const open = OPEN_V + WANDER_V * (wander(this.#transformer, time) - 0.5)
    const { volts: factors, source } = this.#world.conditionAt(this.#transformer, time)
    const first = this.#drops(amperes, open)
    // Loads keep their power: at the voltage found first they draw more than at the rated one.
    for (let i = 0; i < amperes.length; i++) {
      const found = first.volts[i] ?? NOMINAL_V
      amperes[i] = ((amperes[i] ?? 0) * NOMINAL_V) / Math.max(found, NOMINAL_V / 2)
    }
    const { bus, volts } = this.#drops(amperes, open)
    this.#disturb(volts, kw, time)
    const [a, b, c] = bus.map((value, phase) => value * (factors[phase] ?? 1))
    return { kw, volts, busVolts: [a ?? 0, b ?? 0, c ?? 0], busKw: source === 'grid' ? busKw : [0, 0, 0] }
  }

  /** Voltages at the transformer and at the meters as if all were whole. @param open without load, V */
  #drops(amperes: Float64Array, open: number): { bus: readonly number[]; volts: Float64Array } {
    const volts = new Float64Array(amperes.length)
    // Of the currents passed so far, times their place; and what flows on beyond. Active ones of a, b, c, then reactive ones.
    const [moment, beyond, flow] = [new Float64Array(6), new Float64Array(6), new Float64Array(6)]
    for (let i = 0; i < amperes.length; i++) {
      const own = amperes[i] ?? 0
      beyond[i % 3] = (beyond[i % 3] ?? 0) + own
      beyond[(i % 3) + 3] = (beyond[(i % 3) + 3] ?? 0) + own * (this.#tangent[Math.floor(i / 3)] ?? 0)
    }
    const bus = [0, 1, 2].map(phase => open - this.#busOhm * (beyond[phase] ?? 0))
    for (const i of this.#order) {
      const x = this.#position[i] ?? 0
      const tangent = this.#tangent[i] ?? 0
      for (let phase = 0; phase < 3; phase++) {
        const active = amperes[i * 3 + phase] ?? 0
        for (let part = phase; part < 6; part += 3) {
          const own = part < 3 ? active : active * tangent
          moment[part] = (moment[part] ?? 0) + own * x
          beyond[part] = (beyond[part] ?? 0) - own
          flow[part] = (moment[part] ?? 0) + x * (beyond[part] ?? 0)
        }
      }
      for (let phase = 0; phase < 3; phase++) {
        const next = (phase + 1) % 3
        const last = (phase + 2) % 3
        const nextActive = flow[next] ?? 0
        const nextReactive = flow[next + 3] ?? 0
        const lastActive = flow[last] ?? 0
        const lastReactive = flow[last + 3] ?? 0
        // The neutral's current as this phase sees it: its own, and those of the others, a third of a turn behind and before it.
        const active = COS * (nextActive + lastActive) + SIN * (lastReactive - nextReactive)
        const reactive = COS * (nextReactive + lastReactive) + SIN * (nextActive - lastActive)
        // Phase and neutral conductor are alike, so its own current counts twice.
        const drop =
          2 * ((flow[phase] ?? 0) + REACTIVE * (flow[phase + 3] ?? 0)) + active + REACTIVE * reactive
        const service = SERVICE_OHM * (amperes[i * 3 + phase] ?? 0)
        volts[i * 3 + phase] = (bus[phase] ?? 0) - this.#ohm * drop - service
      }
    }
    return { bus, volts }
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
        const part = Math.max(0, kw[i * 3 + phase] ?? 0)
        loads[phase] = add(
          loads[phase] ?? ZERO,
          admittanceOf(part, NOMINAL_V, this.#load.powerFactor[customer] ?? 1)
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
