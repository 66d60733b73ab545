import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { isError } from '../../src/errors.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { seriesContract } from '../contract/series.ts'
import { newFolder, openStore } from '../support/duckdb-under-test.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { batchOf, type GivenReading, positionAt, quarantineEntry } from '../support/series-blocks.ts'

const DAY = 86_400_000
const T0 = Date.UTC(2026, 10, 20)

seriesContract('DuckDB', () => openStore())
// The oracle of the random tests has to keep the same promises.
seriesContract('memory', async () => {
  const store = new MemorySeries()
  return { store, reopen: async () => store, remove: async () => {} }
})

const day = (number: number, count: number): GivenReading[] =>
  Array.from({ length: count }, (_, i) => ({
    meter: 1,
    time: T0 + number * DAY + i,
    values: { importKwh: i }
  }))

test('a failed commit leaves nothing to be seen and is made good by other batches', async () => {
  const { store, folder, remove } = await openStore()
  await store.commit(batchOf(1, { readings: { 1: day(0, 3) } }))
  // A folder stands where the file of the second day should be.
  const obstacle = join(folder, 'days', '2026-11-21.duckdb')
  mkdirSync(obstacle)
  const entries = [quarantineEntry(1, 0, Uint8Array.of(1))]
  const both = { readings: { 2: day(0, 3).concat(day(1, 2)), 3: day(0, 4) }, quarantine: { 3: entries } }
  await assert.rejects(store.commit(batchOf(3, both)), error => isError(error, 'SERIES_DAY_UNREADABLE'))
  assert.deepEqual(store.position(), positionAt(1))
  assert.deepEqual(await store.countReadings(), { first: 3, corrections: 0 })
  rmdirSync(obstacle)
  await store.commit(batchOf(2, { readings: { 2: both.readings[2] } }))
  assert.deepEqual(await store.countReadings(), { first: 8, corrections: 0 })
  await store.commit(batchOf(5, { ...both, readings: { ...both.readings, 5: day(1, 1) } }))
  assert.deepEqual(await store.countReadings(), { first: 13, corrections: 0 })
  assert.equal((await store.quarantine({ limit: 9 })).length, 1)
  await remove()
})

test('files: one per day of the data time, the end of an interval decides', async () => {
  const { store, folder, reopen, remove } = await openStore({ maxOpenDays: 2 })
  const interval = { meter: 1, start: T0 - 1000, end: T0, revision: 1 }
  await store.commit(batchOf(1, { intervals: { 1: [interval] } }))
  assert.deepEqual(
    readdirSync(join(folder, 'days')).filter(name => name.endsWith('.duckdb')),
    ['2026-11-20.duckdb']
  )
  await store.commit(batchOf(2, { readings: { 2: [0, 1, 2, 3, 4].flatMap(n => day(n * 40, 2)) } }))
  assert.equal((await store.statistics()).files, 6)
  assert.ok((await store.statistics()).bytes > 0)
  await reopen()
  assert.deepEqual(
    readdirSync(join(folder, 'days')),
    ['2026-11-20', '2026-12-30', '2027-02-08', '2027-03-20', '2027-04-29'].map(name => `${name}.duckdb`),
    'closing folds the logs in'
  )
  await remove()
})

test('a catalog of a later version is refused with what to do', async () => {
  const { folder, store, remove } = await openStore()
  await store.close()
  const instance = await DuckDBInstance.create(join(folder, 'catalog.duckdb'))
  const connection = await instance.connect()
  await connection.run('UPDATE store_state SET schema_version = 99')
  connection.closeSync()
  instance.closeSync()
  await assert.rejects(store.open(), error => {
    assert.ok(isError(error, 'SERIES_OPEN_FAILED'))
    assert.match(error.message, /schema version 99.*use the version of Gridvigil that wrote it/)
    return true
  })
  await remove()
})

test('a file that is not a store is refused', async () => {
  const folder = newFolder()
  mkdirSync(join(folder, 'catalog.duckdb'))
  const store = createDuckdbStore({ folder, memoryMb: 64, threads: 1 })
  await assert.rejects(store.open(), error => isError(error, 'SERIES_OPEN_FAILED'))
  await assert.rejects(store.countReadings(), error => isError(error, 'SERIES_OPEN_FAILED'))
  rmSync(folder, { recursive: true, force: true })
})

test('close waits for what runs and nothing begins after it', async () => {
  const { store, remove } = await openStore()
  await store.commit(batchOf(1, { readings: { 1: day(0, 100) } }))
  const running = Array.from({ length: 5 }, () =>
    store.readings({ meter: 1, from: T0, to: T0 + DAY, limit: 1000 })
  )
  const committing = store.commit(batchOf(2, { readings: { 2: day(1, 100) } }))
  await store.close()
  await committing
  for (const rows of await Promise.all(running)) assert.equal(rows.length, 100)
  await assert.rejects(store.latest([1]), error => isError(error, 'SERIES_OPEN_FAILED'))
  await store.open()
  assert.deepEqual(await store.countReadings(), { first: 200, corrections: 0 })
  await remove()
})

test('a catalog of version 2, which knew no marks, is given them', async () => {
  const { folder, store, remove } = await openStore()
  const entries = [quarantineEntry(2, 0, Uint8Array.of(1))]
  await store.commit(batchOf(1, { quarantine: { 1: entries } }))
  await store.close()
  const instance = await DuckDBInstance.create(join(folder, 'catalog.duckdb'))
  const connection = await instance.connect()
  await connection.run('DROP TABLE quarantine_marks')
  // Its counters had one term less.
  await connection.run(
    `UPDATE store_state SET position = replace(position, ',"unbound":0', ''), schema_version = 2`
  )
  connection.closeSync()
  instance.closeSync()
  assert.deepEqual(await store.open(), positionAt(1))
  const [{ mark, reason }] = await store.quarantine({ limit: 9 })
  assert.deepEqual([mark, reason], [undefined, entries[0].reason])
  const stored = { log: 'frames', seq: 2, index: 0, at: 9, by: '', outcome: 'stored', reason: 0 } as const
  await store.commit(batchOf(2, { marks: { 2: [stored] } }))
  await store.close()
  await store.open()
  assert.equal((await store.quarantine({ limit: 9 }))[0].mark?.outcome, 'stored')
  await remove()
})
