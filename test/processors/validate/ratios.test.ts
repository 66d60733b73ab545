import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryOf } from '../../support/meter-registry.ts'
import { intervals, lineOf, MINUTE, publish, T0 } from './timeline.ts'

test('another ratio in the registry does not move the register: what it showed since counts with the later', async () => {
  const before = registryOf([{ id: 'M0', ct: 20 }])
  const after = registryOf([{ id: 'M0', ct: 30 }])
  let current = before
  const line = await lineOf({ registry: before, loadRegistry: () => current })
  await publish(line, [
    { at: 0, importKwh: 100 },
    { at: 15, importKwh: 100.1 }
  ])
  current = after
  await line.useRegistry(after)
  await publish(line, [
    { at: 30, importKwh: 100.2 },
    { at: 45, importKwh: 100.3 }
  ])
  assert.deepEqual(await intervals(line), ['0-15 2 valid', '15-30 3 suspect RATIO_CHANGED', '30-45 3 valid'])
})

test('a ratio of another binding counts from its first reading on, in whatever order they come', async () => {
  const given = {
    id: 'M0',
    ct: 30,
    installedAt: T0 + 20 * MINUTE,
    before: [{ ct: 20, removedAt: T0 + 20 * MINUTE }]
  }
  const line = await lineOf({ registry: registryOf([given]) })
  await publish(line, [
    { at: 45, importKwh: 100.3 },
    { at: 30, importKwh: 100.2 },
    { at: 15, importKwh: 100.1 },
    { at: 0, importKwh: 100 }
  ])
  assert.deepEqual(await intervals(line), [
    '0-15 2 valid LATE_INSERT',
    '15-30 3 suspect LATE_INSERT RATIO_CHANGED',
    '30-45 3 valid LATE_INSERT'
  ])
})

/** A meter that had no transformers when it was read; then the registry gives it a ratio, then a reading comes late. */
for (const [way, windowReadings] of [
  ['in the window', 32],
  ['asked of the store', 4]
] as const) {
  test(`a ratio that is new does not multiply what was shown without it: ${way}`, async () => {
    const before = registryOf([{ id: 'M0' }])
    const after = registryOf([{ id: 'M0', ct: 10 }])
    let current = before
    const line = await lineOf({ registry: before, loadRegistry: () => current, windowReadings })
    const given = [0, 1, 2, 4, 5, 6, 7, 8].map(slot => ({ at: slot * 15, importKwh: 100 + slot }))
    await publish(line, given)
    current = after
    await line.useRegistry(after)
    await publish(line, [{ at: 45, importKwh: 103 }])
    await line.settle()
    assert.deepEqual((await intervals(line)).slice(2, 5), [
      '30-45 10 suspect LATE_INSERT RATIO_CHANGED',
      '45-60 1 suspect LATE_INSERT RATIO_CHANGED',
      '60-75 1 valid'
    ])
  })
}

test('the same numbers sent as primary are a correction, and count as such', async () => {
  for (const windowReadings of [4, 32]) {
    const line = await lineOf({ registry: registryOf([{ id: 'M0', ct: 10 }]), windowReadings })
    const more = [45, 60, 75, 90].map(at => ({ at, voltageV: 220 }))
    await publish(line, [
      { at: 0, importKwh: 10 },
      { at: 15, importKwh: 101, scale: 'primary' },
      { at: 30, importKwh: 101 },
      ...more,
      { at: 30, importKwh: 101, scale: 'primary' }
    ])
    await line.settle()
    assert.equal(line.counted.corrections, 1)
    assert.deepEqual(
      (await intervals(line)).map(text => text.replace(' CORRECTED', '')),
      ['0-15 1 valid', '15-30 0 valid']
    )
  }
})
