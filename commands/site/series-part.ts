import { type ApiSeries, SERIES_QUERIES } from '../../src/api/context.ts'
import type { Clock } from '../../src/clock.ts'
import type { Logger } from '../../src/logger.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import { LatestTable, latestBuffer } from '../../src/series/latest-table.ts'
import { EMPTY_POSITION, type SeriesPosition } from '../../src/series/port.ts'
import { PortClient } from './port-client.ts'
import { SeriesMemory } from './series-memory.ts'
import { sharedParts } from './thread-data.ts'
import type { FromSeries, SeriesData, ToSeries } from '../threads/messages.ts'
import { type PackedSeries, unpacking } from '../threads/packed-rows.ts'
import { Thread } from '../threads/thread.ts'

export interface SeriesPartOptions {
  readonly data: Omit<SeriesData, 'latest'>
  readonly clock: Clock
  readonly logger: Logger
  readonly onPosition: (position: SeriesPosition) => void
  readonly onHistory: (answers: Extract<FromSeries, { type: 'history' }>['answers']) => void
}

/** What is asked of the store's thread. */
type SeriesCalls = PackedSeries & { copyTo(folder: string): Promise<number[]> }

/** Meters whose newest reading may be kept in memory; those beyond are asked for. */
const MAX_LATEST_METERS = 2_000_000
/** There is room for so many at least, and for half as many again as the registry has. */
const MIN_LATEST_METERS = 1000
/** How long a start waits to hear how far the store has read the logs; a store that cannot say does not stop intake. */
const STORE_WAIT_MS = 10_000

/** The series store in its thread, as the rest of the site sees it. */
export class SeriesPart {
  readonly #options: SeriesPartOptions
  readonly #client: PortClient<SeriesCalls>
  readonly #memory: SeriesMemory
  /** Read here, written by the thread; `#latest` is what it writes to, or will when it hears of it. */
  readonly #table: LatestTable
  #latest: SharedArrayBuffer
  #meters: number
  /** For its next start. */
  #registry: RegistryParts | undefined
  readonly #thread: Thread<ToSeries, FromSeries>
  #onAnswer = (): void => {}
  #position: SeriesPosition = EMPTY_POSITION
  #isOpen = false
  #trouble = ''

  constructor(options: SeriesPartOptions) {
    this.#options = options
    const { data, clock, logger } = options
    this.#latest = latestBuffer(roomFor(data.meters))
    this.#meters = data.meters
    this.#registry = data.registry
    this.#table = new LatestTable(this.#latest)
    this.#client = new PortClient<SeriesCalls>(
      [...SERIES_QUERIES, 'copyTo'],
      message => this.#thread.send(message),
      () => this.#thread.failure
    )
    this.#memory = new SeriesMemory(unpacking(this.#client.port), this.#table)
    this.#thread = new Thread<ToSeries, FromSeries>({
      name: 'series',
      entry: new URL('../threads/series.ts', import.meta.url),
      data: () =>
        ({
          ...data,
          ...{ latest: this.#latest, meters: this.#meters, registry: this.#registry }
        }) satisfies SeriesData,
      clock,
      logger,
      onMessage: message => this.#take(message),
      onRestart: why => this.#restart(why)
    })
  }

  get queries(): ApiSeries {
    return this.#memory.series
  }

  /** Copies the store's files into a new folder. @returns days that cannot be used and are left out */
  copyTo(folder: string): Promise<number[]> {
    return this.#client.port.copyTo(folder)
  }

  /** Whether the newest reading of a meter is known without asking the store. */
  remembers(meter: number): boolean {
    return this.#memory.remembers(meter)
  }

  /** Where the store stands, the empty position before it has said so. */
  get position(): SeriesPosition {
    return this.#position
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Why its thread died last, undefined while it lives. */
  get failure(): Error | undefined {
    return this.#thread.failure
  }

  /** What is wrong with it, '' when nothing is. */
  describe(): string {
    return (this.failure?.message ?? '') || this.#trouble || (this.#isOpen ? '' : 'opening')
  }

  /** Resolves when the store has said where it stands, or cannot. */
  async start(): Promise<void> {
    const answered = new Promise<void>(resolve => {
      this.#onAnswer = resolve
    })
    this.#thread.start()
    const cancel = this.#options.clock.after(STORE_WAIT_MS, this.#onAnswer)
    await answered
    cancel()
  }

  /** There is to be room for the newest readings of its meters, and InfluxDB is to know their names. */
  changeRegistry(registry: Registry): void {
    if (this.#options.data.influx !== undefined) {
      this.#registry = sharedParts(registry)
      this.#thread.send({ type: 'registry', parts: this.#registry })
    }
    this.#makeRoom(registry.meters.count)
  }

  #makeRoom(meters: number): void {
    this.#meters = meters
    if (this.#table.capacity >= Math.min(meters, MAX_LATEST_METERS)) return
    this.#latest = latestBuffer(roomFor(meters))
    this.#thread.send({ type: 'latest', memory: this.#latest })
  }

  async stop(): Promise<void> {
    this.#client.abandon(undefined)
    await this.#thread.stop({ type: 'stop' })
  }

  #restart(why: Error): void {
    this.#isOpen = false
    this.#trouble = ''
    // The next thread begins with this memory, and anew.
    this.#table.follow(this.#latest)
    this.#client.abandon(why)
    this.#onAnswer()
  }

  #take(message: FromSeries): void {
    switch (message.type) {
      case 'position':
        this.#position = message.position
        this.#isOpen = true
        this.#onAnswer()
        this.#options.onPosition(message.position)
        return
      case 'trouble':
        this.#trouble = message.detail
        return
      case 'latest':
        // Said before any position that counts a row which stands there alone.
        this.#table.follow(message.memory)
        return
      case 'history':
        this.#options.onHistory(message.answers)
        return
      case 'answer':
        this.#client.settle(message)
        return
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }
}

const roomFor = (meters: number): number =>
  Math.min(MAX_LATEST_METERS, Math.max(MIN_LATEST_METERS, Math.ceil(meters * 1.5)))
