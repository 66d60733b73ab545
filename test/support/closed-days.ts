import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { DuckdbStoreOptions } from '../../src/series/duckdb/store-options.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { batchOf, type GivenInterval, type GivenReading } from './series-blocks.ts'

export const QUARTER = 900_000
export const DAY = 96 * QUARTER
export const T0 = Date.UTC(2026, 10, 20)
export const METERS = 20

/** Slots [from, to) of all meters in order of arrival, from T0 on. */
export function slots(from: number, to: number, meters = METERS) {
  const readings: GivenReading[] = []
  const intervals: GivenInterval[] = []
  for (let slot = from; slot < to; slot++) {
    for (let i = 0; i < meters; i++) {
      const meter = (i * 7) % meters
      const time = T0 + slot * QUARTER
      const extra = slot % 50 === 3 ? { extras: `{"slot":${slot}}`, reasons: { importKwh: 4 } } : {}
      readings.push({ meter, time, values: { importKwh: slot + meter / 100 }, ...extra })
      intervals.push({ meter, start: time - QUARTER, end: time, revision: slot, energy: [1, 2, 3, meter] })
    }
  }
  return { readings, intervals }
}

export async function openAt(t: TestContext, more: Partial<DuckdbStoreOptions> = {}, at?: string) {
  const folder = at ?? mkdtempSync(join(tmpdir(), 'gridvigil-days-'))
  const store = createDuckdbStore({ folder, memoryMb: 256, threads: 1, clusterQuietMs: 0, ...more })
  await store.open()
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { store, folder, days: join(folder, 'days') }
}

export const commit = (store: SeriesStore, seq: number, rows: ReturnType<typeof slots>) =>
  store.commit(batchOf(seq, { readings: { [seq]: rows.readings }, intervals: { [seq]: rows.intervals } }))

/** All that can be asked. */
export async function everything(store: SeriesStore, meters = METERS) {
  const numbers = Array.from({ length: meters }, (_, meter) => meter)
  const span = { from: T0 - DAY, to: T0 + 9 * DAY }
  return {
    readings: await Promise.all(
      numbers.map(meter => store.readings({ meter, ...span, limit: 1e6, allVersions: true }))
    ),
    intervals: await Promise.all(numbers.map(meter => store.intervals({ meter, ...span }))),
    latest: await store.latest(numbers),
    history: await store.history(numbers.map(meter => ({ meter, time: T0 + DAY / 2, kind: 1 }))),
    count: await store.countReadings()
  }
}
