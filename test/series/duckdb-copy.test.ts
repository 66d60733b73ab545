import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { createDuckdbStore, type DuckdbSeriesStore } from '../../src/series/duckdb/store.ts'
import { batchOf } from '../support/series-blocks.ts'

const DAY = 86_400_000
const T0 = Date.UTC(2026, 10, 20)
const METERS = 5

async function openStore(t: TestContext, folder: string): Promise<DuckdbSeriesStore> {
  const store = createDuckdbStore({ folder, memoryMb: 128, threads: 1, clusterQuietMs: 0 })
  await store.open()
  t.after(() => store.close())
  return store
}

/** Rows of some meters on some of four days. */
function batch(seq: number) {
  const random = seededRandom(`copy ${seq}`)
  const rows = Array.from({ length: 40 }, (_, i) => ({
    meter: random.integer(METERS),
    time: T0 + random.integer(4) * DAY + random.integer(96) * 900_000 + seq * 100 + i,
    values: { importKwh: seq }
  }))
  return batchOf(seq, { readings: { [seq]: rows } })
}

async function contentOf(store: DuckdbSeriesStore): Promise<string[]> {
  const rows: string[] = []
  for (let meter = 0; meter < METERS; meter++) {
    for (const row of await store.readings({ meter, from: T0, to: T0 + 9 * DAY, limit: 100_000 }))
      rows.push(`${meter} ${row.time} ${row.values[0]}`)
  }
  return rows
}

test('a copy taken while rows are committed and days put in order is a store as of some commit, and goes on from there', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-copy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openStore(t, join(folder, 'store'))
  const batches = 60
  const copies: Promise<number[]>[] = []
  for (let seq = 1; seq <= batches; seq++) {
    const committed = store.commit(batch(seq))
    if (seq % 15 === 0) copies.push(store.copyTo(join(folder, `copy${seq}`)))
    if (seq % 20 === 0) await store.clusterNext()
    await committed
  }
  for (const leftOut of await Promise.all(copies)) assert.deepEqual(leftOut, [])
  const whole = await contentOf(store)
  for (let at = 15; at <= batches; at += 15) {
    const copy = await openStore(t, join(folder, `copy${at}`))
    const { resultsSeq } = copy.position()
    assert.ok(resultsSeq > 0 && resultsSeq <= batches, `copy ${at} stands at ${resultsSeq}`)
    const shown = (await contentOf(copy)).length
    assert.equal(shown, resultsSeq * 40, 'whole commits, nothing of later ones')
    // What the results log holds from the copy's position on, offered again with other borders than before.
    for (let seq = Math.max(1, resultsSeq - 3); seq <= batches; seq++) await copy.commit(batch(seq))
    assert.deepEqual(await contentOf(copy), whole, `copy ${at} after what came later`)
  }
})
