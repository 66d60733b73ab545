import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isError } from '../../src/errors.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { batchOf, type GivenReading, positionAt } from '../support/series-blocks.ts'

const DAY = 86_400_000
const T0 = Date.UTC(2026, 10, 20)
const NAMES = ['2026-11-20', '2026-11-21', '2026-11-22']
const ROWS = 5000

const rowsOf = (day: number, meter = 1, count = ROWS): GivenReading[] =>
  Array.from({ length: count }, (_, i) => ({ meter, time: T0 + day * DAY + i, values: { importKwh: i } }))

interface Bench {
  readonly open: () => Promise<SeriesStore>
  readonly pathOf: (day: number, ending?: string) => string
}

/** Three days with rows of one meter each, batches 1, 2, 3; closed. */
async function threeDays(t: TestContext): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-days-'))
  const opened: SeriesStore[] = []
  t.after(async () => {
    for (const store of opened) await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const open = async (): Promise<SeriesStore> => {
    const store = createDuckdbStore({ folder, memoryMb: 256, threads: 1 })
    await store.open()
    opened.push(store)
    return store
  }
  const store = await open()
  for (const day of [0, 1, 2]) await store.commit(batchOf(day + 1, { readings: { [day + 1]: rowsOf(day) } }))
  await store.close()
  return { open, pathOf: (day, ending = 'duckdb') => join(folder, 'days', `${NAMES[day]}.${ending}`) }
}

const read = (store: SeriesStore, day: number, meter = 1) =>
  store.readings({ meter, from: T0 + day * DAY, to: T0 + day * DAY + DAY - 1, limit: 1e9 })

const unreadable =
  (name: string, why = /./) =>
  (error: unknown): boolean => {
    assert.ok(isError(error, 'SERIES_DAY_UNREADABLE'), String(error))
    assert.ok(error.detail.includes(name), error.detail)
    assert.match(error.detail, why)
    return true
  }

/** Each row: what happens to the file of the second day while nobody looks. */
const DAMAGES: [name: string, harm: (path: string) => void][] = [
  ['missing', path => rmSync(path)],
  ['cut', path => truncateSync(path, 5000)],
  ['empty', path => truncateSync(path, 0)],
  ['overwritten at its begin', path => overwrite(path, 0, 4096)],
  ['overwritten behind its begin', path => overwrite(path, 12_288, readFileSync(path).length - 12_288)]
]

function overwrite(path: string, from: number, bytes: number): void {
  writeSync(openSync(path, 'r+'), Buffer.alloc(bytes, 0xa5), 0, bytes, from)
}

for (const [name, harm] of DAMAGES) {
  test(`a day file that is ${name} is named, and other days go on`, async t => {
    const { open, pathOf } = await threeDays(t)
    harm(pathOf(1))
    const store = await open()
    await assert.rejects(read(store, 1), unreadable(pathOf(1)))
    assert.ok(store.trouble().includes(pathOf(1)), store.trouble())
    assert.equal((await read(store, 0)).length, ROWS)
    assert.equal((await store.latest([1])).get(1)?.time, T0 + 2 * DAY + ROWS - 1)
    const late = batchOf(4, { readings: { 4: rowsOf(1, 2, 1) } })
    await assert.rejects(store.commit(late), unreadable(pathOf(1)))
    assert.deepEqual(store.position(), positionAt(3), 'the batch waits')
    await store.commit(batchOf(4, { readings: { 4: rowsOf(2, 2, 1) } }))
    assert.equal((await read(store, 2, 2)).length, 1)
  })
}

test('a missing file is known at the open, and is used again once it is back', async t => {
  const { open, pathOf } = await threeDays(t)
  renameSync(pathOf(1), pathOf(1, 'away'))
  const store = await open()
  assert.match(store.trouble(), /2026-11-21\.duckdb: is missing/)
  await assert.rejects(store.countReadings(), unreadable(NAMES[1]!))
  renameSync(pathOf(1, 'away'), pathOf(1))
  assert.equal((await read(store, 1)).length, ROWS)
  assert.equal(store.trouble(), '')
})

test('history is told where no day that cannot be read may matter', async t => {
  const { open, pathOf } = await threeDays(t)
  rmSync(pathOf(1))
  const store = await open()
  const ask = (day: number, row: number) => ({ meter: 1, time: T0 + day * DAY + row, kind: 0 })
  const answers = await store.history([ask(0, 7), ask(1, 7), ask(2, 7), ask(2, -7)])
  // The last row of the first day would find its neighbour after it in the second one.
  assert.deepEqual(
    answers.map(answer => answer?.version),
    [0, undefined, 0, undefined]
  )
})

test('a marked day is made anew from what the log has', async t => {
  const { open, pathOf } = await threeDays(t)
  rmSync(pathOf(1))
  writeFileSync(pathOf(1, 'rebuild'), '')
  let store = await open()
  assert.equal(store.rebuildFrom(), 0)
  assert.match(store.trouble(), /is being rebuilt/)
  await assert.rejects(read(store, 1), unreadable(pathOf(1), /is being rebuilt/))
  await store.commit(batchOf(2, { readings: { 1: rowsOf(0), 2: rowsOf(1) } }))
  assert.deepEqual(store.position(), positionAt(3), 'the position stays')
  await store.close()
  store = await open()
  assert.equal(store.rebuildFrom(), 0, 'half made')
  await store.commit(batchOf(2, { readings: { 1: rowsOf(0), 2: rowsOf(1) } }))
  await store.commit(batchOf(4, { readings: { 3: rowsOf(2), 4: rowsOf(1, 2, 3) } }))
  assert.equal(store.rebuildFrom(), undefined)
  assert.equal(store.trouble(), '')
  assert.equal(existsSync(pathOf(1, 'rebuild')), false)
  assert.deepEqual(await store.countReadings(), { first: 3 * ROWS + 3, corrections: 0 })
  assert.deepEqual(store.position(), positionAt(4))
  await store.close()
  store = await open()
  assert.equal(store.trouble(), '')
  assert.equal((await read(store, 1)).length, ROWS)
})

test('a marked day of which the log has nothing is empty from then on', async t => {
  const { open, pathOf } = await threeDays(t)
  rmSync(pathOf(1))
  writeFileSync(pathOf(1, 'rebuild'), '')
  let store = await open()
  await store.commit(batchOf(3, { readings: { 3: rowsOf(2) } }))
  assert.equal(store.rebuildFrom(), undefined)
  await store.close()
  store = await open()
  assert.equal(store.trouble(), '')
  assert.deepEqual(await store.countReadings(), { first: 2 * ROWS, corrections: 0 })
})

test('a file from a backup is older than the catalog: named, and made up to date when marked', async t => {
  const { open, pathOf } = await threeDays(t)
  copyFileSync(pathOf(1), pathOf(1, 'backup'))
  let store = await open()
  await store.commit(batchOf(4, { readings: { 4: rowsOf(1, 2, 3) } }))
  await store.close()
  copyFileSync(pathOf(1, 'backup'), pathOf(1))
  store = await open()
  await assert.rejects(read(store, 1), unreadable(NAMES[1]!, /older than the catalog/))
  await store.close()
  writeFileSync(pathOf(1, 'rebuild'), '')
  store = await open()
  await store.commit(batchOf(4, { readings: { 2: rowsOf(1), 4: rowsOf(1, 2, 3) } }))
  assert.equal((await read(store, 1)).length, ROWS)
  assert.equal((await read(store, 1, 2)).length, 3)
})
