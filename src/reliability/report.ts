import { daysIn } from './days.ts'
import type { Interruption } from './interruption.ts'
import {
  type DailySaidi,
  dailySaidi,
  type MajorEventThreshold,
  majorEventDays,
  majorEventThreshold
} from './major-events.ts'
import type { ReliabilityProfile } from './profile.ts'
import { type ReliabilityResult, reliability } from './reliability.ts'
import { type RepeatedOutage, type RepeatedParameters, repeatedOutages } from './repeated.ts'
import type { Served, ServedChange } from './served.ts'

/** A set of accounts: their interruptions, and how many are served. */
export interface ReportedAccounts {
  readonly interruptions: readonly Interruption[]
  readonly served: readonly ServedChange[]
}

/** What a report of a period is made of; as ReliabilityInput says it. */
export interface ReportInput {
  /** [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  readonly asOf: number
  readonly zone: string
  /** Everybody: major event days are those of the whole system. */
  readonly system: ReportedAccounts
  /** Who is reported. */
  readonly scope: ReportedAccounts
  /** SAIDI of the days before the period that the threshold of major event days is made of, minutes. */
  readonly history: readonly number[]
  readonly repeated: RepeatedParameters
  /** Incidents whose times may still change. */
  readonly unclosed: ReadonlySet<string>
}

export interface ReliabilityReport {
  readonly result: ReliabilityResult
  /** Undefined where the profile has none, or the history is too short. */
  readonly threshold: MajorEventThreshold | undefined
  readonly repeated: readonly RepeatedOutage[]
  /** Incidents of the period whose times may still change, lasting ones among them. */
  readonly unclosed: number
  /** What made them repeated. */
  readonly repeatedBy: RepeatedParameters
}

/** Indices of a period with its major event days and repeated outages. @throws RangeError as `reliability` does */
export function reportOf(input: ReportInput, profile: ReliabilityProfile): ReliabilityReport {
  const { from, to, asOf, zone, scope, history, repeated } = input
  const period = { from, to, asOf, zone }
  const threshold =
    profile.majorEvents === null ? undefined : majorEventThreshold(history, profile.majorEvents)
  const found = threshold === undefined ? undefined : majorEventDays(systemDays(input, profile), threshold)
  const result = reliability(
    {
      ...{ ...period, interruptions: scope.interruptions, served: accountsServed(scope.served) },
      ...(found !== undefined && { majorEventDays: found })
    },
    profile
  )
  return {
    result,
    threshold,
    unclosed: unclosedIn(input),
    repeatedBy: repeated,
    repeated: repeatedOutages(scope.interruptions, period, profile.parameters, repeated)
  }
}

function unclosedIn({ scope, unclosed, from, to }: ReportInput): number {
  const touching = scope.interruptions.filter(({ start, end }) => start < to && (end ?? to) > from)
  return new Set(touching.map(({ incident }) => incident).filter(id => unclosed.has(id))).size
}

export type SystemPeriod = Pick<ReportInput, 'from' | 'to' | 'asOf' | 'zone' | 'system'>

/** SAIDI of the whole system on each local day that the period touches. */
export function systemDays(
  { from, to, asOf, zone, system }: SystemPeriod,
  profile: ReliabilityProfile
): DailySaidi[] {
  const days = daysIn(from, to, zone)
  const whole = { from: days[0]?.from ?? from, to: days.at(-1)?.to ?? to }
  const { interruptions, served } = system
  return dailySaidi({ ...whole, asOf, zone, interruptions, served: accountsServed(served) }, profile)
}

const accountsServed = (changes: readonly ServedChange[]): Served => ({ unit: 'account', changes })
