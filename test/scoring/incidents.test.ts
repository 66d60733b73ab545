import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldIncidents, type IncidentLine } from '../../scoring/answers.ts'
import { type IncidentCase, scoreIncidents, type TrueOutage } from '../../scoring/incidents.ts'
import { f1, poissonUpperBound, quantile, share } from '../../scoring/rates.ts'
import { FeedingTree } from '../../scoring/tree.ts'

/** SS and F are one class, and so are S2 and TR3. */
const tree = new FeedingTree([
  { id: 'SS', parent: '', customers: 0 },
  { id: 'F', parent: 'SS', customers: 0 },
  { id: 'S1', parent: 'F', customers: 0 },
  { id: 'TR1', parent: 'S1', customers: 10 },
  { id: 'TR2', parent: 'S1', customers: 20 },
  { id: 'S2', parent: 'F', customers: 0 },
  { id: 'TR3', parent: 'S2', customers: 30 },
  { id: 'S3', parent: 'F', customers: 0 }
])
const at = (minutes: number): number => Date.UTC(2026, 10, 20) + minutes * 60_000

const outage = (id: string, device: string, from: number, to: number, affected: number): TrueOutage => ({
  id,
  device,
  phases: '',
  start: at(from),
  end: at(to),
  affected,
  firstSignAt: at(from) + 20_000,
  knowableAt: at(from) + 40_000
})
const TRUTH = [
  outage('T1', 'TR1', 0, 60, 10),
  outage('T2', 'S1', 200, 260, 30),
  outage('T3', 'TR3', 400, 430, 30)
]

/** An incident that is opened a minute after its start and closed at its end. */
const incident = (id: string, device: string, from: number, to: number, affected: number): IncidentLine[] => [
  { at: at(from + 1), id, state: 'open', device, phases: 'ABC', start: at(from), affected },
  { at: at(to), id, state: 'closed', device, end: at(to) }
]

function score(lines: readonly IncidentLine[], more: Partial<IncidentCase> = {}) {
  const answers = foldIncidents(lines)
  return scoreIncidents({ tree, truth: TRUTH, answers, meterDays: 600, until: at(1440), ...more })
}

const near = (value: number, expected: number): void =>
  assert.ok(
    Math.abs(value - expected) < 1e-3 * Math.max(1, Math.abs(expected)),
    `${value} is not ${expected}`
  )

test('a perfect answer, one of its names another of the same class', () => {
  const result = score([
    ...incident('a', 'TR1', 0, 60, 10),
    ...incident('b', 'S1', 200, 260, 30),
    ...incident('c', 'S2', 400, 430, 30)
  ])
  assert.deepEqual([result.outages, result.opened, result.matched], [3, 3, 3])
  assert.deepEqual([result.falseIncidents, result.duplicates, result.falseSuspicions], [0, 0, 0])
  assert.deepEqual([result.precision, result.recall, result.f1], [1, 1, 1])
  assert.deepEqual([result.exactAtFirst, result.exactAtEnd, result.levelsOff], [1, 1, { 0: 3 }])
  assert.deepEqual(result.latencyS, {
    fromStart: { p50: 60, p95: 60 },
    fromSign: { p50: 40, p95: 40 },
    fromKnowable: { p50: 20, p95: 20 }
  })
  // 10 x 60 + 30 x 60 + 30 x 30
  assert.deepEqual(result.customerMinutes, { said: 3300, true: 3300, error: 0 })
  assert.equal(result.falsePerMillion.incidents.rate, 0)
  near(result.falsePerMillion.incidents.upper, (2.9957 / 600) * 1e6)
})

test('an empty answer', () => {
  const result = score([])
  assert.deepEqual([result.opened, result.matched, result.recall, result.f1], [0, 0, 0, 0])
  assert.ok(Number.isNaN(result.precision) && Number.isNaN(result.exactAtEnd))
  assert.ok(Number.isNaN(result.latencyS.fromStart.p50))
  assert.deepEqual(result.customerMinutes, { said: 0, true: 3300, error: 1 })
})

test('an answer that is one level too high everywhere', () => {
  const result = score([
    ...incident('a', 'S1', 0, 60, 30),
    ...incident('b', 'F', 200, 260, 60),
    ...incident('c', 'SS', 400, 430, 60)
  ])
  assert.deepEqual([result.precision, result.recall, result.exactAtEnd], [1, 1, 0])
  assert.deepEqual(result.levelsOff, { 1: 3 })
  // 30 x 60 + 60 x 60 + 60 x 30
  assert.deepEqual([result.customerMinutes.said, result.customerMinutes.error], [7200, 3900 / 3300])
})

test('a noisy answer: one missed, one false, one twice, one named wrongly at first', () => {
  const result = score([
    ...incident('right', 'TR1', 0, 60, 10),
    ...incident('again', 'TR1', 5, 50, 10),
    ...incident('false', 'TR2', 600, 630, 20),
    { at: at(800), id: 'thought', state: 'suspected', device: 'TR3', start: at(800) },
    { at: at(401), id: 'late', state: 'suspected', device: 'F', start: at(400), affected: 60 },
    { at: at(403), id: 'late', state: 'open', device: 'F' },
    { at: at(405), id: 'late', state: 'updated', device: 'S2', affected: 30 },
    { at: at(430), id: 'late', state: 'closed', end: at(430) },
    { at: at(402), id: 'part', state: 'open', device: 'TR3', start: at(400) },
    { at: at(406), id: 'part', state: 'withdrawn', mergedInto: 'late' }
  ])
  assert.deepEqual([result.opened, result.matched], [4, 2])
  assert.deepEqual([result.falseIncidents, result.duplicates, result.falseSuspicions], [1, 1, 1])
  assert.deepEqual([result.precision, result.recall], [0.5, 2 / 3])
  near(result.f1, 4 / 7)
  assert.deepEqual([result.exactAtFirst, result.exactAtEnd], [0.5, 1])
  assert.deepEqual(result.latencyS.fromStart, { p50: 60, p95: 180 })
  near(result.falsePerMillion.incidents.rate, 1e6 / 600)
  near(result.falsePerMillion.incidents.upper, (4.7439 / 600) * 1e6)
  // 10 x 60 + 10 x 45 + 20 x 30 + 30 x 30 against 3300
  near(result.customerMinutes.error, 750 / 3300)
})

test('one incident is counted for one outage: that which it fits best', () => {
  const truth = [outage('low', 'TR1', 0, 60, 10), outage('high', 'S1', 0, 60, 30)]
  const result = score(incident('a', 'S1', 0, 60, 30), { truth })
  assert.deepEqual([result.matched, result.duplicates, result.exactAtEnd], [1, 0, 1])
  const both = score([...incident('a', 'S1', 0, 60, 30), ...incident('b', 'TR1', 0, 60, 10)], { truth })
  assert.deepEqual([both.matched, both.exactAtEnd], [2, 1])
})

test('times: said once it has begun, and near its start or for the most part in it; when it is found does not matter', () => {
  // TR3 is dark from 400 to 430.
  const said = (device: string, opened: number, from: number, to?: number): IncidentLine[] => [
    { at: at(opened), id: 'a', state: 'open', device, start: at(from) },
    ...(to === undefined ? [] : [{ at: at(to + 20), id: 'a', state: 'closed', end: at(to) } as const])
  ]
  const cases: readonly (readonly [what: string, lines: IncidentLine[], isOfIt: boolean])[] = [
    ['while it lasts', said('TR3', 401, 400, 430), true],
    ['it never ends', said('TR3', 401, 400), true],
    ['found an hour after, by records', said('TR3', 490, 400, 430), true],
    ['found afterwards, by points a quarter of an hour apart', said('TR3', 450, 386, 445), true],
    ['a part of it, long after its start', said('TR3', 425, 420, 430), true],
    ['a part of it, until the next reading', said('TR3', 425, 425, 440), true],
    ['above it, and never ended, hours before', said('SS', 60, 60), false],
    ['on it, and never ended, a minute before', said('TR3', 399, 399), false],
    ['ten minutes after it was over', said('TR3', 441, 440, 500), false],
    ['begins near its end and goes on', said('TR3', 426, 425, 500), false],
    ['well before', said('TR3', 301, 300, 384), false]
  ]
  for (const [what, lines, isOfIt] of cases) {
    const { matched, falseIncidents } = score(lines, { truth: [TRUTH[2]!] })
    assert.deepEqual([matched, falseIncidents], isOfIt ? [1, 0] : [0, 1], what)
  }
})

test('a service line of five minutes is not meant by a transformer that is said fourteen minutes after it was back', () => {
  const truth = [outage('short', 'TR1', 400, 405, 10)]
  assert.equal(score(incident('a', 'S1', 419, 430, 30), { truth }).falseIncidents, 1)
  assert.equal(score(incident('a', 'TR1', 407, 409, 10), { truth }).matched, 1, 'clocks that are off')
})

test('what was merged is no answer of its own where it means the same outage, and false where nothing was dark', () => {
  const merged = (id: string, device: string, from: number, into: string): IncidentLine[] => [
    { at: at(from + 1), id, state: 'open', device, start: at(from) },
    { at: at(from + 2), id, state: 'withdrawn', mergedInto: into }
  ]
  const truth = [TRUTH[1]!]
  const judge = (...parts: readonly (readonly IncidentLine[])[]) => {
    const all = [...incident('whole', 'S1', 200, 260, 30), ...parts.flat()].sort((a, b) => a.at - b.at)
    const { opened, matched, falseIncidents, duplicates } = score(all, { truth })
    return { opened, matched, falseIncidents, duplicates }
  }
  const one = { opened: 1, matched: 1, falseIncidents: 0, duplicates: 0 }
  assert.deepEqual(judge(merged('part', 'TR1', 200, 'whole')), one)
  assert.deepEqual(judge(merged('part', 'TR1', 200, 'mid'), merged('mid', 'TR2', 200, 'whole')), one)
  const bad = { ...one, opened: 2, falseIncidents: 1 }
  assert.deepEqual(judge(merged('beside', 'TR3', 200, 'whole')), bad, 'others were dark')
  assert.deepEqual(judge(merged('before', 'TR1', 20, 'whole')), bad, 'another time')
  assert.deepEqual(judge(merged('nowhere', 'TR1', 500, 'unknown')), bad)
  const many = Array.from({ length: 50 }, (_, i) => merged(`j${i}`, 'TR3', i, 'whole'))
  assert.equal(judge(...many).falseIncidents, 50)
  const round = judge(merged('x', 'TR3', 20, 'y'), merged('y', 'TR3', 20, 'x'))
  assert.equal(round.falseIncidents, 2, 'merged into each other')
})

test('in time are those of all that could be known while they lasted, missed ones too', () => {
  const late = { ...TRUTH[2]!, knowableAt: at(431) }
  const found = score(incident('a', 'TR1', 0, 60, 10), { truth: [TRUTH[0]!, TRUTH[1]!, late] })
  assert.deepEqual(found.inTime, { knowable: 2, opened: 1 })
  assert.deepEqual(score([]).inTime, { knowable: 3, opened: 0 })
  const untold = { ...TRUTH[0]!, firstSignAt: at(900) }
  const silent = score([], { truth: [untold, { ...TRUTH[1]!, firstSignAt: TRUTH[1]!.start }] })
  assert.deepEqual([silent.inTime.knowable, silent.inTimeOfTold.knowable], [2, 1])
})

test('phases are part of the answer, whatever their order', () => {
  const truth = [{ ...TRUTH[0]!, phases: 'AC' }]
  const named = (phases: string) =>
    score([{ at: at(1), id: 'a', state: 'open', device: 'TR1', phases, start: at(0) }], { truth }).exactAtEnd
  assert.deepEqual([named('CA'), named('A'), named(''), named('ABC')], [1, 0, 0, 0])
})

test('phases of a house are those that its customers hang on: what leaves the same ones dark is the same', () => {
  const oneOfThree = new FeedingTree([
    { id: 'TR', parent: '', customers: 0 },
    { id: 'H1', parent: 'TR', customers: 1, phases: 'B' },
    { id: 'H2', parent: 'TR', customers: 1, phases: 'C' }
  ])
  const named = (device: string, wanted: string, phases: string) =>
    scoreIncidents({
      tree: oneOfThree,
      truth: [{ ...outage('T', device, 0, 60, 1), phases: wanted }],
      answers: foldIncidents([{ at: at(1), id: 'a', state: 'open', device, phases, start: at(0) }]),
      meterDays: 1,
      until: at(1440)
    }).exactAtEnd
  assert.deepEqual([named('H1', '', 'B'), named('H1', 'B', ''), named('H1', '', 'C')], [1, 1, 0])
  // Of the transformer A says nothing, and B alone leaves somebody alive.
  assert.deepEqual([named('TR', '', 'BC'), named('TR', '', 'B'), named('TR', 'B', 'AB')], [1, 0, 1])
})

test('classes of three customers or more are counted apart', () => {
  const houses = new FeedingTree([
    { id: 'TR', parent: '', customers: 0 },
    { id: 'B1', parent: 'TR', customers: 3 },
    { id: 'B2', parent: 'TR', customers: 2 }
  ])
  const truth = [outage('x', 'B1', 0, 60, 3), outage('y', 'B2', 200, 260, 2), outage('z', 'TR', 400, 460, 5)]
  const lines = [
    ...incident('a', 'B1', 0, 60, 3),
    ...incident('b', 'TR', 200, 260, 5),
    ...incident('c', 'B1', 400, 460, 3)
  ]
  const result = score(lines, { tree: houses, truth })
  near(result.exactAtEnd, 1 / 3)
  assert.deepEqual(result.ofThreeOrMore, { matched: 2, exactAtEnd: 0.5 })
})

test('customer-minutes are those that the lines say, the last ones, else all of them from start to end', () => {
  const lines = [
    ...incident('a', 'TR1', 0, 60, 10),
    ...incident('b', 'S1', 200, 260, 30),
    { at: at(261), id: 'b', state: 'restored', customerMinutes: 900 } as const,
    { at: at(280), id: 'b', state: 'closed', customerMinutes: 1000.5 } as const
  ]
  assert.equal(score(lines).customerMinutes.said, 600 + 1000.5)
})

test('a withdrawn false incident stays one; a device that does not exist means nothing', () => {
  const withdrawn: IncidentLine = { at: at(610), id: 'a', state: 'withdrawn' }
  const result = score([
    ...incident('a', 'TR2', 600, 605, 20),
    withdrawn,
    ...incident('b', 'nowhere', 0, 60, 1)
  ])
  assert.deepEqual([result.falseIncidents, result.matched], [2, 0])
})

test('the tree: classes, shared customers, levels', () => {
  const number = (id: string) => tree.number(id)
  const levels = (answer: string, truth: string) => tree.levelsOff(number(answer), number(truth))
  assert.ok(tree.isSameClass(number('SS'), number('F')) && tree.isSameClass(number('S2'), number('TR3')))
  assert.ok(!tree.isSameClass(number('S1'), number('F')) && !tree.isSameClass(number('S3'), number('F')))
  assert.deepEqual(
    [
      tree.sharedCustomers(number('F'), number('TR1')),
      tree.sharedCustomers(number('TR1'), number('TR2')),
      tree.sharedCustomers(number('S3'), number('F'))
    ],
    [10, 0, 0]
  )
  assert.deepEqual(
    [levels('SS', 'TR1'), levels('TR1', 'F'), levels('TR1', 'TR3'), levels('S2', 'TR3')],
    [2, -2, undefined, 0]
  )
  const wrong = [
    { id: 'a', parent: 'b', customers: 1 },
    { id: 'b', parent: 'a', customers: 1 }
  ]
  assert.throws(() => new FeedingTree(wrong), /feed each other/)
  assert.throws(() => new FeedingTree([{ id: 'a', parent: 'x', customers: 1 }]), /does not exist/)
  assert.throws(() => tree.number('x'), /no device/)
})

test('figures: shares, quantiles, and the upper bound of a count', () => {
  assert.ok(Number.isNaN(share(0, 0)))
  assert.equal(f1(0, 0), 0)
  assert.deepEqual([quantile([3, 1, 2], 0.5), quantile([1, 2, 3, 4], 0.95), quantile([5], 0)], [2, 4, 5])
  for (const [count, bound] of [
    [0, 2.9957],
    [1, 4.7439],
    [10, 16.9622],
    [100, 118.0793]
  ] as const)
    near(poissonUpperBound(count), bound)
})
