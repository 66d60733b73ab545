import { foldIncidents, type IncidentLine } from './answers.ts'
import {
  foldLosses,
  type LossLine,
  type LossScore,
  scoreLosses,
  type TrueLoss,
  type Undecidable
} from './communication.ts'
import { type FindingLine, type FindingScore, scoreFindings, type TrueFinding } from './findings.ts'
import { type IncidentScore, scoreIncidents, type TrueOutage } from './incidents.ts'
import { type Blindness, scoreSupply, type SupplyLine, type SupplyScore, type TrueSupply } from './supply.ts'
import type { FeedingTree } from './tree.ts'

/** One line of a truth file (docs/simulator.md) or of an answers' file (docs/backtest.md), as it was read. */
export type Row = Readonly<Record<string, unknown>>

/** What a system said of a run, by the files of its output; a file that is not there has no lines. */
export interface RunAnswers {
  readonly incidents: readonly Row[]
  readonly communication: readonly Row[]
  readonly findings: readonly Row[]
  readonly supply: readonly Row[]
}

export interface RunScore {
  readonly meterDays: number
  readonly incidents: IncidentScore
  readonly communication: LossScore
  readonly findings: FindingScore & { readonly byKind: Readonly<Record<string, FindingScore>> }
  readonly supply: SupplyScore
}

const DAY_MS = 86_400_000

/**
 * Scores everything a system said of one run against the run's truth.
 * @param tree devices and, below them, usage points: a dead service line is an outage of its own
 * @throws RangeError when the truth has no row of the table `run`
 */
export function scoreRun(truth: readonly Row[], answers: RunAnswers, tree: FeedingTree): RunScore {
  const of = <T>(table: string): T[] => truth.filter(row => row.table === table) as unknown as T[]
  // A live run that loops has one row for each time.
  const runs = of<{ start: number; end: number; meters: number }>('run')
  if (runs.length === 0) throw new RangeError('the truth has no row of the table run')
  const meterDays = runs.reduce((sum, run) => sum + (run.meters * (run.end - run.start)) / DAY_MS, 0)
  const until = Math.max(...runs.map(({ end }) => end))
  return {
    meterDays,
    incidents: scoreIncidents({
      tree,
      truth: of<TrueOutage>('incidents'),
      answers: foldIncidents(answers.incidents as unknown as IncidentLine[]),
      meterDays,
      until
    }),
    communication: scoreLosses({
      truth: of<TrueLoss>('communication'),
      undecidable: of<Undecidable>('undecidable'),
      answers: foldLosses(answers.communication as unknown as LossLine[]),
      meterDays,
      until
    }),
    findings: scoreFindings({
      truth: of<TrueFinding>('findings'),
      lines: answers.findings as unknown as FindingLine[],
      until
    }),
    supply: scoreSupply({
      truth: of<TrueSupply & { decidableAt: number | null }>('supply').map(row => ({
        ...row,
        decidableAt: row.decidableAt ?? undefined
      })),
      blind: of<Blindness>('blind'),
      lines: answers.supply as unknown as SupplyLine[]
    })
  }
}

/** The figures that people compare, one line of text each. */
export function describeScore({ meterDays, incidents, communication, findings, supply }: RunScore): string[] {
  const share = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(3))
  const seconds = (value: number): string => (Number.isNaN(value) ? '-' : `${Math.round(value)} s`)
  const rates = ({ precision, recall, f1 }: { precision: number; recall: number; f1: number }): string =>
    `precision ${share(precision)}  recall ${share(recall)}  F1 ${share(f1)}`
  const latency = ({ fromStart, fromSign, fromKnowable }: IncidentScore['latencyS']): string =>
    `p95 from the start ${seconds(fromStart.p95)}, from the first sign ${seconds(fromSign.p95)}, from when it could be known ${seconds(fromKnowable.p95)}`
  const { falsePerMillion, customerMinutes } = incidents
  const { decidable, undecidable } = supply.minutes
  return [
    `${Math.round(meterDays)} meter-days`,
    `outages         ${incidents.matched} of ${incidents.outages} named, ${incidents.opened} opened  ${rates(incidents)}`,
    `  device        exact at first ${share(incidents.exactAtFirst)}, at the end ${share(incidents.exactAtEnd)}, levels off ${JSON.stringify(incidents.levelsOff)}`,
    `  latency       ${latency(incidents.latencyS)}`,
    `  false         ${incidents.falseIncidents} incidents (${perMillion(falsePerMillion.incidents)}), ${incidents.falseSuspicions} suspicions (${perMillion(falsePerMillion.suspicions)}), ${incidents.duplicates} duplicates`,
    `  customers     ${Math.round(customerMinutes.said)} minutes said, ${Math.round(customerMinutes.true)} true, error ${share(customerMinutes.error)}`,
    `communication   ${communication.matched} of ${communication.losses} named, ${communication.opened} opened  ${rates(communication)}`,
    `  scope         exact ${share(communication.exact)}, ${communication.falseLosses} false (${perMillion(communication.falsePerMillion)}), ${communication.excused} excused`,
    `findings        ${findings.matched} of ${findings.findings} named, ${findings.said} said  ${rates(findings)}`,
    `supply          right ${share(supply.right)}, falsely normal ${supply.falselyNormal.toFixed(1)} min, decidable: ${decidable.wrong.toFixed(1)} min wrong, ${decidable.unsure.toFixed(1)} unsure; undecidable: ${undecidable.wrong.toFixed(1)} wrong`
  ]
}

const perMillion = ({ rate, upper }: { rate: number; upper: number }): string =>
  `${rate.toFixed(1)} per million meter-days, below ${upper.toFixed(1)}`
