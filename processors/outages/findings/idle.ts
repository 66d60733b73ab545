import type { ReportedEvent } from '../../../src/model/events.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { minutes, type Round, type Teller } from './teller.ts'

/** Rows without any load before it is thought of, whatever the interval. */
const LEAST_ROWS = 4
const MOST_ROWS = 255
/** Kept of the longest idle time with every row that draws: it is half forgotten after a week of quarters. */
const KEPT = 0.999

/**
 * Customers who draw nothing and have supply: their relay is open (`relay-open`, as the meter says), or they have opened their own
 * breaker (`customer-side`). Of a home where nobody lives nothing is said: only who draws all the time and then not at all, for
 * longer than he ever did, has been switched off.
 */
export class Idle {
  readonly #marks: MeterMarks
  readonly #teller: Teller

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  /** @param meter dense number @param time when it happened, by our clock */
  event(round: Round, meter: number, { type }: ReportedEvent, time: number): void {
    if (type === 'relay-open')
      this.#teller.sayOfMeter(round, 'relay-open', meter, 'The meter reports that its relay is open.')
    else if (type === 'relay-closed') this.#closed(meter, time)
  }

  /** What he did not draw meanwhile says nothing of him, nor do rows of then that come later. */
  #closed(meter: number, time: number): void {
    const marks = this.#marks
    marks.clear(meter, 'relay-open')
    marks.idleSince[meter] = Number.NaN
    marks.idleRows[meter] = 0
    if (!(marks.drewAt[meter] > time)) marks.drewAt[meter] = time
    if (!(marks.lastAt[meter] > time)) marks.lastAt[meter] = time
  }

  /** A row that shows load. @param at its time */
  draws(meter: number, at: number): void {
    const marks = this.#marks
    if (Number.isNaN(marks.firstAt[meter])) marks.firstAt[meter] = at
    const idle = at - marks.idleSince[meter]
    const usual = Number.isNaN(marks.idleUsual[meter]) ? 0 : marks.idleUsual[meter]
    marks.idleUsual[meter] = Math.max(usual * KEPT, idle > 0 ? idle / 1000 : 0)
    marks.idleSince[meter] = Number.NaN
    marks.idleRows[meter] = 0
    marks.drewAt[meter] = at
    if (marks.has(meter, 'customer-side')) marks.clear(meter, 'customer-side')
  }

  /** A row with voltage whose currents and power are exactly zero. */
  idles(round: Round, meter: number, at: number): void {
    const marks = this.#marks
    if (Number.isNaN(marks.firstAt[meter])) marks.firstAt[meter] = at
    if (Number.isNaN(marks.idleSince[meter])) marks.idleSince[meter] = at
    this.#count(round, meter, at)
  }

  /** Such a row that comes after a later one: a read that failed was made up for. */
  idledBefore(round: Round, meter: number, at: number): void {
    const marks = this.#marks
    if (!(at > marks.drewAt[meter])) return
    marks.idleSince[meter] = Math.min(at, marks.idleSince[meter])
    this.#count(round, meter, marks.lastAt[meter])
  }

  /** @param until the latest row without load */
  #count(round: Round, meter: number, until: number): void {
    const marks = this.#marks
    if (marks.idleRows[meter] < MOST_ROWS) marks.idleRows[meter]++
    if (marks.idleRows[meter] < LEAST_ROWS || marks.has(meter, 'relay-open')) return
    const lasted = until - marks.idleSince[meter]
    const watched = marks.idleSince[meter] - marks.firstAt[meter]
    const usual = Number.isNaN(marks.idleUsual[meter]) ? 0 : marks.idleUsual[meter] * 1000
    if (lasted < figure('idleAtLeast') || watched < lasted || lasted < figure('idleOverUsual') * usual) return
    this.#teller.sayOfMeter(
      round,
      'customer-side',
      meter,
      `Voltage is there, and for ${minutes(lasted)} (${marks.idleRows[meter]} readings) neither current nor power; before, it drew for ${minutes(watched)} with ${usual === 0 ? 'no pause' : `pauses of ${minutes(usual)} at most`}.`
    )
  }
}
