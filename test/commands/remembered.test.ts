import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { SeriesData } from '../../commands/threads/messages.ts'
import { Remembered } from '../../commands/threads/remembered.ts'
import { makeStore } from '../../commands/threads/series-store.ts'
import { systemClock } from '../../src/clock.ts'
import { createLogger } from '../../src/logger.ts'
import { LatestTable, latestBuffer } from '../../src/series/latest-table.ts'
import { batchOf } from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)
const DAY = 86_400_000
const at = (meter: number, days: number) => ({ meter, time: T0 + days * DAY, values: { importKwh: days } })

test('newest readings stand in memory after a start, a commit and a question, never a stale one', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-remembered-'))
  const data = { dataFolder: folder, influx: undefined, memoryMb: 128, threads: 1 } as SeriesData
  const thread = makeStore(data, systemClock, createLogger('silent', 'test'))
  const { store } = thread
  await store.open()
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await store.commit(batchOf(1, { readings: { 1: [at(1, 0), at(2, 4), at(2, 5), at(3, 5)] } }))
  await store.commit(batchOf(2, { readings: { 2: [at(9, 6), at(9, 7)] } }))

  const buffer = latestBuffer(20)
  const reader = new LatestTable(buffer)
  const days = (meter: number) => {
    const row = reader.read(meter)
    return row && (row.time - T0) / DAY
  }
  const remembered = new Remembered(thread, new LatestTable(buffer), systemClock)
  await remembered.warm(10, () => false)
  assert.deepEqual([days(1), days(2), days(3), days(9)], [undefined, 5, 5, 7], 'meter 1 was silent for days')
  await remembered.store.commit(batchOf(3, { readings: { 3: [at(1, -1), at(2, 3), at(3, 6)] } }))
  assert.deepEqual([days(1), days(2), days(3)], [undefined, 5, 6])
  assert.equal((await remembered.latest([1, 4])).size, 1)
  assert.deepEqual([days(1), days(4)], [0, null])

  // A commit that fails may have happened: nothing is known until the store is asked.
  await assert.rejects(
    remembered.store.commit({
      ...batchOf(4, { readings: { 4: [at(1, 9)] } }),
      readings: [{ seq: 4, columns: undefined as never }]
    })
  )
  assert.deepEqual([days(2), days(4)], [undefined, undefined])
  await remembered.latest([2])
  assert.equal(days(2), 5)
})
