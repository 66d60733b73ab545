import type { ReportedEvent } from '../../../src/model/events.ts'
import { figure } from '../likelihoods.ts'

/** The year before which no smart meter of a network can have lost supply: a clock that says so was never set. */
const CLOCKS_BEGIN = Date.UTC(2015, 0, 1)
/** A gasp leaves so long after the loss at most: a concentrator may gather first. */
const GASP_DELAY_MS = 150_000
const AHEAD_MS = 60_000

/**
 * When an event happened, by its own time as far as that can be true. Undefined when it tells of something long past, such as an
 * old gasp that a terminal sends again: that says nothing about now.
 * @param arrivedAt by our clock
 */
export function momentOf(
  { time, reportedAt }: Pick<ReportedEvent, 'time' | 'reportedAt'>,
  arrivedAt: number,
  delayMs = GASP_DELAY_MS
): number | undefined {
  const hasReport = !Number.isNaN(reportedAt) && reportedAt <= arrivedAt + AHEAD_MS
  const base = Math.min(hasReport ? reportedAt : arrivedAt, arrivedAt)
  if (arrivedAt - base > figure('freshness')) return undefined
  if (Number.isNaN(time)) return base
  if (time >= base - delayMs && time <= base + AHEAD_MS) return Math.min(time, base)
  // A clock that is wrong, or something old: only who says when he said it is believed.
  if (hasReport) return base
  return Math.abs(base - time) <= figure('clockTrust') ? base : undefined
}

/** When something was so: never later than it was heard; what does not say when (NaN) was so then. */
export const timeOf = (time: number, arrivedAt: number): number =>
  Number.isNaN(time) ? arrivedAt : Math.min(time, arrivedAt)

/** When something happened of which a terminal tells by its own clock, which we set; its word may have waited for a link. */
export function momentByTerminal(
  event: Pick<ReportedEvent, 'time' | 'reportedAt'>,
  arrivedAt: number
): number | undefined {
  const isSane = event.time <= arrivedAt && arrivedAt - event.time <= figure('recordFreshness')
  return isSane ? event.time : momentOf(event, arrivedAt)
}

/**
 * Span of a meter's own record. Undefined where it cannot be: no end, an end before it began, before meters had clocks, in the future.
 * @param clockAheadMs of the meter, as far as is known
 */
export function spanOf(
  { start, end }: Pick<ReportedEvent, 'start' | 'end'>,
  arrivedAt: number,
  clockAheadMs: number
): { start: number; end: number } | undefined {
  if (Number.isNaN(start) || Number.isNaN(end) || end < start || start < CLOCKS_BEGIN) return undefined
  const span = { start: start - clockAheadMs, end: end - clockAheadMs }
  return span.end > arrivedAt + AHEAD_MS + figure('clockTrust') ? undefined : span
}
