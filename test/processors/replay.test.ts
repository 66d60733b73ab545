import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replayRecords } from '../../commands/site/replay-records.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { readingsBalance } from '../../src/model/audit.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import type { QuarantineRow } from '../../src/series/port.ts'
import { MeterLine, SETTINGS } from '../support/meter-line.ts'
import { registryOf } from '../support/meter-registry.ts'
import { replayInChunks } from '../support/replay-outputs.ts'
import { MINUTE, publish, rows, T0 } from './validate/timeline.ts'

const before = registryOf([{ id: 'M0' }])
const after = { ...registryOf([{ id: 'M0' }, { id: 'M1' }]), version: 2, hash: 'after' }
const loadRegistry = ({ hash }: { hash: string }) => (hash === 'after' ? after : before)

async function lineOf(): Promise<MeterLine> {
  const line = new MeterLine({ registry: before, loadRegistry, windowReadings: 2 })
  await line.useRegistry()
  return line
}

const frames = (line: MeterLine) => line.pipeline.audit.total.frames

/** `M1 stored` by entry, oldest first. */
async function states(line: MeterLine): Promise<string[]> {
  const entries = await line.store.quarantine({ limit: 1e6 })
  return entries
    .toReversed()
    .map(({ meter, mark, reason }) =>
      [meter || '-', mark?.outcome ?? 'open', QUARANTINE_REASONS[reason].code].join(' ')
    )
}

function checkBalance(line: MeterLine, published: number): void {
  const { decoded, quarantined } = frames(line)
  assert.ok(readingsBalance(line.counted), JSON.stringify(line.counted))
  assert.equal(decoded + quarantined, published)
}

test('readings of an unknown meter are stored once it is imported and they are replayed', async () => {
  const line = await lineOf()
  const given = [0, 15, 30].map(at => ({ at, meter: 'M1', importKwh: 5 + at / 100, voltageV: 229.5 }))
  await publish(line, given)
  assert.deepEqual({ ...line.counted }, { ...line.counted, decoded: 3, quarantined: 3, stored: 0 })
  await line.useRegistry(after)
  await line.replay()
  assert.deepEqual({ ...line.counted }, { ...line.counted, decoded: 3, quarantined: 0, stored: 3 })
  checkBalance(line, 3)
  assert.deepEqual(await rows(line, 'importKwh', 1), [
    '0 curve v1 5 unchecked REGISTER_FIRST',
    '15 curve v1 5.15 valid',
    '30 curve v1 5.3 valid'
  ])
  assert.equal((await line.readings(1))[0].at, T0 + MINUTE, 'it arrived when it arrived')
  assert.deepEqual(await states(line), Array(3).fill('M1 stored UNKNOWN_METER'))
  assert.deepEqual(await line.replayable(), [])
})

test('all that a reading said comes back: kind, primary values, phases, fields without a column', async () => {
  const line = await lineOf()
  const reading = {
    kind: 'daily-freeze',
    scale: 'primary',
    importKwh: 8,
    voltageV: [231, null, 229.9],
    relay: 'closed',
    errors: { importKvarh: 'timeout' }
  }
  const message = (meter: string) => ({ time: T0, readings: [{ meter, ...reading }] })
  await line.publish(T0 + MINUTE, message('M1'))
  await line.publish(T0 + MINUTE, message('M0'))
  await line.useRegistry(after)
  await line.replay()
  const [known] = await line.readings(0)
  const [replayed] = await line.readings(1)
  assert.deepEqual(replayed, { ...known, meter: 1 })
  assert.ok(replayed.isPrimary)
})

test('a replay asked for twice counts once', async () => {
  const line = await lineOf()
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  await line.useRegistry(after)
  const asked = await line.replayable()
  const { eventsSeq } = line.store.position()
  await line.replay(asked, eventsSeq)
  await line.replay(asked, eventsSeq)
  line.restart()
  await line.replay(asked, eventsSeq)
  assert.deepEqual([line.counted.stored, line.counted.quarantined, line.counted.duplicates], [1, 0, 0])
  checkBalance(line, 1)
})

test('a request from before what is remembered changes nothing', async () => {
  const line = await lineOf()
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  await publish(line, [{ at: 15, meter: 'M1', importKwh: 6 }])
  await line.useRegistry(after)
  const asked = await line.replayable()
  const { eventsSeq } = line.store.position()
  await line.replay(asked.slice(0, 1), eventsSeq)
  await line.tick(T0 + 120 * MINUTE)
  // Later than the memory of what the first one took.
  await line.replay(asked.slice(1))
  await line.replay(asked, eventsSeq)
  assert.deepEqual([line.counted.stored, line.counted.quarantined], [2, 0])
  checkBalance(line, 2)
})

test('what cannot be read stays set aside, with the reason of now, and can be replayed again', async () => {
  const line = await lineOf()
  await line.publish(T0, { time: T0, readings: [{ meter: 'M0', importKwh: 'five' }, 7, { importKwh: 1 }] })
  await line.publish(T0, { hello: 1 })
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  const expected = [
    'M0 quarantined VALUE_TYPE',
    '- quarantined READING_SHAPE',
    '- quarantined METER_MISSING',
    '- quarantined BAD_SHAPE',
    'M1 quarantined UNKNOWN_METER'
  ]
  const counted = { ...line.counted }
  for (let time = 0; time < 2; time++) {
    await line.replay()
    assert.deepEqual(await states(line), expected)
    assert.deepEqual({ ...line.counted }, counted)
  }
  await line.useRegistry({ ...before, hash: 'after' })
  await line.useSettings({ ...SETTINGS, pastDays: 1, futureMinutes: 1 })
  await line.replay()
  assert.deepEqual((await states(line)).at(-1), 'M1 stored UNKNOWN_METER')
  checkBalance(line, 3)
})

test('a frame refused whole is decoded, and its readings are counted then', async () => {
  const line = new MeterLine({ registry: after, settings: { ...SETTINGS, maxReadings: 2 } })
  await line.useRegistry()
  const readings = ['M0', 'M1', 'stranger'].map(meter => ({ meter, time: T0, importKwh: 1 }))
  await line.publish(T0, { readings })
  assert.deepEqual({ ...frames(line) }, { decoded: 0, quarantined: 1 })
  await line.useSettings(SETTINGS)
  await line.replay()
  assert.deepEqual({ ...frames(line) }, { decoded: 1, quarantined: 0 })
  assert.deepEqual([line.counted.decoded, line.counted.stored, line.counted.quarantined], [3, 2, 1])
  assert.deepEqual(await states(line), ['- decoded TOO_MANY_READINGS', 'stranger open UNKNOWN_METER'])
  checkBalance(line, 1)
})

test('replayed readings older than the window ask the store, and are told what became of them', async () => {
  const line = await lineOf()
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  await line.useRegistry(after)
  await publish(
    line,
    [60, 75, 90].map(at => ({ at, meter: 'M1', importKwh: 6 + at / 100 }))
  )
  await line.replay()
  assert.equal(line.counted.held, 2)
  checkBalance(line, 5)
  line.restart()
  await line.settle()
  assert.deepEqual((await states(line)).toSorted(), [
    'M1 duplicates UNKNOWN_METER',
    'M1 stored UNKNOWN_METER'
  ])
  assert.deepEqual([line.counted.held, line.counted.quarantined], [0, 0])
  checkBalance(line, 5)
})

test('an entry from before 0.1 is read by the names of its columns', async () => {
  const line = await lineOf()
  await publish(line, [{ at: 0, meter: 'M1', importKwh: 5 }])
  await line.useRegistry(after)
  const old = { meter: 'M1', time: T0, importKwh: 5, voltageVA: 230.5, currentAC: 4 }
  const [row] = await line.replayable()
  await line.replay([{ ...row, bytes: new TextEncoder().encode(JSON.stringify(old)) }])
  const [{ values }] = await line.readings(1)
  assert.deepEqual([values[0], values[9], values[10], values[14]], [5, 230.5, Number.NaN, 4])
})

test('a log with replays in it gives the same whole, in chunks and over restarts', async () => {
  const line = await lineOf()
  const restarted = await lineOf()
  for (const each of [line, restarted]) {
    const step = (): void => {
      if (each === restarted) each.restart()
    }
    for (let slot = 0; slot < 6; slot++) {
      await publish(
        each,
        ['M0', 'M1'].map(meter => ({ at: slot * 15, meter, importKwh: slot }))
      )
      step()
      if (slot === 3) await each.useRegistry(after)
      if (slot % 2 === 0) await each.replay()
      step()
      if (slot === 5) await each.settle()
    }
    checkBalance(each, 12)
  }
  assert.deepEqual(restarted.outputs, line.outputs)
  const newPipeline = () => new Pipeline(line.options)
  const whole = replayInChunks(newPipeline(), line.inputs, Infinity)
  assert.ok(whole.marks.length > 4)
  for (const chunk of [1, 3, 7]) {
    assert.deepEqual(replayInChunks(newPipeline(), line.inputs, chunk), whole)
  }
})

test('records are cut by number and by size; a large entry stands alone', () => {
  const rowOf = (seq: number, size: number) => ({
    ...({} as QuarantineRow),
    seq,
    bytes: new Uint8Array(size)
  })
  const cut = (entries: QuarantineRow[]) =>
    [...replayRecords(entries, 'ann', 7)].map(record => record.entries.map(({ seq }) => seq))
  assert.deepEqual(cut([]), [])
  assert.deepEqual(cut([rowOf(1, 10), rowOf(2, 1_000_000), rowOf(3, 10)]), [[1], [2], [3]])
  assert.deepEqual(
    cut(Array.from({ length: 2500 }, (_, seq) => rowOf(seq, 3))).map(({ length }) => length),
    [1000, 1000, 500]
  )
})
