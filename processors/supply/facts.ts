import type { Observation } from '../../src/model/observation.ts'
import type { GeneratorReport, SwitchReport, UpsReport } from '../../src/model/plant.ts'
import type { SupplyReason } from '../../src/model/supply.ts'
import { CLOCK_MS, CONCLUDED_MS, HISTORY_MS, SAME_MOMENT_MS } from './lifetimes.ts'
import { type Likeness, type Rhythm, type Span, Tracks, type Word } from './track.ts'

/** What is known of one feed by its own meter. */
export interface FeedFact {
  readonly isLive: boolean
  readonly reason: SupplyReason
}

/** What is concluded of a feed from something else than its meter: a section that was transferred away from it, or back. */
export interface FeedHint {
  readonly isLive: boolean
}

/** What a generator has run since its tank was declared full. */
export interface Burnt {
  /** Epoch ms. */
  readonly declaredOn: number
  /** While it told its power. */
  readonly kwh: number
  /** While it did not, hours. */
  readonly hours: number
}

const FEEDS: Likeness<FeedFact> = {
  isSame: (one, other) => one.isLive === other.isLive && one.reason === other.reason,
  isLike: (one, other) => one.isLive === other.isLive
}
const GENERATORS: Likeness<GeneratorReport> = {
  isSame: (one, other) => one.isRunning === other.isRunning && one.mode === other.mode
}
const UPS: Likeness<UpsReport> = { isSame: (one, other) => one.mode === other.mode }
const SWITCHES: Likeness<SwitchReport> = {
  isSame: (one, other) =>
    one.position === other.position &&
    one.isAutomatic === other.isAutomatic &&
    one.hasFault === other.hasFault,
  isLike: (one, other) => one.position === other.position
}
const OBSERVATIONS: Likeness<Observation> = {
  isSame: (one, other) => one.fact === other.fact && one.fedBy === other.fedBy
}
/** Of what is of one moment no two are one. */
const MOMENTS = { isSame: (): boolean => false }
const HOUR_MS = 3_600_000
const APART: Rhythm = { stepMs: 0, keepsMs: 0 }

/** A time in which a section was dark, and by how much its length may be wrong, ms. */
export interface Gap {
  readonly start: number
  readonly gapMs: number
  readonly resolutionMs: number
}

/** What is known of the sources and sections of one key customer at a moment, by what has been told of it up to now. */
export interface FactsAt {
  feed(source: string): Word<FeedFact> | undefined
  /** When a feed was told last to be dead, of one that lives then, or the other way round; NaN for never. */
  feedWasOtherwise(source: string): number
  hint(source: string): Word<FeedHint> | undefined
  generator(source: string): Word<GeneratorReport> | undefined
  /** When its start failed last; -Infinity for never. */
  failedStart(source: string): number
  ups(source: string): Word<UpsReport> | undefined
  switchOf(section: string): Word<SwitchReport> | undefined
  seenSource(source: string): Word<Observation> | undefined
  seenSection(section: string): Word<Observation> | undefined
  /** As of now, whatever the moment. */
  burnt(source: string): Burnt | undefined
}

/**
 * What has been told of the sources and sections of key customers in the last days, by id, in the order in which it was so. Nothing is concluded
 * here. Times are epoch ms; what enters something says from when on it may be seen otherwise than before.
 */
export class SupplyFacts {
  readonly #tracks = {
    feeds: new Tracks(FEEDS),
    hints: new Tracks<FeedHint>(MOMENTS),
    generators: new Tracks(GENERATORS),
    failedStarts: new Tracks<true>(MOMENTS),
    ups: new Tracks(UPS),
    switches: new Tracks(SWITCHES),
    seenSources: new Tracks(OBSERVATIONS),
    seenSections: new Tracks(OBSERVATIONS)
  }
  readonly #burnt = new Map<string, Burnt>()

  /** A reading or event of a feed's own meter. */
  measured(source: string, at: number, said: FeedFact, rhythm: Rhythm): number | undefined {
    return this.#tracks.feeds.of(source).tell(at, said, rhythm, this.#seenBefore('source', source, at))
  }

  /** A feed's own meter has recorded that it was so all the time, [from, to). */
  recorded(source: string, from: number, to: number, said: FeedFact, rhythm: Rhythm): number {
    return this.#tracks.feeds.of(source).tellRun({ from, to: to - 1, said }, rhythm)
  }

  hinted(source: string, at: number, isLive: boolean): number | undefined {
    return this.#tracks.hints.of(source).tell(at, { isLive }, APART)
  }

  /** What a generator says, and with it what it ran since it said something last. @param declaredOn when its tank was declared full, NaN never */
  generator(said: GeneratorReport, at: number, declaredOn: number, rhythm: Rhythm): number | undefined {
    const { source } = said
    const track = this.#tracks.generators.of(source)
    const before = track.at(Number.POSITIVE_INFINITY)
    const hours = (at - Math.max(before?.at ?? at, declaredOn)) / HOUR_MS
    if (before?.said.isRunning === true && hours > 0) {
      const known = this.#burnt.get(source)
      const burnt = known?.declaredOn === declaredOn ? known : { declaredOn, kwh: 0, hours: 0 }
      const { powerKw } = before.said
      const more = Number.isNaN(powerKw)
        ? { hours: burnt.hours + hours }
        : { kwh: burnt.kwh + hours * powerKw }
      this.#burnt.set(source, { ...burnt, ...more })
    }
    return track.tell(at, said, rhythm, this.#seenBefore('source', source, at))
  }

  failedStart(source: string, at: number): number | undefined {
    return this.#tracks.failedStarts.of(source).tell(at, true, APART)
  }

  ups(said: UpsReport, at: number, rhythm: Rhythm): number | undefined {
    const apart = this.#seenBefore('source', said.source, at)
    return this.#tracks.ups.of(said.source).tell(at, said, rhythm, apart)
  }

  switched(said: SwitchReport, at: number, rhythm: Rhythm): number | undefined {
    const apart = this.#seenBefore('section', said.section, at)
    return this.#tracks.switches.of(said.section).tell(at, said, rhythm, apart)
  }

  /** When a person saw it last before a moment; NaN for never. */
  #seenBefore(kind: SeenKind, id: string, at: number): number {
    return this.#seen(kind).at(id, at)?.at ?? Number.NaN
  }

  /** What a person saw of a source or a section. */
  seen(kind: SeenKind, id: string, at: number, said: Observation): number | undefined {
    const keepsMs = said.validUntil - said.observedAt
    return this.#seen(kind).of(id).tell(at, said, { stepMs: keepsMs, keepsMs })
  }

  /** Takes back what a person said of it last. @returns as the others, undefined where nobody said anything */
  unseen(kind: SeenKind, id: string, now: number): number | undefined {
    const since = this.#seen(kind).at(id, now)?.since
    this.#seen(kind).of(id).takeBack(now)
    return since
  }

  /** @param time the moment that is asked about */
  at(time: number): FactsAt {
    const { feeds, hints, generators, failedStarts, ups, switches, seenSources, seenSections } = this.#tracks
    return {
      feed: source => feeds.at(source, time),
      feedWasOtherwise: source => feeds.unlikeBefore(source, time),
      hint: source => hints.at(source, time),
      generator: source => generators.at(source, time),
      failedStart: source => failedStarts.at(source, time)?.at ?? Number.NEGATIVE_INFINITY,
      ups: source => ups.at(source, time),
      switchOf: section => switches.at(section, time),
      seenSource: source => seenSources.at(source, time),
      seenSection: section => seenSections.at(section, time),
      burnt: source => this.#burnt.get(source)
    }
  }

  /** When a feed itself told that it was lost, or came back, near a moment at which an incident says so; that moment where it did not. */
  ownTime(source: string, moment: number, isLive: boolean): number {
    const { feeds, hints } = this.#tracks
    const near = [...feeds.runsOf(source), ...hints.runsOf(source)]
      .filter(({ from, said }) => said.isLive === isLive && Math.abs(from - moment) <= SAME_MOMENT_MS)
      .map(({ from }) => from)
    // Of what it told of it, what came first.
    return near.length === 0 ? moment : Math.min(...near)
  }

  /**
   * The gap before a section stood on its source again, as well as it is known: where its switch told the gap itself, that; else between two of its words.
   * @param from source that it had left @param start of the gap as it was concluded @param end of it, ms
   */
  gapOf(section: string, from: string, start: number, end: number): Gap {
    const { hints, switches } = this.#tracks
    const told = hints
      .runsOf(from)
      .findLast(({ said, from: at }) => !said.isLive && at < end && Math.abs(at - start) <= CLOCK_MS)
    if (told !== undefined) return { start: told.from, gapMs: end - told.from, resolutionMs: 0 }
    const runs = switches.runsOf(section)
    const place = runs.findLastIndex(run => run.from <= end)
    const [before, after] = [runs[place - 1], runs[place]]
    const resolutionMs =
      before === undefined || after === undefined ? end - start : Math.max(0, after.from - before.to)
    return { start, gapMs: end - start, resolutionMs }
  }

  /** When what is known of a source may have changed by itself. */
  *changesOfSource(id: string, { keepsMs }: Rhythm, span: Span): Generator<number> {
    const { feeds, hints, generators, failedStarts, ups, seenSources } = this.#tracks
    yield* feeds.changes(id, keepsMs, span)
    yield* generators.changes(id, keepsMs, span)
    yield* ups.changes(id, keepsMs, span)
    yield* failedStarts.changes(id, 0, span)
    for (const moment of [...hints.changes(id, CONCLUDED_MS, span), ...seenSources.changes(id, 0, span)])
      yield* this.changesBy(id, moment)
    yield* expiries(seenSources.runsOf(id))
  }

  /** A moment from which on something is concluded of a source, and that at which its own next word overrules it. */
  *changesBy(id: string, moment: number): Generator<number> {
    yield moment
    const next = this.#tracks.feeds.next(id, moment + CLOCK_MS)
    if (next !== undefined) yield next
  }

  /** When what is known of a section may have changed by itself. */
  *changesOfSection(id: string, { keepsMs }: Rhythm, span: Span): Generator<number> {
    const { switches, seenSections } = this.#tracks
    yield* switches.changes(id, keepsMs, span)
    yield* seenSections.changes(id, 0, span)
    yield* expiries(seenSections.runsOf(id))
  }

  /** Forgets what was over days ago. @param now log time */
  forget(now: number): void {
    for (const tracks of Object.values(this.#tracks)) tracks.forget(now - HISTORY_MS)
  }

  save(): SavedFacts {
    const tracks = Object.entries(this.#tracks).map(([name, kept]) => [name, kept.save()] as const)
    return { ...Object.fromEntries(tracks), burnt: [...this.#burnt] }
  }

  load(saved: SavedFacts): void {
    for (const [name, tracks] of Object.entries(this.#tracks)) tracks.load((saved[name] ?? []) as never)
    this.#burnt.clear()
    for (const [id, burnt] of saved.burnt ?? []) this.#burnt.set(id, burnt as Burnt)
  }

  #seen(kind: SeenKind): Tracks<Observation> {
    return kind === 'source' ? this.#tracks.seenSources : this.#tracks.seenSections
  }
}

/** When observations ended to hold. */
const expiries = (runs: readonly { readonly said: Observation }[]): number[] =>
  runs.map(({ said }) => said.validUntil + 1)

type SeenKind = 'source' | 'section'
type SavedFacts = Readonly<Record<string, readonly (readonly [id: string, ...kept: unknown[]])[]>>
