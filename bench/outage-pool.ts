import { LOSS_SCOPES, type LossScope, type ScopeScore } from '../scoring/communication.ts'
import { rateOf, type Rate } from '../scoring/matching.ts'
import { type Rates, ratesOf, share } from '../scoring/rates.ts'
import type { RunScore } from '../scoring/score-run.ts'

/** Figures of several runs of a suite as if they were one: counts are added up, and shares made of the sums. */
export interface PooledScore {
  readonly meterDays: number
  readonly outages: number
  readonly rates: Rates
  readonly exactAtFirst: number
  readonly exactAtEnd: number
  readonly exactOfThreeOrMore: number
  /** p95 of the slowest run: those of single outages are not kept. */
  readonly signS: number
  readonly knowableS: number
  /** Of those that could be known while they lasted: opened within two uploads and a minute. */
  readonly knowable: number
  readonly inTime: number
  /** The same of those of which somebody spoke while they lasted. */
  readonly knowableOfTold: number
  readonly inTimeOfTold: number
  readonly withoutSign: number
  readonly inDoubt: number
  readonly falseIncidents: Rate
  readonly falseSuspicions: Rate
  readonly minutesError: number
  /** How far SAIFI and SAIDI of `ieee1366` are off in the worst run: too many in one do not mend too few in another. NaN where no run said them. */
  readonly saifiError: number
  readonly saidiError: number
  readonly losses: number
  readonly byScope: Readonly<Record<LossScope, ScopeScore>>
  readonly allButMeter: ScopeScore
  readonly falseLosses: Rate
  /** Of them those that name a single meter; those of runs from before it was counted are left out. */
  readonly falseMeterLosses: number
}

export function poolScores(scores: readonly RunScore[]): PooledScore {
  const sum = (of: (score: RunScore) => number): number =>
    scores.reduce((all, each) => all + (of(each) || 0), 0)
  const worst = (of: (score: RunScore) => number): number =>
    scores
      .map(of)
      .reduce((most, each) => (each > most || Number.isNaN(most) ? (each ?? most) : most), Number.NaN)
  const meterDays = sum(score => score.meterDays)
  const [outages, opened, matched] = (['outages', 'opened', 'matched'] as const).map(name =>
    sum(({ incidents }) => incidents[name])
  ) as [number, number, number]
  const scopeOf = (of: (score: RunScore) => ScopeScore): ScopeScore => {
    const [losses, said, right] = (['losses', 'said', 'matched'] as const).map(name =>
      sum(score => of(score)[name])
    ) as [number, number, number]
    return { losses, said, matched: right, ...ratesOf(right, said, losses) }
  }
  const wanted = sum(({ incidents }) => incidents.customerMinutes.true)
  return {
    meterDays,
    outages,
    rates: ratesOf(matched, opened, outages),
    exactAtFirst: share(
      sum(({ incidents }) => incidents.exactAtFirst * incidents.matched),
      matched
    ),
    exactAtEnd: share(
      sum(({ incidents }) => incidents.exactAtEnd * incidents.matched),
      matched
    ),
    exactOfThreeOrMore: share(
      sum(({ incidents: { ofThreeOrMore } }) => ofThreeOrMore.exactAtEnd * ofThreeOrMore.matched),
      sum(({ incidents: { ofThreeOrMore } }) => ofThreeOrMore.matched)
    ),
    signS: worst(({ incidents }) => incidents.latencyS.fromSign.p95),
    knowableS: worst(({ incidents }) => incidents.latencyS.fromKnowable.p95),
    knowable: sum(({ incidents }) => incidents.inTime?.knowable),
    inTime: sum(({ incidents }) => incidents.inTime?.opened),
    knowableOfTold: sum(({ incidents }) => incidents.inTimeOfTold?.knowable),
    inTimeOfTold: sum(({ incidents }) => incidents.inTimeOfTold?.opened),
    withoutSign: sum(({ doubt }) => doubt.withoutSign),
    inDoubt: sum(({ doubt }) => doubt.shown),
    falseIncidents: rateOf(
      sum(({ incidents }) => incidents.falseIncidents),
      meterDays
    ),
    falseSuspicions: rateOf(
      sum(({ incidents }) => incidents.falseSuspicions),
      meterDays
    ),
    minutesError: share(Math.abs(sum(({ incidents }) => incidents.customerMinutes.said) - wanted), wanted),
    saifiError: worst(errorOf('interruptions')),
    saidiError: worst(errorOf('customerMinutes')),
    losses: sum(({ communication }) => communication.losses),
    byScope: Object.fromEntries(
      LOSS_SCOPES.map(scope => [scope, scopeOf(({ communication }) => communication.byScope[scope])])
    ) as Record<LossScope, ScopeScore>,
    allButMeter: scopeOf(({ communication }) => communication.allButMeter),
    falseLosses: rateOf(
      sum(({ communication }) => communication.falseLosses),
      meterDays
    ),
    falseMeterLosses: sum(({ communication }) => communication.falseMeterLosses)
  }
}

/** Of a run by its sums, which the results file keeps as numbers; NaN where nothing was said, or nothing happened and nothing was said of it. */
const errorOf =
  (figure: 'interruptions' | 'customerMinutes') =>
  ({ reliability }: RunScore): number => {
    const { said, true: wanted } = reliability?.ieee1366[figure] ?? { said: 0, true: 0 }
    return wanted === 0 && said === 0 ? Number.NaN : Math.abs(said - wanted) / wanted
  }
