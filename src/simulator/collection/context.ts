import { Chance } from '../city/chance.ts'
import type { GridLoad } from '../load/grid-load.ts'
import { Consumption } from '../meters/consumption.ts'
import { HighVoltageMeters } from '../meters/high-voltage.ts'
import { TransformerMeters } from '../meters/shown.ts'
import type { Loss } from '../scenario/happenings.ts'
import type { CollectionSettings } from '../scenario/schema.ts'
import type { Outage } from '../truth/outages.ts'
import { bestVolts, DARK_BELOW } from '../world/feeding.ts'
import { playPlant } from '../world/plant.ts'
import { isIn, type World } from '../world/world.ts'
import type { Evidence } from './evidence.ts'
import { type GaspModel, gaspModel } from './gasps.ts'
import { ReadFailures } from './read-failures.ts'
import { TerminalLife } from './terminal-life.ts'

/** Where a clock begins whose battery is dead: 2000-01-01. */
export const DEAD_CLOCK_MS = Date.UTC(2000, 0, 1)

/** One message as it arrives, or something that is recorded beside messages. */
export interface Line {
  /** Epoch ms. */
  readonly at: number
  /** '' for what no terminal sends. */
  readonly terminal: string
  readonly topic: string
  /** JSON. */
  readonly text: string
}

/** How often terminals had started and meters had lost their supply in the runs before this one, by number. */
export interface Counted {
  readonly boots: readonly number[]
  readonly powerDowns: readonly number[]
}

const NOTHING_BEFORE: Counted = { boots: [], powerDowns: [] }

/** What all terminals of a run share. */
/** A word about a key customer's plant: what its feeds' meters show, what its terminal says, what a person says of a truck. */
export interface PlantWord {
  readonly of: 'feeds' | 'plant' | 'truck'
  readonly time: number
  readonly at: number
}

export class CollectionContext {
  readonly world: World
  readonly load: GridLoad
  readonly settings: CollectionSettings
  readonly outages: readonly Outage[]
  readonly consumption: Consumption
  readonly highVoltage: HighVoltageMeters
  readonly plants: readonly ReturnType<typeof playPlant>[]
  readonly gasps: GaspModel
  readonly chance: Chance
  /** What decides about readings, asked by customer and point. */
  readonly readChances: Readonly<Record<'reread' | 'zero' | 'freeze', Chance>>
  readonly readFailures: ReadFailures
  readonly relays: Chance
  /** When the first word of an outage reached us, by its id. */
  readonly firstSigns = new Map<string, number>()
  /** What reached us, for the reference explanation; undefined when nobody asks for one. */
  readonly evidence: Evidence | undefined
  readonly before: Counted
  /** Of each key customer what was told of its plant: of which time, and when it arrived. */
  readonly plantWords: PlantWord[][]
  readonly #transformers = new Map<number, TransformerMeters>()
  readonly #lives = new Map<number, TerminalLife>()
  readonly #checkMeters: ReadonlyMap<number, World['index']['grid']['checkMeters'][number]>
  readonly #customersOf = new Map<number, number[]>()
  readonly #lossesOf = new Map<number, Loss[]>()
  /** Outages by their beginning. */
  readonly #beginnings = new Map<number, Outage[]>()

  constructor(
    world: World,
    load: GridLoad,
    settings: CollectionSettings,
    outages: readonly Outage[],
    seed: string,
    evidence?: Evidence,
    before = NOTHING_BEFORE
  ) {
    const { customers, devices, checkMeters, keyCustomers } = world.index.grid
    this.world = world
    this.load = load
    this.settings = settings
    this.outages = outages
    this.evidence = evidence
    this.before = before
    this.chance = new Chance(`${seed}/collection`)
    const ask = (name: string): Chance => this.chance.named(`read/${name}`)
    this.readChances = {
      reread: ask('reread'),
      zero: ask('zero'),
      freeze: ask('freeze')
    }
    this.relays = this.chance.named('relays')
    this.readFailures = new ReadFailures(settings.readFailures, this.chance.named('read'))
    this.consumption = new Consumption(world, load)
    this.plants = keyCustomers.map((_, place) => playPlant(world, place))
    this.plantWords = keyCustomers.map(() => [])
    this.highVoltage = new HighVoltageMeters(world, load, this.consumption, this.plants)
    this.gasps = gaspModel(settings.gasps, settings.gaspShare)
    this.#checkMeters = new Map(checkMeters.map(each => [each.device, each]))
    customers.device.forEach((device, customer) => {
      const transformer = devices.transformer[device] ?? -1
      if (transformer < 0) return
      const own = this.#customersOf.get(transformer)
      if (own === undefined) this.#customersOf.set(transformer, [customer])
      else own.push(customer)
    })
    for (const loss of world.happenings.losses)
      for (const customer of loss.customers)
        this.#lossesOf.set(customer, [...(this.#lossesOf.get(customer) ?? []), loss])
    for (const outage of outages)
      this.#beginnings.set(outage.start, [...(this.#beginnings.get(outage.start) ?? []), outage])
  }

  /** The meters below a transformer. */
  transformer(device: number): TransformerMeters {
    let meters = this.#transformers.get(device)
    if (meters === undefined) {
      const customers = this.#customersOf.get(device) ?? []
      const check = this.#checkMeters.get(device)
      meters = new TransformerMeters(this.world, this.consumption, this.load, device, customers, check)
      this.#transformers.set(device, meters)
    }
    return meters
  }

  /** The life of a terminal over the run. */
  life(terminal: number): TerminalLife {
    let life = this.#lives.get(terminal)
    if (life === undefined) {
      const { id = '' } = this.world.index.grid.terminals[terminal] ?? {}
      life = new TerminalLife(this.world, terminal, this.chance.named(id))
      this.#lives.set(terminal, life)
    }
    return life
  }

  /** Whether a meter has supply of any kind. */
  isAlive(customer: number, time: number): boolean {
    if (!this.world.isTouched(customer)) return true
    if (this.world.troubleAt(customer, 'removed', time) !== undefined) return false
    const phases = this.world.index.grid.customers.phases[customer] ?? 7
    return bestVolts(this.world.customerConditionAt(customer, time), phases) >= DARK_BELOW
  }

  /** Whether a meter loses its supply at a time. */
  dies(customer: number, time: number): boolean {
    return this.isAlive(customer, time - 1) && !this.isAlive(customer, time)
  }

  /** How often a meter has lost its supply before a time, in this run and those before it. */
  deathsBefore(customer: number, time: number): number {
    const before = this.before.powerDowns[customer] ?? 0
    if (!this.world.isTouched(customer)) return before
    const changes = this.world.changesOf(customer)
    return before + changes.filter(each => each < time && this.dies(customer, each)).length
  }

  /** Whether a terminal that is well hears a meter that has supply. */
  isHeard(customer: number, time: number): boolean {
    return !this.#lossesOf.get(customer)?.some(loss => isIn(loss, time))
  }

  hasLosses(customer: number): boolean {
    return this.#lossesOf.has(customer)
  }

  /** Notes that something about customers that lost their supply at `start` arrived. */
  sign(start: number, customer: number, at: number): void {
    for (const outage of this.#beginnings.get(start) ?? []) {
      if (![outage.affected, outage.degraded, outage.feeds].some(each => each.includes(customer))) continue
      this.firstSigns.set(outage.id, Math.min(at, this.firstSigns.get(outage.id) ?? Infinity))
    }
  }
}
