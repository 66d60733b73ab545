import { poissonUpperBound, quantile } from './rates.ts'

/** A true event with the answer that is counted for it. */
export interface Match<Truth, Answer> {
  readonly truth: Truth
  readonly answer: Answer
}

/** Something true that takes time. */
export interface TrueSpan {
  /** Epoch ms; [start, end). */
  readonly start: number
  readonly end: number
  /** When the first sign of it reached the system; undefined when none did. */
  readonly firstSignAt?: number | undefined
  /** From when on a perfect reader of the same evidence is surer than 0.9; undefined when never. */
  readonly knowableAt?: number | undefined
}

export interface Latency {
  readonly p50: number
  readonly p95: number
}

export interface Rate {
  readonly rate: number
  readonly upper: number
}

/** How well an answer means an event. */
export interface Fit {
  /** It names what it was, or what nobody could tell from it. */
  readonly isExact: boolean
  /** Of those it happened to and those who are named, the share that is both, 0..1. */
  readonly overlap: number
  readonly startsApartMs: number
}

/** As in sort: the right name comes first, then who is meant, then how near the starts are. */
export const byFit = (one: Fit, other: Fit): number =>
  Number(other.isExact) - Number(one.isExact) ||
  other.overlap - one.overlap ||
  one.startsApartMs - other.startsApartMs

const MINUTE_MS = 60_000
/** Meters are read every quarter of an hour: what only readings tell began or ended somewhere between two of them. */
export const READING_MS = 15 * MINUTE_MS
/** Clocks of meters are off by up to five minutes: what a meter's own record tells may lie so far beside. */
const CLOCKS_MS = 5 * MINUTE_MS
/** What is said has the time of the log. Beside clocks of terminals that may be off by so much; nobody knows of what has not begun. */
const LOG_MS = 20_000
/** So much of the time that is said has to lie in the true one, where the start is not near; all but a reading's time of a short one. */
const LEAST_SHARE = 0.5
const MILLION = 1_000_000

/** When something is said to have been. */
export interface SaidSpan {
  readonly start: number
  /** Undefined while it lasts. */
  readonly end: number | undefined
}

/** Whether a time that is said lies within that of an event, or near it: excuses ask no more. @param until when watching ended: what lasts ends there */
export const overlaps = (truth: Pick<TrueSpan, 'start' | 'end'>, answer: SaidSpan, until: number): boolean =>
  answer.start < truth.end + READING_MS && (answer.end ?? until) > truth.start - READING_MS

/**
 * Whether an answer can mean an event by its times: said when that had begun, it touches it, and starts near it or lies in it for the
 * most part. What is found afterwards, by records or filled points, is said late and has the event's times.
 *
 *   true               ├──────────────┤
 *   starts near      ├─────────────────────────── … also one that never ends
 *   lies in it                 ├───────────┤          or begins in it, and ends within a reading of it
 *   none of it   ├───────────── … opened before; or       ├──── … half of it and more lies after
 *
 * @param saidAt when it was opened, or first suspected @param until when watching ended: what lasts ends there
 */
export function canMean(
  truth: Pick<TrueSpan, 'start' | 'end'>,
  answer: SaidSpan,
  saidAt: number,
  until: number
): boolean {
  const end = answer.end ?? until
  const shared = Math.min(end, truth.end) - Math.max(answer.start, truth.start)
  if (saidAt < truth.start - LOG_MS || shared < -CLOCKS_MS) return false
  if (Math.abs(answer.start - truth.start) <= READING_MS) return true
  const saidMs = end - answer.start
  return shared >= 0 && saidMs - shared <= Math.max(READING_MS, (1 - LEAST_SHARE) * saidMs)
}

/**
 * Pairs of event and answer, the best fits first, each used once.
 * @param fitOf undefined when the answer cannot mean the event @param better as in sort: negative when the first fits better
 */
export function matchBest<Truth, Answer, Fit>(
  truths: readonly Truth[],
  answers: readonly Answer[],
  fitOf: (truth: Truth, answer: Answer) => Fit | undefined,
  better: (one: Fit, other: Fit) => number
): Match<Truth, Answer>[] {
  const pairs = truths.flatMap(truth =>
    answers.flatMap(answer => {
      const fit = fitOf(truth, answer)
      return fit === undefined ? [] : [{ truth, answer, fit }]
    })
  )
  pairs.sort((one, other) => better(one.fit, other.fit))
  const [usedTruths, usedAnswers] = [new Set<Truth>(), new Set<Answer>()]
  const matches: Match<Truth, Answer>[] = []
  for (const { truth, answer } of pairs) {
    if (usedTruths.has(truth) || usedAnswers.has(answer)) continue
    usedTruths.add(truth)
    usedAnswers.add(answer)
    matches.push({ truth, answer })
  }
  return matches
}

/** Seconds from three moments of the events to their opening, of those that have the moment. One opened before it took no time. */
export function latencies(
  matches: readonly Match<TrueSpan, { readonly openedAt: number | undefined }>[]
): Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>> {
  const since = (from: (truth: TrueSpan) => number | undefined): Latency => {
    const seconds = matches.flatMap(({ truth, answer }) => {
      const begun = from(truth)
      return begun === undefined ? [] : [Math.max(0, (answer.openedAt ?? begun) - begun) / 1000]
    })
    return { p50: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) }
  }
  return {
    fromStart: since(({ start }) => start),
    fromSign: since(({ firstSignAt }) => firstSignAt),
    fromKnowable: since(({ knowableAt }) => knowableAt)
  }
}

/** Of a count over so many meter-days: for a million of them, with the 95 % upper bound. */
export const rateOf = (count: number, meterDays: number): Rate => ({
  rate: (count / meterDays) * MILLION,
  upper: (poissonUpperBound(count) / meterDays) * MILLION
})
