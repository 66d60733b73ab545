import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuickLane } from '../../src/series/duckdb/quick-lane.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Whether a promise has been kept by now, after what is due has happened. */
async function isKept(promise: Promise<unknown>): Promise<boolean> {
  let kept = false
  void promise.then(() => {
    kept = true
  })
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  return kept
}

test('long work goes on at once where nobody is quick, else when they are done', async () => {
  const lane = new QuickLane(new ManualClock(), 10)
  assert.equal(await isKept(lane.yield()), true)
  const [one, other] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
  const answers = [lane.pass(() => one.promise), lane.pass(() => other.promise)]
  const [first, second] = [lane.yield(), lane.yield()]
  one.resolve('one')
  assert.equal(await isKept(Promise.race([first, second])), false)
  other.resolve('other')
  assert.equal(await isKept(Promise.all([first, second])), true)
  assert.deepEqual(await Promise.all(answers), ['one', 'other'])
})

test('patience ends, and a quick question that fails leaves the lane too', async () => {
  const clock = new ManualClock()
  const lane = new QuickLane(clock, 10)
  const slow = Promise.withResolvers<void>()
  const answer = lane.pass(() => slow.promise)
  const waiting = lane.yield()
  assert.equal(await isKept(waiting), false)
  clock.advance(9)
  assert.equal(await isKept(waiting), false)
  clock.advance(1)
  assert.equal(await isKept(waiting), true)
  slow.reject(new Error('damaged'))
  await assert.rejects(answer, /damaged/)
  assert.equal(await isKept(lane.yield()), true)
})
