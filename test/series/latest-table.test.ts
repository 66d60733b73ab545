import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIELD } from '../../src/model/fields.ts'
import { seededRandom } from '../../src/random.ts'
import { LatestTable, latestBuffer } from '../../src/series/latest-table.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { batchOf, type GivenReading } from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)
const METERS = 6
const turn = async (): Promise<void> => {}

const at = (meter: number, minutes: number, more: Partial<GivenReading> = {}): GivenReading => ({
  meter,
  time: T0 + minutes * 60_000,
  values: { importKwh: minutes, voltageVA: 230 },
  ...more
})

function bench() {
  const buffer = latestBuffer(METERS)
  return { writer: new LatestTable(buffer), reader: new LatestTable(buffer) }
}

test('a row is the newest only once the store has said what it had', async () => {
  const { writer, reader } = bench()
  assert.equal(reader.read(1), undefined)
  await writer.observe(batchOf(1, { readings: { 1: [at(1, 30)] } }), turn)
  assert.equal(reader.read(1), undefined, 'the store may have a later one')
  const stored = new MemorySeries()
  await stored.commit(batchOf(1, { readings: { 1: [at(1, 45), at(2, 45)] } }))
  writer.confirm([1, 2, 3], await stored.latest([1, 2, 3]))
  assert.equal(reader.read(1)?.values[FIELD.importKwh], 45)
  assert.equal(reader.read(3), null, 'no reading at all')
  await writer.observe(batchOf(2, { readings: { 2: [at(1, 40), at(3, 1)] } }), turn)
  assert.equal(reader.read(1)?.values[FIELD.importKwh], 45, 'a late one changes nothing')
  assert.equal(reader.read(3)?.values[FIELD.importKwh], 1)
})

test('what has no column, and meters beyond the table, are left to the store', async () => {
  const { writer, reader } = bench()
  writer.confirm([1, METERS], new Map())
  await writer.observe(
    batchOf(1, { readings: { 1: [at(1, 5, { extras: '{"a":1}' }), at(METERS, 5)] } }),
    turn
  )
  assert.deepEqual([reader.read(1), reader.read(METERS)], [undefined, undefined])
  await writer.observe(batchOf(2, { readings: { 2: [at(1, 6, { reasons: { importKwh: 5 } })] } }), turn)
  assert.deepEqual([...(reader.read(1)?.reasons ?? [])], [[FIELD.importKwh, 5]])
  await writer.observe(batchOf(3, { readings: { 3: [at(1, 7)] } }), turn)
  assert.equal(reader.read(1)?.reasons.size, 0)
})

test('after a reset the store is asked for everything', async () => {
  const { writer, reader } = bench()
  writer.confirm([0], new Map())
  await writer.observe(batchOf(1, { readings: { 1: [at(0, 5)] } }), turn)
  assert.notEqual(reader.read(0), undefined)
  writer.reset()
  assert.equal(reader.read(0), undefined)
  await writer.observe(batchOf(2, { readings: { 2: [at(0, 3)] } }), turn)
  writer.confirm([0], new Map())
  assert.equal(reader.read(0)?.time, T0 + 180_000)
})

test('random commits, in any order with the answers of the store: as the store answers', async () => {
  const random = seededRandom('latest-table')
  const meters = Array.from({ length: METERS }, (_, meter) => meter)
  for (let run = 0; run < 200; run++) {
    const { writer, reader } = bench()
    const store = new MemorySeries()
    const versions = new Map<string, number>()
    const random_ = (): GivenReading => {
      const [meter, minutes, kind] = [random.integer(METERS), random.integer(20), random.integer(3)]
      const key = `${meter}/${minutes}/${kind}`
      const version = (versions.get(key) ?? 0) + 1
      versions.set(key, version)
      return at(meter, minutes, {
        kind,
        version,
        values: { importKwh: random.integer(9) },
        isPrimary: version === 2
      })
    }
    for (let seq = 1; seq <= 8; seq++) {
      const asked = await store.latest(meters)
      const batch = batchOf(seq, { readings: { [seq]: Array.from({ length: random.integer(9) }, random_) } })
      await store.commit(batch)
      await writer.observe(batch, turn)
      // The answer to a question of before the commit may come after it.
      if (seq === 4) writer.confirm(meters, asked)
      if (seq < 4) continue
      const truth = await store.latest(meters)
      for (const meter of meters) assert.deepEqual(reader.read(meter), truth.get(meter) ?? null)
    }
  }
})

test('the table moves to wider memory: what it had is there, and readers that have not followed read whole rows', async () => {
  const { writer, reader } = bench()
  writer.confirm([0, 2], new Map())
  await writer.observe(batchOf(1, { readings: { 1: [at(2, 5)] } }), turn)
  const wider = latestBuffer(METERS * 2)
  writer.moveTo(wider)
  assert.equal(writer.capacity, METERS * 2)
  await writer.observe(batchOf(2, { readings: { 2: [at(2, 6)] } }), turn)
  writer.confirm([METERS + 1], new Map())
  assert.equal(reader.read(2)?.values[FIELD.importKwh], 5, 'as of before')
  assert.equal(reader.read(METERS + 1), undefined)
  reader.follow(wider)
  assert.deepEqual([reader.read(0), reader.read(METERS + 1)], [null, null])
  assert.equal(reader.read(2)?.values[FIELD.importKwh], 6)
  assert.equal(reader.read(1), undefined)
})

test('a reset asks for no memory of meters that were never written', () => {
  const buffer = latestBuffer(METERS)
  const writer = new LatestTable(buffer)
  writer.confirm([METERS - 1], new Map())
  const before = new Int32Array(buffer).slice()
  writer.reset()
  const after = new Int32Array(buffer)
  const changed = [...after.keys()].filter(word => after[word] !== before[word])
  assert.equal(changed.length, 2, 'lock and state of the one that was')
})
