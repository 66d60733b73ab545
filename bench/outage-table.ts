import { LOSS_SCOPES, type ScopeScore } from '../scoring/communication.ts'
import type { Rate } from '../scoring/matching.ts'
import { type PooledScore, poolScores } from './outage-pool.ts'
import { type FailedRun, lastRuns, type OutageRun, type RowRun, type SuiteRun } from './outage-runs.ts'

/** The page of scores, made of the results file alone: the last run of each seed, seeds of a suite and half added up. */
export function renderScores(runs: readonly OutageRun[]): string {
  const last = lastRuns(runs)
  const suites = groups(
    last.filter(run => run.kind === 'suite'),
    ({ suite, half, days, meters }) => [suite, half, days, meters].join(' ')
  )
  const rows = groups(
    last.filter(run => run.kind !== 'suite' && run.suite.startsWith('row-')) as (RowRun | FailedRun)[],
    ({ suite, half }) => `${suite} ${half}`
  )
  const failed = last.filter(run => run.kind === 'failed' && !run.suite.startsWith('row-')) as FailedRun[]
  return `${[
    '# Scores of outages',
    '',
    'Written by `npm run score:outages` from every run that was made ([bench/README.md](../../bench/README.md#scores-of-outages)): of each seed the last one counts, and seeds are',
    'added up. *small* marks runs with fewer days or meters than the suite has: they find mistakes, and prove little. A revision with + had changes beside it.',
    '',
    '## Outages',
    '',
    ...OUTAGE_WORDS,
    '',
    ...tableOf(OUTAGE_COLUMNS, suites),
    '',
    '## Lost communication',
    '',
    ...LOSS_WORDS,
    '',
    ...tableOf(LOSS_COLUMNS, suites),
    '',
    '## Rows of the table',
    '',
    ...ROW_WORDS,
    '',
    ...rowTable(rows),
    ...(failed.length === 0 ? [] : ['', '## Not scored', '', ...failed.map(failure)])
  ].join('\n')}\n`
}

const OUTAGE_WORDS = [
  'Precision, recall and F1 say whether an outage was found as one incident; *exact* whether that names the right class of devices and phases, of those found. p95 are seconds until it is open,',
  'from the first word that arrived and from when a reader who knows all figures could be sure, of the slowest seed. *In time* are those, of all that could be known while they lasted, that were open within two uploads and a minute of their start; *of those told of* leaves out those of which no word arrived. *Without a sign* are outages of which no word arrived while they lasted: how many of them',
  'were shown as power or communication. False incidents and suspicions stand for a million meter-days, with the 95 % upper bound. SAIFI and SAIDI (IEEE 1366) are those of the summary of the seed that is furthest off, as a share of the true ones.'
]
const LOSS_WORDS = [
  'F1 by scope, which counts an answer only when scope and subject are right, or when it names a smaller scope and exactly those who fell silent. A dash is a scope of which there was nothing.'
]
const ROW_WORDS = [
  'Each scenario in cities of several seeds: in how many of them exactly [what must come out](../scenarios.md#what-must-come-out) came out, and nothing else was opened.',
  'Cities in which the scenario has no place are left out.'
]

interface Group {
  readonly runs: readonly SuiteRun[]
  readonly first: SuiteRun
  readonly score: PooledScore
}

type Column = readonly [title: string, cell: (group: Group) => string]

const suiteColumns: readonly Column[] = [
  ['suite', ({ first }) => first.suite],
  ['half', ({ first }) => first.half],
  ['size', ({ first }) => sizeOf(first)],
  ['seeds', ({ runs }) => String(runs.length)]
]
const revision: Column = ['revision', ({ runs }) => revisionsOf(runs)]

const OUTAGE_COLUMNS: readonly Column[] = [
  ...suiteColumns,
  ['meter-days', ({ score }) => whole(score.meterDays)],
  ['outages', ({ score }) => whole(score.outages)],
  ['precision', ({ score }) => three(score.rates.precision)],
  ['recall', ({ score }) => three(score.outages === 0 ? Number.NaN : score.rates.recall)],
  ['F1', ({ score }) => three(score.outages === 0 ? Number.NaN : score.rates.f1)],
  ['exact at first', ({ score }) => three(score.exactAtFirst)],
  ['at close', ({ score }) => three(score.exactAtEnd)],
  ['at close, 3 customers or more', ({ score }) => three(score.exactOfThreeOrMore)],
  ['p95 from sign', ({ score }) => whole(score.signS)],
  ['p95 from knowable', ({ score }) => whole(score.knowableS)],
  ['in time', ({ score }) => partOf(score.inTime, score.knowable)],
  ['of those told of', ({ score }) => partOf(score.inTimeOfTold, score.knowableOfTold)],
  ['shown, without a sign', ({ score }) => partOf(score.inDoubt, score.withoutSign)],
  ['false incidents', ({ score }) => rate(score.falseIncidents)],
  ['false suspicions', ({ score }) => rate(score.falseSuspicions)],
  ['customer minutes off', ({ score }) => three(score.minutesError)],
  ['SAIFI off', ({ score }) => three(score.saifiError)],
  ['SAIDI off', ({ score }) => three(score.saidiError)],
  revision
]

const LOSS_COLUMNS: readonly Column[] = [
  ...suiteColumns,
  ['losses', ({ score }) => whole(score.losses)],
  ['all but meter', ({ score }) => f1Of(score.allButMeter)],
  ...LOSS_SCOPES.toReversed().map((scope): Column => [scope, ({ score }) => f1Of(score.byScope[scope])]),
  ['false', ({ score }) => rate(score.falseLosses)],
  revision
]

function tableOf(columns: readonly Column[], groupsOfRuns: readonly (readonly SuiteRun[])[]): string[] {
  const lines = groupsOfRuns.flatMap(runs => {
    const [first] = runs
    if (first === undefined) return []
    const group = { runs, first, score: poolScores(runs.map(({ score }) => score)) }
    return [line(columns.map(([, cell]) => cell(group)))]
  })
  return [line(columns.map(([title]) => title)), line(columns.map(() => '---')), ...lines]
}

function rowTable(rows: readonly (readonly (RowRun | FailedRun)[])[]): string[] {
  const lines = rows.flatMap(runs => {
    const [first] = runs
    if (first === undefined) return []
    const right = runs.filter(run => run.kind === 'row' && run.complaints.length === 0).length
    const played = runs.filter(run => run.kind === 'row' || !run.isWithoutPlace)
    const shows = runs.find(run => run.kind === 'row')?.shows ?? []
    return [
      line([
        first.suite.slice('row-'.length),
        shows.join(', '),
        first.half,
        `${right} of ${played.length}`,
        wrongsOf(played),
        revisionsOf(runs)
      ])
    ]
  })
  return [
    line(['scenario', 'shows', 'half', 'came out', 'where not', 'revision']),
    line(Array.from({ length: 6 }, () => '---')),
    ...lines
  ]
}

/** The first complaint of each seed, and how many more there are. */
function wrongsOf(runs: readonly (RowRun | FailedRun)[]): string {
  return runs
    .flatMap(run => {
      const wrongs = run.kind === 'row' ? run.complaints : [run.error]
      const more = wrongs.length > 1 ? ` (+${wrongs.length - 1})` : ''
      return wrongs.length === 0 ? [] : [`${run.seed.split('-').at(-1)}: ${cellText(wrongs[0] ?? '')}${more}`]
    })
    .join('; ')
}

const failure = ({ suite, half, seed, error }: FailedRun): string =>
  `- ${suite} ${half} ${seed}: ${cellText(error)}`

function groups<T>(runs: readonly T[], keyOf: (run: T) => string): T[][] {
  const found = new Map<string, T[]>()
  for (const run of runs) found.set(keyOf(run), [...(found.get(keyOf(run)) ?? []), run])
  return [...found.values()]
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const cellText = (text: string): string => text.replaceAll(/[|\n`]/g, ' ').trim()
const sizeOf = ({ days, meters, isSmaller }: SuiteRun): string =>
  `${meters} × ${days} d${isSmaller ? ' *small*' : ''}`
const revisionsOf = (runs: readonly OutageRun[]): string =>
  [...new Set(runs.map(({ commit, dirty }) => `${commit.slice(0, 7)}${dirty ? '+' : ''}`))].join(' ')
const whole = (value: number): string => (Number.isNaN(value) ? '–' : String(Math.round(value)))
const three = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(3))
const partOf = (part: number, all: number): string => (all === 0 ? '–' : `${part} of ${all}`)
const rate = ({ rate: value, upper }: Rate): string => `${whole(value)} (≤ ${whole(upper)})`
const f1Of = ({ losses, said, f1 }: ScopeScore): string => (losses + said === 0 ? '–' : three(f1))
