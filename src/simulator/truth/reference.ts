import type { CollectionContext } from '../collection/context.ts'
import { ABC } from '../grid/grid.ts'
import { Hearing, LATENCY_MS, Listening, READING_MS, roundsOf } from './terminal-likelihood.ts'
import type { Outage } from './outages.ts'

/**
 * From when on a reader could have known of an outage who knows everything the simulator drew from: slow, plain, and shared with no stage
 * that is judged. Compared are, on the outage's feeder and with its true beginning,
 *
 *   nothing · each single device, or phase of a transformer, each with any terminals, or one box of them, silent besides
 *
 * by the likelihood of what had arrived: gasps (and those that had not), readings of each round (and who was missing), sessions that were
 * lost (and those that were not yet), and what terminals said of their own supply.
 */
export function knowableAt(context: CollectionContext, outage: Outage): number | undefined {
  if (context.evidence === undefined || outage.customer >= 0 || outage.affected.length === 0) return undefined
  const feeder = new Feeder(context, outage)
  for (const time of feeder.times) if (feeder.belief(time) >= SURE) return time
  return undefined
}

const SURE = 0.9
/** What is looked at of a long outage, and at how many moments at most. */
const WATCHED_MS = 45 * 60_000
const MOST_MOMENTS = 40
/** ln of the chance that on a feeder, just then, one certain device fails; that one certain terminal or box falls silent. */
const [FAILURE, LOSS] = [Math.log(1e-3), Math.log(5e-3)]
const NOBODY: ReadonlySet<number> = new Set()

interface Failing {
  /** Devices and phases that leave the same customers dark are one. */
  readonly className: string
  readonly dark: ReadonlySet<number>
  /** Devices that those hang on. */
  readonly places: ReadonlySet<number>
  /** Terminals that lose their own supply by it. */
  readonly powerless: ReadonlySet<number>
  /** Terminals that have to do with it. */
  readonly touches: readonly number[]
}

interface Silence {
  readonly terminal: number
  /** Device and customers of a box; undefined when the terminal is silent itself. */
  readonly box: { readonly device: number; readonly customers: ReadonlySet<number> } | undefined
}

/** A failing as one terminal sees it: others that leave the same of its customers dark look the same to it. */
interface View {
  /** Of its customers. */
  readonly dark: ReadonlySet<number>
  readonly isPowered: boolean
  readonly silences: readonly { readonly silence: Silence; readonly isApart: boolean }[]
}

class Feeder {
  readonly times: readonly number[]
  readonly #context: CollectionContext
  readonly #outage: Outage
  readonly #terminals: readonly number[]
  readonly #failings: readonly Failing[]
  readonly #silencesOf: ReadonlyMap<number, readonly Silence[]>
  readonly #truth: string
  readonly #listenings: ReadonlyMap<number, Listening>
  /** By terminal: of nothing, and of each failing that touches it. */
  readonly #views = new Map<number, Map<Failing | undefined, View>>()

  constructor(context: CollectionContext, outage: Outage) {
    const { index } = context.world
    const { customers: columns } = index.grid
    const devices = index.devicesAt(index.feederOf(outage.device))
    const customers = devices.flatMap(device => index.customersOf[device] ?? [])
    const terminals = new Set(customers.map(customer => columns.terminal[customer] ?? -1))
    this.#context = context
    this.#outage = outage
    this.#terminals = [...terminals].filter(terminal => terminal >= 0)
    this.#failings = devices.flatMap(device => this.#failingsOf(device))
    const boxes = devices
      .map(device => ({ device, own: index.customersOf[device] ?? [] }))
      .filter(({ own }) => own.length > 0)
    const silences = [
      ...this.#terminals.map(terminal => ({ terminal, box: undefined })),
      ...boxes.map(({ device, own }) => ({
        terminal: columns.terminal[own[0] ?? -1] ?? -1,
        box: { device, customers: new Set(own) }
      }))
    ].filter(({ terminal }) => terminals.has(terminal) && terminal >= 0)
    this.#silencesOf = Map.groupBy(silences, ({ terminal }) => terminal)
    this.#truth = className(outage.affected)
    this.#listenings = new Map(this.#terminals.map(each => [each, new Listening(context, each)]))
    for (const terminal of this.#terminals) this.#views.set(terminal, this.#viewsOf(terminal))
    this.times = this.#moments()
  }

  /** Equal ones are one object. */
  #viewsOf(terminal: number): Map<Failing | undefined, View> {
    const listening = this.#listenings.get(terminal)
    const views = new Map<Failing | undefined, View>()
    if (listening === undefined) return views
    const known = new Map<ReadonlySet<number>, Map<string, View>>()
    for (const failing of [
      undefined,
      ...this.#failings.filter(({ touches }) => touches.includes(terminal))
    ]) {
      const dark = listening.shareOf(failing?.dark ?? NOBODY)
      const isPowered = failing?.powerless.has(terminal) !== true
      const silences = (this.#silencesOf.get(terminal) ?? []).map(silence => ({
        silence,
        // Of a box that keeps its supply only the readings are others.
        isApart: silence.box !== undefined && failing?.places.has(silence.box.device) !== true
      }))
      const ofDark = known.get(dark) ?? new Map<string, View>()
      known.set(dark, ofDark)
      const name = `${isPowered} ${silences.map(({ isApart }) => (isApart ? 1 : 0)).join('')}`
      const view = ofDark.get(name) ?? { dark, isPowered, silences }
      ofDark.set(name, view)
      views.set(failing, view)
    }
    return views
  }

  /** How sure the truth is by what had arrived at `time`, 0 to 1. */
  belief(time: number): number {
    const sums = new Map<View, number>()
    const hearings = new Map(
      [...this.#listenings].map(([each, listening]) => [
        each,
        new Hearing(listening, this.#outage.start, time)
      ])
    )
    const heard = (terminal: number, failing?: Failing): number => {
      const [view, hearing] = [this.#views.get(terminal)?.get(failing), hearings.get(terminal)]
      if (view === undefined || hearing === undefined) return 0
      const known = sums.get(view)
      if (known !== undefined) return known
      const sum = likelihoodOf(hearing, view)
      sums.set(view, sum)
      return sum
    }
    const calm = new Map(this.#terminals.map(each => [each, heard(each)]))
    const [all, own] = [new LogSum(), new LogSum()]
    all.add(0)
    for (const failing of this.#failings) {
      const gain = failing.touches.reduce(
        (sum, each) => sum + heard(each, failing) - (calm.get(each) ?? 0),
        FAILURE
      )
      all.add(gain)
      if (failing.className === this.#truth) own.add(gain)
    }
    return Math.exp(own.value - all.value)
  }

  /** A device as a whole, and the phases of a transformer by themselves. */
  #failingsOf(device: number): Failing[] {
    const { index } = this.#context.world
    const { devices, customers, terminals } = index.grid
    // Feeds of key customers tell of themselves otherwise.
    const below = index.customersAt(device).filter(customer => !index.feeds.has(customer))
    const parts = devices.transformer[device] === device ? [ABC, 1, 2, 4] : [ABC]
    return parts.flatMap(phases => {
      const dark = below.filter(customer => ((customers.phases[customer] ?? ABC) & ~phases) === 0)
      if (dark.length === 0) return []
      const powerless = this.#terminals.filter(terminal => {
        const { poweredBy = -1 } = terminals[terminal] ?? {}
        return phases === ABC && poweredBy >= 0 && index.isAtOrBelow(poweredBy, device)
      })
      const reading = dark.map(customer => customers.terminal[customer] ?? -1)
      const touches = [...new Set([...reading, ...powerless])]
      return [
        {
          className: className(dark),
          dark: new Set(dark),
          places: new Set(dark.map(customer => customers.device[customer] ?? -1)),
          powerless: new Set(powerless),
          touches: touches.filter(terminal => this.#terminals.includes(terminal))
        }
      ]
    })
  }

  /** Moments at which something of this feeder arrived, or ought to have: of many the first, and then some. */
  #moments(): number[] {
    const { start, end } = this.#outage
    const { evidence, world } = this.#context
    const until = Math.min(end, start + WATCHED_MS)
    const found = this.#terminals.flatMap(number => {
      const [told, terminal] = [evidence?.of(number), world.index.grid.terminals[number]]
      if (told === undefined || terminal === undefined) return []
      return [
        // What was sent at the same moment is here then too.
        ...told.gasps.map(({ arrivedAt }) => arrivedAt + LATENCY_MS),
        ...roundsOf(terminal, start, until).map(due => due + READING_MS),
        ...told.lostAt,
        ...told.selfDownAt.map(at => at + LATENCY_MS)
      ]
    })
    const inside = [...new Set(found.filter(at => at > start && at <= until))].sort((a, b) => a - b)
    const every = Math.ceil(inside.length / MOST_MOMENTS)
    return inside.filter((_, place) => place < MOST_MOMENTS / 2 || place % every === 0)
  }
}

/** Each terminal may be silent besides, it or one of its boxes, whatever the others do. */
function likelihoodOf(hearing: Hearing, { dark, isPowered, silences }: View): number {
  const of = (silence?: Silence): number =>
    hearing.likelihood({
      dark,
      isPowered,
      isSilent: silence !== undefined && silence.box === undefined,
      box: silence?.box?.customers
    })
  const sum = new LogSum()
  const alone = of()
  sum.add(alone)
  for (const { silence, isApart } of silences) {
    const more =
      isApart && silence.box !== undefined ? hearing.silencing(silence.box.customers, isPowered) : 0
    sum.add(LOSS + (isApart ? alone + more : of(silence)))
  }
  return sum.value
}

/** Those who leave the same customers dark are told apart by nobody. */
const className = (customers: readonly number[]): string => [...customers].sort((a, b) => a - b).join(' ')

/** ln of a sum of chances that are given as logarithms. */
class LogSum {
  #most = Number.NEGATIVE_INFINITY
  #sum = 0

  get value(): number {
    return this.#most + Math.log(this.#sum)
  }

  add(value: number): void {
    if (value > this.#most) {
      this.#sum = this.#sum * Math.exp(this.#most - value) + 1
      this.#most = value
    } else this.#sum += Math.exp(value - this.#most)
  }
}
