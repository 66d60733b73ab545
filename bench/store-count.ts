import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createDuckdbStore } from '../src/series/duckdb/store.ts'

const CATALOG = 'catalog.duckdb'
const MEMORY_MB = 512

/**
 * Rows of the embedded series store below a data folder, counted in the files themselves while no server runs:
 * the API shows what queries return, this shows what was written. Undefined when there is no such store.
 */
export async function countStoredRows(
  data: string
): Promise<{ first: number; corrections: number } | undefined> {
  const found = readdirSync(data, { recursive: true, encoding: 'utf8' }).find(name => name.endsWith(CATALOG))
  if (found === undefined) return undefined
  const folder = dirname(join(data, found))
  const store = createDuckdbStore({ folder, memoryMb: MEMORY_MB, threads: 2 })
  await store.open()
  try {
    return await store.countReadings()
  } finally {
    await store.close()
  }
}
