import { seededRandom } from '../random.ts'
import { drawBusiness, drawHome, MINUTES } from './load/draw-day.ts'

/**
 * What one simulated customer draws, as a function of time alone: history and live agree, and a restart goes on with
 * the same registers. Energy since the epoch up to local midnight of day d is a closed form,
 *
 *   C(d) = mean x (d + weekend extra x weekend days before d + season(d) + jitter x r(d)),   r(d) a hash in [0, 1)
 *
 * so any day's total is C(d+1) - C(d), always positive, without summing the days before. Within the day a curve of
 * minutes (standby, fridge, people, appliances drawn from the day's own seed) is scaled to that total.
 */
export type CustomerKind = 'home' | 'shop' | 'clinic'

export interface LoadProfile {
  readonly kind: CustomerKind
  /** Everything random about this customer follows from it. */
  readonly seed: string
  /** Mean energy of a day, Wh. */
  readonly meanWh: number
}

/** The district lies in a zone without daylight saving: its days begin at 16:00 UTC of the day before. */
export const DISTRICT_OFFSET_MS = 8 * 3600000
/** Local midnight on which all simulated registers start to count: 2025-01-01 in UTC+8. */
export const DISTRICT_EPOCH_MS = Date.UTC(2025, 0, 1) - DISTRICT_OFFSET_MS

const DAY_MS = 86400000
const MINUTE_MS = 60000
/** 2025-01-01 was a Wednesday; Monday is 0. */
const EPOCH_WEEKDAY = 2
const JITTER = 0.28
const WEEKEND_EXTRA: Readonly<Record<CustomerKind, number>> = { home: 0.12, shop: 0.1, clinic: -0.25 }
const SEASON: Readonly<Record<CustomerKind, number>> = { home: 0.2, shop: 0.1, clinic: 0.12 }
const YEAR_DAYS = 365.25
/** Cooling in July and heating in January: two peaks a year, the higher at the turn of January. */
const HOT_AND_COLD = 2

export class LoadCurve {
  readonly #profile: LoadProfile
  readonly #hashSeed: number
  /** Running share of the day's energy by minute, for the days last asked for. */
  readonly #days = new Map<number, Float64Array>()

  constructor(profile: LoadProfile) {
    this.#profile = profile
    this.#hashSeed = seededRandom(profile.seed).integer(2 ** 32)
  }

  /** Energy since the epoch, Wh; 0 before it. Rises with time without a step. */
  cumulativeWh(time: number): number {
    const sinceEpoch = time - DISTRICT_EPOCH_MS
    if (sinceEpoch <= 0) return 0
    const day = Math.floor(sinceEpoch / DAY_MS)
    const minute = (sinceEpoch - day * DAY_MS) / MINUTE_MS
    const whole = Math.floor(minute)
    const shares = this.#sharesOf(day)
    const low = shares[whole] ?? 0
    const share = low + ((shares[whole + 1] ?? 1) - low) * (minute - whole)
    const before = this.#beforeDay(day)
    return before + (this.#beforeDay(day + 1) - before) * share
  }

  /** Mean power over [from, to), kW. */
  averageKw(from: number, to: number): number {
    return ((this.cumulativeWh(to) - this.cumulativeWh(from)) / (to - from)) * 3600
  }

  #beforeDay(day: number): number {
    const { kind, meanWh } = this.#profile
    const angle = (HOT_AND_COLD * 2 * Math.PI * day) / YEAR_DAYS
    const season = SEASON[kind] * (YEAR_DAYS / (HOT_AND_COLD * 2 * Math.PI)) * Math.sin(angle)
    const weekend = WEEKEND_EXTRA[kind] * weekendDaysBefore(day)
    const jitter = JITTER * (hash(this.#hashSeed, day) - hash(this.#hashSeed, 0))
    return meanWh * (day + weekend + season + jitter)
  }

  #sharesOf(day: number): Float64Array {
    const known = this.#days.get(day)
    if (known !== undefined) return known
    const { kind, seed } = this.#profile
    const random = seededRandom(`${seed}/${day}`)
    const watts = new Float64Array(MINUTES)
    if (kind === 'home') drawHome(watts, random, seededRandom(`${seed}/habits`), isWeekend(day))
    else drawBusiness(watts, random, kind, isWeekend(day))
    const shares = runningShares(watts)
    // Yesterday and today are all that is asked for at once.
    if (this.#days.size >= 2) this.#days.delete(Math.min(...this.#days.keys()))
    this.#days.set(day, shares)
    return shares
  }
}

function runningShares(watts: Float64Array): Float64Array {
  const shares = new Float64Array(MINUTES + 1)
  for (let minute = 0; minute < MINUTES; minute++) {
    shares[minute + 1] = (shares[minute] ?? 0) + (watts[minute] ?? 0)
  }
  const total = shares[MINUTES] ?? 1
  for (let minute = 0; minute <= MINUTES; minute++) shares[minute] = (shares[minute] ?? 0) / total
  return shares
}

const isWeekend = (day: number): boolean => (day + EPOCH_WEEKDAY) % 7 >= 5

function weekendDaysBefore(day: number): number {
  const shifted = day + EPOCH_WEEKDAY
  return Math.floor(shifted / 7) * 2 + Math.max(0, (shifted % 7) - 5)
}

/** Uniform in [0, 1) from two integers (finalizer of MurmurHash3). */
export function hash(seed: number, index: number): number {
  let h = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}
