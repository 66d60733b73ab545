import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline } from '../../../processors/pipeline.ts'
import { AuditBook } from '../../../processors/audit-book.ts'
import { emptyAudit, readingsBalance } from '../../../src/model/audit.ts'
import { seededRandom } from '../../../src/random.ts'
import type { MeterLine } from '../../support/meter-line.ts'
import { ByteReader, ByteWriter, joined } from '../../../src/records/bytes.ts'
import { registryOf } from '../../support/meter-registry.ts'
import { lineOf, T0 } from './timeline.ts'

const METERS = 6
const QUARTER = 900_000
const registry = registryOf([
  ...Array.from({ length: METERS - 2 }, (_, i) => ({ id: `M${i}` })),
  { id: `M${METERS - 2}`, ct: 20, ratedA: 6 },
  { id: `M${METERS - 1}`, ratedV: Number.NaN }
])
const options = { registry, windowReadings: 4 }

/** Seeded life of a line: in order, late, repeated, corrected, fallen to zero, -0, primary; answers late and partial. */
async function liveThrough(
  line: MeterLine,
  seed: number,
  afterEach: (line: MeterLine) => void
): Promise<void> {
  const random = seededRandom(`restart/${seed}`)
  for (let slot = 0; slot < 60; slot++) {
    const readings = Array.from({ length: METERS }, (_, i) => {
      const back = random.next() < 0.3 ? random.integer(12) : 0
      const time = slot - back
      const isZero = random.next() < 0.05
      return {
        meter: `M${i}`,
        time: T0 + time * QUARTER,
        voltageV: isZero ? -0 : 220,
        ...(random.next() < 0.2
          ? {}
          : { importKwh: isZero ? 0 : 1000 + time * 0.25 + random.integer(3) * 0.01 }),
        ...(random.next() < 0.1 ? { scale: 'primary', temperatureC: slot } : {})
      }
    })
    await line.publish(T0 + slot * QUARTER + 60_000, {
      kind: 'curve',
      readings: [...readings, { meter: 'M9' }]
    })
    afterEach(line)
    if (random.next() < 0.5) {
      await line.answer(line.asked.filter(() => random.next() < 0.6))
      afterEach(line)
    }
    assert.ok(readingsBalance(line.counted), JSON.stringify(line.counted))
  }
  await line.settle()
}

for (const seed of [1, 2, 3, 4]) {
  test(`a processor that restarts after every record puts out the same bytes (seed ${seed})`, async () => {
    const whole = await lineOf(options)
    await liveThrough(whole, seed, () => {})
    const restarted = await lineOf(options)
    await liveThrough(restarted, seed, line => line.restart())
    const { held, corrections, duplicates, quarantined } = whole.counted
    assert.ok(corrections > 10 && duplicates > 1 && quarantined > 50, JSON.stringify(whole.counted))
    assert.equal(held, 0)
    assert.deepEqual(restarted.outputs, whole.outputs)
    assert.deepEqual(restarted.pipeline.audit.save(), whole.pipeline.audit.save())
    assert.deepEqual(restarted.pipeline.save(), whole.pipeline.save())
  })
}

test('a snapshot taken at any record says all that the rest depends on', async () => {
  const line = await lineOf(options)
  const snapshots: { at: number; saved: Uint8Array }[] = []
  await liveThrough(line, 5, ({ outputs, pipeline }) =>
    snapshots.push({ at: outputs.length, saved: joined(pipeline.save()) })
  )
  for (const { at, saved } of snapshots.filter((_, i) => i % 9 === 0)) {
    const pipeline = new Pipeline({ ...line.options, loadRegistry: () => registry })
    pipeline.load(saved)
    const outputs = line.inputs.slice(at).map(({ log, record }) => {
      pipeline.take(log, record)
      return pipeline.drain()
    })
    assert.deepEqual(outputs, line.outputs.slice(at), `after record ${at}`)
  }
})

/** As checkpoints of format 2 had it: no replays, nothing that waits for its meter, no counter of it. */
function stateOfFormat2(saved: Uint8Array): Uint8Array {
  const reader = new ByteReader(saved)
  const without = (text: string, names: readonly string[]): string =>
    JSON.stringify(JSON.parse(text, (name, value) => (names.includes(name) ? undefined : value)))
  const json = reader.text()
  const { stages } = JSON.parse(json) as { stages: string[] }
  const writer = new ByteWriter(saved.length).text(without(json, ['replays', 'unbound']))
  for (const stage of stages) {
    const state = reader.bytes()
    if (stage !== 'validate') {
      writer.bytes(state)
      continue
    }
    const parts = new ByteReader(state)
    const text = without(parts.text(), ['unknown'])
    writer.bytes(new ByteWriter(state.length).text(text).bytes(parts.bytes()).finish())
  }
  return writer.finish()
}

test('the state of a checkpoint of format 2 goes on as that of today', async () => {
  const line = await lineOf(options)
  const snapshots: { at: number; saved: Uint8Array }[] = []
  await liveThrough(line, 6, ({ outputs, pipeline }) =>
    snapshots.push({ at: outputs.length, saved: stateOfFormat2(joined(pipeline.save())) })
  )
  const { at, saved } = snapshots[40]
  const pipeline = new Pipeline({ ...line.options, loadRegistry: () => registry })
  pipeline.load(saved)
  const outputs = line.inputs.slice(at).map(({ log, record }) => {
    pipeline.take(log, record)
    return pipeline.drain()
  })
  assert.deepEqual(outputs, line.outputs.slice(at))
  assert.deepEqual(pipeline.audit.total, line.pipeline.audit.total)
})

test('the audit book counts per terminal and in total, and says what was touched once', () => {
  const book = new AuditBook()
  book.frame('T0', 'decoded')
  const counted = {
    decoded: 3,
    stored: 2,
    corrections: 0,
    duplicates: 0,
    quarantined: 0,
    held: 1,
    unbound: 0
  }
  book.readings('T0', counted)
  book.frame('', 'quarantined', 4)
  const loaded = new AuditBook()
  loaded.load(JSON.parse(JSON.stringify(book.save())))
  assert.deepEqual(loaded.save(), book.save())
  assert.deepEqual(loaded.takeTouched(), {}, 'a step that was recorded is not told again')
  loaded.readings('T0', { ...emptyAudit().readings, held: -1, duplicates: 1 })
  const readings = {
    decoded: 3,
    stored: 2,
    corrections: 0,
    duplicates: 1,
    quarantined: 0,
    held: 0,
    unbound: 0
  }
  assert.deepEqual(loaded.takeTouched(), { T0: { frames: { decoded: 1, quarantined: 0 }, readings } })
  assert.deepEqual(loaded.takeTouched(), {})
  assert.deepEqual(loaded.total, { frames: { decoded: 1, quarantined: 4 }, readings })
  assert.equal(book.total.readings.held, 1, 'the book it came from is not changed by the copy')
})
