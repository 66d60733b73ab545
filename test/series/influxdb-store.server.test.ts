import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { isError } from '../../src/errors.ts'
import { FIELD } from '../../src/model/fields.ts'
import type { Refused } from '../../src/series/influxdb/writer.ts'
import { seriesContract } from '../contract/series.ts'
import { randomContract } from '../contract/series-random.ts'
import { InfluxUnderTest, lacksInflux } from '../support/influx-under-test.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { batchOf, type GivenReading, positionAt, quarantineEntry } from '../support/series-blocks.ts'

const DAY = 86_400_000
const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 20)
const influx = new InfluxUnderTest()
const skip = lacksInflux ? 'influxd is not installed' : false

before(async () => {
  if (!lacksInflux) await influx.start()
})
after(() => influx.stop())

// A suite cannot be passed over as a whole.
if (!lacksInflux) seriesContract('InfluxDB', () => influx.open())
randomContract('InfluxDB', () => influx.open(), { runs: 10, skip: lacksInflux })

const page = (meter: number) => ({ meter, from: T0 - 400 * DAY, to: T0 + 400 * DAY, limit: 10_000 })
const rows = (meter: number, count: number): GivenReading[] =>
  Array.from({ length: count }, (_, i) => ({ meter, time: T0 + i * HOUR, values: { importKwh: i } }))

test('what people see is primary, final, and overwritten in place', { skip }, async () => {
  const { store, address } = await influx.open()
  const given = (version: number, importKwh: number): GivenReading => ({
    ...{ meter: 1, time: T0, version, ct: 10, pt: 100, kind: 1 },
    values: { importKwh, voltageVA: 57, currentAA: 2, powerFactor: 0.5 },
    quality: version === 1 ? [2, 0] : [1, 0]
  })
  await store.commit(batchOf(1, { readings: { 1: [given(1, 5)] } }))
  const finals = async () => {
    const { url, database } = address
    const text = 'SELECT importKwh, voltageVA, currentAA, powerFactor, suspectValues FROM readings GROUP BY *'
    const query = new URLSearchParams({ db: database, rp: 'final', q: text })
    const answer = (await (await fetch(`${url}/query?${query}`)).json()) as never as {
      results: { series: { tags: unknown; values: unknown[][] }[] }[]
    }
    return answer.results[0]?.series.map(({ tags, values }) => [tags, ...values.map(row => row.slice(1))])
  }
  const tags = { meter: 'M1' }
  assert.deepEqual(await finals(), [[tags, [5000, 5700, 20, 0.5, 1]]])
  await store.commit(batchOf(2, { readings: { 2: [given(2, 6), given(3, 7)] } }))
  assert.deepEqual(await finals(), [[tags, [7000, 5700, 20, 0.5, 0]]])
  assert.deepEqual(
    (await store.readings({ ...page(1), allVersions: true })).map(row => row.values[FIELD.importKwh]),
    [5, 6, 7]
  )
})

test('names that line protocol has to be careful with', { skip }, async () => {
  const names = [
    '330100000017',
    '表 1',
    'a,b=c',
    "O'Hara",
    'back\\',
    'per%cent',
    'q"q',
    'line\nbreak',
    'a,b=c '
  ]
  const { store } = await influx.open({ names: meter => names[meter] })
  const given = names.map((_, meter) => ({ meter, time: T0, values: { importKwh: meter } }))
  await store.commit(batchOf(1, { readings: { 1: given }, terminals: {} }))
  for (const [meter] of names.entries()) {
    const [row, ...more] = await store.readings(page(meter))
    assert.deepEqual([row?.values[FIELD.importKwh], more.length], [meter, 0], names[meter])
  }
  assert.equal((await store.latest(names.map((_, meter) => meter))).size, names.length)
})

test('texts longer than a field takes come back whole', { skip }, async () => {
  const { store } = await influx.open()
  const extras = JSON.stringify({ text: '表😀"\\'.repeat(20_000) })
  await store.commit(
    batchOf(1, { readings: { 1: [{ meter: 1, time: T0, values: { importKwh: 1 }, extras }] } })
  )
  const [row] = await store.readings(page(1))
  assert.equal(row?.extras, extras)
  const [answer] = await store.history([{ meter: 1, time: T0, kind: 1 }])
  assert.equal(answer?.extras, extras)
})

test('a batch that was cut off is seen by nobody, and made good when it comes again', { skip }, async () => {
  const { address, store } = await influx.open()
  await store.commit(batchOf(1, { readings: { 1: rows(1, 3) } }))
  const entry = [quarantineEntry(2, 0, Uint8Array.of(7))]
  const later = rows(1, 5).map(row => ({ ...row, time: row.time + DAY }))
  const second = batchOf(3, { readings: { 2: rows(2, 4), 3: later }, quarantine: { 3: entry } })
  // All lines are stored when the position is made into one.
  const position = {
    ...second.position,
    get framesSeq(): number {
      throw new Error('cut off here')
    }
  }
  const cut = { ...second, position }
  await assert.rejects(store.commit(cut), /cut off here/)
  // Who opens the store now knows that something lies there.
  const other = await influx.open({ address })
  for (const each of [store, other.store]) {
    assert.deepEqual(each.position(), positionAt(1))
    assert.equal((await each.readings(page(1))).length, 3)
    assert.deepEqual(await each.readings(page(2)), [])
    assert.deepEqual(await each.quarantine({ limit: 9 }), [])
    const slots = { meters: [1, 2], from: T0, to: T0 + 2 * DAY, slotMs: DAY }
    assert.deepEqual([...(await each.storedSlots(slots)).has], [1, 0, 0, 0])
    assert.equal((await each.latest([1, 2])).get(1)?.time, T0 + 2 * HOUR)
    await assert.rejects(each.countReadings(), error => isError(error, 'SERIES_INFLUX_BEHIND'))
  }
  await store.commit(batchOf(2, { readings: { 2: rows(2, 4) } }))
  await assert.rejects(store.countReadings(), error => isError(error, 'SERIES_INFLUX_BEHIND'))
  await store.commit(second)
  assert.deepEqual(await store.countReadings(), { first: 12, corrections: 0 })
  assert.equal((await store.quarantine({ limit: 9 })).length, 1)
})

test('a database that was dropped is made again, and fed from its position', { skip }, async () => {
  const { store, address } = await influx.open()
  await store.commit(batchOf(1, { readings: { 1: rows(1, 3) } }))
  await influx.server.rows('', `DROP DATABASE "${address.database}"`)
  await assert.rejects(store.commit(batchOf(2, { readings: { 2: rows(1, 1) } })), error =>
    isError(error, 'SERIES_COMMIT_FAILED')
  )
  assert.notEqual(store.trouble(), '')
  // The feed asks where it stands, and begins there.
  await store.commit(batchOf(2, { readings: { 1: rows(1, 3), 2: rows(2, 1) } }))
  assert.equal(store.trouble(), '')
  assert.deepEqual(await store.countReadings(), { first: 4, corrections: 0 })
})

test('lines that are refused for good stand alone, all others are stored', { skip }, async () => {
  const refused: Refused[] = []
  const { store, address } = await influx.open({ onRefused: each => refused.push(each) })
  // Somebody else writes a field of the same name with another type.
  const foreign = 'readings,meter=M7 importKwh="text" 1795132800000000000'
  const { url, database } = address
  await fetch(`${url}/write?db=${database}&rp=final`, { method: 'POST', body: foreign })
  // A type is of a shard: the other reading is of another week.
  const given = [...rows(7, 1), { meter: 8, time: T0 + 30 * DAY, values: { importKwh: 1 } }]
  await store.commit(batchOf(1, { readings: { 1: given } }))
  assert.equal(refused.length, 1)
  assert.match(refused[0]?.reason ?? '', /field type conflict/)
  assert.match(refused[0]?.line ?? '', /^readings,meter=M7/)
  // The statement is there all the same.
  assert.equal((await store.readings(page(7))).length, 1)
  const kept = new URLSearchParams({ db: database, rp: 'kept', q: 'SELECT line, reason FROM refused_points' })
  assert.match(await (await fetch(`${url}/query?${kept}`)).text(), /readings,meter=M7.*field type conflict/)
})

test('a database that refuses everything loses nothing: the batch waits', { skip }, async () => {
  const refused: Refused[] = []
  const { store, address } = await influx.open({ onRefused: each => refused.push(each) })
  const { url, database } = address
  const foreign = 'readings,meter=M7 importKwh="text" 1795132800000000000'
  await fetch(`${url}/write?db=${database}&rp=final`, { method: 'POST', body: foreign })
  const many = Array.from({ length: 120 }, (_, i) => ({ meter: 7, time: T0 + i, values: { importKwh: i } }))
  await assert.rejects(store.commit(batchOf(1, { readings: { 1: many } })), error =>
    isError(error, 'SERIES_INFLUX_REFUSES')
  )
  assert.deepEqual(await store.readings(page(7)), [])
  assert.equal(refused.length, 100)
})

test('points older than the retention are counted, and keep nobody waiting', { skip }, async () => {
  let expired = 0
  const clock = new ManualClock(systemClock.now())
  const { store } = await influx.open({
    ...{ retention: { kept: 0, raw: 10, final: 10 }, clock },
    onExpired: points => {
      expired += points
    }
  })
  const now = clock.now()
  const given = [0, 20, 40].map(days => ({ meter: 1, time: now - days * DAY, values: { importKwh: days } }))
  await store.commit(batchOf(1, { readings: { 1: given } }))
  assert.equal(expired, 4)
  const found = await store.readings({ meter: 1, from: 0, to: now + 1, limit: 9 })
  assert.deepEqual(
    found.map(row => row.values[FIELD.importKwh]),
    [0]
  )
})
