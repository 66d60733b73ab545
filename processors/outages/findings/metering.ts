import type { ReportedEvent } from '../../../src/model/events.ts'
import { lettersOf } from '../../../src/model/phases.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { clockText, type Round, rounded, type Teller } from './teller.ts'

/** A phase that its meter does not see while current flows in it, or a register that goes on without any voltage. */
interface Watch {
  /** Register of the first such row, kWh as shown; NaN when it was not sent. */
  readonly kwh: number
  /** Rows that show it, and rows after them that do not. */
  rows: number
  whole: number
  /** Time of the latest of either, or of the meter's word. */
  at: number
}

/** Of a row: phases without voltage and those of them with current, as bits; the largest of their currents. */
export interface Lack {
  readonly dead: number
  readonly fed: number
  readonly amperes: number
  readonly kwh: number
  /** Whether none of its phases has voltage. */
  readonly isAll: boolean
}

/** A meter's own word that it lacks a voltage, until it is seen whether its neighbours do too. */
interface Word {
  readonly meter: number
  readonly type: string
  readonly phases: number
  readonly time: number
  readonly at: number
}

/** Rows in a row that have to show it: one may be torn. */
const LEAST_ROWS = 2
/** Rows without it after which it is over: a loose contact comes and goes. */
const WHOLE_ROWS = 4
/** Steps of the register that are no rounding. */
const LEAST_STEPS = 5
/** Words that wait at once: more are no metering faults. */
const MOST_WORDS = 200

/** Meters whose voltage circuits are open while energy flows (失压, 全失压): `metering-fault`. */
export class Metering {
  readonly #marks: MeterMarks
  readonly #teller: Teller
  readonly #watched = new Map<number, Watch>()
  #words: Word[] = []
  /** Latest word of a low or missing voltage in each area. */
  #odd = new Map<number, { meter: number; time: number }>()

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  /** @param time when it happened, by our clock */
  event({ books, now }: Round, meter: number, { type, phases }: ReportedEvent, time: number): void {
    const area = books.grid.areaOf[books.grid.placeOf[meter]]
    const isWord = type === 'voltage-loss' || type === 'all-voltage-loss'
    if (!isWord && type !== 'under-voltage' && type !== 'phase-open') return
    const other = this.#odd.get(area)
    const isShared =
      other !== undefined && other.meter !== meter && Math.abs(other.time - time) <= figure('momentTolerance')
    this.#odd.set(area, { meter, time })
    // A phase that is open in the network lets many meters say so: what they show settles it.
    if (isShared)
      this.#words = this.#words.filter(
        word =>
          books.grid.areaOf[books.grid.placeOf[word.meter]] !== area ||
          Math.abs(word.time - time) > figure('momentTolerance')
      )
    else if (isWord && this.#words.length < MOST_WORDS)
      this.#words.push({ meter, type, phases, time, at: now })
  }

  /** A row in which phases are missing to the meter. */
  lacks(round: Round, meter: number, at: number, { dead, fed, amperes, kwh, isAll }: Lack): void {
    const watch = this.#watched.get(meter)
    if (watch === undefined) {
      if (fed !== 0 || isAll) this.#watch(meter, { kwh, rows: fed === 0 ? 0 : 1, whole: 0, at })
      return
    }
    watch.at = at
    watch.whole = 0
    if (fed !== 0) watch.rows++
    const { registerDecimals, wiring } = round.books.grid.registry.meters
    const decimals = Number.isNaN(registerDecimals[meter]) ? 2 : registerDecimals[meter]
    const steps = Math.round((kwh - watch.kwh) * 10 ** decimals)
    const isOne = wiring.get(meter) === '1p2w'
    if (watch.rows >= LEAST_ROWS && fed !== 0)
      this.#teller.sayOfMeter(
        round,
        'metering-fault',
        meter,
        `No voltage on ${named(isOne ? 0 : dead)} in ${watch.rows} readings while ${rounded(amperes, 2)} A flow in ${named(isOne ? 0 : fed)}.`
      )
    else if (isAll && steps >= LEAST_STEPS)
      this.#teller.sayOfMeter(
        round,
        'metering-fault',
        meter,
        `No voltage on any phase while the register went on by ${rounded(kwh - watch.kwh, decimals)} kWh.`
      )
  }

  /** A row in which nothing is missing, of a meter that is watched. */
  isWhole(meter: number, at: number): void {
    const watch = this.#watched.get(meter)
    if (watch === undefined || at <= watch.at) return
    watch.at = at
    if (++watch.whole < WHOLE_ROWS && this.#marks.has(meter, 'metering-fault')) return
    this.#watched.delete(meter)
    this.#marks.clear(meter, 'watched')
    this.#marks.clear(meter, 'metering-fault')
  }

  #watch(meter: number, watch: Watch): void {
    this.#watched.set(meter, watch)
    this.#marks.set(meter, 'watched')
  }

  /** Words that nobody near shared. */
  tick(round: Round): void {
    if (this.#words.length === 0) return
    const due = this.#words.filter(({ at }) => round.now - at >= figure('wordAlone'))
    if (due.length === 0) return
    this.#words = this.#words.filter(word => !due.includes(word))
    for (const { meter, type, phases, time } of due) {
      if (!this.#watched.has(meter)) this.#watch(meter, { kwh: Number.NaN, rows: 0, whole: 0, at: time })
      this.#teller.sayOfMeter(
        round,
        'metering-fault',
        meter,
        `The meter alone of its area reports ${type} on ${named(phases)} at ${clockText(time)}, and nobody else a low voltage.`
      )
    }
  }

  /** Areas are numbers of a registry. */
  forgetAreas(): void {
    this.#odd = new Map()
  }

  save(): object {
    const number = (value: number): number | null => (Number.isNaN(value) ? null : value)
    return {
      watched: [...this.#watched].map(([meter, watch]) => [meter, { ...watch, kwh: number(watch.kwh) }]),
      words: this.#words,
      odd: [...this.#odd]
    }
  }

  load(saved: object): void {
    const { watched, words, odd } = saved as {
      watched: [number, Omit<Watch, 'kwh'> & { kwh: number | null }][]
      words: Word[]
      odd: [number, { meter: number; time: number }][]
    }
    this.#watched.clear()
    for (const [meter, { kwh, ...rest }] of watched)
      this.#watched.set(meter, { ...rest, kwh: kwh ?? Number.NaN })
    this.#words = [...words]
    this.#odd = new Map(odd)
  }
}

const named = (phases: number): string => (phases === 0 ? 'its phase' : `phase ${lettersOf(phases)}`)
