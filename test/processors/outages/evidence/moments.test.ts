import assert from 'node:assert/strict'
import { test } from 'node:test'
import { momentOf, spanOf } from '../../../../processors/outages/evidence/moments.ts'
import { figure } from '../../../../processors/outages/likelihoods.ts'

const ARRIVED = Date.UTC(2026, 10, 20, 8)
const NONE = Number.NaN
const [MINUTE, HOUR, YEAR] = [60, 3600, 365 * 86_400]
const FRESH = figure('freshness') / 1000
const TRUST = figure('clockTrust') / 1000

/** Seconds after the arrival; NONE is not said. */
const MOMENTS: readonly (readonly [
  what: string,
  time: number,
  reportedAt: number,
  wanted: number | undefined
])[] = [
  ['says nothing', NONE, NONE, 0],
  ['says when it was reported', NONE, -4, -4],
  ['says when it happened', -5, NONE, -5],
  ['says both', -5, -2, -5],
  ['was gathered first', -140, NONE, -140],
  ['was gathered first, and reported late', -700, -600, -700],
  ['happened just when it was reported', -2, -2, -2],
  ['a clock a little ahead of ours', 30, NONE, 0],
  ['a clock a little ahead of the report', 20, -3, -3],
  ['a reporter a little ahead of us', -5, 30, -5],
  ['a reporter far ahead, who is not believed', -5, HOUR, -5],
  ['a reporter far ahead, and no time', NONE, 2 * YEAR, 0],
  ['a clock some minutes behind', -8 * MINUTE, NONE, 0],
  ['a clock some minutes ahead', 8 * MINUTE, NONE, 0],
  ['a clock at the edge of belief', TRUST, NONE, 0],
  ['a clock beyond belief, ahead', TRUST + 1, NONE, undefined],
  ['a clock beyond belief, behind', -TRUST - 1, NONE, undefined],
  ['a dead clock, and a report', -26 * YEAR, -1, -1],
  ['a dead clock alone', -26 * YEAR, NONE, undefined],
  ['a wild clock, and a report', 2 * YEAR, -1, -1],
  ['a wild clock alone', 2 * YEAR, NONE, undefined],
  ['an old gasp sent again', -3 * HOUR, NONE, undefined],
  ['an old gasp sent again with its old report', -3 * HOUR, -3 * HOUR, undefined],
  ['an old report without a time', NONE, -3 * HOUR, undefined],
  ['a report that is just fresh', -FRESH - 2, -FRESH, -FRESH - 2],
  ['a report that is just not fresh', -FRESH - 1, -FRESH - 1, undefined]
]

for (const [what, time, reportedAt, wanted] of MOMENTS)
  test(`moment: ${what}`, () => {
    const at = (seconds: number): number => ARRIVED + seconds * 1000
    const found = momentOf({ time: at(time), reportedAt: at(reportedAt) }, ARRIVED)
    assert.equal(found === undefined ? undefined : (found - ARRIVED) / 1000, wanted)
  })

test('moment: never in the future, and never older than events stay fresh and are gathered', () => {
  for (let time = -40; time <= 40; time++)
    for (let reportedAt = -40; reportedAt <= 40; reportedAt++) {
      const given = { time: ARRIVED + time * 30_000, reportedAt: ARRIVED + reportedAt * 30_000 }
      const found = momentOf(given, ARRIVED)
      const said = JSON.stringify({ time, reportedAt, found })
      if (found !== undefined)
        assert.ok(found <= ARRIVED && found >= ARRIVED - figure('freshness') - 150_000, said)
    }
})

const SPANS: readonly (readonly [
  what: string,
  start: number,
  end: number,
  ahead: number,
  wanted: readonly [number, number] | undefined
])[] = [
  ['as it is', -600, -60, 0, [-600, -60]],
  ['of a clock that is known to be ahead', -300, 240, 300, [-600, -60]],
  ['of a clock that is known to be behind', -900, -360, -300, [-600, -60]],
  ['of no length', -60, -60, 0, [-60, -60]],
  ['without a start', NONE, -60, 0, undefined],
  ['that is not over', -600, NONE, 0, undefined],
  ['that ends before it begins', -60, -600, 0, undefined],
  ['of a clock that was never set', -27 * YEAR, -27 * YEAR + 600, 0, undefined],
  ['that ends a little ahead of us', -60, 50, 0, [-60, 50]],
  ['of a clock ahead as far as clocks are believed', -60, TRUST + 60, 0, [-60, TRUST + 60]],
  ['of the future', -60, TRUST + 61, 0, undefined],
  ['of long ago', -30 * 86_400, -29 * 86_400, 0, [-30 * 86_400, -29 * 86_400]]
]

for (const [what, start, end, ahead, wanted] of SPANS)
  test(`span: ${what}`, () => {
    const at = (seconds: number): number => ARRIVED + seconds * 1000
    const found = spanOf({ start: at(start), end: at(end) }, ARRIVED, ahead * 1000)
    const span = found && [(found.start - ARRIVED) / 1000, (found.end - ARRIVED) / 1000]
    assert.deepEqual(span, wanted)
  })
