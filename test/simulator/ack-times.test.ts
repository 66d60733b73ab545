import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AckTimes } from '../../src/simulator/ack-times.ts'

test('parts of the PUBACKs by whole milliseconds, rounded up', () => {
  const times = new AckTimes()
  assert.deepEqual([times.count, times.within(0.5)], [0, 0])
  for (let i = 0; i < 98; i++) times.add(1.5)
  times.add(40.2)
  times.add(1e9)
  assert.deepEqual([times.count, times.within(0.5), times.within(0.98), times.within(0.99)], [100, 2, 2, 41])
  assert.equal(times.within(1), 60_000)
})
