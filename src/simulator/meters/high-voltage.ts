import { decimalText } from '../../codecs/json-readings-encode.ts'
import type { GridLoad } from '../load/grid-load.ts'
import { meanKw, takenKwh } from '../load/grid-load.ts'
import type { PlantStretch } from '../world/plant.ts'
import { isIn, type World } from '../world/world.ts'
import type { Consumption } from './consumption.ts'
import { POWER_SPAN_MS } from './low-voltage.ts'

/** The plants of a grid's key customers, by their place. */
export type Plants = readonly { readonly stretches: readonly PlantStretch[] }[]

const SQRT_3 = Math.sqrt(3)
/** A feed without load still shows its voltage; medium voltage is held a little above the rated one. */
const HELD_PU = 1.02
/** What a generator that feeds back into a dead feed holds up. */
const BACK_PU = 0.93

/**
 * Meters at medium voltage: the feeds of key customers, whose load goes where their plant puts it, and others, which take their own.
 * Shown on the secondary side, by three wires where the meter has three.
 */
export class HighVoltageMeters {
  readonly #world: World
  readonly #load: GridLoad
  readonly #consumption: Consumption
  readonly #plants: Plants
  /** Of a feed's customer number: which key customer and which of its feeds. */
  readonly #feeds = new Map<number, Feed>()

  constructor(world: World, load: GridLoad, consumption: Consumption, plants: Plants) {
    this.#world = world
    this.#load = load
    this.#consumption = consumption
    this.#plants = plants
    world.index.grid.keyCustomers.forEach(({ feeds }, keyCustomer) => {
      for (const { customer, source } of feeds) this.#feeds.set(customer, { keyCustomer, source })
    })
  }

  /** What the feeds have carried until a time, kWh (primary), by their customer numbers. */
  feedKwhAt(time: number): Map<number, number> {
    return new Map([...this.#feeds.keys()].map(customer => [customer, this.#kwh(customer, time)]))
  }

  /** One reading of a rows message. */
  rowText(customer: number, time: number): string {
    const { customers } = this.#world.index.grid
    const ratio = (customers.ct[customer] ?? 1) * (customers.pt[customer] ?? 1)
    const decimals = customers.registerDecimals[customer] ?? 2
    const factor = this.#load.powerFactor[customer] ?? 1
    const kwh = (this.#load.initialKwh[customer] ?? 0) + this.#kwh(customer, time) / ratio
    const kw = this.#kw(customer, time) / ratio
    const phases = this.#phases(customer, time).map(value => value * HELD_PU)
    const rated = customers.ratedV[customer] ?? 100
    const isThreeWire = customers.isThreeWire[customer] === 1
    const volts = isThreeWire ? lineVolts(phases, rated) : phases.map(value => value * rated)
    // Amperes of a symmetrical load; of three wires the middle one is not measured.
    const perPhase = (kw * 1000) / ((isThreeWire ? SQRT_3 : 3) * rated * HELD_PU * factor)
    const amperes = phases.map((value, phase) =>
      isThreeWire && phase === 1 ? Number.NaN : value > 0 ? perPhase : 0
    )
    return (
      `{"meter":"${customers.meter[customer]}","time":${time},"importKwh":${text(kwh, decimals, Math.floor)}` +
      `,"activePowerKw":${text(kw, 4)},"reactivePowerKvar":${text(kw * Math.tan(Math.acos(factor)), 4)},"powerFactor":${text(factor, 3)}` +
      `,"voltageV":[${volts.map(value => text(value, 1)).join(',')}],"currentA":[${amperes.map(value => text(value, 3)).join(',')}]}`
    )
  }

  /** What stands on the line side: of a dead feed that the customer's own generator feeds back into, what that holds up. */
  #phases(customer: number, time: number): readonly number[] {
    const { volts } = this.#world.customerConditionAt(customer, time)
    const feed = this.#feeds.get(customer)
    const isFedBack =
      feed !== undefined &&
      this.#stretchAt(feed, time)?.generator === 'running' &&
      this.#world.happenings.plants.some(
        trouble =>
          trouble.does === 'back-feed' && trouble.keyCustomer === feed.keyCustomer && isIn(trouble, time)
      )
    return isFedBack && Math.max(...volts) === 0 ? [BACK_PU, BACK_PU, BACK_PU] : volts
  }

  /** How the plant behind a feed stands at a time; undefined when nothing was played. */
  #stretchAt({ keyCustomer }: Feed, time: number): PlantStretch | undefined {
    const stretches = this.#plants[keyCustomer]?.stretches ?? []
    return stretches.find(({ end }) => time < end) ?? stretches.at(-1)
  }

  /** Primary. */
  #kw(customer: number, time: number): number {
    const feed = this.#feeds.get(customer)
    const number = feed === undefined ? customer : this.#world.index.grid.customers.count + feed.keyCustomer
    const kw = meanKw(this.#load, number, time - POWER_SPAN_MS, time)
    if (feed === undefined) return kw * this.#consumption.shareAt(customer, time)
    const stretch = this.#stretchAt(feed, time)
    return stretch === undefined ? 0 : kw * this.#shareOf(feed, stretch)
  }

  /** Counted since the epoch, primary: of a feed what the sections took while it fed them. */
  #kwh(customer: number, time: number): number {
    const feed = this.#feeds.get(customer)
    if (feed === undefined) return this.#consumption.countedKwh(customer, time)
    const stretches = this.#plants[feed.keyCustomer]?.stretches ?? []
    const number = this.#world.index.grid.customers.count + feed.keyCustomer
    const [first] = stretches
    if (first === undefined) return 0
    // Before the run it stood as at its beginning, if no other run was before it.
    const before = takenKwh(this.#load, number, first.start) * this.#shareOf(feed, first)
    let kwh = this.#load.lost?.feedKwh.get(customer) ?? before
    if (time < first.start)
      kwh -=
        (takenKwh(this.#load, number, first.start) - takenKwh(this.#load, number, time)) *
        this.#shareOf(feed, first)
    for (const stretch of stretches) {
      if (stretch.start >= time) break
      const end = Math.min(stretch.end, time)
      kwh +=
        (takenKwh(this.#load, number, end) - takenKwh(this.#load, number, stretch.start)) *
        this.#shareOf(feed, stretch)
    }
    return kwh
  }

  /** Share of its customer's load that a feed carries: that of the sections which it feeds. */
  #shareOf({ keyCustomer, source }: Feed, { fedBy }: PlantStretch): number {
    const { sections = [] } = this.#world.index.grid.keyCustomers[keyCustomer] ?? {}
    const all = sections.reduce((sum, { loadKw }) => sum + loadKw, 0)
    const own = sections.reduce((sum, { loadKw }, i) => sum + (fedBy[i] === source ? loadKw : 0), 0)
    return all === 0 ? 0 : own / all
  }
}

interface Feed {
  readonly keyCustomer: number
  readonly source: string
}

/** Voltages between the wires a and b, c and b; NaN for the one that is not measured. */
function lineVolts([a = 0, b = 0, c = 0]: readonly number[], rated: number): number[] {
  const between = (one: number, other: number): number =>
    (Math.sqrt(one * one + other * other + one * other) / SQRT_3) * rated
  return [between(a, b), Number.NaN, between(c, b)]
}

const text = (value: number, decimals: number, round: (units: number) => number = Math.round): string =>
  Number.isNaN(value) ? 'null' : decimalText(round(value * 10 ** decimals + 1e-6), decimals)
