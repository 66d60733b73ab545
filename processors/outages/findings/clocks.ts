import type { DecodedFrame } from '../../../src/codecs/decoded-frame.ts'
import { FIELD } from '../../../src/model/fields.ts'
import type { ReportedEvent } from '../../../src/model/events.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { boundMeter, clockText, minutes, type Round, rounded, type Teller } from './teller.ts'

/** Before that no smart meter of a network was read: a label that says so is of a clock that was never set. */
const CLOCKS_BEGIN = Date.UTC(2015, 0, 1)
/** Points that a meter keeps with the labels of a wrong clock are read for so long after it was set. */
const KEPT_MS = 86_400_000

/** Meters whose clock stands, was never set or is far off: `clock`. Their times are believed nowhere; here it is said. */
export class Clocks {
  readonly #marks: MeterMarks
  readonly #teller: Teller
  /** When clocks that had been wrong were set, by our clock. */
  readonly #setAt = new Map<number, number>()

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  /** What an event that is no old one says of the clock of its meter. @param meter dense number */
  event(round: Round, meter: number, event: ReportedEvent, arrivedAt: number): void {
    if (event.origin !== 'meter' && event.origin !== 'module') return
    if (event.type === 'clock-fault') {
      this.#teller.sayOfMeter(round, 'clock', meter, 'The meter reports that its clock is faulty.')
      return
    }
    if (event.type === 'clock-set') {
      if (this.#marks.has(meter, 'clock')) this.#setAt.set(meter, arrivedAt)
      this.#marks.clear(meter, 'clock')
      return
    }
    // Who says when he said it a while ago tells of then.
    if (arrivedAt - event.reportedAt > figure('freshness')) return
    const said = Math.min(...[event.time, event.start].filter(time => !Number.isNaN(time)))
    if (said < CLOCKS_BEGIN)
      this.#teller.sayOfMeter(
        round,
        'clock',
        meter,
        `An event of type ${event.type} that has just come says that it happened at ${clockText(said)}.`
      )
    else if (event.time > arrivedAt + figure('clockTrust'))
      this.#teller.sayOfMeter(
        round,
        'clock',
        meter,
        `An event of type ${event.type} says that it happens ${minutes(event.time - arrivedAt)} after it came.`
      )
  }

  /** Labels of readings that cannot be: those are set aside, so it is the frame that is looked at. */
  frame(round: Round, terminal: string, decoded: DecodedFrame, arrivedAt: number): void {
    const { rows, time } = decoded
    let isAhead = 0
    for (let row = 0; row < rows; row++) if (time[row] > arrivedAt + figure('clockTrust')) isAhead++
    // Most of them at once are of a terminal whose clock is wrong, or of ours.
    const doubtsAhead = isAhead > 0 && isAhead * 2 < rows
    for (let row = 0; row < rows; row++) {
      const isDead = time[row] < CLOCKS_BEGIN
      if (!isDead && !(doubtsAhead && time[row] > arrivedAt + figure('clockTrust'))) continue
      const meter = boundMeter(round.books, terminal, decoded.meter[row])
      if (meter < 0 || arrivedAt - (this.#setAt.get(meter) ?? Number.NaN) < KEPT_MS) continue
      this.#teller.sayOfMeter(
        round,
        'clock',
        meter,
        `A reading that came at ${clockText(arrivedAt)} is labelled ${clockText(time[row])}.`
      )
    }
  }

  /** What terminals measure when they compare clocks. */
  offsets(
    round: Round,
    meters: Uint32Array,
    values: readonly (Float64Array | undefined)[],
    firstRow: number,
    rows: number
  ): void {
    const offset = values[FIELD.clockOffsetS]
    if (offset === undefined) return
    const most = figure('clockOffset') / 1000
    for (let row = firstRow; row < rows; row++)
      if (Math.abs(offset[row]) > most)
        this.#teller.sayOfMeter(
          round,
          'clock',
          meters[row],
          `The terminal measured that the clock is off by ${rounded(offset[row], 0)} s (more than ${most} s).`
        )
  }

  save(): object {
    return [...this.#setAt]
  }

  load(saved: object): void {
    this.#setAt.clear()
    for (const [meter, at] of saved as [number, number][]) this.#setAt.set(meter, at)
  }
}
