import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeRow, limitsOf } from '../../bench/outage-limits.ts'
import { poolScores } from '../../bench/outage-pool.ts'
import type { OutageRun } from '../../bench/outage-runs.ts'
import type { Row } from '../../scoring/run-cases.ts'
import { scoreRun } from '../../scoring/score-run.ts'
import { FeedingTree } from '../../scoring/tree.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const tree = new FeedingTree([{ id: 'F', parent: '', customers: 3 }])

/** A day of 100,000 meters without an outage: terminals that cannot be heard, and of whom that is said. */
function pooled(lost: readonly string[], said: readonly (readonly [scope: string, subject: string])[]) {
  const span = { start: 60 * MINUTE, end: 120 * MINUTE }
  const truth: Row[] = [
    { table: 'run', start: 0, end: DAY, meters: 100_000 },
    ...lost.map(id => ({ table: 'communication', id, scope: 'terminal', subject: id, silent: [id], ...span }))
  ]
  const communication = said.map(([scope, subject], i) => ({
    at: 70 * MINUTE,
    id: `C${i}`,
    state: 'open',
    scope,
    subject,
    ...(scope === 'meter' ? { meters: [subject] } : { terminals: [subject] }),
    start: span.start
  }))
  return poolScores([
    scoreRun(truth, { incidents: [], communication, findings: [], alarms: [], supply: [] }, tree)
  ])
}
const unmet = (suite: string, score: ReturnType<typeof pooled>): string[] =>
  Object.entries(limitsOf(suite, score)).flatMap(([name, { isMet }]) => (isMet ? [] : [name]))

test('lost communication where nothing is lost: nothing may be said of more than a single meter, and that is counted', () => {
  const quiet = pooled([], [])
  assert.deepEqual(unmet('communication-clocks', quiet), [])
  const meters = pooled(
    [],
    [
      ['meter', 'M1'],
      ['meter', 'M2']
    ]
  )
  assert.deepEqual([unmet('communication-clocks', meters), meters.falseMeterLosses], [[], 2])
  const terminal = pooled([], [['terminal', 'T1']])
  assert.deepEqual(
    [unmet('communication-clocks', terminal), terminal.falseMeterLosses],
    [['saidWithoutLoss'], 0]
  )
})

test('lost communication: with losses F1 counts, those that nobody lost too', () => {
  const right = [
    ['terminal', 'T1'],
    ['terminal', 'T2']
  ] as const
  assert.deepEqual(unmet('communication-terminal', pooled(['T1', 'T2'], right)), [])
  const more = pooled(['T1', 'T2'], [...right, ['terminal', 'T3']])
  assert.deepEqual(unmet('communication-terminal', more), ['lossesF1'])
  assert.deepEqual(unmet('communication-terminal', pooled(['T1'], [])), ['lossesF1'])
})

test('what is no number reaches no limit; suites of which nothing is asked have none', () => {
  assert.ok(unmet('silence', pooled([], [])).includes('inTimeShare'))
  assert.deepEqual(limitsOf('mixed', pooled([], [])), {})
})

const about = { date: '', half: 'test', seconds: 1, commit: '', dirty: false } as const
const row = (complaints: readonly string[]): OutageRun => ({
  ...about,
  kind: 'row',
  suite: 'row-x',
  seed: '',
  shows: [],
  complaints
})
const failed = (isWithoutPlace: boolean): OutageRun => ({
  ...about,
  kind: 'failed',
  suite: 'row-x',
  seed: '',
  isWithoutPlace,
  error: ''
})
const times = (count: number, run: OutageRun): OutageRun[] => Array.from({ length: count }, () => run)

test('a row comes out in 0.95 of the cities that have a place for it, and four of five have one', () => {
  const judge = (right: number, wrong: number, without: number, broken = 0, suite = 'row-x') => {
    const runs = [
      ...times(right, row([])),
      ...times(wrong, row(['no'])),
      ...times(without, failed(true)),
      ...times(broken, failed(false))
    ]
    const { seeds, withPlace, leastWithPlace, right: came, isMet } = judgeRow(suite, runs)
    return { counts: [seeds, withPlace, leastWithPlace, came], isMet }
  }
  assert.deepEqual(judge(40, 0, 10), { counts: [50, 40, 40, 40], isMet: true })
  assert.deepEqual(judge(39, 0, 11), { counts: [50, 39, 40, 39], isMet: false })
  assert.deepEqual(
    [judge(48, 2, 0).isMet, judge(47, 3, 0).isMet, judge(47, 2, 0, 1).isMet],
    [true, false, false]
  )
  assert.equal(judge(48, 2, 0, 0, 'row-island').isMet, false, 'safety')
  assert.deepEqual([judge(1, 0, 0).isMet, judge(0, 0, 1).isMet, judge(0, 0, 0).isMet], [true, false, false])
})
