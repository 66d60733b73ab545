import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isError } from '../../../src/errors.ts'
import type { NamedIndex } from '../../../src/reliability/reliability.ts'
import type { ReliabilityReport } from '../../../src/reliability/report.ts'
import { at, FROM, HOUR, MINUTE, NOON, TO } from '../../support/interruptions.ts'
import { incident } from '../../support/outage-lines.ts'
import { closed, keptIncidents, townOf } from './kept-incidents.ts'

const TOWN = townOf(1000)
const YEAR = { from: FROM, to: TO }

const indexOf = ({ result }: ReliabilityReport, name: string): number | null | undefined =>
  result.indices.find((index: NamedIndex) => index.name === name)?.value
const near = (value: number | null | undefined, expected: number, name: string): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < 1e-9 * Math.max(1, expected), `${name}: ${value}`)

test('the worked vectors, from lines in the ledger: SAIFI 1.25, SAIDI 60, CAIDI 48, MAIFIe 0.9', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  await take(
    closed('I1', 200, 90, at('2026-02-01T08:00+08:00')),
    closed('I2', 50, 240, at('2026-04-01T08:00+08:00')),
    closed('I3', 1000, 30, at('2026-06-01T08:00+08:00')),
    closed('M1', 600, 1, at('2026-08-01T08:00+08:00'), { kind: 'momentary' }),
    closed('M2', 300, 1, at('2026-09-01T08:00+08:00'), { kind: 'momentary' })
  )
  const ieee = await desk.reliabilityReport({ profile: 'ieee1366', ...YEAR })
  const rows: [name: string, value: number][] = [
    ['SAIFI', 1.25],
    ['SAIDI', 60],
    ['CAIDI', 48],
    ['MAIFIe', 0.9]
  ]
  for (const [name, value] of rows) near(indexOf(ieee, name), value, name)
  const dl836 = await desk.reliabilityReport({ profile: 'dl836', ...YEAR })
  near(indexOf(dl836, 'AITC-1'), 2.15, 'AITC-1')
  near(indexOf(dl836, 'customer-hours'), 60_900 / 60, 'customer-hours')
  assert.equal(dl836.result.isFinal, true)
  assert.equal(dl836.result.served.count, 1000)
})

test('who came back earlier counts until then; who is on no step does not count', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  const steps = [
    { end: NOON + 10 * MINUTE, usagePoints: 6 },
    { end: NOON + 60 * MINUTE, usagePoints: 2 }
  ]
  await take(closed('I1', 10, 60, NOON, { steps }))
  const report = await desk.reliabilityReport({ profile: 'ieee1366', ...YEAR })
  near(indexOf(report, 'SAIFI'), 8 / 1000, 'SAIFI')
  near(indexOf(report, 'SAIDI'), (6 * 10 + 2 * 60) / 1000, 'SAIDI')
})

test('what lasts still counts for all below its device until now, and is provisional', async () => {
  const { take, desk } = keptIncidents(TOWN, NOON + HOUR)
  await take(
    incident({ id: 'I1', device: 'TR1', start: NOON }),
    incident({ id: 'I2', device: 'TR1', start: NOON, state: 'suspected', counted: false }),
    incident({ id: 'I3', device: 'TR2', start: NOON })
  )
  const report = await desk.reliabilityReport({ profile: 'dl836', from: NOON - HOUR, to: NOON + HOUR })
  near(indexOf(report, 'customer-hours'), 1000, 'customer-hours')
  assert.equal(report.result.isFinal, false)
  await take(incident({ id: 'I1', device: 'TR1', start: NOON, state: 'withdrawn', counted: false }))
  const after = await desk.reliabilityReport({ profile: 'dl836', from: NOON - HOUR, to: NOON + HOUR })
  near(indexOf(after, 'customer-hours'), 0, 'customer-hours')
})

test('who is restored and not closed yet is provisional, in the scope and period that it is of', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  await take(incident({ id: 'I1', device: 'TR1', state: 'restored', start: NOON, end: NOON + HOUR }))
  const unclosed = async (from: number, device?: string) =>
    (await desk.reliabilityReport({ profile: 'dl836', from, to: TO, device })).unclosed
  assert.equal(await unclosed(FROM), 1)
  assert.equal(await unclosed(FROM, 'TR2'), 0)
  assert.equal(await unclosed(NOON + HOUR), 0)
  await take(closed('I1', 1000, 60, NOON))
  assert.equal(await unclosed(FROM), 0)
})

test('one that was opened again after it had closed lasts for all whom it named', async () => {
  const { take, desk } = keptIncidents(TOWN, NOON + 3 * HOUR)
  const again = { state: 'updated', change: 'reopened', end: null, at: NOON + 2 * HOUR } as const
  await take(closed('I1', 10, 60, NOON), incident({ id: 'I1', device: 'TR1', start: NOON, ...again }))
  const report = await desk.reliabilityReport({ profile: 'dl836', from: NOON, to: NOON + 3 * HOUR })
  near(indexOf(report, 'customer-hours'), 30, 'customer-hours')
})

test('planned work is a class of its own, by the type that it was announced with', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  await take(
    closed('I1', 10, 60, NOON, { kind: 'planned', planType: 'user-request' }),
    closed('I2', 10, 60, NOON + 2 * HOUR, { kind: 'planned', planType: 'shortage' }),
    closed('I3', 10, 60, NOON + 4 * HOUR)
  )
  const report = await desk.reliabilityReport({ profile: 'dl836', ...YEAR })
  assert.deepEqual(
    report.result.classes.map(({ of, customerMinutes }) => [of, customerMinutes]),
    [
      ['fault', 600],
      ['planned', 600],
      ['shortage', 600]
    ]
  )
  near(indexOf(report, 'AIHC-3'), 20 / 1000, 'AIHC-3')
})

test('a scope has its own accounts as divisor', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  await take(closed('I1', 10, 60, NOON))
  const ofDevice = async (device: string) =>
    (await desk.reliabilityReport({ profile: 'dl836', ...YEAR, device })).result
  assert.equal((await ofDevice('F1')).variants[0]?.customerHours, 10)
  const none = await ofDevice('TR2')
  assert.deepEqual([none.served.count, none.variants[0]?.customerHours], [0, 0])
  assert.equal(none.indices.find(({ name }) => name === 'AIHC-1')?.value, null, 'nobody served is not 0')
})

test('repeated outages: the third in sixty days, also where the first lay before the period', async () => {
  const { take, desk } = keptIncidents(TOWN, TO)
  await take(...[0, 20, 59].map(day => closed(`I${day}`, 3, 30, NOON + day * 24 * HOUR)))
  const period = { from: NOON + 50 * 24 * HOUR, to: TO }
  const listed = async (more: object) =>
    (await desk.reliabilityReport({ profile: 'dl836', ...period, ...more })).repeated.map(
      ({ account }) => account
    )
  assert.deepEqual(await listed({}), ['A-m0', 'A-m1', 'A-m2'])
  assert.deepEqual(await listed({ repeatedDays: 58 }), [])
  assert.deepEqual(await listed({ repeatedCount: 4 }), [])
})

test('major event days need the days of published months', async () => {
  const kept = keptIncidents(TOWN, at('2026-12-20T00:00+08:00'))
  const noonOf = (day: string): number => at(`${day}T12:00+08:00`)
  await kept.take(
    closed('I1', 10, 100, noonOf('2026-09-01')),
    closed('I2', 10, 272, noonOf('2026-09-02')),
    closed('I3', 10, 739, noonOf('2026-10-03')),
    closed('I4', 1000, 60, noonOf('2026-12-04')),
    closed('I5', 1000, 10, noonOf('2026-12-05'))
  )
  const december = { from: at('2026-12-01T00:00+08:00'), to: at('2026-12-20T00:00+08:00') }
  const report = () => kept.desk.reliabilityReport({ profile: 'ieee1366', ...december })
  assert.equal((await report()).result.majorEventDays, null, 'no history')
  const book = kept.newBook()
  while (await book.turn());
  const { result, threshold } = await report()
  // Days of 1, e and e² minutes, nearly: exp(1 + 2.5) = 33.1.
  assert.ok(Math.abs((threshold?.tMedMinutes ?? 0) - 33.1) < 0.3, `${threshold?.tMedMinutes}`)
  assert.deepEqual(result.majorEventDays, ['2026-12-04'])
  const without = result.variants.find(({ variant }) => variant === 'without-major-event-days')
  assert.equal(without?.saidiMinutes, 10)
})

test('more interruptions than can be computed with are refused', async () => {
  const { parts, desk } = keptIncidents(TOWN, TO)
  const row = { incident: 'I1', usagePoint: 'U-m0', account: 'A-m0', end: null }
  const facts = { device: 'TR1', phases: '', kind: 'sustained', planType: null, cause: '' }
  Object.assign(parts.ledger, {
    countedIncidents: async () => [
      { id: 'I1', ...facts, start: NOON, end: NOON + HOUR, isNamed: true, isClosed: true }
    ],
    interruptedPoints: async (_: object, most: number) => new Array(most).fill(row)
  })
  await assert.rejects(
    desk.reliabilityReport({ profile: 'dl836', ...YEAR }),
    thrown => isError(thrown) && thrown.code === 'API_BAD_REQUEST'
  )
})
