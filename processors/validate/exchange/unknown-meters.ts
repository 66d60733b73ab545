import type { QuarantineKey } from '../../../src/model/quarantine.ts'
import type { FrameOrigin } from '../../stage.ts'

/** A reading of a meter that the registry does not know yet. */
export interface UnboundReading {
  readonly origin: FrameOrigin
  /** Position in its frame. */
  readonly index: number
  readonly time: number
  /** Log time of its record. */
  readonly heldAt: number
  /** As it stands in its entry of the quarantine. */
  readonly text: string
}

/** A meter that a known terminal speaks of and the registry does not know. */
export interface UnknownMeter {
  readonly terminal: string
  readonly id: string
  /** Data time of its first reading, and log time of when that came. */
  readonly firstTime: number
  readonly firstAt: number
  /** Log time from which on it is looked whether a neighbour is silent. */
  checkAt: number
  /** The neighbour it may stand in for, -1 while that is not known. */
  neighbour: number
  /** Log time until which it is taken for a stranger, whose readings are set aside; 0 while it is none. */
  strangerUntil: number
  readonly readings: UnboundReading[]
}

/** Three new meters on one terminal for the 45 days of the usual time window, at a reading a quarter of an hour. */
const MOST_READINGS_OF_TERMINAL = 13_000
/** What a checkpoint has to write each time and one registry record may release: about 15 MB. */
const MOST_READINGS = 50_000
/** More at once is not an exchange but another network heard, or a wrong registry. */
const MOST_OF_TERMINAL = 16
const MOST = 10_000
/** How often it is looked for what has waited too long, log time. */
const SWEEP_MS = 3_600_000
const DAY_MS = 86_400_000

interface TerminalUnknowns {
  readonly meters: Map<string, UnknownMeter>
  readings: number
}

/**
 * What waits until its meter is known, by terminal and meter id. All of it is state: checkpointed, bounded, changed by
 * records alone. What finds no room is told so and set aside as before.
 */
export class UnknownMeters {
  readonly #terminals = new Map<string, TerminalUnknowns>()
  #meters = 0
  #readings = 0
  #sweepAt = 0

  /** Unknown meters of a terminal, in the order in which they began. */
  of(terminal: string): Iterable<UnknownMeter> {
    return this.#terminals.get(terminal)?.meters.values() ?? []
  }

  get(terminal: string, id: string): UnknownMeter | undefined {
    return this.#terminals.get(terminal)?.meters.get(id)
  }

  /** Whether nothing waits: then nobody has to look. */
  get isEmpty(): boolean {
    return this.#meters === 0
  }

  /** @returns undefined when there is no room for another */
  begin(meter: Omit<UnknownMeter, 'readings'>): UnknownMeter | undefined {
    const { terminal, id } = meter
    const unknowns = this.#terminals.get(terminal) ?? { meters: new Map<string, UnknownMeter>(), readings: 0 }
    if (this.#meters >= MOST || unknowns.meters.size >= MOST_OF_TERMINAL) return undefined
    const begun = { ...meter, readings: [] }
    this.#terminals.set(terminal, unknowns)
    unknowns.meters.set(id, begun)
    this.#meters++
    return begun
  }

  /** @returns false when there is no room for it */
  add(meter: UnknownMeter, reading: UnboundReading): boolean {
    const unknowns = this.#terminals.get(meter.terminal)
    if (unknowns === undefined || this.#readings >= MOST_READINGS) return false
    if (unknowns.readings >= MOST_READINGS_OF_TERMINAL) return false
    meter.readings.push(reading)
    unknowns.readings++
    this.#readings++
    return true
  }

  /** Takes the first `count` readings of a meter, or all. */
  take(meter: UnknownMeter, count = meter.readings.length): UnboundReading[] {
    const taken = meter.readings.splice(0, count)
    const unknowns = this.#terminals.get(meter.terminal)
    if (unknowns !== undefined) unknowns.readings -= taken.length
    this.#readings -= taken.length
    return taken
  }

  /** Forgets a meter of which nothing waits any more. */
  end({ terminal, id }: UnknownMeter): void {
    const unknowns = this.#terminals.get(terminal)
    if (unknowns?.meters.delete(id) !== true) return
    this.#meters--
    if (unknowns.meters.size === 0) this.#terminals.delete(terminal)
  }

  /** Ends the meters that the registry knows by now. @returns what waited of them, in order of data time */
  release(knows: (id: string) => boolean): UnboundReading[] {
    const released = [...this.#all()].filter(({ id }) => knows(id))
    return released
      .flatMap(meter => {
        const readings = this.take(meter)
        this.end(meter)
        return readings
      })
      .sort((a, b) => a.time - b.time)
  }

  /** Takes what has waited for `pastDays`, and forgets strangers that have not been heard for long. */
  sweep(now: number, pastDays: number): UnboundReading[] {
    if (this.isEmpty || now < this.#sweepAt) return []
    this.#sweepAt = now + SWEEP_MS
    const expired: UnboundReading[] = []
    for (const meter of [...this.#all()]) {
      const kept = meter.readings.findIndex(({ heldAt }) => heldAt >= now - pastDays * DAY_MS)
      expired.push(...this.take(meter, kept < 0 ? meter.readings.length : kept))
      if (meter.readings.length === 0 && now >= meter.strangerUntil) this.end(meter)
    }
    return expired
  }

  /** These were set aside by a step that stands as it was recorded. */
  drop(keys: ReadonlySet<string>): void {
    for (const meter of this.#all()) {
      const rest = this.take(meter).filter(reading => !keys.has(keyOf(reading)))
      for (const reading of rest) this.add(meter, reading)
    }
  }

  save(): object {
    return { sweepAt: this.#sweepAt, meters: [...this.#all()] }
  }

  load(saved: object): void {
    const { sweepAt, meters } = saved as { sweepAt: number; meters: UnknownMeter[] }
    this.#terminals.clear()
    this.#meters = 0
    this.#readings = 0
    this.#sweepAt = sweepAt
    for (const { readings, ...meter } of meters) {
      const begun = this.begin(meter)
      if (begun !== undefined) for (const reading of readings) this.add(begun, reading)
    }
  }

  *#all(): Generator<UnknownMeter> {
    for (const { meters } of this.#terminals.values()) yield* meters.values()
  }
}

const keyOf = ({ origin, index }: UnboundReading): string => entryKey({ ...origin, index })

/** An entry of the quarantine, by log, record and place. */
export const entryKey = ({ log, seq, index }: QuarantineKey): string => `${log}/${seq}/${index}`
