import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DISTRICT_EPOCH_MS, LoadCurve } from '../../src/simulator/load-curve.ts'

const DAY_MS = 86400000
const QUARTER_MS = 900000
const MIDNIGHT = DISTRICT_EPOCH_MS + 688 * DAY_MS

test('energy never falls, quarter by quarter, and its parts add up', () => {
  for (const kind of ['home', 'shop', 'clinic'] as const) {
    const curve = new LoadCurve({ kind, seed: 'a', meanWh: 10000 })
    let sum = 0
    for (let quarter = 0; quarter < 14 * 96; quarter++) {
      const from = MIDNIGHT + quarter * QUARTER_MS
      const energy = curve.cumulativeWh(from + QUARTER_MS) - curve.cumulativeWh(from)
      assert.ok(energy > 0, `${kind} quarter ${quarter}`)
      sum += energy
    }
    const total = curve.cumulativeWh(MIDNIGHT + 14 * DAY_MS) - curve.cumulativeWh(MIDNIGHT)
    assert.ok(Math.abs(sum - total) < 1e-3)
  }
})

test('the same seed gives the same values in whatever order they are asked for', () => {
  const times = Array.from({ length: 200 }, (_, i) => MIDNIGHT + i * 7 * 3600000 + 1234)
  const make = (): LoadCurve => new LoadCurve({ kind: 'home', seed: 'x', meanWh: 8000 })
  const forwards = make()
  const backwards = make()
  const values = times.map(time => forwards.cumulativeWh(time))
  assert.deepEqual(
    times
      .toReversed()
      .map(time => backwards.cumulativeWh(time))
      .toReversed(),
    values
  )
  const other = new LoadCurve({ kind: 'home', seed: 'y', meanWh: 8000 })
  assert.notEqual(other.cumulativeWh(MIDNIGHT), forwards.cumulativeWh(MIDNIGHT))
})

test('registers start at the epoch and days of a home stay within 0.45 and 1.75 of its mean', () => {
  for (let home = 0; home < 20; home++) {
    const curve = new LoadCurve({ kind: 'home', seed: `home ${home}`, meanWh: 10000 })
    assert.equal(curve.cumulativeWh(DISTRICT_EPOCH_MS), 0)
    assert.equal(curve.cumulativeWh(DISTRICT_EPOCH_MS - 1), 0)
    for (let day = 0; day < 730; day++) {
      const midnight = DISTRICT_EPOCH_MS + day * DAY_MS
      const used = (curve.cumulativeWh(midnight + DAY_MS) - curve.cumulativeWh(midnight)) / 10000
      assert.ok(used > 0.45 && used < 1.75, `home ${home} day ${day}: ${used}`)
    }
  }
})

test('homes peak in the evening and rest at night', () => {
  const hours = new Float64Array(24)
  for (let home = 0; home < 60; home++) {
    const curve = new LoadCurve({ kind: 'home', seed: `home ${home}`, meanWh: 9000 })
    for (let hour = 0; hour < 24; hour++) {
      const from = MIDNIGHT + hour * 3600000
      hours[hour]! += curve.averageKw(from, from + 3600000)
    }
  }
  const mean = (from: number, to: number): number =>
    hours.slice(from, to).reduce((a, b) => a + b) / (to - from)
  assert.ok(mean(18, 22) > 3 * mean(1, 5), 'evening over night')
  assert.ok(mean(6, 8) > 1.5 * mean(1, 5), 'morning over night')
  assert.ok(mean(18, 22) > mean(13, 16), 'evening over afternoon')
})
