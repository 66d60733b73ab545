import type { ApiSeries } from '../../src/api/context.ts'
import type { LatestTable } from '../../src/series/latest-table.ts'
import type { ReadingRow } from '../../src/series/port.ts'

/** The store's queries, with newest readings out of the table that its thread shares where they stand there. */
export class SeriesMemory {
  readonly #store: ApiSeries
  readonly #table: LatestTable
  readonly series: ApiSeries

  /** @param store asks the store itself */
  constructor(store: ApiSeries, table: LatestTable) {
    this.#store = store
    this.#table = table
    this.series = { ...store, latest: meters => this.#latest(meters) }
  }

  /** Whether the newest reading of a meter is known without asking the store. */
  remembers(meter: number): boolean {
    return this.#table.read(meter) !== undefined
  }

  /** Out of the table what stands there, the rest from the store. */
  async #latest(meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    const found = new Map<number, ReadingRow>()
    const unknown: number[] = []
    for (const meter of meters) {
      const row = this.#table.read(meter)
      if (row === undefined) unknown.push(meter)
      else if (row !== null) found.set(meter, row)
    }
    if (unknown.length === 0) return found
    return new Map([...found, ...(await this.#store.latest(unknown))])
  }
}
