import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline } from '../../../processors/pipeline.ts'
import { readingsBalance } from '../../../src/model/audit.ts'
import { MeterLine } from '../../support/meter-line.ts'
import { type GivenMeter, registryOf } from '../../support/meter-registry.ts'
import { replayInChunks } from '../../support/replay-outputs.ts'
import { DAY, intervals, MINUTE, rows, T0 } from './timeline.ts'

const METERS = ['M0', 'M1', 'M2'].map(id => ({ id }))
const versionOf = (hash: string, meters: readonly GivenMeter[]) => ({
  ...registryOf(meters, [{ id: 'T0' }, { id: 'T1', sampleIntervalS: 900, uploadIntervalS: 3600 }]),
  hash
})
const VERSIONS = new Map(
  [
    versionOf('given', METERS),
    versionOf('bound', [...METERS, { id: 'N1', installedAt: T0 + 40 * MINUTE }]),
    versionOf('counted', [
      METERS[0],
      { id: 'M1', removedAt: T0 + 40 * MINUTE, removedRegister: 10.25 },
      METERS[2],
      { id: 'N1', installedAt: T0 + 40 * MINUTE, initialRegister: 10.1 }
    ]),
    versionOf('elsewhere', [...METERS, { id: 'N1', terminal: 'T1' }])
  ].map(registry => [registry.hash, registry])
)

async function lineOf(): Promise<MeterLine> {
  const line = new MeterLine({
    registry: VERSIONS.get('given')!,
    loadRegistry: ({ hash }) => VERSIONS.get(hash)!
  })
  await line.useRegistry()
  return line
}

/**
 * Quarter hours of one terminal, one frame each: which meters report in it.
 *
 *   M0 M1 M2 | M0 M1 M2 | M0 N1 M2      M1 was exchanged for N1 before the third
 */
async function report(line: MeterLine, slots: readonly string[], from = 0, terminal = 'T0'): Promise<void> {
  for (const [i, meters] of slots.entries()) {
    const time = T0 + (from + i) * 15 * MINUTE
    const readings = meters
      .split(' ')
      .filter(meter => meter !== '')
      .map(meter => ({ meter, kind: 'curve', time, importKwh: 10 + (from + i) / 10 }))
    await line.publish(time + MINUTE, { readings }, terminal)
    assert.ok(readingsBalance(line.counted), JSON.stringify(line.counted))
  }
}

const shown = ({ counted: { stored, quarantined, unbound, held } }: MeterLine) => ({
  stored,
  quarantined,
  unbound,
  held
})

async function states(line: MeterLine): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { meter, mark } of await line.store.quarantine({ limit: 1e6 })) {
    const state = `${meter} ${mark?.outcome ?? 'open'}`
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

const ALL = 'M0 M1 M2'
const EXCHANGED = 'M0 N1 M2'

test('an exchanged meter: its readings wait, and are stored when an import names it', async () => {
  const line = await lineOf()
  await report(line, [ALL, ALL, ALL, ...Array<string>(8).fill(EXCHANGED)])
  assert.deepEqual(shown(line), { stored: 25, quarantined: 0, unbound: 8, held: 0 })
  assert.deepEqual(await states(line), { 'N1 unbound': 8 })
  assert.deepEqual(await line.replayable(), [], 'what waits is not replayed')
  line.restart()
  await line.useRegistry(VERSIONS.get('bound')!)
  assert.deepEqual(shown(line), { stored: 33, quarantined: 0, unbound: 0, held: 0 })
  assert.deepEqual(await states(line), { 'N1 stored': 8 })
  const kept = await rows(line, 'importKwh', 3)
  assert.deepEqual(
    [kept.length, kept[0], kept[7]],
    [8, '45 curve v1 10.3 unchecked REGISTER_FIRST', '150 curve v1 11 valid']
  )
  await report(line, [EXCHANGED], 11)
  assert.deepEqual(shown(line), { stored: 36, quarantined: 0, unbound: 0, held: 0 })
})

test('an exchange with both registers known: the curve of the usage point has no gap', async () => {
  const line = await lineOf()
  await report(line, [ALL, ALL, ALL, ...Array<string>(4).fill(EXCHANGED)])
  await line.useRegistry(VERSIONS.get('counted')!)
  const show = async (meter: number) => (await intervals(line, 0, meter)).slice(-2)
  assert.deepEqual(await show(1), ['15-30 0.1 valid', '30-40 0.05 valid'])
  const [first, second] = await intervals(line, 0, 3)
  assert.deepEqual([first, second], ['40-45 0.2 valid', '45-60 0.1 valid'])
})

test('while all neighbours report, an unknown meter is a stranger after three intervals', async () => {
  const line = await lineOf()
  await report(line, [ALL, ...Array<string>(3).fill(`${ALL} N1`)])
  assert.equal(shown(line).unbound, 3)
  await report(line, [`${ALL} N1`], 4)
  assert.deepEqual(shown(line), { stored: 15, quarantined: 4, unbound: 0, held: 0 })
  await report(line, [`${ALL} N1`], 5)
  assert.deepEqual(shown(line), { stored: 18, quarantined: 5, unbound: 0, held: 0 })
  assert.deepEqual((await line.replayable()).length, 5)
})

test('a neighbour that comes back takes the exchange with it', async () => {
  const line = await lineOf()
  await report(line, [ALL, ...Array<string>(6).fill(EXCHANGED)])
  assert.equal(shown(line).unbound, 6)
  await report(line, [`${EXCHANGED} M1`], 7)
  assert.deepEqual(shown(line), { stored: 18, quarantined: 7, unbound: 0, held: 0 })
})

test('a neighbour that was silent long before is no sign of an exchange', async () => {
  const line = await lineOf()
  await report(line, [ALL])
  await report(line, Array<string>(5).fill(EXCHANGED), 4 * 96)
  assert.deepEqual(shown(line), { stored: 13, quarantined: 5, unbound: 0, held: 0 })
})

test('two new meters need two silent neighbours', async () => {
  const line = await lineOf()
  await report(line, [ALL, ...Array<string>(5).fill('M0 N1 N2')])
  assert.equal(shown(line).unbound, 10)
  const other = await lineOf()
  await report(other, [ALL, ...Array<string>(5).fill('M0 M1 N1 N2')])
  assert.deepEqual(await states(other), { 'N1 unbound': 5, 'N2 quarantined': 4, 'N2 open': 1 })
})

test('the interval is that in which the terminal uploads', async () => {
  const line = await lineOf()
  await line.useRegistry({ ...VERSIONS.get('given')!, hash: 'elsewhere' })
  await report(line, Array<string>(8).fill('X1'), 0, 'T1')
  assert.equal(shown(line).unbound, 8, 'three hours are not over')
  await report(line, Array<string>(5).fill('X1'), 8, 'T1')
  assert.deepEqual(shown(line), { stored: 0, quarantined: 13, unbound: 0, held: 0 })
})

test('an unknown terminal, a time out of the window, too many strangers: set aside at once', async () => {
  const line = await lineOf()
  await report(line, ['N1'], 0, 'T9')
  await line.publish(T0, { readings: [{ meter: 'N1', time: T0 - 50 * DAY, importKwh: 1 }] })
  assert.deepEqual(shown(line), { stored: 0, quarantined: 2, unbound: 0, held: 0 })
  await report(line, [Array.from({ length: 20 }, (_, i) => `N${i}`).join(' ')], 1)
  assert.deepEqual(shown(line), { stored: 0, quarantined: 6, unbound: 16, held: 0 })
})

test('what nobody imports is set aside when the time window has passed', async () => {
  const line = await lineOf()
  await report(line, [ALL, ...Array<string>(6).fill(EXCHANGED)])
  await line.tick(T0 + 45 * DAY)
  assert.equal(shown(line).unbound, 6)
  line.restart()
  await line.tick(T0 + 46 * DAY)
  assert.deepEqual(shown(line), { stored: 15, quarantined: 6, unbound: 0, held: 0 })
  assert.deepEqual(await states(line), { 'N1 quarantined': 6 })
  await line.useRegistry(VERSIONS.get('bound')!)
  await line.replay()
  // Installed at 40 minutes: the first two were before.
  assert.deepEqual(shown(line), { stored: 19, quarantined: 2, unbound: 0, held: 0 })
})

test('what an import names elsewhere, or later, is judged so', async () => {
  for (const [hash, expected] of [
    ['elsewhere', { stored: 9, quarantined: 3, unbound: 0, held: 0 }],
    // Installed at 40 minutes: the first two were before.
    ['bound', { stored: 10, quarantined: 2, unbound: 0, held: 0 }]
  ] as const) {
    const line = await lineOf()
    await report(line, [ALL, EXCHANGED, EXCHANGED, EXCHANGED])
    await line.useRegistry(VERSIONS.get(hash)!)
    assert.deepEqual(shown(line), expected)
    assert.ok(readingsBalance(line.counted))
  }
})

test('a log with exchanges in it gives the same whole, in chunks and over restarts', async () => {
  const lines = [await lineOf(), await lineOf()]
  for (const line of lines) {
    const step = (): void => {
      if (line === lines[1]) line.restart()
    }
    for (let slot = 0; slot < 14; slot++) {
      await report(line, [slot < 3 ? ALL : slot < 9 ? `${EXCHANGED} X${slot % 3}` : `${EXCHANGED} M1`], slot)
      step()
      await line.tick(T0 + slot * 15 * MINUTE + 2 * MINUTE)
      step()
      if (slot === 7) await line.useRegistry(VERSIONS.get('bound')!)
    }
    await line.tick(T0 + 50 * DAY)
    await line.replay()
  }
  assert.deepEqual(lines[1].outputs, lines[0].outputs)
  const replayed = (chunk: number) => replayInChunks(new Pipeline(lines[0].options), lines[0].inputs, chunk)
  const whole = replayed(Infinity)
  for (const outcome of ['unbound', 'stored', 'quarantined'])
    assert.ok(whole.marks.some(mark => mark.includes(outcome)))
  for (const chunk of [1, 3, 7]) assert.deepEqual(replayed(chunk), whole)
})
