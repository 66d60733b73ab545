import type { DuckdbSeriesStore } from '../../src/series/duckdb/store.ts'
import type { SeriesBatch, SeriesStore } from '../../src/series/port.ts'
import { seriesContract } from '../contract/series.ts'
import { openStore } from '../support/duckdb-under-test.ts'

seriesContract('DuckDB, one day attached at a time', () => openStore({ maxOpenDays: 1 }))
seriesContract('DuckDB, days clustered and their curves made after each commit', async () => {
  const under = await openStore({ clusterQuietMs: 0 })
  const { store } = under
  return {
    store: clustering(store),
    reopen: async () => clustering(await under.reopen()),
    remove: under.remove
  }
})

/** The store with all days that may be clustered after each commit. */
function clustering(store: DuckdbSeriesStore): SeriesStore {
  return new Proxy(store, {
    get(of, name: keyof DuckdbSeriesStore) {
      if (name !== 'commit') return of[name]?.bind(of)
      return async (batch: SeriesBatch) => {
        await of.commit(batch)
        while ((await of.clusterNext()) !== undefined);
        while ((await of.curvesNext()) !== undefined);
      }
    }
  })
}
