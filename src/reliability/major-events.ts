import { daysIn, type LocalDay } from './days.ts'
import { type Episode, episodesOf } from './episodes.ts'
import { isMomentary } from './momentary-events.ts'
import type { MajorEventParameters, ReliabilityProfile } from './profile.ts'
import { lengthWithin, type Span } from './spans.ts'
import { type ReliabilityInput, rowsByUnit, servedOf } from './units.ts'

const MINUTE_MS = 60_000

/** The history that the threshold of a period is made of: so many years up to its beginning, epoch ms. */
export function historyBefore(from: number, zone: string, { history }: MajorEventParameters): Span {
  const local = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone)
  return { from: local.subtract({ years: history.value }).epochMilliseconds, to: from }
}

export interface DailySaidi extends LocalDay {
  readonly customerMinutes: number
  /** Null when nobody is served. */
  readonly saidiMinutes: number | null
}

/**
 * SAIDI of each local day that the period touches, divided by the customers served on that day. Whole days are counted: a period of
 * days has to begin and end at midnight. Minutes go to the day that the profile says: to the one on which the interruption
 * began, so that a storm of three days is one large day, or to those on which they pass.
 */
export function dailySaidi(input: ReliabilityInput, profile: ReliabilityProfile): DailySaidi[] {
  const { parameters } = profile
  const days = daysIn(input.from, input.to, input.zone)
  const sums = new Float64Array(days.length)
  for (const [unit, rows] of rowsByUnit(input, parameters))
    for (const episode of episodesOf(unit, rows, input.asOf))
      if (parameters.momentaryCounts.value || !isMomentary(episode, parameters))
        addEpisode(sums, days, episode, parameters.accrual.value === 'to-the-beginning')
  return days.map((day, place) => {
    const { count } = servedOf(input, parameters, day.from, day.to)
    const customerMinutes = sums[place] / MINUTE_MS
    return { ...day, customerMinutes, saidiMinutes: count > 0 ? customerMinutes / count : null }
  })
}

function addEpisode(
  sums: Float64Array,
  days: readonly LocalDay[],
  episode: Episode,
  isOfBeginning: boolean
): void {
  for (let place = firstTouched(days, episode.start); place < days.length; place++) {
    const { from, to } = days[place]
    if (from >= episode.end) return
    if (isOfBeginning) {
      if (episode.start >= from && episode.start < to) sums[place] += episode.darkMs
      return
    }
    for (const { dark } of episode.parts) sums[place] += lengthWithin(dark, from, to)
  }
}

/** The first day that ends after `time`. */
function firstTouched(days: readonly LocalDay[], time: number): number {
  let low = 0
  let high = days.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (days[middle].to <= time) low = middle + 1
    else high = middle
  }
  return low
}

export interface MajorEventThreshold {
  /** Mean of ln SAIDI. */
  readonly alpha: number
  /** Standard deviation of ln SAIDI. */
  readonly beta: number
  /** Minutes per customer on a day; more than this makes it a major event day. */
  readonly tMedMinutes: number
  /** Days that it was made of, and days without SAIDI, which have no logarithm. */
  readonly days: number
  readonly daysWithout: number
}

/**
 * T_MED of the 2.5 beta method (IEEE 1366) from daily SAIDI of the years before the period, in minutes. Major event days of those years
 * are in it like all others: leaving them out would lower the threshold year by year.
 *
 * @returns undefined where the days are too few for a deviation: two for that of a sample, one for that of a population
 */
export function majorEventThreshold(
  daily: readonly number[],
  parameters: MajorEventParameters
): MajorEventThreshold | undefined {
  // In order of size: the sum, and with it the threshold, does not depend on the order of days.
  const logs = daily
    .filter(saidi => saidi > 0)
    .map(Math.log)
    .sort((a, b) => a - b)
  const divisor = parameters.deviation.value === 'sample' ? logs.length - 1 : logs.length
  if (divisor < 1) return undefined
  const alpha = logs.reduce((sum, log) => sum + log, 0) / logs.length
  const beta = Math.sqrt(logs.reduce((sum, log) => sum + (log - alpha) ** 2, 0) / divisor)
  return {
    alpha,
    beta,
    tMedMinutes: tMed(alpha, beta, parameters.factor.value),
    days: logs.length,
    daysWithout: daily.length - logs.length
  }
}

/** T_MED = exp(alpha + k beta), minutes per customer. */
export const tMed = (alpha: number, beta: number, factor: number): number => Math.exp(alpha + factor * beta)

/** Local dates of the days above the threshold; one that equals it is none. */
export const majorEventDays = (
  daily: readonly DailySaidi[],
  { tMedMinutes }: MajorEventThreshold
): string[] => daily.filter(({ saidiMinutes }) => (saidiMinutes ?? 0) > tMedMinutes).map(({ date }) => date)
