import type { GridKeyCustomer } from '../grid/grid.ts'
import { meanKw } from '../load/grid-load.ts'
import { POWER_SPAN_MS } from '../meters/low-voltage.ts'
import type { PlantTroubleKind } from '../scenario/schema.ts'
import { type PlantStretch, TIE_SECTION } from '../world/plant.ts'
import { isIn } from '../world/world.ts'
import type { CollectionContext } from './context.ts'
import type { Outbox } from './outbox.ts'

/** A change of the plant is told so soon. */
const CHANGE_DELAY_MS = 1_500
const GENERATOR_V = 400
const LITRES_PER_KWH = 0.27
const [BATTERY_V, UPS_MINUTES, UPS_LOAD_PCT] = [27.2, 30, 45]

/** `backup` messages and events of the key customers whose plant a terminal watches. */
export class PlantSender {
  readonly #context: CollectionContext
  readonly #outbox: Outbox
  readonly #sampleMs: number
  readonly #places: readonly number[]

  constructor(context: CollectionContext, terminal: number, outbox: Outbox) {
    const { keyCustomers, terminals } = context.world.index.grid
    this.#context = context
    this.#outbox = outbox
    this.#sampleMs = terminals[terminal]?.sampleMs ?? 60_000
    this.#places = [...keyCustomers.keys()].filter(place => keyCustomers[place]?.terminal === terminal)
  }

  add(from: number, to: number): void {
    for (const place of this.#places) {
      const { events = [], stretches = [] } = this.#context.plants[place] ?? {}
      const note = (time: number) => ({
        onArrival: (at: number): void => void this.#context.plantWords[place]?.push({ of: 'plant', time, at })
      })
      for (const { at, ...event } of events) {
        if (at < from || at >= to) continue
        const text = JSON.stringify({ events: [{ ...event, origin: 'terminal', time: at }] })
        this.#outbox.send(at + 500, 'events', () => text, note(at))
      }
      const times = stretches.map(({ start }) => start + CHANGE_DELAY_MS)
      for (let time = Math.ceil(from / this.#sampleMs) * this.#sampleMs; time < to; time += this.#sampleMs)
        times.push(time)
      for (const time of times) {
        if (time < from || time >= to) continue
        this.#outbox.send(time, 'backup', () => this.#text(place, time), note(time))
      }
    }
  }

  #text(place: number, time: number): string {
    const { world } = this.#context
    const customer = world.index.grid.keyCustomers[place]
    const stretches = this.#context.plants[place]?.stretches ?? []
    const stretch = stretches.find(each => isIn(each, time)) ?? stretches.at(-1)
    if (customer === undefined || stretch === undefined) return '{}'
    const { generator, generatorKw, ups } = customer
    const isRunning = stretch.generator === 'running'
    const kw = isRunning ? this.#sectionKw(place, customer, stretch, generator, time) : 0
    return JSON.stringify({
      time,
      ...(generator !== undefined && {
        generators: [
          {
            source: generator,
            running: isRunning,
            voltageV: isRunning ? GENERATOR_V : 0,
            powerKw: Number(Math.min(kw, generatorKw).toFixed(1)),
            fuelPct: this.#fuelPct(place, customer, time),
            startBatteryV: BATTERY_V,
            mode: stretch.generator === 'failed' ? 'off' : 'auto'
          }
        ]
      }),
      switches: [
        ...customer.sections.map(({ id, isAutomatic }, i) => ({
          section: id,
          position: ['', stretch.truck].includes(stretch.fedBy[i] ?? '') ? 'open' : stretch.fedBy[i],
          auto: isAutomatic,
          fault: i === TIE_SECTION && this.#has('tie-failed', place, time)
        })),
        ...(this.#has('parallel', place, time) ? secondBreaker(customer, stretch) : [])
      ],
      ...(ups !== undefined && {
        ups: [
          {
            source: ups,
            mode: stretch.isUpsOnBattery ? 'battery' : 'line',
            loadPct: UPS_LOAD_PCT,
            minutesLeft: stretch.isUpsOnBattery
              ? Math.max(0, Math.round(UPS_MINUTES - (time - stretch.start) / 60_000))
              : UPS_MINUTES
          }
        ]
      })
    })
  }

  #has(does: PlantTroubleKind, place: number, time: number): boolean {
    return this.#context.world.happenings.plants.some(
      trouble => trouble.keyCustomer === place && trouble.does === does && isIn(trouble, time)
    )
  }

  #sectionKw(
    place: number,
    { sections }: GridKeyCustomer,
    stretch: PlantStretch,
    source: string | undefined,
    time: number
  ): number {
    const { load, world } = this.#context
    const all = sections.reduce((sum, { loadKw }) => sum + loadKw, 0)
    const own = sections.reduce((sum, { loadKw }, i) => sum + (stretch.fedBy[i] === source ? loadKw : 0), 0)
    const number = world.index.grid.customers.count + place
    return (meanKw(load, number, time - POWER_SPAN_MS, time) * own) / all
  }

  /** What is left of a full tank after all the running until now. */
  #fuelPct(place: number, customer: GridKeyCustomer, time: number): number {
    const ran = (this.#context.plants[place]?.stretches ?? []).filter(
      ({ generator, start }) => generator === 'running' && start < time
    )
    const kwh = ran.reduce((sum, stretch) => {
      const hours = (Math.min(stretch.end, time) - stretch.start) / 3_600_000
      return sum + this.#sectionKw(place, customer, stretch, customer.generator, stretch.start) * hours
    }, 0)
    const litres = Math.max(0, customer.fuelLitres - kwh * LITRES_PER_KWH)
    return customer.fuelLitres === 0 ? 0 : Math.round((litres / customer.fuelLitres) * 100)
  }
}

/** The breaker of the first section to a source that does not feed it, closed beside the one that does. */
function secondBreaker(
  { sections }: GridKeyCustomer,
  { fedBy }: PlantStretch
): { section: string; position: string }[] {
  const [first] = sections
  const other = first?.sources.find(source => source !== fedBy[0])
  return first === undefined || other === undefined || fedBy[0] === ''
    ? []
    : [{ section: first.id, position: other }]
}
