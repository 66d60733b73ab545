import type { PlantReport } from '../../../src/model/plant.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import type { AlarmBook } from '../alarms/alarm-book.ts'
import { timeOf } from '../evidence/moments.ts'
import { clockText, type Round, type Teller } from './teller.ts'

const KIND = 'back-feed'

/** A section that something is to keep apart from two sources at once, and who may tell of its breakers. */
interface Guarded {
  readonly terminals: ReadonlySet<string>
  /** Sources of its customer: what else a breaker is said to stand on feeds nothing. */
  readonly sources: ReadonlySet<string>
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
  /** Of which time the newest word of each section is, epoch ms: one of before it is late. */
  readonly #toldAt = new Map<string, number>()

  constructor(teller: Teller, alarms: AlarmBook) {
    this.#teller = teller
    this.#alarms = alarms
  }

  setRegistry({ keyCustomers }: Registry): void {
    this.#guarded.clear()
    for (const { sources, sections } of keyCustomers.values()) {
      const terminals = new Set(sources.map(({ terminal }) => terminal).filter(id => id !== ''))
      const own = new Set(sources.map(source => source.id))
      for (const { id, interlock } of sections)
        if (isInterlock(interlock)) this.#guarded.set(id, { terminals, sources: own, interlock })
    }
  }

  /** A `backup` message. */
  plant(round: Round, terminal: string, { time, switches }: PlantReport, arrivedAt: number): void {
    this.#dropUnguarded(round, arrivedAt)
    if (this.#guarded.size === 0) return
    const closed = new Map<string, Set<string>>()
    for (const { section, position } of switches) {
      const guarded = this.#guarded.get(section)
      if (guarded?.terminals.has(terminal) !== true) continue
      const onto = closed.get(section) ?? new Set()
      closed.set(section, guarded.sources.has(position) ? onto.add(position) : onto)
    }
    const at = timeOf(time, arrivedAt)
    for (const [section, sources] of closed) {
      if (at < (this.#toldAt.get(section) ?? at)) continue
      this.#toldAt.set(section, at)
      this.#tell(round, section, [...sources], at)
    }
  }

  /** What nothing is to keep apart any more is no danger by this rule. */
  #dropUnguarded(round: Round, at: number): void {
    for (const [section, id] of this.#up) {
      if (this.#guarded.has(section)) continue
      this.#alarms.resolve(id, at, round.now, round.out)
      this.#up.delete(section)
    }
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
    return { up: [...this.#up], toldAt: [...this.#toldAt] }
  }

  load(saved: object): void {
    // Before they had times alarms stood alone.
    const { up, toldAt = [] } = (Array.isArray(saved) ? { up: saved } : saved) as {
      up: [string, string][]
      toldAt?: [string, number][]
    }
    this.#up.clear()
    for (const [section, id] of up) this.#up.set(section, id)
    this.#toldAt.clear()
    for (const [section, at] of toldAt) this.#toldAt.set(section, at)
  }
}

/** What the file says where there is none. */
const isInterlock = (interlock: string): boolean => !['', 'none', 'no'].includes(interlock.toLowerCase())
