import { randomContract } from '../contract/series-random.ts'
import { openStore } from '../support/duckdb-under-test.ts'

randomContract(
  'DuckDB',
  async () => {
    const under = await openStore({ memoryMb: 128, maxOpenDays: 3, clusterQuietMs: 0 })
    let { store } = under
    return {
      store,
      reopen: async () => {
        store = await under.reopen()
        return store
      },
      remove: () => under.remove(),
      between: async back => {
        if (back % 2 === 0) while ((await store.clusterNext()) !== undefined);
        if (back === 0) while ((await store.curvesNext()) !== undefined);
      }
    }
  },
  { runs: 10 }
)
