import { test } from 'node:test'
import { addLateRows, askForAll, fillEightDays } from '../contract/api-over-store.ts'
import { openStore } from '../support/duckdb-under-test.ts'

const ALL_DAYS = ['as they came', 'clustered', 'clustered, some with late rows'] as const
for (const days of ALL_DAYS) {
  test(`the API over DuckDB, days ${days}: pages, starts, steps, audit, quarantine, page`, async t => {
    const { store, remove } = await openStore({ clusterQuietMs: 0 })
    t.after(remove)
    await fillEightDays(store)
    if (days !== 'as they came') while ((await store.clusterNext()) !== undefined);
    if (days === 'clustered, some with late rows') await addLateRows(store)
    await askForAll(t, store)
  })
}
