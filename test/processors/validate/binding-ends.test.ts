import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../src/random.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import type { MeterLine } from '../../support/meter-line.ts'
import { type GivenMeter, registryOf } from '../../support/meter-registry.ts'
import { type Given, intervals, lineOf, MINUTE, publish, T0 } from './timeline.ts'

const at = (minutes: number): number => T0 + minutes * MINUTE

/** M0 has ct 20 until minute 20 and ct 30 from then on. */
function ratioChange(removedRegister = Number.NaN, initialRegister = Number.NaN): Registry {
  const before = [{ ct: 20, removedAt: at(20), removedRegister }]
  return registryOf([{ id: 'M0', ct: 30, installedAt: at(20), initialRegister, before }])
}

const CURVE: readonly Given[] = [
  { at: 0, importKwh: 100 },
  { at: 15, importKwh: 100.1 },
  { at: 30, importKwh: 100.2 },
  { at: 45, importKwh: 100.3 }
]

/** Each row: what the register showed when the old transformers went and when the new ones came; the intervals. */
const ENDS: [name: string, removed: number, initial: number, expected: string[]][] = [
  ['nobody knows', Number.NaN, Number.NaN, ['0-15 2', '15-30 3', '30-45 3']],
  ['both known', 100.13, 100.13, ['0-15 2', '15-20 0.6', '20-30 2.1', '30-45 3']],
  ['one of one moment', 100.13, Number.NaN, ['0-15 2', '15-20 0.6', '20-30 2.1', '30-45 3']],
  ['the other', Number.NaN, 100.17, ['0-15 2', '15-20 1.4', '20-30 0.9', '30-45 3']],
  ['it was set', 250, 100.19, ['0-15 2', '15-20 2998', '20-30 0.3', '30-45 3']],
  ['it ran backwards', 100.05, 100.19, ['0-15 2', '15-20 NaN', '20-30 0.3', '30-45 3']]
]

const plain = (texts: readonly string[]): string[] => texts.map(text => text.split(' ').slice(0, 2).join(' '))

for (const [name, removed, initial, expected] of ENDS) {
  for (const [way, order, windowReadings] of [
    ['in order', [0, 1, 2, 3], 32],
    ['backwards', [3, 2, 1, 0], 32],
    ['the third late', [0, 1, 3, 2], 32],
    ['the second late', [0, 2, 3, 1], 32],
    ['with a small window', [0, 2, 3, 1], 2],
    ['backwards with a small window', [3, 2, 1, 0], 2]
  ] as const) {
    test(`a change of ratios, ${name}: ${way}`, async () => {
      const line = await lineOf({ registry: ratioChange(removed, initial), windowReadings })
      for (const place of order) {
        await publish(line, [CURVE[place]])
        line.restart()
        await line.settle()
      }
      assert.deepEqual(plain(await intervals(line)), expected)
    })
  }
}

test('with its ends known an interval is valid, and other registers are missing there', async () => {
  const line = await lineOf({ registry: ratioChange(100.13) })
  await publish(
    line,
    CURVE.map((reading, i) => ({ ...reading, exportKwh: i }))
  )
  assert.deepEqual(await intervals(line), [
    '0-15 2 valid',
    '15-20 0.6 valid',
    '20-30 2.1 valid',
    '30-45 3 valid'
  ])
  assert.deepEqual(await intervals(line, 1), [
    '0-15 20 valid',
    '15-20 NaN missing',
    '20-30 NaN missing',
    '30-45 30 valid'
  ])
})

/** The old meter goes and the new one comes at minute 20; each may be told of by an import of its own. */
const old = (removedRegister: number, removedAt = at(20)): GivenMeter => ({
  id: 'M0',
  removedAt,
  removedRegister
})
const fresh = (initialRegister: number): GivenMeter => ({ id: 'M1', installedAt: at(20), initialRegister })

async function withVersions(
  versions: readonly (readonly GivenMeter[])[]
): Promise<{ line: MeterLine; use(version: number): Promise<void> }> {
  const registries = versions.map((meters, version) => ({ ...registryOf(meters), hash: String(version) }))
  const line = await lineOf({ registry: registries[0], loadRegistry: ({ hash }) => registries[Number(hash)] })
  return { line, use: version => line.useRegistry(registries[version]) }
}

test('a meter that goes is counted up to what it showed then, whenever an import tells of it', async () => {
  const { line, use } = await withVersions([
    [{ id: 'M0' }],
    [old(100.37)],
    [old(100.4)],
    [old(100.4, at(18))]
  ])
  await publish(line, CURVE.slice(0, 2))
  assert.deepEqual(await intervals(line), ['0-15 0.1 valid'])
  await use(1)
  assert.deepEqual(await intervals(line), ['0-15 0.1 valid', '15-20 0.27 valid'])
  line.restart()
  await use(1)
  assert.equal(line.outputs.at(-1)?.length, 0, 'said once')
  await use(2)
  assert.deepEqual(await intervals(line), ['0-15 0.1 valid', '15-20 0.3 valid CORRECTED'])
  await use(3)
  assert.deepEqual(await intervals(line), [
    '0-15 0.1 valid',
    '15-18 0.3 valid',
    '15-20 NaN missing CORRECTED'
  ])
  await publish(line, [
    { at: 10, importKwh: 100.05 },
    { at: 16, importKwh: 100.2 }
  ])
  assert.deepEqual(plain(await intervals(line)), [
    '0-10 0.05',
    '10-15 0.05',
    '15-16 0.1',
    '16-18 0.2',
    '15-20 NaN'
  ])
})

test('an end that a later import leaves out stands', async () => {
  const { line, use } = await withVersions([[old(100.37)], [{ id: 'M0' }], [{ id: 'M0', terminal: '' }]])
  await publish(line, CURVE.slice(0, 2))
  const stated = ['0-15 0.1 valid', '15-20 0.27 valid']
  for (const version of [1, 2, 0]) {
    await use(version)
    assert.deepEqual(plain(await intervals(line)), plain(stated))
  }
})

test('a meter that comes is counted from what it showed then', async () => {
  const { line, use } = await withVersions([[fresh(Number.NaN)], [fresh(7)]])
  const readings = [
    { at: 30, meter: 'M1', importKwh: 7.5 },
    { at: 45, meter: 'M1', importKwh: 8 }
  ]
  await publish(line, readings)
  assert.deepEqual(await intervals(line), ['30-45 0.5 valid'])
  await use(1)
  assert.deepEqual(await intervals(line), ['20-30 0.5 valid', '30-45 0.5 valid'])
  const other = await lineOf({ registry: registryOf([fresh(7)]) })
  await publish(other, readings)
  assert.deepEqual(await intervals(other), ['20-30 0.5 valid', '30-45 0.5 valid'])
})

test('a fall of the registers ends with the binding', async () => {
  const { line } = await withVersions([
    [
      {
        id: 'M0',
        installedAt: at(20),
        initialRegister: 3,
        before: [{ removedAt: at(20), removedRegister: 0.2 }]
      }
    ]
  ])
  await publish(line, [
    { at: 0, importKwh: 100 },
    { at: 15, importKwh: 0.1 },
    { at: 30, importKwh: 100.5 },
    { at: 45, importKwh: 101 }
  ])
  assert.deepEqual(plain(await intervals(line)), ['0-15 NaN', '15-20 0.1', '20-30 97.5', '30-45 0.5'])
})

/** Hundredths of kWh as integers: sums of doubles are compared with sums that cannot be wrong. */
for (const seed of [1, 2, 3, 4, 5]) {
  test(`a curve across an exchange of meters and ratios adds up exactly (seed ${seed})`, async () => {
    const random = seededRandom(`ends/${seed}`)
    const shownOld = Array.from({ length: 10 }, (_, i) => 1_000_000 + i * 37 + random.integer(30))
    const removed = shownOld.at(-1)! + random.integer(20)
    const initial = random.integer(5000)
    const shownNew = Array.from({ length: 10 }, (_, i) => initial + 10 + i * 41 + random.integer(35))
    const ends = { removedAt: at(143), removedRegister: removed / 100, ct: 40, ratedA: 6 }
    const begins = { installedAt: at(143), initialRegister: initial / 100, ct: 60, ratedA: 6 }
    const registry = registryOf([
      { id: 'M0', ...ends },
      { id: 'M1', ...begins },
      { id: 'M2', ...begins, before: [ends] }
    ])
    const given = [
      ...shownOld.flatMap((shown, i) =>
        ['M0', 'M2'].map(meter => ({ at: i * 15, meter, importKwh: shown / 100 }))
      ),
      ...shownNew.flatMap((shown, i) =>
        ['M1', 'M2'].map(meter => ({ at: 150 + i * 15, meter, importKwh: shown / 100 }))
      )
    ]
    const line = await lineOf({ registry, windowReadings: 3 + random.integer(8) })
    const order = given.map(reading => ({ reading, place: reading.at + random.next() * 90 }))
    for (const { reading } of order.sort((a, b) => a.place - b.place)) {
      await publish(line, [reading])
      if (random.next() < 0.3) await line.settle()
    }
    await line.settle()
    const hundredths = async (meter: number): Promise<number> => {
      const rows = await line.intervals(meter)
      return Math.round(rows.reduce((sum, { energy }) => sum + energy[0] * 100, 0) * 1e6) / 1e6
    }
    const before = (removed - shownOld[0]) * 40
    const after = (shownNew[9] - initial) * 60
    assert.deepEqual([await hundredths(0), await hundredths(1)], [before, after])
    assert.equal(await hundredths(2), before + after)
    const bounds = (await line.intervals(2)).map(({ start, end }) => [start, end])
    assert.deepEqual(
      bounds.slice(1).map(([start]) => start),
      bounds.slice(0, -1).map(([, end]) => end)
    )
  })
}
