import type { PlantReport } from '../../../src/model/plant.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import type { AlarmBook } from '../alarms/alarm-book.ts'
import { clockText, type Round, type Teller } from './teller.ts'

const KIND = 'back-feed'

/** A section that something is to keep apart from two sources at once, and who may tell of its breakers. */
interface Guarded {
  readonly terminals: ReadonlySet<string>
  readonly interlock: string
}

/**
 * Danger (`back-feed`): two sources are closed onto one load section at once, although an interlock is to keep them apart. One feeds into the other,
 * which somebody may take for dead. A section with a breaker for each source tells of each in an entry of its own; two entries of one message that
 * stand on different sources are what this looks for. It is over when a message says so.
 */
export class Parallel {
  readonly #teller: Teller
  readonly #alarms: AlarmBook
  readonly #guarded = new Map<string, Guarded>()
  /** Alarms that are up, by section. */
  readonly #up = new Map<string, string>()

  constructor(teller: Teller, alarms: AlarmBook) {
    this.#teller = teller
    this.#alarms = alarms
  }

  setRegistry({ keyCustomers }: Registry): void {
    this.#guarded.clear()
    for (const { sources, sections } of keyCustomers.values()) {
      const terminals = new Set(sources.map(({ terminal }) => terminal).filter(id => id !== ''))
      for (const { id, interlock } of sections)
        if (isInterlock(interlock)) this.#guarded.set(id, { terminals, interlock })
    }
  }

  /** A `backup` message. */
  plant(round: Round, terminal: string, { time, switches }: PlantReport, arrivedAt: number): void {
    if (this.#guarded.size === 0) return
    const closed = new Map<string, Set<string>>()
    for (const { section, position } of switches) {
      if (this.#guarded.get(section)?.terminals.has(terminal) !== true) continue
      const onto = closed.get(section) ?? new Set()
      closed.set(section, position === 'open' || position === '' ? onto : onto.add(position))
    }
    const at = Number.isNaN(time) ? arrivedAt : Math.min(time, arrivedAt)
    for (const [section, sources] of closed) this.#tell(round, section, [...sources], at)
  }

  #tell(round: Round, section: string, sources: readonly string[], at: number): void {
    const up = this.#up.get(section)
    if (sources.length < 2) {
      if (up !== undefined) this.#alarms.resolve(up, at, round.now, round.out)
      this.#up.delete(section)
      return
    }
    if (up !== undefined) return
    const { interlock } = this.#guarded.get(section) as Guarded
    this.#teller.say(
      round,
      KIND,
      section,
      `DANGER: ${sources.join(' and ')} are closed onto it at once since ${clockText(at)}, against its interlock (${interlock}).`
    )
    const condition = { kind: KIND, subject: section, start: at, value: Number.NaN, threshold: Number.NaN }
    this.#up.set(section, this.#alarms.raise(condition, round.now, round.out))
  }

  save(): object {
    return [...this.#up]
  }

  load(saved: object): void {
    this.#up.clear()
    for (const [section, id] of saved as [string, string][]) this.#up.set(section, id)
  }
}

/** What the file says where there is none. */
const isInterlock = (interlock: string): boolean => !['', 'none', 'no'].includes(interlock.toLowerCase())
