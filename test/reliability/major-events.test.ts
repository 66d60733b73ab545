import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dailySaidi,
  historyBefore,
  majorEventDays,
  majorEventThreshold,
  tMed
} from '../../src/reliability/major-events.ts'
import { type MajorEventParameters, withValues } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366 } from '../../src/reliability/profiles.ts'
import { reliability } from '../../src/reliability/reliability.ts'
import { at, FROM, HOUR, NOON, row, rows, year } from '../support/interruptions.ts'

const SAMPLE = IEEE1366.majorEvents as MajorEventParameters
const POPULATION = withValues(SAMPLE, { deviation: 'population' }, 'a test')

test('days [1, e, e^2, 0]: alpha 1, beta 1 of the sample, T_MED 33.115', () => {
  const threshold = majorEventThreshold([1, Math.E, Math.E ** 2, 0], SAMPLE)!
  assert.ok(Math.abs(threshold.alpha - 1) < 1e-12)
  assert.ok(Math.abs(threshold.beta - 1) < 1e-12)
  assert.equal(threshold.tMedMinutes.toFixed(3), '33.115')
  assert.deepEqual([threshold.days, threshold.daysWithout], [3, 1])
})

test('of the population beta is smaller: sqrt(2/3), T_MED 20.93', () => {
  const threshold = majorEventThreshold([0, Math.E ** 2, Math.E, 1], POPULATION)!
  assert.ok(Math.abs(threshold.beta - Math.sqrt(2 / 3)) < 1e-12)
  assert.equal(threshold.tMedMinutes.toFixed(2), '20.93')
})

test('a published example is wrong: alpha 1.7073 and beta 1.1578 give 99.66, not 137.19', () => {
  assert.equal(tMed(1.7073, 1.1578, 2.5).toFixed(2), '99.66')
})

test('too few days have no threshold', () => {
  assert.equal(majorEventThreshold([], SAMPLE), undefined)
  assert.equal(majorEventThreshold([0, 0, 3], SAMPLE), undefined)
  assert.equal(majorEventThreshold([0], POPULATION), undefined)
  assert.equal(majorEventThreshold([3], POPULATION)?.tMedMinutes.toFixed(9), '3.000000000')
})

test('a storm over midnight is of the day on which it began, or of both where the profile says so', () => {
  const midnight = at('2026-03-11T00:00+08:00')
  const storm = year([row({ start: midnight - HOUR, end: midnight + 2 * HOUR })], 1, {
    from: at('2026-03-10T00:00+08:00'),
    to: at('2026-03-12T00:00+08:00')
  })
  const minutes = (days: ReturnType<typeof dailySaidi>): [string, number | null][] =>
    days.map(({ date, saidiMinutes }) => [date, saidiMinutes])
  assert.deepEqual(minutes(dailySaidi(storm, IEEE1366)), [
    ['2026-03-10', 180],
    ['2026-03-11', 0]
  ])
  assert.deepEqual(minutes(dailySaidi(storm, DL836)), [
    ['2026-03-10', 60],
    ['2026-03-11', 120]
  ])
})

test('days are those of the zone, 23 and 25 hours long, each with who was served on it', () => {
  const zone = 'Europe/Berlin'
  const from = at('2026-03-28T00:00+01:00')
  const changes = [
    { at: from, count: 1 },
    { at: at('2026-03-30T00:00+02:00'), count: 2 }
  ]
  const days = dailySaidi(
    year([row({ start: at('2026-03-30T12:00+02:00'), end: at('2026-03-30T13:00+02:00') })], 1, {
      served: { unit: 'account', changes },
      from,
      to: at('2026-03-31T00:00+02:00'),
      zone
    }),
    IEEE1366
  )
  assert.deepEqual(
    days.map(day => [day.date, (day.to - day.from) / HOUR, day.saidiMinutes]),
    [
      ['2026-03-28', 24, 0],
      ['2026-03-29', 23, 0],
      ['2026-03-30', 24, 30]
    ]
  )
})

test('major event days leave what began on them out, with all its minutes', () => {
  const input = year([
    ...rows(10, 60, { incident: 'quiet' }),
    ...rows(900, 2000, { incident: 'storm', start: NOON + 24 * HOUR }),
    row({ account: 'B', start: NOON + 24 * HOUR, end: NOON + 24 * HOUR + 60_000 }),
    row({ account: 'C', start: NOON + 48 * HOUR, end: NOON + 48 * HOUR + 60_000 })
  ])
  const daily = dailySaidi(input, IEEE1366)
  const above = (tMedMinutes: number): string[] =>
    majorEventDays(daily, { alpha: 0, beta: 0, tMedMinutes, days: 9, daysWithout: 0 })
  assert.deepEqual(above(1800), [], 'a day that equals the threshold is none')
  const days = above(1799)
  assert.deepEqual(days, ['2026-03-11'])
  const result = reliability({ ...input, majorEventDays: days }, IEEE1366)
  assert.deepEqual(
    result.variants.map(it => [it.variant, it.interruptions, it.customerMinutes, it.momentaryEvents]),
    [
      ['all', 910, 1_800_600, 2],
      ['without-major-event-days', 10, 600, 1]
    ]
  )
  assert.equal(reliability(input, IEEE1366).variants.length, 1, 'nobody said which days they are')
  assert.equal(reliability({ ...input, majorEventDays: [] }, IEEE1366).variants.length, 2)
})

test('the history is five years up to the period, by the calendar', () => {
  assert.deepEqual(historyBefore(FROM, 'Asia/Shanghai', SAMPLE), {
    from: at('2021-01-01T00:00+08:00'),
    to: FROM
  })
})
