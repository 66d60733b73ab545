import type { RowRun, OutageRun } from './outage-runs.ts'
import type { PooledScore } from './outage-pool.ts'

/** What issue 6 asks of suites and rows of outages, as figures beside their limits. */

/** A figure with what it has to reach; one that is no number reaches nothing. */
export interface Limit {
  readonly value: number
  readonly limit: number
  readonly isMet: boolean
}
const least = (value: number, limit: number): Limit => ({ value, limit, isMet: value >= limit })
const most = (value: number, limit: number): Limit => ({ value, limit, isMet: value <= limit })

/** How far indices may be off where records do not come. Where all come the bar `indices` asks 0.1 %. */
const WITHOUT_RECORDS = 0.03

const LIMITS: Readonly<Record<string, (score: PooledScore) => Record<string, Limit>>> = {
  gasps: score => ({
    f1: least(score.rates.f1, 0.98),
    exactOfThreeOrMore: least(score.exactOfThreeOrMore, 0.95),
    knowableS: most(score.knowableS, 30),
    // Some records of the suites never come (their link is lost), and one feeder that is out for 299 s is 2 % of all interruptions.
    saifiError: most(score.saifiError, WITHOUT_RECORDS),
    saidiError: most(score.saidiError, WITHOUT_RECORDS)
  }),
  silence: score => ({
    f1: least(score.rates.f1, 0.94),
    exact: least(score.exactAtEnd, 0.88),
    // Whose silence equals that of lost terminals is counted at close, not in time: its share is printed.
    inTimeShare: least(score.inTimeOfTold / score.knowableOfTold, 0.95)
  }),
  communication: score => ({
    meterDays: least(score.meterDays, 100_000),
    falseIncidents: most(score.falseIncidents.rate, 0),
    suspicionsPerMillion: most(score.falseSuspicions.rate, 20),
    ...ofLosses(score)
  })
}

/** Single meters that are not read for an hour by chance are no loss that anybody is asked about: the bar counts and prints them. */
const ofLosses = ({ allButMeter }: PooledScore): Record<string, Limit> =>
  allButMeter.losses > 0
    ? { lossesF1: least(allButMeter.f1, 0.97) }
    : { saidWithoutLoss: most(allButMeter.said, 0) }

/** Limits of a drawn suite, by the first word of its name; none where the issue has none. @param isSmaller a short form proves no size */
export function limitsOf(suite: string, score: PooledScore, isSmaller = false): Record<string, Limit> {
  const { meterDays, ...limits } = LIMITS[suite.split('-')[0] ?? '']?.(score) ?? {}
  return meterDays === undefined || isSmaller ? limits : { meterDays, ...limits }
}

/** How often exactly the row comes out; more of what is dangerous. */
const [ROW_SHARE, SAFETY_SHARE] = [0.95, 0.98]
const SAFETY_ROWS = ['row-broken-neutral', 'row-hospital-back-feed', 'row-island']
/** 40 of 50 cities need a place for the scenario: a row that hardly ever happens is not shown. */
const PLACED_SHARE = 0.8

export interface RowResult {
  readonly seeds: number
  /** Seeds in whose city the scenario has a place, and how many have to. */
  readonly withPlace: number
  readonly leastWithPlace: number
  readonly right: number
  readonly limit: number
  readonly isMet: boolean
}

/** A row of the table: how often it came out, of the cities where it could. One that could not be played for another reason is wrong. */
export function judgeRow(suite: string, runs: readonly OutageRun[]): RowResult {
  const placed = runs.filter(run => run.kind !== 'failed' || !run.isWithoutPlace)
  const right = placed.filter((run): run is RowRun => run.kind === 'row' && run.complaints.length === 0)
  const limit = SAFETY_ROWS.includes(suite) ? SAFETY_SHARE : ROW_SHARE
  const leastWithPlace = Math.ceil(PLACED_SHARE * runs.length)
  return {
    seeds: runs.length,
    withPlace: placed.length,
    leastWithPlace,
    right: right.length,
    limit,
    isMet: placed.length >= leastWithPlace && right.length / placed.length >= limit
  }
}
