import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  foldLosses,
  type LossCase,
  type LossLine,
  type LossScope,
  scoreLosses,
  type TrueLoss
} from '../../scoring/communication.ts'

const at = (minutes: number): number => Date.UTC(2026, 10, 20) + minutes * 60_000

const loss = (
  id: string,
  scope: LossScope,
  subject: string,
  silent: readonly string[],
  from: number,
  to: number
): TrueLoss => ({
  id,
  scope,
  subject,
  silent,
  start: at(from),
  end: at(to),
  firstSignAt: at(from) + 90_000,
  knowableAt: at(from) + 150_000
})
const TRUTH = [
  loss('L1', 'terminal', 'T1', ['T1'], 0, 30),
  loss('L2', 'cell', '460-00-7', ['T2', 'T3', 'T4', 'T5'], 100, 160),
  loss('L3', 'branch', 'T6', ['M1', 'M2'], 300, 400)
]

/** Said three minutes after its start, and ended at its end. */
const said = (
  id: string,
  { scope, subject, silent, start, end }: TrueLoss,
  more: Partial<LossLine> = {}
): LossLine[] => {
  const named = scope === 'meter' || scope === 'branch' ? { meters: silent } : { terminals: silent }
  return [
    { at: start + 180_000, id, state: 'open', scope, subject, start, ...named, ...more },
    { at: end, id, state: 'closed', end }
  ]
}

function score(lines: readonly LossLine[], more: Partial<LossCase> = {}) {
  const answers = foldLosses(lines)
  return scoreLosses({ truth: TRUTH, undecidable: [], answers, meterDays: 400, until: at(1440), ...more })
}

const counts = ({ opened, matched, falseLosses, duplicates, excused }: ReturnType<typeof score>) => ({
  opened,
  matched,
  falseLosses,
  duplicates,
  excused
})

test('a perfect answer', () => {
  const result = score(TRUTH.flatMap((truth, i) => said(`a${i}`, truth)))
  assert.deepEqual(counts(result), { opened: 3, matched: 3, falseLosses: 0, duplicates: 0, excused: 0 })
  assert.deepEqual([result.precision, result.recall, result.f1, result.exact], [1, 1, 1, 1])
  assert.deepEqual(result.latencyS, {
    fromStart: { p50: 180, p95: 180 },
    fromSign: { p50: 90, p95: 90 },
    fromKnowable: { p50: 30, p95: 30 }
  })
  assert.equal(result.falsePerMillion.rate, 0)
})

test('an empty answer, and one that was only suspected', () => {
  for (const lines of [
    [],
    [{ at: at(1), id: 'a', state: 'suspected', scope: 'terminal', subject: 'T1', terminals: ['T1'] }]
  ]) {
    const result = score(lines as LossLine[])
    assert.deepEqual([result.opened, result.recall, result.f1], [0, 0, 0])
    assert.ok(Number.isNaN(result.precision) && Number.isNaN(result.exact))
  }
})

test('a loss that no round of readings saw: no fault to miss it, and counted when it is found', () => {
  const truth = [TRUTH[0]!, { ...TRUTH[2]!, observable: false }]
  const missed = score(said('a', TRUTH[0]!), { truth })
  assert.deepEqual([missed.losses, missed.matched, missed.recall], [2, 1, 1])
  const found = score([...said('a', TRUTH[0]!), ...said('b', TRUTH[2]!)], { truth })
  assert.deepEqual([found.matched, found.precision, found.recall], [2, 1, 1])
  assert.equal(score([], { truth }).recall, 0)
})

test('a shifted answer: each scope a level too low', () => {
  const result = score([
    ...said('a', { ...TRUTH[0]!, scope: 'meter', silent: ['T1'] }),
    ...said('b', { ...TRUTH[1]!, scope: 'terminal', subject: 'T2', silent: ['T2'] }),
    ...said('c', { ...TRUTH[1]!, scope: 'terminal', subject: 'T3', silent: ['T3'] }),
    ...said('d', { ...TRUTH[2]!, scope: 'meter', subject: 'M1', silent: ['M1'] })
  ])
  assert.deepEqual(counts(result), { opened: 4, matched: 3, falseLosses: 0, duplicates: 1, excused: 0 })
  assert.deepEqual([result.precision, result.recall, result.exact], [0.75, 1, 0])
})

test('an answer that was opened before a loss began does not mean it, whoever it names and however long it lasts', () => {
  const early = said('a', { ...TRUTH[2]!, start: at(200), end: at(400) })
  assert.deepEqual(counts(score(early, { truth: [TRUTH[2]!] })), {
    opened: 1,
    matched: 0,
    falseLosses: 1,
    duplicates: 0,
    excused: 0
  })
})

test('what is said near a loss, of those who fell silent by it, is not excused when it means none', () => {
  const lost = loss('L', 'terminal', 'T7', ['T7'], 600, 660)
  const undecidable = [{ terminals: ['T7'], start: at(590), end: at(700) }]
  const early = said('a', { ...lost, start: at(592), end: at(598) })
  const { falseLosses, excused } = score(early, { truth: [lost], undecidable })
  assert.deepEqual([falseLosses, excused], [1, 0])
})

test('a noisy answer: one false, one withdrawn, one corrected later, one too late', () => {
  const result = score([
    ...said('right', TRUTH[0]!),
    ...said('false', loss('', 'terminal', 'T9', ['T9'], 500, 510)),
    { at: at(505), id: 'false', state: 'withdrawn' },
    ...said('grows', { ...TRUTH[1]!, scope: 'terminal', subject: 'T2', silent: ['T2'] }),
    {
      at: at(110),
      id: 'grows',
      state: 'updated',
      scope: 'cell',
      subject: '460-00-7',
      terminals: TRUTH[1]!.silent
    },
    ...said('late', { ...TRUTH[2]!, start: at(416), end: at(420) })
  ])
  assert.deepEqual(counts(result), { opened: 4, matched: 2, falseLosses: 2, duplicates: 0, excused: 0 })
  assert.deepEqual([result.precision, result.recall, result.exact], [0.5, 2 / 3, 1])
  assert.ok(Math.abs(result.f1 - 4 / 7) < 1e-12)
  assert.equal(result.falsePerMillion.rate, 5000)
  assert.ok(Math.abs(result.falsePerMillion.upper - (6.2958 / 400) * 1e6) < 1)
})

test('where power and communication cannot be told apart neither word is counted', () => {
  const undecidable = [{ terminals: ['T7', 'T8'], start: at(600), end: at(660) }]
  const judge = (silent: readonly string[], from: number) =>
    counts(
      score(said('a', loss('', 'terminal', silent[0] ?? '', silent, from, from + 5)), {
        truth: [],
        undecidable
      })
    )
  const none = { opened: 1, matched: 0, duplicates: 0 }
  assert.deepEqual(judge(['T7'], 610), { ...none, falseLosses: 0, excused: 1 })
  assert.deepEqual(judge(['T7', 'T9'], 610), { ...none, falseLosses: 1, excused: 0 })
  assert.deepEqual(judge(['T7'], 700), { ...none, falseLosses: 1, excused: 0 })
  const excused = score(said('a', loss('', 'terminal', 'T7', ['T7'], 610, 615)), { undecidable })
  assert.ok(Number.isNaN(excused.precision), 'nothing was claimed that counts')
})

test('the better answer is counted: the exact one, then the one that names more of them', () => {
  const part = { ...TRUTH[1]!, scope: 'carrier' as const, subject: 'CMCC', silent: ['T2', 'T3', 'T4'] }
  const less = { ...part, silent: ['T2'] }
  const first = score([...said('part', part), ...said('exact', TRUTH[1]!)], { truth: [TRUTH[1]!] })
  assert.deepEqual([first.matched, first.duplicates, first.exact], [1, 1, 1])
  const second = score([...said('less', less, { at: at(101) }), ...said('part', part)], {
    truth: [TRUTH[1]!]
  })
  assert.deepEqual([second.latencyS.fromStart.p50, second.exact], [180, 0])
})

test('by scope: a match counts for the scope of the loss and has to name it, the rest for the scope that it names', () => {
  const result = score(
    [
      ...said('a', TRUTH[0]!),
      ...said('b', { ...TRUTH[1]!, scope: 'terminal', subject: 'T2', silent: ['T2'] }),
      ...said('c', TRUTH[2]!),
      ...said('d', loss('', 'meter', 'M9', ['M9'], 700, 760)),
      ...said('e', loss('', 'branch', 'T8', ['M7', 'M8'], 800, 860))
    ],
    { truth: [...TRUTH, { ...loss('L4', 'meter', 'M5', ['M5'], 900, 905), observable: false }] }
  )
  const { terminal, cell, branch, meter, gateway } = result.byScope
  const figures = ({ losses, said: claims, matched }: typeof terminal) => [losses, claims, matched]
  assert.deepEqual([terminal, cell, branch, meter].map(figures), [
    [1, 2, 1],
    [1, 0, 0],
    [1, 2, 1],
    [0, 1, 0]
  ])
  assert.deepEqual([figures(gateway), gateway.f1], [[0, 0, 0], Number.NaN], 'of nothing there is no F1')
  assert.deepEqual([terminal.precision, terminal.recall], [0.5, 1])
  assert.ok(Math.abs(terminal.f1 - 2 / 3) < 1e-12)
  assert.deepEqual(figures(result.allButMeter), [3, 4, 2])
})

test('a smaller scope with exactly those who fell silent names the same; a larger one, or another part, does not', () => {
  const one = loss('L', 'cell', '460-00-9', ['T9'], 0, 60)
  const branch = loss('L', 'branch', 'T6', ['M1'], 0, 60)
  const exact = (truth: TrueLoss, scope: LossScope, subject: string, silent: readonly string[]) =>
    score(said('a', { ...truth, scope, subject, silent }), { truth: [truth] }).exact
  assert.equal(exact(one, 'terminal', 'T9', ['T9']), 1)
  assert.equal(exact(branch, 'meter', 'M1', ['M1']), 1)
  assert.equal(exact({ ...one, scope: 'terminal', subject: 'T9' }, 'cell', '460-00-9', ['T9']), 0)
  assert.equal(exact({ ...branch, silent: ['M1', 'M2'] }, 'meter', 'M1', ['M1']), 0)
})

test('power or communication, said of those who are dark, is not counted; of anybody else it is', () => {
  const outages = [{ start: at(0), end: at(60), usagePoints: ['U1', 'U2'] }]
  const voices = new Map([
    ['M1', ['U1']],
    ['M2', ['U2']],
    ['M3', ['U3']],
    ['T1', ['U1', 'U2', 'U3']]
  ])
  const judge = (scope: LossScope, silent: readonly string[], reason: string, from = 0) =>
    counts(
      score(said('a', loss('', scope, 'T1', silent, from, from + 60), { reason }), {
        truth: [],
        outages,
        voices
      })
    ).falseLosses
  const doubt = 'POWER_OR_COMMUNICATION'
  assert.deepEqual([judge('branch', ['M1', 'M2'], doubt), judge('branch', ['M1', 'M2'], '')], [0, 1])
  assert.deepEqual([judge('branch', ['M1', 'M3'], doubt), judge('terminal', ['T1'], doubt)], [1, 1])
  assert.equal(judge('branch', ['M1', 'M2'], doubt, 300), 1)
})
