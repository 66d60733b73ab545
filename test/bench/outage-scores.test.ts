import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { poolScores } from '../../bench/outage-pool.ts'
import {
  appendOutageRun,
  lastRuns,
  type OutageRun,
  readOutageRuns,
  type SuiteRun
} from '../../bench/outage-runs.ts'
import { renderScores } from '../../bench/outage-table.ts'
import { DRAWN_SUITES, ROW_SUITES, SUITES, smallerSuite } from '../../bench/suites.ts'
import type { Row, RunAnswers } from '../../scoring/run-cases.ts'
import { type RunScore, scoreRun } from '../../scoring/score-run.ts'
import { FeedingTree } from '../../scoring/tree.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'

const at = (minutes: number): number => minutes * 60_000
const tree = new FeedingTree([
  { id: 'F', parent: '', customers: 0 },
  { id: 'T1', parent: 'F', customers: 4 },
  { id: 'T2', parent: 'F', customers: 2 }
])

/** A day of a thousand meters: outages of T1 and T2 of an hour each, and terminal C1 that cannot be heard. Said is what is asked for. */
function scored(outages: readonly ('T1' | 'T2')[], named: readonly (readonly [string, number])[]): RunScore {
  const truth: Row[] = [
    { table: 'run', start: 0, end: at(1440), meters: 1000 },
    ...outages.map((device, i) => ({
      table: 'incidents',
      id: `O${i}`,
      device,
      phases: '',
      start: at(100 + 200 * i),
      end: at(160 + 200 * i),
      affected: device === 'T1' ? 4 : 2,
      firstSignAt: at(100 + 200 * i)
    })),
    {
      table: 'communication',
      id: 'L',
      scope: 'terminal',
      subject: 'C1',
      silent: ['C1'],
      start: at(900),
      end: at(960)
    }
  ]
  const answers: RunAnswers = {
    incidents: named.flatMap(([device, minute], i) => [
      { at: at(minute + 1), id: `I${i}`, state: 'open', device, start: at(minute), affected: 4 },
      { at: at(minute + 60), id: `I${i}`, state: 'closed', device, end: at(minute + 60) }
    ]),
    communication: [],
    findings: [],
    alarms: [],
    supply: []
  }
  return scoreRun(truth, answers, tree)
}

const run = (seed: string, score: RunScore, more: Partial<SuiteRun> = {}): SuiteRun => ({
  kind: 'suite',
  date: '2026-11-20T00:00:00.000Z',
  suite: 'gasps',
  half: 'training',
  seed,
  seconds: 1,
  commit: 'abcdefabcdef',
  dirty: false,
  days: 1,
  meters: 1000,
  isSmaller: true,
  // As it comes back from the file.
  score: JSON.parse(JSON.stringify(score)) as RunScore,
  ...more
})

test('seeds are pooled by counts: one that found nothing weighs as much as its outages', () => {
  const right = scored(
    ['T1', 'T2'],
    [
      ['T1', 100],
      ['T1', 300]
    ]
  )
  assert.deepEqual([right.incidents.matched, right.incidents.exactAtEnd], [1, 1])
  const nothing = scored(['T1'], [])
  const {
    rates,
    outages,
    exactAtEnd,
    exactOfThreeOrMore,
    signS,
    falseIncidents,
    minutesError,
    byScope,
    losses
  } = poolScores([run('1', right).score, run('2', nothing).score])
  assert.equal(outages, 3)
  assert.deepEqual([rates.precision, rates.recall], [0.5, 1 / 3])
  assert.deepEqual([exactAtEnd, exactOfThreeOrMore, signS], [1, 1, 60])
  assert.equal(falseIncidents.rate, 500)
  assert.ok(Math.abs(falseIncidents.upper - (4.7439 / 2000) * 1e6) < 0.1)
  // True 240 + 120 + 240, said 240 twice.
  assert.equal(minutesError, 120 / 600)
  assert.deepEqual([losses, byScope.terminal.losses, byScope.terminal.f1], [2, 2, 0])
})

test('of each seed the last run counts, of each size; what stands in the file is never taken away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scores-'))
  const path = join(folder, 'results', 'outages.ndjson')
  assert.deepEqual(readOutageRuns(path), [])
  const [old, now] = [run('1', scored(['T1'], [])), run('1', scored(['T1'], [['T1', 100]]))]
  const other = run('1', scored(['T1'], []), { days: 10 })
  for (const each of [old, now, other]) appendOutageRun(path, each)
  writeFileSync(path, '{"kind":"su', { flag: 'a' })
  const runs = readOutageRuns(path)
  rmSync(folder, { recursive: true })
  assert.equal(runs.length, 3)
  assert.deepEqual(lastRuns(runs), [now, other])
})

test('the page: one line a suite, half and size; rows with what was wrong first; what failed', () => {
  const about = { date: '', half: 'training', seconds: 1, commit: '0123456789ab', dirty: true } as const
  const row = (seed: string, complaints: readonly string[]): OutageRun => ({
    ...about,
    kind: 'row',
    suite: 'row-box-dead',
    seed,
    shows: ['device-failed'],
    complaints
  })
  const page = renderScores([
    run('a-1', scored(['T1'], [['T1', 100]])),
    run('a-2', scored(['T1'], []), { commit: '999999999999', dirty: true }),
    row('row-box-dead-training-1', []),
    row('row-box-dead-training-2', ['outage of B1: not found', 'loss of meter M | 1: everybody could speak']),
    {
      ...about,
      kind: 'failed',
      suite: 'row-box-dead',
      seed: 'row-box-dead-training-3',
      isWithoutPlace: false,
      error: 'no such | thing'
    },
    {
      ...about,
      kind: 'failed',
      suite: 'row-box-dead',
      seed: 'row-box-dead-training-4',
      isWithoutPlace: true,
      error: 'no box'
    },
    {
      ...about,
      kind: 'failed',
      suite: 'quiet',
      seed: 'quiet-training-1',
      isWithoutPlace: false,
      error: 'broken'
    }
  ])
  const lines = page.split('\n')
  const cells = (start: string, nth = 0): string[] =>
    (lines.filter(line => line.startsWith(start))[nth] ?? '').split(' | ')
  assert.deepEqual(cells('| gasps').slice(0, 9), [
    '| gasps',
    'training',
    '1000 × 1 d *small*',
    '2',
    '2000',
    '2',
    '1.000',
    '0.500',
    '0.667'
  ])
  assert.equal(cells('| gasps').at(-1), 'abcdefa 9999999+ |')
  assert.deepEqual(cells('| gasps', 1).slice(4, 9), ['2', '0.000', '–', '–', '–'])
  assert.deepEqual(cells('| box-dead'), [
    '| box-dead',
    'device-failed',
    'training',
    '1 of 3',
    '2: outage of B1: not found (+1); 3: no such   thing',
    '0123456+ |'
  ])
  assert.ok(lines.includes('- quiet training quiet-training-1: broken'))
  for (const table of [cells('| suite'), cells('| suite', 1)])
    assert.ok(lines.some(line => line.split(' | ').length === table.length && line.startsWith('| gasps')))
})

test('a smaller suite has as many outages for each meter and day, and its scenario is one', () => {
  const suite = DRAWN_SUITES.find(({ id }) => id === 'gasps-path')!
  const small = smallerSuite(suite, { days: 2, meters: 2000 })
  assert.deepEqual([small.days, small.meters, small.leastOutages], [2, 2000, 0])
  const { duration, random } = parseScenario(small.scenario, suite.id)
  assert.deepEqual([duration, random?.outages, random?.losses], [2 * 86_400_000, 20, 5])
  assert.equal(smallerSuite(suite, { days: undefined, meters: undefined }).scenario, suite.scenario)
  const feeder = DRAWN_SUITES.find(({ id }) => id === 'eulv-silence')!
  const less = smallerSuite(feeder, { days: 5, meters: 2000 })
  assert.deepEqual([less.meters, parseScenario(less.scenario, feeder.id).random?.outages], [55, 30])
})

test('suites: scenarios that parse, seeds of training that are none of the test', () => {
  for (const { id, scenario } of SUITES) assert.ok(parseScenario(scenario, id).duration > 0)
  const training = new Set(SUITES.flatMap(suite => suite.training))
  assert.ok(SUITES.every(suite => suite.test.length > 0 && suite.test.every(seed => !training.has(seed))))
  assert.ok(ROW_SUITES.every(({ shows }) => shows !== undefined && shows.length > 0))
})

test('indices are those of the run that is furthest off: too much in one mends nothing in another', () => {
  const none = scored(['T1'], [['T1', 100]])
  const off = (said: number) => ({ said, true: 100, error: Math.abs(said - 100) / 100 })
  const withIndices = (saifi: number, saidi: number): RunScore => {
    const figures = { interruptions: off(saifi), customerMinutes: off(saidi) }
    return { ...none, reliability: { dl836: figures, ieee1366: figures } }
  }
  const { saifiError, saidiError } = poolScores([none, withIndices(100, 90), withIndices(104, 106)])
  assert.deepEqual([saifiError, saidiError], [0.04, 0.1])
  assert.equal(poolScores([withIndices(0, 0), withIndices(200, 200)]).saifiError, 1)
  const nothing = { said: 5, true: 0, error: Number.NaN }
  const figures = { interruptions: nothing, customerMinutes: { ...nothing, said: 0 } }
  const invented = { ...none, reliability: { dl836: figures, ieee1366: figures } }
  const { saifiError: ofNothing, saidiError: silent } = poolScores([withIndices(100, 100), invented])
  assert.deepEqual([ofNothing, silent], [Number.POSITIVE_INFINITY, 0])
  assert.ok(Number.isNaN(poolScores([none]).saidiError))
})

test('help of the scores is told and no error, a suite that nobody knows is named', () => {
  const run = (file: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '..', '..', 'bench', file), ...args], {
      encoding: 'utf8'
    })
  for (const [file, says] of [
    ['score.ts', /Suites: .*quiet/],
    ['score-outages.ts', /docs\/scores\/outages\.md[\s\S]*Suites: .*quiet[\s\S]*--rows: .*box-dead/]
  ] as const) {
    const { status, stdout, stderr } = run(file, '--help')
    assert.deepEqual([status, stderr], [0, ''], file)
    assert.match(stdout, says)
  }
  for (const words of [
    ['score.ts', '--suite', 'bogus'],
    ['score-outages.ts', '--suites', 'bogus']
  ] as const) {
    const [file, ...args] = words
    const { status, stdout, stderr } = run(file, ...args)
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /unknown suite bogus.* there are .*quiet/)
  }
})
