import type { Clock } from '../../src/clock.ts'
import type { LatestTable } from '../../src/series/latest-table.ts'
import type { ReadingRow, SeriesBatch, SeriesStore } from '../../src/series/port.ts'
import type { ThreadStore } from './series-store.ts'

/** Days from the newest one back in which the newest reading of every meter is looked for after a start. */
const WARM_DAYS = 3
const WARM_METERS = 4096

/**
 * The store with its newest readings remembered in a table that other threads read: what is committed is shown there,
 * what it answers about newest readings is kept there.
 */
export class Remembered {
  readonly #thread: ThreadStore
  readonly #store: SeriesStore
  readonly #table: LatestTable
  readonly #clock: Clock
  /** Rises when the table begins anew: what was asked before says nothing about it. */
  #life = 0

  constructor(thread: ThreadStore, table: LatestTable, clock: Clock) {
    this.#thread = thread
    this.#store = thread.store
    this.#table = table
    this.#clock = clock
    table.reset()
  }

  /** The store, for whoever commits. */
  get store(): SeriesStore {
    const commit = (batch: SeriesBatch): Promise<void> => this.#commit(batch)
    return new Proxy<SeriesStore>(this.#store, {
      get: (store, name: keyof SeriesStore) => (name === 'commit' ? commit : store[name].bind(store))
    })
  }

  /** As the store answers, and kept in the table. */
  async latest(meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    const life = this.#life
    const rows = await this.#store.latest(meters)
    if (life === this.#life) this.#table.confirm(meters, rows)
    return rows
  }

  /** Reads the newest rows of all meters below `meters`, newest day first. @throws SERIES_DAY_UNREADABLE */
  async warm(meters: number, isStopping: () => boolean): Promise<void> {
    const life = this.#life
    const known = new Set<number>()
    for (const day of this.#thread.days().slice(-WARM_DAYS).reverse()) {
      for (let from = 0; from < meters && known.size < meters; from += WARM_METERS) {
        if (isStopping() || life !== this.#life) return
        const found = await this.#thread.latestOfDay(day, from, Math.min(meters, from + WARM_METERS))
        if (life !== this.#life) return
        const rows = new Map(found.filter(row => !known.has(row.meter)).map(row => [row.meter, row]))
        this.#table.confirm([...rows.keys()], rows)
        for (const meter of rows.keys()) known.add(meter)
        await this.#clock.turn()
      }
    }
  }

  async #commit(batch: SeriesBatch): Promise<void> {
    try {
      await this.#store.commit(batch)
    } catch (error) {
      // It may have happened all the same, and is not committed again then.
      this.#life++
      this.#table.reset()
      throw error
    }
    await this.#table.observe(batch, () => this.#clock.turn())
  }
}
