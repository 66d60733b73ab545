import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stretch } from '../../../processors/supply/settle.ts'
import { Timeline } from '../../../processors/supply/timeline.ts'
import type { SupplyPicture, SupplyState } from '../../../src/model/supply.ts'

const SECOND = 1000
const stretch = (from: number, state: SupplyState): Stretch => ({
  from: from * SECOND,
  picture: {
    state,
    sources: [],
    sections: [],
    securityLoadSupplied: 'yes',
    atRisk: false
  } as unknown as SupplyPicture,
  transfers: []
})
const differ = (timeline: Timeline, ...stretches: Stretch[]): string[] =>
  timeline
    .differences(stretches)
    .map(
      ({ from, to, stretch: { picture }, supersedes }) =>
        `${picture.state} ${from / SECOND}-${to / SECOND} ${supersedes ?? '-'}`
    )
/** A timeline that was told these one after the other. */
const told = (...rounds: (readonly [at: number, ...stretches: Stretch[]])[]): Timeline => {
  const timeline = new Timeline()
  for (const [at, ...stretches] of rounds)
    for (const difference of timeline.differences(stretches)) timeline.say(difference, at)
  return timeline
}

test('what goes on as it was said is no difference, what does not is one from there on', () => {
  const timeline = told([10, stretch(0, 'normal')])
  assert.deepEqual(differ(timeline, stretch(5, 'normal')), [])
  assert.deepEqual(differ(timeline, stretch(5, 'normal'), stretch(8, 'reduced')), ['reduced 8-Infinity 10'])
  assert.deepEqual(differ(new Timeline(), stretch(5, 'normal')), ['normal 5-Infinity -'])
})

test('a stretch of the past that was otherwise is said with its end, and what follows stands', () => {
  const timeline = told([10, stretch(0, 'normal')], [20, stretch(15, 'unknown')])
  const late = [stretch(0, 'normal'), stretch(5, 'interrupted'), stretch(9, 'normal'), stretch(15, 'unknown')]
  assert.deepEqual(differ(timeline, ...late), ['interrupted 5-9 10'])
  for (const difference of timeline.differences(late)) timeline.say(difference, 30)
  assert.deepEqual(differ(timeline, ...late), [])
  assert.deepEqual(
    timeline.said.map(({ from, state, at }) => `${from / SECOND} ${state} ${at}`),
    ['0 normal 10', '5 interrupted 30', '9 normal 10', '15 unknown 20']
  )
  assert.equal(timeline.stateSince(16 * SECOND), 15 * SECOND)
})

test('less than a second is nothing', () => {
  const timeline = told([10, stretch(0, 'normal')])
  assert.deepEqual(
    differ(timeline, stretch(0, 'normal'), stretch(5, 'interrupted'), stretch(5.4, 'normal')),
    []
  )
})

test('a state began where the first of its stretches did, whatever else changed since', () => {
  const timeline = told([10, stretch(0, 'normal')], [20, stretch(12, 'reduced')])
  timeline.say(
    {
      from: 15 * SECOND,
      to: Number.POSITIVE_INFINITY,
      stretch: stretch(15, 'reduced'),
      supersedes: undefined
    },
    21
  )
  assert.equal(timeline.stateSince(30 * SECOND), 12 * SECOND)
  assert.equal(timeline.stateSince(-5), -5)
  timeline.forget(13 * SECOND)
  assert.equal(timeline.stateSince(30 * SECOND), 12 * SECOND)
})
