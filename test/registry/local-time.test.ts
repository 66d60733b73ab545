import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTimeZone, parseTime } from '../../src/registry/read/local-time.ts'

const CASES: [zone: string, text: string, expected: string][] = [
  ['Asia/Shanghai', '2026-11-20', '2026-11-19T16:00:00.000Z'],
  ['Asia/Shanghai', '2026-11-20T08:15', '2026-11-20T00:15:00.000Z'],
  ['Asia/Shanghai', '2026-11-20 08:15:30', '2026-11-20T00:15:30.000Z'],
  ['Asia/Shanghai', '2026-11-20T08:15:30.250', '2026-11-20T00:15:30.250Z'],
  ['Asia/Shanghai', '2026-11-20T08:15:00+01:00', '2026-11-20T07:15:00.000Z'],
  ['Asia/Shanghai', '2026-11-20T08:15:00Z', '2026-11-20T08:15:00.000Z'],
  // Shanghai had summer time from 1986 to 1991.
  ['Asia/Shanghai', '1988-07-01', '1988-06-30T15:00:00.000Z'],
  ['Europe/Zurich', '2026-01-15', '2026-01-14T23:00:00.000Z'],
  ['Europe/Zurich', '2026-07-15', '2026-07-14T22:00:00.000Z'],
  // The day of 23 hours and the day of 25 hours: both midnights, and the hours around the change.
  ['Europe/Zurich', '2026-03-29', '2026-03-28T23:00:00.000Z'],
  ['Europe/Zurich', '2026-03-30', '2026-03-29T22:00:00.000Z'],
  ['Europe/Zurich', '2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
  ['Europe/Zurich', '2026-03-29T02:30', 'skipped'],
  ['Europe/Zurich', '2026-03-29T03:00', '2026-03-29T01:00:00.000Z'],
  ['Europe/Zurich', '2026-10-25', '2026-10-24T22:00:00.000Z'],
  ['Europe/Zurich', '2026-10-26', '2026-10-25T23:00:00.000Z'],
  ['Europe/Zurich', '2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
  ['Europe/Zurich', '2026-10-25T02:30+01:00', '2026-10-25T01:30:00.000Z'],
  ['Europe/Zurich', '2026-10-25T03:00', '2026-10-25T02:00:00.000Z'],
  // The southern year: 25 hours in April, 23 in October.
  ['Australia/Sydney', '2026-04-05', '2026-04-04T13:00:00.000Z'],
  ['Australia/Sydney', '2026-04-06', '2026-04-05T14:00:00.000Z'],
  ['Australia/Sydney', '2026-04-05T02:30', '2026-04-04T15:30:00.000Z'],
  ['Australia/Sydney', '2026-04-05T02:30+10:00', '2026-04-04T16:30:00.000Z'],
  ['Australia/Sydney', '2026-10-04', '2026-10-03T14:00:00.000Z'],
  ['Australia/Sydney', '2026-10-05', '2026-10-04T13:00:00.000Z'],
  ['Australia/Sydney', '2026-10-04T02:30', 'skipped'],
  ['Australia/Sydney', '2026-10-04T03:00', '2026-10-03T16:00:00.000Z'],
  // Sao Paulo changed at midnight: the day began at 01:00.
  ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
  ['Asia/Shanghai', '2026-02-30', 'format'],
  ['Asia/Shanghai', '2026-02-28T24:30', 'format'],
  ['Asia/Shanghai', '20.11.2026', 'format'],
  ['Asia/Shanghai', '2026-11-20T08', 'format'],
  ['Asia/Shanghai', '46346', 'format'],
  ['Asia/Shanghai', '2026-11-20+08:00', 'format']
]

test('local times become exact instants', async t => {
  for (const [zone, text, expected] of CASES) {
    await t.test(`${text} in ${zone}`, () => {
      const read = parseTime(text, zone)
      assert.equal('ms' in read ? new Date(read.ms).toISOString() : read.problem, expected)
    })
  }
})

test('zones', () => {
  assert.equal(isTimeZone('Asia/Shanghai'), true)
  assert.equal(isTimeZone('Asia/Nowhere'), false)
})
