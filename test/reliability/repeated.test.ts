import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withValues } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366 } from '../../src/reliability/profiles.ts'
import { REPEATED, repeatedOutages } from '../../src/reliability/repeated.ts'
import { at, FROM, HOUR, MINUTE, row, TO, ZONE } from '../support/interruptions.ts'

const PERIOD = { from: FROM, to: TO, asOf: TO, zone: ZONE }
const DAY = 24 * HOUR

/** Interruptions of an hour on these days of the year, of A1. */
const onDays = (...days: number[]) =>
  days.map((day, i) => row({ incident: `I${i + 1}`, start: FROM + day * DAY, end: FROM + day * DAY + HOUR }))

/** Days -> days of the year on which what is listed began. */
const SERIES: [name: string, days: number[], listed: number[][]][] = [
  ['two are none', [0, 10], []],
  ['a third on the sixtieth day', [0, 10, 60], [[0, 10, 60]]],
  ['a third a day later', [0, 10, 61], []],
  ['a fourth joins, also when the first is long past', [0, 30, 60, 80], [[0, 30, 60, 80]]],
  ['lists that share an interruption are one', [0, 1, 59, 100, 110], [[0, 1, 59, 100, 110]]],
  [
    'peace in between makes two lists',
    [0, 1, 2, 200, 201, 202],
    [
      [0, 1, 2],
      [200, 201, 202]
    ]
  ]
]
for (const [name, days, listed] of SERIES) {
  test(`repeated within 60 days: ${name}`, () => {
    const found = repeatedOutages(onDays(...days), PERIOD, DL836.parameters)
    assert.deepEqual(
      found.map(({ interruptions }) => interruptions.map(({ start }) => (start - FROM) / DAY)),
      listed
    )
  })
}

test('names account, incidents and since when; the third must begin in the period', () => {
  const rows = onDays(0, 10, 20)
  const [found] = repeatedOutages(rows, PERIOD, DL836.parameters)
  assert.equal(found.account, 'A1')
  assert.equal(found.since, FROM + 20 * DAY)
  assert.deepEqual(
    found.interruptions.map(({ incidents }) => incidents),
    [['I1'], ['I2'], ['I3']]
  )
  assert.equal(repeatedOutages(rows, { ...PERIOD, from: FROM + 15 * DAY }, DL836.parameters).length, 1)
  assert.equal(repeatedOutages(rows, { ...PERIOD, from: FROM + 21 * DAY }, DL836.parameters).length, 0)
})

test('momentary ones count where they are asked for; what lasts still has no end', () => {
  const short = onDays(0, 10, 20).map(it => ({ ...it, end: it.start + MINUTE }))
  assert.equal(repeatedOutages(short, PERIOD, IEEE1366.parameters).length, 0)
  const all = withValues(REPEATED, { momentary: true }, 'a test')
  assert.equal(repeatedOutages(short, PERIOD, IEEE1366.parameters, all).length, 1)
  const open = onDays(0, 10, 20).map((it, i) => (i === 2 ? { ...it, end: null } : it))
  const [found] = repeatedOutages(open, PERIOD, DL836.parameters)
  assert.equal(found.interruptions[2].end, null)
})

test('sixty days by the clock of the site, over a change of the clocks', () => {
  const zone = 'Europe/Berlin'
  const starts = ['2026-03-01T12:00+01:00', '2026-03-02T12:00+01:00', '2026-04-30T12:00+02:00'].map(at)
  const rows = starts.map(start => row({ start, end: start + HOUR }))
  assert.equal(repeatedOutages(rows, { ...PERIOD, zone }, DL836.parameters).length, 1)
  const later = [...rows.slice(0, 2), row({ start: starts[2] + 1, end: starts[2] + HOUR })]
  assert.equal(repeatedOutages(later, { ...PERIOD, zone }, DL836.parameters).length, 0)
})
