import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryOf } from '../../support/meter-registry.ts'
import { DAY, type Given, lineOf, MINUTE, publish, rows, T0 } from './timeline.ts'

const registry = registryOf([
  { id: 'M0' },
  { id: 'M1', terminal: 'T1' },
  { id: 'M2', installedAt: T0 + 60 * MINUTE, removedAt: T0 + 120 * MINUTE },
  { id: 'self:T0', ratedV: Number.NaN, ratedA: Number.NaN }
])

/** Each row: a reading that arrives at T0 + `arrival` minutes, and what becomes of it. */
const IDENTITIES: [name: string, meter: string, time: number, expected: string, arrival?: number][] = [
  ['known', 'M0', 0, 'stored'],
  ['unknown', 'M9', 0, 'UNKNOWN_METER'],
  ["another terminal's", 'M1', 0, 'FOREIGN_METER'],
  ["another terminal's, far too old", 'M1', -100 * 1440, 'FOREIGN_METER'],
  ["the terminal's own sampling", 'self', 0, 'stored'],
  ["another terminal's own sampling by name", 'self:T1', 0, 'UNKNOWN_METER'],
  ['before it was installed', 'M2', 59.99, 'METER_INACTIVE', 300],
  ['when it was installed', 'M2', 60, 'stored', 300],
  ['when it was removed', 'M2', 120, 'stored', 300],
  ['after it was removed', 'M2', 120.01, 'METER_INACTIVE', 300],
  ['five minutes ahead', 'M0', 5, 'stored'],
  ['more than five minutes ahead', 'M0', 5.001, 'TIME_IN_FUTURE'],
  ['45 days old', 'M0', -45 * 1440, 'stored'],
  ['more than 45 days old', 'M0', -45 * 1440 - 0.001, 'TIME_TOO_OLD']
]

for (const [name, meter, time, expected, arrival = 0] of IDENTITIES) {
  test(`identity and time: ${name}`, async () => {
    const line = await lineOf({ registry })
    const reading = { meter, time: T0 + time * MINUTE, importKwh: 5 }
    await line.publish(T0 + arrival * MINUTE, { readings: [reading] })
    assert.equal(line.counted.stored === 1 ? 'stored' : line.codes.join(), expected)
    const { decoded, stored, quarantined } = line.counted
    assert.deepEqual([decoded, stored + quarantined], [1, 1])
  })
}

const moved = registryOf([
  {
    id: 'M0',
    terminal: 'T2',
    installedAt: T0 + 120 * MINUTE,
    before: [
      { terminal: 'T1', ct: 10, installedAt: T0 + 30 * MINUTE, removedAt: T0 + 90 * MINUTE },
      { terminal: 'T0', removedAt: T0 + 30 * MINUTE }
    ]
  }
])

/** Each row: a terminal sends a reading of a meter that went from T0 to T1 at 30, was away from 90, is at T2 since 120. */
const MOVED: [name: string, terminal: string, time: number, expected: string][] = [
  ['its first place, long ago', 'T0', -1000, 'stored'],
  ['its first place until it left', 'T0', 29.99, 'stored'],
  ['its first place after it left', 'T0', 30, 'FOREIGN_METER'],
  ['its second place too early', 'T1', 29.99, 'FOREIGN_METER'],
  ['its second place', 'T1', 30, 'stored'],
  ['away', 'T1', 100, 'METER_INACTIVE'],
  ['away, and then elsewhere', 'T2', 100, 'FOREIGN_METER'],
  ['its last place', 'T2', 120, 'stored']
]

for (const [name, terminal, time, expected] of MOVED) {
  test(`a meter that moved is judged by its data time: ${name}`, async () => {
    const line = await lineOf({ registry: moved })
    const readings = [{ meter: 'M0', time: T0 + time * MINUTE, importKwh: 5 }]
    await line.publish(T0 + 300 * MINUTE, { readings }, terminal)
    assert.equal(line.counted.stored === 1 ? 'stored' : line.codes.join(), expected)
    const [row] = await line.readings()
    if (row !== undefined)
      assert.equal(row.ct, terminal === 'T1' ? 10 : 1, 'the ratio is that of its place then')
  })
}

test('one bad reading does not sink its batch', async () => {
  const line = await lineOf({ registry })
  const readings = ['M0', 'M9', 'M1', 7].map(meter => ({ meter, time: T0, importKwh: 1 }))
  await line.publish(T0, { readings })
  assert.deepEqual([line.counted.decoded, line.counted.stored], [4, 1])
  assert.deepEqual(line.codes.toSorted(), ['FOREIGN_METER', 'METER_MISSING', 'UNKNOWN_METER'])
})

test('before the first registry every meter is unknown', async () => {
  const line = await lineOf({ registry: registryOf([]) })
  await publish(line, [{ at: 0, importKwh: 1 }])
  assert.deepEqual(line.codes, ['UNKNOWN_METER'])
})

/** Each row: readings of M0 in order of arrival; the rows stored; duplicates counted. */
const VERSIONS: [name: string, given: Given[], stored: string[], duplicates: number][] = [
  [
    'a reading and its re-delivery',
    [
      { at: 0, importKwh: 5 },
      { at: 0, importKwh: 5 }
    ],
    ['0 curve v1 5 unchecked REGISTER_FIRST'],
    1
  ],
  [
    'corrections are versions, the first values again too',
    [
      { at: 0, importKwh: 5 },
      { at: 0, importKwh: 6 },
      { at: 0, importKwh: 5 },
      { at: 0, importKwh: 5 }
    ],
    [1, 2, 3].map((v, i) => `0 curve v${v} ${[5, 6, 5][i]} unchecked REGISTER_FIRST`),
    1
  ],
  [
    'another kind at the same time is another reading',
    [
      { at: 0, importKwh: 5 },
      { at: 0, importKwh: 5, kind: 'daily-freeze' }
    ],
    ['0 curve v1 5 unchecked REGISTER_FIRST', '0 daily-freeze v1 5 unchecked REGISTER_FIRST'],
    0
  ],
  [
    'zero has no sign',
    [
      { at: 0, importKwh: 0, activePowerKw: -0 },
      { at: 0, importKwh: -0, activePowerKw: 0 }
    ],
    ['0 curve v1 0 unchecked REGISTER_FIRST'],
    1
  ],
  [
    'a value more is a correction',
    [
      { at: 0, importKwh: 5 },
      { at: 0, importKwh: 5, exportKwh: 0 }
    ],
    ['0 curve v1 5 unchecked REGISTER_FIRST', '0 curve v2 5 unchecked REGISTER_FIRST'],
    0
  ],
  [
    'fields without a column count too',
    [
      { at: 0, importKwh: 5, temperatureC: 20 },
      { at: 0, importKwh: 5, temperatureC: 21 }
    ],
    ['0 curve v1 5 unchecked REGISTER_FIRST', '0 curve v2 5 unchecked REGISTER_FIRST'],
    0
  ]
]

for (const [name, given, stored, duplicates] of VERSIONS) {
  test(`duplicate or correction: ${name}`, async () => {
    const line = await lineOf({ registry })
    await publish(line, given)
    assert.deepEqual(await rows(line), stored)
    assert.equal(line.counted.duplicates, duplicates)
  })
}

test('a full window is not asked twice: the oldest entry and what fell out of it are known again', async () => {
  const line = await lineOf({ registry, windowReadings: 4 })
  const given = [0, 15, 30, 45, 60].map(at => ({ at, importKwh: at / 15 }))
  await publish(line, [...given, { at: -15, importKwh: -0 }, ...given])
  await line.settle()
  assert.deepEqual(
    { ...line.counted },
    { decoded: 11, stored: 6, corrections: 0, duplicates: 5, quarantined: 0, held: 0, unbound: 0 }
  )
})

test('the time window is a setting', async () => {
  const line = await lineOf({
    registry,
    settings: { pastDays: 1, futureMinutes: 5, maxReadings: 10, limitFactor: 1.2, minimumSteps: 5 }
  })
  await line.publish(T0 + 2 * DAY, { readings: [{ meter: 'M0', time: T0, importKwh: 1 }] })
  assert.deepEqual(line.codes, ['TIME_TOO_OLD'])
})
