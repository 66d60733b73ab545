import { LOSS_SCOPES, type LossScore, scoreLosses } from './communication.ts'
import { type DoubtScore, scoreDoubt } from './doubt.ts'
import { type FindingScore, scoreAlarms, scoreFindings } from './findings.ts'
import { type IncidentScore, scoreIncidents } from './incidents.ts'
import { type OutageDarkness, type ReliabilityScore, scoreReliability } from './reliability.ts'
import { type Row, type RunAnswers, rowsOf, runCases } from './run-cases.ts'
import { type Blindness, scoreSupply, type SupplyLine, type SupplyScore, type TrueSupply } from './supply.ts'
import type { FeedingTree } from './tree.ts'
import type { Voices } from './voices.ts'

export interface RunScore {
  readonly meterDays: number
  readonly incidents: IncidentScore
  readonly doubt: DoubtScore
  readonly communication: LossScore
  readonly findings: FindingScore & { readonly byKind: Readonly<Record<string, FindingScore>> }
  readonly alarms: FindingScore
  readonly supply: SupplyScore
  /** Undefined where no indices were said. */
  readonly reliability?: ReliabilityScore | undefined
}

/**
 * Scores everything a system said of one run against the run's truth.
 * @param tree devices and, below them, usage points: a dead service line is an outage of its own
 * @param voices who speaks for whom; without it nothing is known of outages that only silenced somebody
 * @throws RangeError when the truth has no row of the table `run`
 */
export function scoreRun(
  truth: readonly Row[],
  answers: RunAnswers,
  tree: FeedingTree,
  voices: Voices = new Map()
): RunScore {
  const { meterDays, until, incidents, losses, findings, alarms } = runCases(truth, answers, tree, voices)
  return {
    meterDays,
    incidents: scoreIncidents(incidents),
    doubt: scoreDoubt(incidents.truth, losses.answers, voices, until),
    communication: scoreLosses(losses),
    findings: scoreFindings({ ...findings, until }),
    alarms: scoreAlarms(alarms.truth, alarms.lines, until),
    supply: scoreSupply({
      truth: rowsOf<TrueSupply & { decidableAt: number | null }>(truth, 'supply').map(row => ({
        ...row,
        decidableAt: row.decidableAt ?? undefined
      })),
      blind: rowsOf<Blindness>(truth, 'blind'),
      lines: answers.supply as unknown as SupplyLine[]
    }),
    reliability: scoreReliability(
      rowsOf<OutageDarkness>(truth, 'incidents'),
      answers.summary?.reliability as Parameters<typeof scoreReliability>[1]
    )
  }
}

/** The figures that people compare, one line of text each. */
export function describeScore(score: RunScore): string[] {
  const { meterDays, incidents, doubt, communication, findings, alarms, supply, reliability } = score
  const share = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3))
  const seconds = (value: number): string => (Number.isNaN(value) ? '-' : `${Math.round(value)} s`)
  const rates = ({ precision, recall, f1 }: { precision: number; recall: number; f1: number }): string =>
    `precision ${share(precision)}  recall ${share(recall)}  F1 ${share(f1)}`
  const latency = ({ fromStart, fromSign, fromKnowable }: IncidentScore['latencyS']): string =>
    `p95 from the start ${seconds(fromStart.p95)}, from the first sign ${seconds(fromSign.p95)}, from when it could be known ${seconds(fromKnowable.p95)}`
  const { falsePerMillion, customerMinutes } = incidents
  const { allButMeter, byScope } = communication
  const { decidable, undecidable } = supply.minutes
  return [
    `${Math.round(meterDays)} meter-days`,
    `outages         ${incidents.matched} of ${incidents.outages} named, ${incidents.opened} opened  ${rates(incidents)}`,
    `  device        exact at first ${share(incidents.exactAtFirst)}, at the end ${share(incidents.exactAtEnd)}, levels off ${JSON.stringify(incidents.levelsOff)}`,
    `  latency       ${latency(incidents.latencyS)}`,
    `  false         ${incidents.falseIncidents} incidents (${perMillion(falsePerMillion.incidents)}), ${incidents.falseSuspicions} suspicions (${perMillion(falsePerMillion.suspicions)}), ${incidents.duplicates} duplicates`,
    `  customers     ${Math.round(customerMinutes.said)} minutes said, ${Math.round(customerMinutes.true)} true, error ${share(customerMinutes.error)}`,
    `  larger        exact at the end ${share(incidents.ofThreeOrMore.exactAtEnd)} of ${incidents.ofThreeOrMore.matched} with three customers or more`,
    `  in time       ${incidents.inTime.opened} of ${incidents.inTime.knowable} that could be known while they lasted, within two uploads and a minute; of those of which somebody spoke ${incidents.inTimeOfTold.opened} of ${incidents.inTimeOfTold.knowable}`,
    `  no live sign  ${doubt.shown} of ${doubt.withoutSign} shown as POWER_OR_COMMUNICATION`,
    `communication   ${communication.matched} of ${communication.losses} named, ${communication.opened} opened  ${rates(communication)}`,
    `  scope         exact ${share(communication.exact)}, ${communication.falseLosses} false (${perMillion(communication.falsePerMillion)}), ${communication.excused} excused`,
    `  by scope      F1 ${LOSS_SCOPES.map(scope => `${scope} ${share(byScope[scope].losses === 0 ? Number.NaN : byScope[scope].f1)}`).join(', ')}, all but meter ${share(allButMeter.f1)}`,
    `findings        ${findings.matched} of ${findings.findings} named, ${findings.said} said  ${rates(findings)}`,
    `alarms          ${alarms.matched} of ${alarms.findings} named, ${alarms.said} said  ${rates(alarms)}`,
    ...(reliability === undefined ? [] : [describeReliability(reliability)]),
    `supply          right ${share(supply.right)}, falsely normal ${supply.falselyNormal.toFixed(1)} min, decidable: ${decidable.wrong.toFixed(1)} min wrong, ${decidable.unsure.toFixed(1)} unsure; undecidable: ${undecidable.wrong.toFixed(1)} wrong`
  ]
}

const describeReliability = ({ dl836, ieee1366 }: ReliabilityScore): string =>
  `reliability     off by ${[
    ['AITC', dl836.interruptions] as const,
    ['AIHC', dl836.customerMinutes] as const,
    ['SAIFI', ieee1366.interruptions] as const,
    ['SAIDI', ieee1366.customerMinutes] as const
  ]
    .map(([name, { error }]) => `${name} ${Number.isNaN(error) ? '-' : `${(100 * error).toFixed(2)} %`}`)
    .join(', ')}`

const perMillion = ({ rate, upper }: { rate: number; upper: number }): string =>
  `${rate.toFixed(1)} per million meter-days, below ${upper.toFixed(1)}`
