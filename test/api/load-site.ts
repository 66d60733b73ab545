import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import { buildRegistry } from '../../src/registry/version/build.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { SeriesBatch } from '../../src/series/port.ts'
import { makeFolder } from '../registry/registry-folder.ts'
import { contextOf, emptySite } from './context.ts'

/** The API over the real store and an imported registry. */
export async function openSite(
  t: TestContext,
  given: {
    readonly files: Readonly<Record<string, string>>
    readonly timezone: string
    readonly now: number
    readonly batch: (numbers: Registry['meterNumbers']) => SeriesBatch
    readonly isClustered?: boolean
  }
) {
  const { tables, book } = importRegistry(makeFolder(t, given.files), undefined, { timezone: given.timezone })
  const registry = buildRegistry(sourceOf(tables, book), 1, 'hash')
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-load-'))
  const store = createDuckdbStore({ folder, memoryMb: 256, threads: 1, clusterQuietMs: 0 })
  await store.open()
  await store.commit(given.batch(registry.meterNumbers))
  if (given.isClustered) while ((await store.clusterNext()) !== undefined);
  const site = emptySite()
  site.now = given.now
  const context = { ...contextOf(site), series: store, registry: () => registry, timezone: given.timezone }
  const api = createApi(context, { version: '0.0.0' })
  t.after(async () => {
    await api.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    api,
    registry,
    async get(url: string, status = 200) {
      const answer = await api.inject(url)
      if (answer.statusCode !== status) throw new Error(`${answer.statusCode}: ${answer.body}`)
      return answer.json()
    }
  }
}
