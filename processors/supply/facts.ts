import type { GeneratorReport, SwitchReport, UpsReport } from '../../src/model/plant.ts'
import type { SupplyReason } from '../../src/model/supply.ts'

/** What is known of one feed by its own meter, at the latest data time. Epoch ms. */
export interface FeedFact {
  readonly at: number
  readonly isLive: boolean
  readonly reason: SupplyReason
  /** The earliest time from which on it was so, as far as its own meter says. */
  readonly since: number
}

/** What is concluded of a feed from something else than its meter: a section that was transferred away from it, or back. */
export interface FeedHint {
  readonly at: number
  readonly isLive: boolean
}

/** The latest word of something, and since when it says so. */
export interface Word<T> {
  readonly at: number
  readonly since: number
  readonly said: T
}

/**
 * What has been told of the sources and sections of key customers, by id: the newest of each kind, because messages come in any order. Plain
 * data; nothing is concluded here.
 */
export class SupplyFacts {
  readonly feeds = new Map<string, FeedFact>()
  readonly hints = new Map<string, FeedHint>()
  readonly generators = new Map<string, Word<GeneratorReport>>()
  /** By generator: when its start failed last. */
  readonly failedStarts = new Map<string, number>()
  readonly ups = new Map<string, Word<UpsReport>>()
  readonly switches = new Map<string, Word<SwitchReport>>()

  /** A reading or event of a feed's own meter. */
  measured(source: string, at: number, isLive: boolean, reason: SupplyReason): void {
    const known = this.feeds.get(source)
    if (known !== undefined && known.at > at) return
    const since = known?.isLive === isLive ? Math.min(known.since, at) : at
    this.feeds.set(source, { at, isLive, reason, since })
  }

  hinted(source: string, at: number, isLive: boolean): void {
    const known = this.hints.get(source)
    if (known === undefined || known.at < at) this.hints.set(source, { at, isLive })
  }

  failedStart(source: string, at: number): void {
    this.failedStarts.set(source, Math.max(at, this.failedStarts.get(source) ?? at))
  }

  save(): Record<string, unknown[]> {
    return Object.fromEntries(this.#books().map(([name, book]) => [name, [...book]]))
  }

  load(saved: Readonly<Record<string, (readonly [string, never])[]>>): void {
    for (const [name, book] of this.#books()) {
      book.clear()
      for (const [id, fact] of saved[name] ?? []) book.set(id, fact)
    }
  }

  #books(): [name: string, book: Map<string, unknown>][] {
    const { feeds, hints, generators, failedStarts, ups, switches } = this
    return Object.entries({ feeds, hints, generators, failedStarts, ups, switches })
  }
}

/** Enters a word of something when none newer is known. @param isSame whether it says the same as the one before */
export function tell<T>(
  into: Map<string, Word<T>>,
  id: string,
  at: number,
  said: T,
  isSame: (one: T, other: T) => boolean
): void {
  const known = into.get(id)
  if (known !== undefined && known.at > at) return
  const since = known !== undefined && isSame(known.said, said) ? known.since : at
  into.set(id, { at, since, said })
}
