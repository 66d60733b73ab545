import type { PlantReport } from '../../../src/model/plant.ts'
import type { Truck } from '../../../src/model/truck.ts'
import type { ReportedEvent } from '../../../src/model/events.ts'
import { figure } from '../likelihoods.ts'
import { momentByTerminal, timeOf } from './moments.ts'

/** Generators that one terminal watches: names come from the network and have no end. */
const MOST_SOURCES = 16
/** Of what a plant did so many are remembered: of those before nobody asks any more. */
const MOST_ACTS = 16
/** What a plant does by which its own generation may come onto a feed. */
const ACTS: readonly string[] = ['generator-start', 'transfer', 'transfer-failed']

/** Times from and to which something else than the network fed somebody; `until` is NaN while it does. Epoch ms. */
export interface Stretch {
  since: number
  until: number
}

/** A stretch in which a meter showed voltage and no load, by its rows. */
export interface Unloaded extends Stretch {
  /** The latest of its rows, and how many there were. */
  last: number
  rows: number
  /** Whether it turned out that something fed back, and whether that was said. */
  isFedBack: boolean
  isSaid: boolean
}

/**
 * What keeps customers up while the network does not, as far as anything tells of it: trucks by the word of their crews, generators by
 * that of the terminals that watch them, transformers whose check meters show voltage and carry nothing, feeds of meters with a supply
 * of their own. By ids, because numbers belong to a registry.
 */
export class OtherSources {
  /** By device: the latest. */
  readonly #trucks = new Map<string, Stretch>()
  /** By terminal, then by source. */
  readonly #generators = new Map<string, Map<string, Stretch>>()
  /** By the device that a check meter stands at: when it carried load first and last, and when it had voltage and carried nothing. */
  readonly #carried = new Map<string, { first: number; last: number }>()
  readonly #unloaded = new Map<string, Unloaded>()
  /** By meter: the stretch, and when it was last without voltage. */
  readonly #feeds = new Map<string, Unloaded>()
  readonly #dark = new Map<string, number>()
  /** By terminal: when the plant that it watches did something. */
  readonly #acts = new Map<string, readonly number[]>()

  /** @param isOfDevice whether the terminal may speak of the device that a truck is said to feed */
  event(
    terminal: string,
    event: ReportedEvent,
    arrivedAt: number,
    isOfDevice: (device: string) => boolean
  ): void {
    if (event.isTest || event.origin === 'inferred' || event.about === '') return
    const time = momentByTerminal(event, arrivedAt)
    if (time === undefined) return
    if (ACTS.includes(event.type)) this.#note(terminal, time)
    if (event.type === 'generator-start') turn(this.#sourcesOf(terminal), event.about, time)
    else if (event.type === 'generator-stop') end(this.#generators.get(terminal)?.get(event.about), time)
    else if (event.type === 'truck-attached' && isOfDevice(event.about)) this.#attach(event.about, time)
    else if (event.type === 'truck-detached' && isOfDevice(event.about))
      end(this.#trucks.get(event.about), time)
  }

  /** A `backup` message: a start or stop whose event was lost is seen in it. */
  plant(terminal: string, { time, generators }: PlantReport, arrivedAt: number): void {
    const at = timeOf(time, arrivedAt)
    for (const { source, isRunning } of generators) {
      const known = this.#generators.get(terminal)?.get(source)
      const runs = known !== undefined && Number.isNaN(known.until)
      if (isRunning === true && !runs) {
        turn(this.#sourcesOf(terminal), source, at)
        this.#note(terminal, at)
      }
      if (isRunning === false) end(known, at)
    }
  }

  /**
   * A generator truck at a key customer's runs, or has left: as a generator of the plant, for whoever reads its feeds.
   * @param terminal that reads a feed of the customer
   */
  brought(terminal: string, { source, attachedAt, detachedAt }: Truck): void {
    const sources = this.#sourcesOf(terminal)
    if (sources.get(source)?.since !== attachedAt) this.#note(terminal, attachedAt)
    turn(sources, source, attachedAt)
    if (detachedAt !== undefined) end(sources.get(source), detachedAt)
  }

  #note(terminal: string, time: number): void {
    const latest = [...(this.#acts.get(terminal) ?? []), time].sort((a, b) => a - b)
    this.#acts.set(terminal, latest.slice(-MOST_ACTS))
  }

  #sourcesOf(terminal: string): Map<string, Stretch> {
    const known = this.#generators.get(terminal) ?? new Map<string, Stretch>()
    this.#generators.set(terminal, known)
    return known
  }

  #attach(device: string, time: number): void {
    const last = this.#trucks.get(device)
    // The same word again, or a second truck beside the first.
    if (last !== undefined && (Number.isNaN(last.until) || last.since === time)) return
    this.#trucks.set(device, { since: time, until: Number.NaN })
  }

  /** A row with voltage of a transformer's check meter. */
  checks(device: string, at: number, hasLoad: boolean): void {
    const run = this.#unloaded.get(device)
    const carried = this.#carried.get(device)
    if (!hasLoad) {
      if (run === undefined && !(carried !== undefined && carried.first < at)) return
      const later = longer(run, at)
      // Rows come in any order: the load that ends the stretch may be known already.
      if (run !== later && carried !== undefined && carried.last > at) later.until = carried.last
      this.#unloaded.set(device, later)
      return
    }
    if (carried === undefined) this.#carried.set(device, { first: at, last: at })
    else {
      carried.first = Math.min(carried.first, at)
      carried.last = Math.max(carried.last, at)
    }
    endRun(run, at)
    if (run !== undefined && at - run.until > figure('recordFreshness')) this.#unloaded.delete(device)
  }

  /** A row without voltage of a meter that has a supply of its own. */
  darkens(meter: string, at: number): void {
    this.#dark.set(meter, Math.max(at, this.#dark.get(meter) ?? at))
  }

  /** A row with voltage of a meter that has a supply of its own. @param isHeld whether an incident holds it without supply */
  feeds(meter: string, at: number, hasLoad: boolean, isHeld: boolean): void {
    const known = this.#feeds.get(meter)
    if (hasLoad) endRun(known, at)
    else if (isHeld) this.#feeds.set(meter, longer(known, at))
    else if (known !== undefined) this.#feeds.delete(meter)
  }

  /** Whether nothing of the kind is known. */
  get isQuiet(): boolean {
    return this.#trucks.size + this.#unloaded.size + this.#feeds.size === 0
  }

  /** When a truck fed a device last; undefined when none did. */
  truckAt(device: string): Stretch | undefined {
    return this.#trucks.get(device)
  }

  /** When a generator that a terminal watches ran last: of several the one that runs, or stopped last. */
  generatorOf(terminal: string): Stretch | undefined {
    const all = [...(this.#generators.get(terminal)?.values() ?? [])]
    return all.find(({ until }) => Number.isNaN(until)) ?? all.sort((a, b) => b.until - a.until)[0]
  }

  /** The latest stretch in which a transformer had voltage and carried nothing; undefined where there is none, or it never carried anything. */
  unloadedTransformer(device: string): Unloaded | undefined {
    return this.#unloaded.get(device)
  }

  unloadedTransformers(): IterableIterator<[device: string, run: Unloaded]> {
    return this.#unloaded.entries()
  }

  /** The latest stretch of a feed, by its meter. */
  unloadedFeed(meter: string): Unloaded | undefined {
    return this.#feeds.get(meter)
  }

  unloadedFeeds(): IterableIterator<[meter: string, run: Unloaded]> {
    return this.#feeds.entries()
  }

  /**
   * The stretch in which a feed had voltage and no load while a generator ran that a terminal watches; undefined for none, and where the
   * voltage came between two words of the feed in which the plant did nothing: nobody but the network can have brought it.
   */
  fedBackFeed(meter: string, terminal: string): Pick<Unloaded, 'since' | 'until' | 'last'> | undefined {
    const run = this.#feeds.get(meter)
    const generator = this.generatorOf(terminal)
    if (run === undefined || generator === undefined) return undefined
    if (generator.since > run.last || generator.until <= run.since) return undefined
    if (!this.#mayHaveActed(meter, terminal, run.since)) return undefined
    const isLonger = run.until < generator.until || Number.isNaN(generator.until)
    return { since: run.since, last: run.last, until: isLonger ? run.until : generator.until }
  }

  #mayHaveActed(meter: string, terminal: string, since: number): boolean {
    const dark = this.#dark.get(meter)
    if (dark === undefined || dark >= since) return true
    const tolerance = figure('clockTolerance')
    const acts = this.#acts.get(terminal) ?? []
    return acts.some(time => time >= dark - tolerance && time <= since + tolerance)
  }

  save(): object {
    return {
      trucks: [...this.#trucks],
      generators: [...this.#generators].map(([terminal, sources]) => [terminal, [...sources]]),
      carried: [...this.#carried],
      unloaded: [...this.#unloaded],
      feeds: [...this.#feeds],
      dark: [...this.#dark],
      acts: [...this.#acts]
    }
  }

  load(saved: object): void {
    const { trucks, generators, carried, unloaded, feeds, dark, acts } = saved as {
      trucks: [string, Stretch][]
      generators: [string, [string, Stretch][]][]
      carried: [string, { first: number; last: number }][]
      unloaded: [string, Unloaded][]
      feeds: [string, Unloaded][]
      dark: [string, number][]
      acts: [string, number[]][]
    }
    const [grid, own] = [
      [this.#trucks, this.#carried, this.#unloaded],
      [this.#generators, this.#feeds, this.#dark, this.#acts]
    ]
    for (const map of [...grid, ...own]) map.clear()
    for (const [device, truck] of trucks) this.#trucks.set(device, open(truck))
    for (const [terminal, sources] of generators)
      this.#generators.set(terminal, new Map(sources.map(([source, one]) => [source, open(one)])))
    for (const [device, span] of carried) this.#carried.set(device, span)
    for (const [device, run] of unloaded) this.#unloaded.set(device, open(run))
    for (const [meter, run] of feeds) this.#feeds.set(meter, open(run))
    for (const [meter, at] of dark) this.#dark.set(meter, at)
    for (const [terminal, times] of acts) this.#acts.set(terminal, times)
  }
}

function turn(sources: Map<string, Stretch>, source: string, time: number): void {
  const known = sources.get(source)
  if (known !== undefined && (Number.isNaN(known.until) || time <= known.until)) return
  if (known === undefined && sources.size >= MOST_SOURCES) {
    const over = [...sources].find(([, { until }]) => !Number.isNaN(until))
    if (over === undefined) return
    sources.delete(over[0])
  }
  sources.set(source, { since: time, until: Number.NaN })
}

function end(stretch: Stretch | undefined, time: number): void {
  if (stretch !== undefined && Number.isNaN(stretch.until) && time > stretch.since) stretch.until = time
}

/** A load ends a run, by the earliest row that shows it: rows come in any order. */
function endRun(run: Unloaded | undefined, at: number): void {
  if (run !== undefined && at > run.last && !(run.until <= at)) run.until = at
}

function longer(run: Unloaded | undefined, at: number): Unloaded {
  if (run === undefined || at > run.until)
    return { since: at, last: at, until: Number.NaN, rows: 1, isFedBack: false, isSaid: false }
  if (at < run.since) run.since = at
  if (at > run.last) run.last = at
  run.rows++
  return run
}

/** NaN is null in JSON. */
const open = <T extends Stretch>(saved: T): T => ({ ...saved, until: saved.until ?? Number.NaN })
