import type { SupplyState } from '../../src/model/supply.ts'
import { keyOf, type Stretch } from './settle.ts'
import { behind } from './track.ts'

/** What was said of a time: from there to the next one. */
interface Said {
  readonly from: number
  readonly state: SupplyState
  readonly key: string
  /** Log time at which it was said. */
  readonly at: number
}

/** Where what is settled is not what was said. */
export interface Difference {
  readonly from: number
  /** Infinity: it goes on. */
  readonly to: number
  readonly stretch: Stretch
  /** Log time of what was said of its beginning; undefined where nothing was. */
  readonly supersedes?: number | undefined
}

/** Less than this is no difference: clocks tell seconds. */
const LEAST_MS = 1000

/** What was said of the last days of one customer, in the order in which it was so. */
export class Timeline {
  #said: Said[]

  constructor(said: readonly Said[] = []) {
    this.#said = [...said]
  }

  get said(): readonly Said[] {
    return this.#said
  }

  /** @param stretches one after the other; the last goes on */
  differences(stretches: readonly Stretch[]): Difference[] {
    return stretches.flatMap((stretch, place): Difference[] => {
      const to = stretches[place + 1]?.from ?? Number.POSITIVE_INFINITY
      const key = keyOf(stretch.picture)
      const other = this.#parts(stretch.from, to).filter(part => part.said?.key !== key)
      const [first] = other
      const last = other.at(-1)
      if (first === undefined || last === undefined) return []
      if (last.to - first.from < LEAST_MS) return []
      return [{ from: first.from, to: last.to, stretch, supersedes: first.said?.at }]
    })
  }

  /** From now on this is what was said. @param at log time */
  say({ from, to, stretch }: Difference, at: number): void {
    const goesOn = to < Number.POSITIVE_INFINITY ? this.#at(to) : undefined
    const { picture } = stretch
    const kept = this.#said.filter(said => said.from < from || said.from > to)
    const own = [{ from, state: picture.state, key: keyOf(picture), at }]
    if (goesOn !== undefined) own.push({ ...goesOn, from: to })
    this.#said = [...kept, ...own].sort((one, other) => one.from - other.from)
  }

  /** Since when the state at a moment is the same; the moment where nothing was said of it. */
  stateSince(moment: number): number {
    let place = this.#said.findLastIndex(({ from }) => from <= moment)
    const state = this.#said[place]?.state
    if (state === undefined) return moment
    while (this.#said[place - 1]?.state === state) place--
    return (this.#said[place] as Said).from
  }

  /** Forgets what ended before, all but what is said of then. */
  forget(before: number): void {
    const first = this.#said.findLastIndex(({ from }) => from <= before)
    if (first > 0) this.#said = this.#said.slice(first)
  }

  #at(moment: number): Said | undefined {
    return this.#said[behind(this.#said, moment) - 1]
  }

  /** A time in parts of which the same was said. */
  #parts(from: number, to: number): { from: number; to: number; said: Said | undefined }[] {
    const first = behind(this.#said, from)
    const starts = [from]
    for (let place = first; (this.#said[place]?.from ?? to) < to; place++)
      starts.push((this.#said[place] as Said).from)
    return starts.map((start, place) => ({
      from: start,
      to: starts[place + 1] ?? to,
      said: this.#at(start)
    }))
  }
}
