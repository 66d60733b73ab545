import { foldIncidents, type IncidentLine } from './answers.ts'
import { foldLosses, type LossCase, type LossLine, type TrueLoss, type Undecidable } from './communication.ts'
import type { AlarmLine, FindingLine, TrueFinding } from './findings.ts'
import type { IncidentCase, TrueOutage } from './incidents.ts'
import type { FeedingTree } from './tree.ts'
import type { Voices } from './voices.ts'

/** One line of a truth file (docs/simulator.md) or of an answers' file (docs/backtest.md), as it was read. */
export type Row = Readonly<Record<string, unknown>>

/** What a system said of a run, by the files of its output; a file that is not there has no lines. */
export interface RunAnswers {
  readonly incidents: readonly Row[]
  readonly communication: readonly Row[]
  readonly findings: readonly Row[]
  readonly alarms: readonly Row[]
  readonly supply: readonly Row[]
  /** `summary.json`; left out where there is none. */
  readonly summary?: Row
}

/** A run as the parts of scoring take it. */
export interface RunCases {
  readonly meterDays: number
  readonly until: number
  readonly incidents: IncidentCase
  readonly losses: LossCase
  readonly findings: { readonly truth: readonly TrueFinding[]; readonly lines: readonly FindingLine[] }
  readonly alarms: { readonly truth: readonly TrueFinding[]; readonly lines: readonly AlarmLine[] }
}

const DAY_MS = 86_400_000

/** Rows of the truth by their table. */
export const rowsOf = <T>(truth: readonly Row[], table: string): T[] =>
  truth.filter(row => row.table === table) as unknown as T[]

/**
 * @param tree devices and, below them, usage points: a dead service line is an outage of its own
 * @throws RangeError when the truth has no row of the table `run`
 */
export function runCases(
  truth: readonly Row[],
  answers: RunAnswers,
  tree: FeedingTree,
  voices: Voices
): RunCases {
  // A live run that loops has one row for each time.
  const runs = rowsOf<{ start: number; end: number; meters: number }>(truth, 'run')
  if (runs.length === 0) throw new RangeError('the truth has no row of the table run')
  const meterDays = runs.reduce((sum, run) => sum + (run.meters * (run.end - run.start)) / DAY_MS, 0)
  const until = Math.max(...runs.map(({ end }) => end))
  const outages = rowsOf<TrueOutage>(truth, 'incidents')
  return {
    meterDays,
    until,
    incidents: {
      tree,
      truth: outages,
      answers: foldIncidents(answers.incidents as unknown as IncidentLine[]),
      meterDays,
      until
    },
    losses: {
      truth: rowsOf<TrueLoss>(truth, 'communication'),
      undecidable: rowsOf<Undecidable>(truth, 'undecidable'),
      answers: foldLosses(answers.communication as unknown as LossLine[]),
      outages,
      voices,
      meterDays,
      until
    },
    findings: {
      truth: rowsOf<TrueFinding>(truth, 'findings'),
      lines: answers.findings as unknown as FindingLine[]
    },
    alarms: {
      truth: rowsOf<TrueFinding>(truth, 'alarms'),
      lines: answers.alarms as unknown as AlarmLine[]
    }
  }
}
