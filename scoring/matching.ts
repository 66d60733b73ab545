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

/** How far an answer's times may lie outside of an event's and still mean it. */
const SLACK_MS = 15 * 60_000
const MILLION = 1_000_000

/** Whether an answer's time lies within that of an event, or near it. @param until when watching ended: what lasts ends there */
export const overlaps = (
  truth: Pick<TrueSpan, 'start' | 'end'>,
  answer: { readonly start: number; readonly end: number | undefined },
  until: number
): boolean => answer.start < truth.end + SLACK_MS && (answer.end ?? until) > truth.start - SLACK_MS

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
