import type { ReportedEvent } from '../../../src/model/events.ts'
import { momentOf } from '../evidence/moments.ts'
import { criesWolf } from '../evidence/terminal-book.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { boundMeter, type Round, rounded, type Teller } from './teller.ts'

/** What a terminal has said of lost supply that nobody should believe. */
interface Flood {
  /** Log time at which its window of a minute began, and what came in it. */
  since: number
  inferred: number
  foreign: number
  own: number
  /** Gasps that it may still pass on, and when that was reckoned. */
  left: number
  leftAt: number
  /** Whether that is used up and not yet refilled by half. */
  isMuted: boolean
  /** Log time at which it was last too much; NaN for never. */
  saidAt: number
}

const WINDOW_MS = 60_000
/** Fewer make no flood, whatever their share. */
const LEAST_METERS = 5
const LEAST_INFERRED = 2
const LEAST_BUDGET = 40
const HOUR_MS = 3_600_000
const MOST_COUNT = 255

/**
 * Terminals that cry wolf (`gasp-flood`): gasps that nobody saw for most of their meters at once, for meters that are not theirs, or
 * again and again for meters that live. What is beyond the rate is kept from the intake; what is no evidence anyway only is said.
 */
export class Floods {
  readonly #marks: MeterMarks
  readonly #teller: Teller
  readonly #floods = new Map<string, Flood>()

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  /** @returns the event without those of whom it says it too often; undefined when nobody is left */
  event(round: Round, terminal: string, event: ReportedEvent, arrivedAt: number): ReportedEvent | undefined {
    if (event.isTest || (event.type !== 'last-gasp' && event.type !== 'power-down')) return event
    const flood = this.#of(round, terminal)
    if (event.origin === 'inferred') {
      flood.inferred += event.meters.length
      this.#judge(round, terminal, flood)
      return event
    }
    // What is told again of long ago is no claim.
    if (momentOf(event, arrivedAt) === undefined) return event
    const admitted = event.meters.filter(
      id => id === 'self' || this.#admits(round, terminal, flood, id, event)
    )
    this.#judge(round, terminal, flood)
    if (admitted.length === event.meters.length) return event
    return admitted.length === 0 ? undefined : { ...event, meters: admitted }
  }

  /** A terminal has said something of its own supply. */
  self(round: Round, terminal: string): void {
    if (criesWolf(round.books.terminals.of(terminal))) this.#judge(round, terminal, this.#of(round, terminal))
  }

  #admits(round: Round, terminal: string, flood: Flood, id: string, event: ReportedEvent): boolean {
    const meter = boundMeter(round.books, terminal, id)
    if (meter < 0) {
      flood.foreign++
      return true
    }
    flood.own++
    const marks = this.#marks
    const said = Number.isNaN(event.time) ? round.now : event.time
    // The same message twice is one gasp.
    if (said === marks.gaspAt[meter]) return !flood.isMuted && marks.gasps[meter] <= figure('gaspsPerHour')
    marks.gaspAt[meter] = said
    if (!(round.now - marks.gaspSince[meter] < HOUR_MS)) {
      marks.gaspSince[meter] = round.now
      marks.gasps[meter] = 0
    }
    if (marks.gasps[meter] < MOST_COUNT) marks.gasps[meter]++
    // One defective meter uses up what is its own, not what its neighbours may need.
    if (marks.gasps[meter] > figure('gaspsPerHour')) return false
    flood.left--
    if (flood.left < 0) flood.isMuted = true
    return !flood.isMuted
  }

  #of({ books, now }: Round, terminal: string): Flood {
    const budget = this.#budget(books, terminal)
    let flood = this.#floods.get(terminal)
    if (flood === undefined) {
      flood = {
        ...{ since: now, inferred: 0, foreign: 0, own: 0 },
        ...{ left: budget, leftAt: now, isMuted: false, saidAt: Number.NaN }
      }
      this.#floods.set(terminal, flood)
    }
    if (now - flood.since > WINDOW_MS) Object.assign(flood, { since: now, inferred: 0, foreign: 0, own: 0 })
    flood.left = Math.min(budget, Math.max(0, flood.left) + (budget * (now - flood.leftAt)) / HOUR_MS)
    flood.leftAt = now
    if (flood.left * 2 >= budget) flood.isMuted = false
    return flood
  }

  /** Gasps of a terminal within an hour. */
  #budget({ grid }: Round['books'], terminal: string): number {
    const number = grid.terminalNumbers.get(terminal)
    const meters = number === undefined ? 0 : grid.metersRead.of(number).length
    return Math.max(LEAST_BUDGET, figure('floodRate') * meters)
  }

  #judge(round: Round, terminal: string, flood: Flood): void {
    const { grid } = round.books
    const number = grid.terminalNumbers.get(terminal)
    const meters = number === undefined ? 0 : grid.metersRead.of(number).length
    const many = Math.max(LEAST_INFERRED, figure('floodShare') * meters)
    const why =
      flood.inferred >= many
        ? `It sent gasps that no meter made (origin inferred) for ${flood.inferred} of its ${meters} meters within a minute.`
        : flood.foreign >= LEAST_METERS && flood.foreign > flood.own
          ? `It sent gasps of ${flood.foreign} meters that are not bound to it within a minute, and of ${flood.own} of its own.`
          : flood.isMuted
            ? `It sent more gasps than ${rounded(this.#budget(round.books, terminal), 0)} within an hour (${figure('floodRate')} for each of its ${meters} meters): the rest raises nothing.`
            : criesWolf(round.books.terminals.of(terminal))
              ? `It said more than ${figure('gaspsPerHour')} times that its own supply is gone, each time within an hour of the time before: until it has said nothing of the kind for an hour it raises nothing.`
              : undefined
    if (why === undefined) return
    const isNew = !(round.now - flood.saidAt < HOUR_MS)
    flood.saidAt = round.now
    if (isNew) this.#teller.say(round, 'gasp-flood', terminal, why)
  }

  save(): object {
    return [...this.#floods].map(([terminal, flood]) => [
      terminal,
      { ...flood, saidAt: Number.isNaN(flood.saidAt) ? null : flood.saidAt }
    ])
  }

  load(saved: object): void {
    this.#floods.clear()
    for (const [terminal, flood] of saved as [string, Omit<Flood, 'saidAt'> & { saidAt: number | null }][])
      this.#floods.set(terminal, { ...flood, saidAt: flood.saidAt ?? Number.NaN })
  }
}
