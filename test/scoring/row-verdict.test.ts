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
    usagePoints: ['U1', 'U2'],
    firstSignAt: at(40) + 2000
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
const INCIDENT = { id: 'I1', device: 'T1', phases: '', kind: 'sustained', start: at(40), affected: 2 }
const RIGHT: RunAnswers = {
  incidents: [
    { at: at(41), state: 'open', ...INCIDENT, supply: 'temporary' },
    { at: at(111), state: 'closed', ...INCIDENT, supply: 'none', end: at(90) }
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
    [[...RIGHT.incidents, { at: at(115), id: 'I1', state: 'withdrawn' }], 'outage of T1: withdrawn'],
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

test('the incident: when it began and ended, as well as it can be known', () => {
  const of = (more: Row, outage: Row = {}, others: readonly Row[] = []): string[] =>
    complaintsOf(
      [...truth.map(row => (row.table === 'incidents' ? { ...row, ...outage } : row)), ...others],
      { ...RIGHT, incidents: incidents(more) },
      tree,
      voices
    )
  const unsaid = { firstSignAt: undefined }
  const large = { affected: 3 }
  const nested: Row = {
    ...{ table: 'incidents', id: 'O2', device: 'T2', phases: '', kind: 'sustained' },
    ...{ start: at(90), end: at(120), affected: 1 }
  }
  const fed: Row = { table: 'findings', kind: 'back-feed', subject: 'T1', start: at(40), end: at(75) }
  const cases: readonly (readonly [string[], string[]])[] = [
    [of({ start: at(38) }), []],
    [of({ start: at(43) }), ['outage of T1: starts 3 min late']],
    [of({ start: at(36) }), ['outage of T1: starts 4 min early']],
    [of({ start: at(54) }, unsaid), []],
    [of({ start: at(54) }, { firstSignAt: at(95) }), []],
    [of({ start: at(56) }, unsaid), ['outage of T1: starts 16 min late']],
    [of({ start: at(76) }, unsaid, [fed]), ['finding back-feed T1: not said']],
    [
      of({ start: at(56) }, unsaid, [{ ...fed, observable: false, end: at(40) }]),
      ['outage of T1: starts 16 min late']
    ],
    [of({ end: at(101) }), []],
    [of({ end: at(106) }), ['outage of T1: ends 16 min late']],
    [of({ end: at(86), affected: 3 }, large), ['outage of T1: ends 4 min early']],
    [of({ end: at(86), affected: 3 }, large, [{ ...nested, parent: 'O1' }]), ['outage of T2: not found']],
    [of({ end: at(150) }, { end: at(180) }), ['outage of T1: ends 30 min early']],
    [of({ end: null }, { end: at(180) }), []]
  ]
  cases.forEach(([complaints, expected], i) => {
    assert.deepEqual(complaints, expected, `case ${i}`)
  })
})

test('the incident: opened, ended and closed while the run is long enough for it', () => {
  const [open, closed] = RIGHT.incidents as [Row, Row]
  assert.deepEqual(judge({ incidents: [open] }), ['outage of T1: never ended'])
  const restored = { ...closed, state: 'restored' }
  assert.deepEqual(judge({ incidents: [open, restored] }), ['outage of T1: never closed'])
  const reopened = { ...closed, at: at(120), state: 'updated' }
  assert.deepEqual(judge({ incidents: [open, closed, reopened] }), ['outage of T1: never closed'])
  const soon = truth.map(row => (row.table === 'run' ? { ...row, end: at(135) } : row))
  for (const said of [[open], [open, restored]])
    assert.deepEqual(complaintsOf(soon, { ...RIGHT, incidents: said }, tree, voices), [])
  const late = (minute: number): string[] =>
    judge({
      incidents: [
        { ...open, at: at(minute) },
        { ...closed, at: at(minute + 20) }
      ]
    })
  assert.deepEqual(late(134), [])
  assert.deepEqual(late(210), ['outage of T1: opened 120 min after it was over'])
})

test('the incident: who is without supply, as wrong as a registry is', () => {
  const of = (affected: number, said: number, phases = ''): boolean => {
    const outage = truth.map(row => (row.table === 'incidents' ? { ...row, affected, phases } : row))
    const answers = { ...RIGHT, incidents: incidents({ affected: said, phases }) }
    return complaintsOf(outage, answers, tree, voices).length === 0
  }
  const cases: readonly (readonly [affected: number, said: number, isRight: boolean, phases?: string])[] = [
    [1, 1, true],
    [1, 0, false],
    [0, 0, true],
    [0, 1, false],
    [8, 7, true],
    [8, 0, false],
    [8, 10, false],
    [100, 94, true],
    [100, 107, false],
    [100, 80, true, 'A'],
    [100, 70, false, 'A']
  ]
  for (const [affected, said, isRight, phases] of cases)
    assert.equal(of(affected, said, phases), isRight, `${said} of ${affected}`)
})

test('suspicions alone are no incident; where nothing may be said they are too much', () => {
  const thought = { at: at(130), id: 'I3', state: 'suspected', device: 'T2', start: at(130) }
  const said = { ...RIGHT, incidents: [...RIGHT.incidents, thought] }
  const shows = (...rows: string[]): string[] => complaintsOf(truth, said, tree, voices, rows)
  assert.deepEqual(shows('communication-lost', 'device-failed'), [])
  for (const row of ['false-signs', 'quiet'])
    assert.deepEqual(shows(row), ['suspicion of T2: nothing may be said'])
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

test('findings and alarms come once, when their cause is there', () => {
  const finding = (more: Row): string[] => judge({ findings: [...RIGHT.findings, more] })
  const relay = { at: at(60), id: 'f9', kind: 'relay-open', subject: 'M3' }
  assert.deepEqual(finding({ ...relay, id: 'f1' }), [], 'the same again')
  assert.deepEqual(finding(relay), ['finding relay-open M3: said 2 times'])
  assert.deepEqual(finding({ ...relay, at: at(10) }), ['finding relay-open M3: said before its cause'])
  const twice: Row = { table: 'findings', kind: 'relay-open', subject: 'M3', start: at(110), end: at(120) }
  const two = (minute: number): string[] =>
    complaintsOf(
      [...truth, twice],
      { ...RIGHT, findings: [...RIGHT.findings, { ...relay, at: at(minute) }] },
      tree,
      voices
    )
  assert.deepEqual([two(111), two(109)], [[], ['finding relay-open M3: said 2 times']])
  const alarm = (...more: Row[]): string[] => judge({ alarms: [...RIGHT.alarms, ...more] })
  const fires = { at: at(62), id: 'a1', state: 'firing', kind: 'broken-neutral', subject: 'B9' }
  const broken = 'alarm broken-neutral B9'
  assert.deepEqual(alarm(fires), [`${broken}: said 2 times`])
  assert.deepEqual(alarm({ ...fires, id: 'a2' }), [`${broken}: said 2 times`])
  assert.deepEqual(judge({ alarms: [{ ...fires, at: at(49) }] }), [`${broken}: said before its cause`])
  const value = { ...fires, at: at(52) }
  assert.deepEqual(judge({ alarms: [{ ...fires, at: at(51) }, value] }), [], 'a new value of one that is up')
  const shelf = [
    { ...fires, state: 'shelved', at: at(53) },
    { ...fires, at: at(55) }
  ]
  assert.deepEqual(judge({ alarms: [{ ...fires, at: at(51) }, ...shelf] }), [], 'the end of a shelf')
})
