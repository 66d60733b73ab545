/** A stretch of time over which the same was told of something, again and again. Epoch ms, both ends told. */
export interface Run<T> {
  readonly from: number
  readonly to: number
  /** As it was told last. */
  readonly said: T
}

/** Epoch ms, from before to. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The latest word of something, and since when it says so. */
export interface Word<T> {
  readonly at: number
  readonly since: number
  readonly said: T
}

/** Which words of a kind are alike. */
export interface Likeness<T> {
  /** They say the same: they are one run. */
  readonly isSame: (one: T, other: T) => boolean
  /** They say the same of what it is since when; all of it where this is left out. */
  readonly isLike?: (one: T, other: T) => boolean
}

/** How the words of whoever tells of something follow each other, ms. */
export interface Rhythm {
  /** From one to the next. */
  readonly stepMs: number
  /** How long one holds, and so how far two that say the same may lie apart to be one run. */
  readonly keepsMs: number
}

/** Place of the first of what begins one after the other that does so after a moment: halved, for what flickers is thousands a day. */
export function behind(all: readonly Pick<Span, 'from'>[], moment: number): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((all[middle]?.from ?? 0) <= moment) low = middle + 1
    else high = middle
  }
  return low
}

/** Between two words of a run, in steps: after a longer pause one at least is missing, and what was so in between is for others to say. */
const MOST_STEPS = 1.5

/**
 * What was told of one thing, in the order in which it was so, whatever the order in which it came: words that say the same and follow each other
 * step by step are one run. So the last days fit into a few runs, and it can be asked what was known of any moment of them, by all that is known now.
 *
 *   live 10:00 ── 10:30 │ dead 10:31 │ live 10:40 ── ...
 */
export class Track<T> {
  #runs: Run<T>[]
  readonly #likeness: Likeness<T>
  /** Between two words of a run. */
  #stepMs: number

  constructor(likeness: Likeness<T>, runs: readonly Run<T>[] = [], stepMs = 0) {
    this.#likeness = likeness
    this.#runs = [...runs]
    this.#stepMs = stepMs
  }

  get stepMs(): number {
    return this.#stepMs
  }

  get runs(): readonly Run<T>[] {
    return this.#runs
  }

  /**
   * Enters a word. One that contradicts a run in its middle stands until the next word of that run.
   * @param apart a moment at which something else told of the thing: words before and after it are two runs, so that it is known which were newer
   * @returns from when on it may now be seen otherwise; undefined where nothing is: the same was told of that time
   */
  tell(at: number, said: T, rhythm: Rhythm, apart = Number.NaN): number | undefined {
    return this.#enter({ from: at, to: at, said }, rhythm, apart)
  }

  /** Enters that the same was so from one time to another, whatever was said of it in between. @returns as `tell` */
  tellRun(run: Run<T>, rhythm: Rhythm): number {
    const { from, to } = run
    const kept: Run<T>[] = []
    for (const each of this.#runs) {
      if (each.from < from) kept.push({ ...each, to: Math.min(each.to, from - 1) })
      if (each.to > to) kept.push({ ...each, from: Math.max(each.from, to + 1) })
    }
    this.#runs = kept
    this.#enter(run, rhythm)
    return from
  }

  /** What was known of a moment; undefined before the first word. */
  at(time: number): Word<T> | undefined {
    const place = this.#placeAt(time)
    const run = this.#runs[place]
    if (run === undefined) return undefined
    const { isSame, isLike = isSame } = this.#likeness
    let first = place
    for (let before = this.#runs[first - 1]; before !== undefined; before = this.#runs[first - 1]) {
      if (!isLike(before.said, run.said)) break
      first--
    }
    return { at: this.#lastWord(run, time), since: (this.#runs[first] as Run<T>).from, said: run.said }
  }

  /** When it was told last, before a moment, that it is not as it is said then; NaN where it never was. */
  unlikeBefore(time: number): number {
    const { isSame, isLike = isSame } = this.#likeness
    const place = this.#placeAt(time)
    const run = this.#runs[place]
    if (run === undefined) return Number.NaN
    let before = place - 1
    while (before >= 0 && isLike((this.#runs[before] as Run<T>).said, run.said)) before--
    return this.#runs[before]?.to ?? Number.NaN
  }

  /** When the next word after a moment came; undefined where its run ends before. */
  next(time: number): number | undefined {
    const run = this.#runs[this.#placeAt(time)]
    if (run === undefined || time >= run.to) return undefined
    return Math.min(run.to, this.#lastWord(run, time) + this.#stepMs)
  }

  /** Forgets runs that ended before a time, all but the last. */
  forget(before: number): void {
    const first = this.#runs.findIndex(({ to }) => to >= before)
    this.#runs = first < 0 ? this.#runs.slice(-1) : this.#runs.slice(first)
  }

  /** Takes back the run that a moment lies in or behind. */
  takeBack(time: number): void {
    const place = this.#placeAt(time)
    if (place >= 0) this.#runs.splice(place, 1)
  }

  /** When the last word of a run came before a moment, or with it: they come in steps. */
  #lastWord({ from, to }: Run<T>, time: number): number {
    if (time >= to || this.#stepMs === 0) return Math.min(to, time)
    return time - ((time - from) % this.#stepMs)
  }

  #enter(run: Run<T>, rhythm: Rhythm, apart = Number.NaN): number | undefined {
    this.#stepMs = rhythm.stepMs
    const place = this.#placeAt(run.from)
    const before = this.#runs[place]
    if (before === undefined || run.from > before.to) return this.#enterBehind(place, run, rhythm, apart)
    if (this.#likeness.isSame(before.said, run.said)) {
      if (run.to >= before.to) this.#runs[place] = { ...before, to: run.to, said: run.said }
      return undefined
    }
    const parts: Run<T>[] = [run]
    if (before.from < run.from) parts.unshift({ ...before, to: this.#lastWord(before, run.from - 1) })
    const goesOn = Math.min(run.to + rhythm.stepMs, before.to)
    if (goesOn > run.to) parts.push({ ...before, from: goesOn })
    this.#runs.splice(place, 1, ...parts)
    return run.from
  }

  /** Between two runs, or after the last. */
  #enterBehind(place: number, run: Run<T>, { stepMs, keepsMs }: Rhythm, apart: number): number {
    const most = Math.min(MOST_STEPS * stepMs, keepsMs)
    const before = this.#runs[place]
    const next = this.#runs[place + 1]
    const isNear = before !== undefined && run.from - before.to <= most && !(apart > before.to)
    const follows = isNear && this.#isSameAs(place, run.said)
    const leads = next !== undefined && this.#isSameAs(place + 1, run.said) && next.from - run.to <= most
    const whole = {
      from: follows ? before.from : run.from,
      to: leads ? next.to : run.to,
      said: leads ? next.said : run.said
    }
    this.#runs.splice(place + (follows ? 0 : 1), (follows ? 1 : 0) + (leads ? 1 : 0), whole)
    return follows ? before.to + 1 : run.from
  }

  #isSameAs(place: number, said: T): boolean {
    const run = this.#runs[place]
    return run !== undefined && this.#likeness.isSame(run.said, said)
  }

  /** Runs that may begin or outlive themselves between two times. @param keepsMs how long a word holds */
  *between(from: number, to: number, keepsMs: number): Generator<Run<T>> {
    for (let place = Math.max(0, this.#placeAt(from - keepsMs - 1)); place < this.#runs.length; place++) {
      const run = this.#runs[place] as Run<T>
      if (run.from >= to) return
      yield run
    }
  }

  /** Place of the last run that begins at or before a time; -1 where none does. */
  #placeAt(time: number): number {
    return behind(this.#runs, time) - 1
  }
}

/** Tracks of one kind of thing, by id. */
export class Tracks<T> {
  readonly #likeness: Likeness<T>
  readonly #byId = new Map<string, Track<T>>()

  constructor(likeness: Likeness<T>) {
    this.#likeness = likeness
  }

  of(id: string): Track<T> {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const track = new Track(this.#likeness)
    this.#byId.set(id, track)
    return track
  }

  /** What was known of a moment; undefined before the first word. */
  at(id: string, time: number): Word<T> | undefined {
    return this.#byId.get(id)?.at(time)
  }

  /** When words of it began to say the same, and when that had outlived itself, between two times at least. @param keepsMs how long a word holds */
  *changes(id: string, keepsMs: number, { from, to }: Span): Generator<number> {
    for (const run of this.#byId.get(id)?.between(from, to, keepsMs) ?? [])
      yield* [run.from, run.to + keepsMs + 1]
  }

  /** When it was told last, before a moment, that it is not as it is said then; NaN where it never was. */
  unlikeBefore(id: string, time: number): number {
    return this.#byId.get(id)?.unlikeBefore(time) ?? Number.NaN
  }

  runsOf(id: string): readonly Run<T>[] {
    return this.#byId.get(id)?.runs ?? []
  }

  /** When the next word of it came after a moment. */
  next(id: string, time: number): number | undefined {
    return this.#byId.get(id)?.next(time)
  }

  forget(before: number): void {
    for (const track of this.#byId.values()) track.forget(before)
  }

  save(): (readonly [id: string, stepMs: number, runs: readonly Run<T>[]])[] {
    return [...this.#byId].map(([id, { stepMs, runs }]) => [id, stepMs, runs] as const)
  }

  load(saved: ReturnType<Tracks<T>['save']>): void {
    this.#byId.clear()
    for (const [id, stepMs, runs] of saved) this.#byId.set(id, new Track(this.#likeness, runs, stepMs))
  }
}
