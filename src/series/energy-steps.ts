import { ESTIMATED, MISSING, qualityAt, SUSPECT, UNCHECKED, VALID } from '../model/quality.ts'
import type { IntervalRow } from './port.ts'

/** Steps of a span: of one length from its start, or local days or months of an IANA time zone. */
export type StepRule =
  | { readonly kind: 'fixed'; readonly stepMs: number }
  | { readonly kind: 'day' | 'month'; readonly timeZone: string }

/** What is known of one register over one step. */
export interface StepEnergy {
  /** kWh or kvarh, primary; the sum of what is known. Null when nothing is: missing is never 0. */
  readonly sum: number | null
  /** Part of the step that the sum covers, 0..1. */
  readonly coverage: number
  /** The worst quality of what was added; MISSING when nothing was. */
  readonly quality: number
}

/** [start, end), epoch ms. */
export interface EnergyStep {
  readonly start: number
  readonly end: number
  readonly importKwh: StepEnergy
  readonly exportKwh: StepEnergy
  readonly importKvarh: StepEnergy
  readonly exportKvarh: StepEnergy
  /** Bits of REASON of all intervals inside the step. */
  readonly reasons: number
}

/** From best to worst. */
const WORSE: readonly number[] = [VALID, UNCHECKED, ESTIMATED, SUSPECT, MISSING]

/**
 * Energy by steps over [from, to). An interval counts only when it lies wholly inside a step, because what it
 * spent on either side of a boundary nobody measured; nothing is estimated here. Intervals that overlap are
 * never both added: the one that ends first counts. The first and last step are cut off at `from` and `to`.
 *
 * @param intervals of one meter, the highest revision of each, in order of end
 * @throws RangeError for a step that is not positive or a time zone that does not exist
 */
export function energySteps(
  intervals: readonly IntervalRow[],
  from: number,
  to: number,
  rule: StepRule
): EnergyStep[] {
  const steps: EnergyStep[] = []
  let next = 0
  for (const [start, end] of stepBounds(from, to, rule)) {
    const inside: IntervalRow[] = []
    for (; next < intervals.length && intervals[next].end <= end; next++) {
      if (intervals[next].start >= start) inside.push(intervals[next])
    }
    const [importKwh, exportKwh, importKvarh, exportKvarh] = [0, 1, 2, 3].map(register =>
      sumRegister(inside, register, end - start)
    )
    const reasons = inside.reduce((mask, interval) => mask | interval.reasons, 0)
    steps.push({ start, end, importKwh, exportKwh, importKvarh, exportKvarh, reasons })
  }
  return steps
}

function sumRegister(intervals: readonly IntervalRow[], register: number, stepMs: number): StepEnergy {
  let sum: number | null = null
  let coveredMs = 0
  let worst = 0
  let until = Number.NEGATIVE_INFINITY
  for (const { start, end, energy, quality } of intervals) {
    const value = energy[register]
    if (Number.isNaN(value) || start < until) continue
    until = end
    coveredMs += end - start
    sum = (sum ?? 0) + value
    worst = Math.max(worst, WORSE.indexOf(qualityAt(quality, 0, register)))
  }
  if (sum === null) return { sum, coverage: 0, quality: MISSING }
  return { sum, coverage: coveredMs / stepMs, quality: WORSE[worst] }
}

/** Bounds [start, end) of the steps of [from, to), in order, without gaps. */
export function stepBounds(from: number, to: number, rule: StepRule): [number, number][] {
  if (rule.kind === 'fixed' && !(rule.stepMs > 0)) throw new RangeError('a step must be longer than 0 ms')
  const bounds: [number, number][] = []
  for (let start = from; start < to; ) {
    const end = Math.min(to, rule.kind === 'fixed' ? start + rule.stepMs : nextMidnight(start, rule))
    bounds.push([start, end])
    start = end
  }
  return bounds
}

/** First instant of the next local day or month: 23, 24 or 25 hours later, or whatever the zone decrees. */
function nextMidnight(
  time: number,
  rule: { readonly kind: 'day' | 'month'; readonly timeZone: string }
): number {
  const local = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(rule.timeZone)
  const date = local.toPlainDate()
  const next = rule.kind === 'day' ? date.add({ days: 1 }) : date.with({ day: 1 }).add({ months: 1 })
  return next.toZonedDateTime(rule.timeZone).epochMilliseconds
}
