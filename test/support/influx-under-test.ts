import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addressIn, FOR_EVER } from '../../bench/influx-bodies.ts'
import { type Influx, startInflux } from '../../bench/reference/influx.ts'
import { systemClock } from '../../src/clock.ts'
import { testEnvironment } from '../../src/config.ts'
import type { InfluxAddress } from '../../src/series/influxdb/link.ts'
import { type InfluxStoreOptions, InfluxSeriesStore } from '../../src/series/influxdb/store.ts'
import { hasProgram } from './programs.ts'

/** Whether tests that need influxd are passed over; where servers are required they fail instead. */
export const lacksInflux = !hasProgram('influxd') && !testEnvironment().requireServers

/** One influxd on free ports, for all tests of a file: each takes a database of its own. */
export class InfluxUnderTest {
  readonly #folder = mkdtempSync(join(tmpdir(), 'gridvigil-influx-'))
  #server: Influx | undefined
  #databases = 0

  async start(): Promise<void> {
    this.#server = await startInflux(this.#folder, 'unused', systemClock)
  }

  get server(): Influx {
    if (this.#server === undefined) throw new Error('influxd was not started')
    return this.#server
  }

  address(database = this.newDatabase()): InfluxAddress {
    return addressIn(this.server.url, database)
  }

  newDatabase(): string {
    return `db${++this.#databases}`
  }

  /** A store in a database of its own. */
  async open(options: Partial<InfluxStoreOptions> = {}) {
    const address = options.address ?? this.address()
    const create = () =>
      new InfluxSeriesStore({ address, retention: FOR_EVER, names: meter => `M${meter}`, ...options })
    let store = create()
    await store.open()
    return {
      address,
      store,
      async reopen() {
        await store.close()
        store = create()
        await store.open()
        return store
      },
      remove: async () => store.close()
    }
  }

  async stop(): Promise<void> {
    await this.#server?.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
