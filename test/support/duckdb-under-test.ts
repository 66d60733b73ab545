import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckdbStoreOptions } from '../../src/series/duckdb/store-options.ts'
import { createDuckdbStore, type DuckdbSeriesStore } from '../../src/series/duckdb/store.ts'
import type { SeriesUnderTest } from '../contract/series.ts'

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'gridvigil-series-'))

/** A store in a folder of its own. */
export interface Opened extends SeriesUnderTest {
  readonly folder: string
  readonly store: DuckdbSeriesStore
  reopen(): Promise<DuckdbSeriesStore>
}

export async function openStore(options: Partial<DuckdbStoreOptions> = {}): Promise<Opened> {
  const folder = newFolder()
  const create = () => createDuckdbStore({ folder, memoryMb: 256, threads: 1, ...options })
  let store = create()
  await store.open()
  return {
    folder,
    store,
    async reopen() {
      await store.close()
      store = create()
      await store.open()
      return store
    },
    async remove() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
