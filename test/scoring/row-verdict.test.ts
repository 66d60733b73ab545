import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintsOf } from '../../scoring/row-verdict.ts'
import type { Row, RunAnswers } from '../../scoring/run-cases.ts'
import { FeedingTree } from '../../scoring/tree.ts'

const at = (minutes: number): number => minutes * 60_000

/** F ─┬─ T1 ─ U1 U2      T1 is dead from minute 40 to 90 and fed by a truck, C2 cannot be heard from 40 to 70, M3 has an open relay, B9 a broken neutral */
const tree = new FeedingTree([
  { id: 'F', parent: '', customers: 0 },
  { id: 'T1', parent: 'F', customers: 2 },
  { id: 'T2', parent: 'F', customers: 1 }
])
const voices = new Map([
  ['M1', ['U1']],
  ['M2', ['U2']],
  ['M3', ['U3']],
  ['C2', ['U3']]
])
const truth: readonly Row[] = [
  { table: 'run', start: 0, end: at(180), meters: 3 },
  {
    table: 'incidents',
    id: 'O1',
    device: 'T1',
    phases: '',
    kind: 'sustained',
    supply: 'temporary',
    start: at(40),
    end: at(90),
    affected: 2,
    usagePoints: ['U1', 'U2']
  },
  {
    table: 'communication',
    id: 'L1',
    scope: 'terminal',
    subject: 'C2',
    silent: ['C2'],
    start: at(40),
    end: at(70)
  },
  { table: 'restarts', id: 'G1', start: at(120), end: at(121) },
  { table: 'findings', kind: 'relay-open', subject: 'M3', start: at(50), end: at(100) },
  { table: 'alarms', id: 'A1', kind: 'broken-neutral', subject: 'B9', start: at(50), end: at(60) }
]
const INCIDENT = { id: 'I1', device: 'T1', phases: '', kind: 'sustained', start: at(40) }
const RIGHT: RunAnswers = {
  incidents: [
    { at: at(41), state: 'open', ...INCIDENT, supply: 'temporary' },
    { at: at(91), state: 'closed', ...INCIDENT, supply: 'none', end: at(90) }
  ],
  communication: [
    {
      at: at(45),
      id: 'C1',
      state: 'open',
      scope: 'terminal',
      subject: 'C2',
      terminals: ['C2'],
      start: at(40)
    },
    { at: at(120), id: 'C9', state: 'open', scope: 'gateway', subject: 'gateway', start: at(120) }
  ],
  findings: [
    { at: at(51), id: 'f1', kind: 'relay-open', subject: 'M3' },
    { at: at(1), id: 'f2', kind: 'registry-device', subject: 'M1' },
    { at: at(1), id: 'f3', kind: 'clock', subject: 'M2' },
    { at: at(1), id: 'f4', kind: 'exchange', subject: 'a meter that is no more' }
  ],
  alarms: [
    { at: at(51), id: 'a1', state: 'firing', kind: 'broken-neutral', subject: 'B9' },
    { at: at(61), id: 'a1', state: 'resolved', kind: 'broken-neutral', subject: 'B9' }
  ],
  supply: []
}
const judge = (more: Partial<RunAnswers>): string[] =>
  complaintsOf(truth, { ...RIGHT, ...more }, tree, voices)
const incidents = (more: Row): RunAnswers['incidents'] => RIGHT.incidents.map(line => ({ ...line, ...more }))

test('what must come out came out: nothing to complain of', () => {
  assert.deepEqual(judge({}), [])
})

test('nothing was said: everything is missing', () => {
  const nothing = { incidents: [], communication: [], findings: [], alarms: [] }
  assert.deepEqual(judge(nothing), [
    'outage of T1: not found',
    'loss of terminal C2: not found',
    'finding relay-open M3: not said',
    'alarm broken-neutral B9: not said'
  ])
})

test('the incident: device, phases, kind, supply, withdrawn, merged, a second one, one where nothing was', () => {
  const also = (more: Row): RunAnswers['incidents'] => [
    ...RIGHT.incidents,
    { at: at(42), id: 'I2', state: 'open', phases: '', start: at(40), ...more }
  ]
  const cases: readonly (readonly [RunAnswers['incidents'], string])[] = [
    [incidents({ device: 'F' }), 'outage of T1: named F'],
    [incidents({ phases: 'A' }), 'outage of T1: named T1 A'],
    [incidents({ kind: 'planned' }), 'outage of T1: sustained, said to be planned'],
    [incidents({ supply: 'none' }), 'outage of T1: supply temporary never said'],
    [[...RIGHT.incidents, { at: at(95), id: 'I1', state: 'withdrawn' }], 'outage of T1: withdrawn'],
    [also({ device: 'T1' }), 'incident on T1: a second one for its outage'],
    [also({ device: 'T2' }), 'incident on T2: nothing was dark'],
    [also({ device: 'T2', mergedInto: 'I1' }), 'incident on T2: nothing was dark'],
    [also({ device: 'T1', mergedInto: 'I1' }), 'incident on T1: opened, then merged into another']
  ]
  for (const [said, complaint] of cases) assert.deepEqual(judge({ incidents: said }), [complaint])
})

test('that some had their supply back by another way need not be said', () => {
  const transferred = truth.map(row => (row.table === 'incidents' ? { ...row, supply: 'transferred' } : row))
  assert.deepEqual(complaintsOf(transferred, RIGHT, tree, voices), [])
})

test('suspicions alone are no incident', () => {
  const thought = { at: at(130), id: 'I3', state: 'suspected', device: 'T2', start: at(130) }
  assert.deepEqual(judge({ incidents: [...RIGHT.incidents, thought] }), [])
})

test('communication: another name, twice, and where everybody could speak', () => {
  const said = (more: Row): string[] =>
    judge({ communication: RIGHT.communication.map(it => ({ ...it, ...more })) })
  assert.deepEqual(said({ scope: 'cell', subject: 'X', terminals: ['C2'], start: at(40) }).slice(0, 1), [
    'loss of terminal C2: named cell X'
  ])
  const also = (more: Row) => [
    ...RIGHT.communication,
    {
      at: at(46),
      id: 'C3',
      state: 'open',
      scope: 'meter',
      subject: 'M3',
      meters: ['M3'],
      start: at(150),
      ...more
    }
  ]
  assert.deepEqual(judge({ communication: also({}) }), ['loss of meter M3: everybody could speak'])
  const again = { scope: 'terminal', subject: 'C2', terminals: ['C2'], start: at(41) }
  assert.deepEqual(judge({ communication: also({ ...again, meters: undefined }) }), [
    'loss of terminal C2: said for one that another is counted for'
  ])
})

test('findings and alarms of kinds that a scenario can make true are held against it', () => {
  const also = { at: at(5), id: 'x', kind: 'customer-side', subject: 'M1' }
  assert.deepEqual(judge({ findings: [...RIGHT.findings, also] }), [
    'finding customer-side M1: nothing is true of it'
  ])
  const fires = { at: at(5), id: 'x', state: 'firing', kind: 'broken-neutral', subject: 'B1' }
  assert.deepEqual(judge({ alarms: [...RIGHT.alarms, fires, { ...fires, state: 'resolved' }] }), [
    'alarm broken-neutral B1: nothing is true of it'
  ])
})
