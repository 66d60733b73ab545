import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OutageDarkness, scoreReliability } from '../../scoring/reliability.ts'

const MINUTE = 60_000
/** Ten customers: four are back after 5 minutes, one after 20, the others after an hour. */
const STAGED: OutageDarkness = {
  ...{ start: 0, end: 60 * MINUTE, affected: 10 },
  steps: [
    { time: 5 * MINUTE, left: 6 },
    { time: 20 * MINUTE, left: 5 }
  ]
}
const said = (interruptions: number, customerMinutes: number) => ({ interruptions, customerMinutes })

test('all interruptions by dl836, those of more than five minutes by ieee1366', () => {
  const score = scoreReliability([STAGED], { dl836: said(10, 340), ieee1366: said(6, 320) })
  assert.deepEqual(score?.dl836, {
    interruptions: { said: 10, true: 10, error: 0 },
    customerMinutes: { said: 340, true: 340, error: 0 }
  })
  assert.deepEqual(score?.ieee1366, {
    interruptions: { said: 6, true: 6, error: 0 },
    customerMinutes: { said: 320, true: 320, error: 0 }
  })
})

test('too much and too little are errors; minutes that others fed do not count', () => {
  const truth = [{ ...STAGED, customerMinutes: 240 }]
  const score = scoreReliability(truth, { dl836: said(9, 360), ieee1366: said(6, 220) })
  assert.equal(score?.dl836.interruptions.error, 0.1)
  assert.equal(score?.dl836.customerMinutes.error, 0.5)
  assert.equal(score?.ieee1366.customerMinutes.error, 0)
})

test('whom a nested outage keeps out was interrupted once, from the beginning of the one above', () => {
  const host: OutageDarkness = { id: 'O1', start: 0, end: 4 * MINUTE, affected: 10 }
  const nested = { id: 'O2', parent: 'O1', start: 4 * MINUTE, end: 30 * MINUTE, affected: 3 }
  const inner = { id: 'O3', parent: 'O2', start: 30 * MINUTE, end: 40 * MINUTE, affected: 1 }
  const score = scoreReliability([host, nested, inner], { dl836: said(10, 128), ieee1366: said(3, 100) })
  assert.deepEqual(
    [score?.dl836.interruptions.true, score?.dl836.customerMinutes.true],
    [10, 10 * 4 + 3 * 26 + 10]
  )
  // Seven were back after four minutes.
  assert.deepEqual([score?.ieee1366.interruptions.true, score?.ieee1366.customerMinutes.true], [3, 128 - 28])
  const alone = scoreReliability([nested], { dl836: said(3, 78), ieee1366: said(3, 78) })
  assert.equal(alone?.dl836.interruptions.error, 0, 'the one above is not of this run')
})

test('nothing said is no score; nothing true has no share', () => {
  assert.equal(scoreReliability([STAGED], undefined), undefined)
  assert.equal(scoreReliability([STAGED], { dl836: said(1, 1) }), undefined)
  const score = scoreReliability([], { dl836: said(0, 0), ieee1366: said(0, 0) })
  assert.ok(Number.isNaN(score?.dl836.customerMinutes.error))
})
