import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FindingLine, scoreAlarms, scoreFindings, type TrueFinding } from '../../scoring/findings.ts'

const at = (minutes: number): number => Date.UTC(2026, 10, 20) + minutes * 60_000
const truth = (kind: string, subject: string, from: number): TrueFinding => ({
  kind,
  subject,
  start: at(from),
  end: at(from + 600)
})
const line = (id: string, kind: string, subject: string, minute: number): FindingLine => ({
  at: at(minute),
  id,
  kind,
  subject
})
const TRUTH = [
  truth('registry-device', 'M1', 0),
  truth('registry-device', 'M2', 0),
  truth('relay-open', 'M3', 60),
  truth('clock', 'M4', 90)
]
const score = (lines: readonly FindingLine[]) => scoreFindings({ truth: TRUTH, lines, until: at(1440) })

test('a perfect answer, said again later', () => {
  const result = score([
    ...TRUTH.map(({ kind, subject, start }, i) => ({ at: start + 120_000, id: `f${i}`, kind, subject })),
    line('f0', 'registry-device', 'M1', 800)
  ])
  assert.deepEqual([result.said, result.matched, result.precision, result.recall, result.f1], [4, 4, 1, 1, 1])
  assert.deepEqual(result.latencyS.fromStart, { p50: 120, p95: 120 })
  assert.deepEqual(Object.keys(result.byKind), ['clock', 'registry-device', 'relay-open'])
})

test('an empty answer', () => {
  const result = score([])
  assert.deepEqual([result.said, result.recall, result.f1], [0, 0, 0])
  assert.ok(Number.isNaN(result.precision))
})

test('a noisy answer: one of another kind, one of another meter, one twice, one found long after', () => {
  const result = score([
    line('a', 'registry-phase', 'M1', 5),
    line('b', 'relay-open', 'M9', 70),
    line('c', 'clock', 'M4', 95),
    line('d', 'clock', 'M4', 96),
    line('e', 'registry-device', 'M2', 1000)
  ])
  assert.deepEqual([result.said, result.matched, result.precision, result.recall], [5, 2, 0.4, 0.5])
  const { clock, 'registry-device': device, 'relay-open': relay, 'registry-phase': phase } = result.byKind
  assert.deepEqual([clock?.precision, clock?.recall, clock?.latencyS.fromStart.p50], [0.5, 1, 300])
  assert.deepEqual([device?.precision, device?.recall], [1, 0.5])
  assert.deepEqual([relay?.precision, relay?.recall, phase?.precision], [0, 0, 0])
})

test('what is said well before it is true does not mean it', () => {
  assert.equal(score([line('a', 'clock', 'M4', 76)]).matched, 1)
  assert.equal(scoreFindings({ truth: [truth('clock', 'M4', 500)], lines: [], until: at(1440) }).matched, 0)
})

test('an alarm is said when it fires: not while it is pending, and not again when it is resolved', () => {
  const alarm = (id: string, state: string, subject: string, minute: number) => ({
    ...line(id, 'broken-neutral', subject, minute),
    state
  })
  const wanted = [truth('broken-neutral', 'B1', 60), truth('broken-neutral', 'B2', 60)]
  const result = scoreAlarms(
    wanted,
    [
      alarm('a', 'pending', 'B1', 61),
      alarm('a', 'firing', 'B1', 62),
      alarm('a', 'resolved', 'B1', 80),
      alarm('b', 'pending', 'B2', 61),
      alarm('c', 'firing', 'B3', 70)
    ],
    at(1440)
  )
  assert.deepEqual([result.said, result.matched, result.precision, result.recall], [2, 1, 0.5, 0.5])
  assert.equal(result.latencyS.fromStart.p50, 120)
})

test('what nothing shows is no fault to miss, and right when it is said', () => {
  const hidden = { ...truth('broken-neutral', 'B1', 60), observable: false }
  const fires = { ...line('a', 'broken-neutral', 'B1', 62), state: 'firing' }
  const of = (lines: Parameters<typeof scoreAlarms>[1]) => scoreAlarms([hidden], lines, at(1440))
  assert.deepEqual([of([]).findings, of([fires]).precision, of([fires]).recall], [0, 1, 1])
})
