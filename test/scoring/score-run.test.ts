import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Row, RunAnswers } from '../../scoring/run-cases.ts'
import { describeScore, scoreRun } from '../../scoring/score-run.ts'
import { FeedingTree } from '../../scoring/tree.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const at = (minutes: number): number => minutes * MINUTE

/**
 *   F ─┬─ T1 ─ four customers       One day, 1000 meters: an outage of T1 from minute 60 to 120, of T2 from 200 to 230, a silent
 *      └─ T2 ─ six customers        terminal C1 from 300 to 400, an exchanged meter at 500, a hospital on one feed from 600 to 660,
 *                                  a broken neutral from 700 to 750
 */
const tree = new FeedingTree([
  { id: 'F', parent: '', customers: 0 },
  { id: 'T1', parent: 'F', customers: 4 },
  { id: 'T2', parent: 'F', customers: 6 }
])
const truth: readonly Row[] = [
  { table: 'run', start: 0, end: DAY, meters: 1000 },
  {
    table: 'incidents',
    id: 'O1',
    device: 'T1',
    phases: '',
    start: at(60),
    end: at(120),
    affected: 4,
    firstSignAt: at(60) + 2000
  },
  {
    table: 'incidents',
    id: 'O2',
    device: 'T2',
    phases: '',
    start: at(200),
    end: at(230),
    affected: 6,
    knowableAt: at(201)
  },
  {
    table: 'communication',
    id: 'L1',
    scope: 'terminal',
    subject: 'C1',
    silent: ['C1'],
    start: at(300),
    end: at(400)
  },
  { table: 'findings', kind: 'exchange', subject: 'M7', start: at(500), end: DAY },
  { table: 'alarms', id: 'A1', kind: 'broken-neutral', subject: 'B9', start: at(700), end: at(750) },
  { table: 'supply', keyCustomer: 'K', state: 'normal', start: 0, end: at(600), decidableAt: 0 },
  { table: 'supply', keyCustomer: 'K', state: 'reduced', start: at(600), end: at(660), decidableAt: at(601) },
  { table: 'supply', keyCustomer: 'K', state: 'normal', start: at(660), end: DAY, decidableAt: null }
]

/** What a system says that knows everything `late` minutes after it began. */
function answers(late: number): RunAnswers {
  const life = (id: string, start: number, end: number, rest: Row): Row[] => [
    { at: start + at(late), id, state: 'open', start, ...rest },
    { at: end + at(late), id, state: 'closed', start, end, ...rest }
  ]
  return {
    incidents: [
      ...life('I1', at(60), at(120), { device: 'T1', affected: 4 }),
      ...life('I2', at(200), at(230), { device: 'T2', affected: 6 })
    ],
    communication: life('C', at(300), at(400), { scope: 'terminal', subject: 'C1', terminals: ['C1'] }),
    findings: [{ at: at(500 + late), id: 'F1', kind: 'exchange', subject: 'M7' }],
    alarms: [
      { at: at(700 + late), id: 'A', state: 'firing', kind: 'broken-neutral', subject: 'B9' },
      { at: at(750 + late), id: 'A', state: 'resolved', kind: 'broken-neutral', subject: 'B9' }
    ],
    supply: [
      { at: 0, keyCustomer: 'K', state: 'normal' },
      { at: at(600 + late), keyCustomer: 'K', state: 'reduced' },
      { at: at(660 + late), keyCustomer: 'K', state: 'normal' }
    ]
  }
}
const EMPTY: RunAnswers = { incidents: [], communication: [], findings: [], alarms: [], supply: [] }

test('perfect answers: everything is 1, nothing is false, bounds are those of a count of nothing', () => {
  const { meterDays, incidents, communication, findings, alarms, supply } = scoreRun(truth, answers(0), tree)
  assert.equal(meterDays, 1000)
  for (const part of [incidents, communication, findings, alarms])
    assert.deepEqual([part.precision, part.recall, part.f1], [1, 1, 1])
  assert.deepEqual([incidents.exactAtFirst, incidents.exactAtEnd, incidents.levelsOff], [1, 1, { 0: 2 }])
  assert.deepEqual(incidents.customerMinutes, { said: 420, true: 420, error: 0 })
  assert.equal(incidents.falseIncidents, 0)
  // Nothing in a thousand meter-days: at most 2.996 of them, for a million 2996.
  assert.ok(Math.abs(incidents.falsePerMillion.incidents.upper - 2995.7) < 0.1)
  assert.deepEqual([supply.right, supply.falselyNormal, supply.changes, supply.shown], [1, 0, 1, 1])
})

test('empty answers: no precision, no recall, all customer-minutes missed, supply unknown', () => {
  const { incidents, communication, findings, alarms, supply } = scoreRun(truth, EMPTY, tree)
  for (const part of [incidents, communication, findings, alarms])
    assert.deepEqual([Number.isNaN(part.precision), part.recall, part.f1], [true, 0, 0])
  assert.equal(incidents.customerMinutes.error, 1)
  // Decidable from 0 to 600 and from 601 to 660; the minute between, and all after, may be unknown.
  assert.equal(supply.minutes.decidable.unsure, 659)
  assert.equal(supply.minutes.latent.right, 1 + (1440 - 660))
})

test('shifted answers: the same claims, later by what they are later', () => {
  const { incidents, communication, findings, alarms, supply } = scoreRun(truth, answers(3), tree)
  for (const part of [incidents, communication, findings, alarms]) assert.equal(part.f1, 1)
  assert.deepEqual(incidents.latencyS.fromStart, { p50: 180, p95: 180 })
  assert.equal(incidents.latencyS.fromSign.p95, 178)
  assert.equal(incidents.latencyS.fromKnowable.p95, 120)
  assert.equal(communication.latencyS.fromStart.p95, 180)
  // Two of the three minutes could be known: `normal` was shown while it was reduced.
  assert.equal(supply.minutes.decidable.wrong, 2)
  assert.equal(supply.falselyNormal, 2)
  assert.equal(supply.latencyS.p95, 120)
})

test('noisy answers: a false one, a second one for the same outage, one a level too high, a suspicion, one that was withdrawn', () => {
  const noise: Row[] = [
    { at: at(10), id: 'N1', state: 'open', device: 'T2', start: at(10), affected: 6 },
    { at: at(20), id: 'N1', state: 'withdrawn', end: at(20) },
    { at: at(61), id: 'N2', state: 'open', device: 'T1', start: at(61), affected: 4 },
    { at: at(90), id: 'N2', state: 'closed', end: at(90) },
    { at: at(800), id: 'N3', state: 'suspected', device: 'T1', start: at(800) }
  ]
  const said = answers(0)
  const tooHigh = said.incidents.map(line =>
    line.id === 'I2' ? { ...line, device: 'F', affected: 10 } : line
  )
  const { incidents } = scoreRun(truth, { ...said, incidents: [...tooHigh, ...noise] }, tree)
  assert.deepEqual(
    [
      incidents.opened,
      incidents.matched,
      incidents.falseIncidents,
      incidents.duplicates,
      incidents.falseSuspicions
    ],
    [4, 2, 1, 1, 1]
  )
  assert.deepEqual([incidents.precision, incidents.recall], [0.5, 1])
  assert.deepEqual([incidents.exactAtEnd, incidents.levelsOff], [0.5, { 0: 1, 1: 1 }])
  // Said: 60 x 4 and 30 x 10 of the two, 10 x 6 of the false one, 29 x 4 of the second.
  assert.equal(incidents.customerMinutes.said, 240 + 300 + 60 + 116)
  assert.equal(incidents.falsePerMillion.incidents.rate, 1000)
})

test('customer-minutes of a staged restoration are those of the truth, not all customers until the end', () => {
  const staged = truth.map(row => (row.id === 'O2' ? { ...row, customerMinutes: 100 } : row))
  const { customerMinutes } = scoreRun(staged, answers(0), tree).incidents
  assert.deepEqual([customerMinutes.said, customerMinutes.true], [420, 340])
})

test('the figures are said in words, also of a run of which nothing is known', () => {
  const texts = describeScore(scoreRun(truth, EMPTY, tree))
  assert.equal(texts.length, 15)
  assert.match(texts.join('\n'), /outages +0 of 2 named, 0 opened +precision - +recall 0\.000/)
  assert.throws(() => scoreRun([], EMPTY, tree), RangeError)
})
