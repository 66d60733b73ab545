import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../clock.ts'
import { asError, GridvigilError, isError } from '../../errors.ts'
import { nodeFiles } from '../../files.ts'
import type { AuditCounters } from '../../model/audit.ts'
import { countOf, DayWriter, splitByDay } from './append.ts'
import { type CatalogState, commitCatalog, readCatalog, readTerminals } from './catalog.ts'
import { DayClusters } from './cluster.ts'
import { copyStore, WriteTurns } from './copy.ts'
import { queryIntervals, queryReadings } from './curve-query.ts'
import { DayCurves } from './day-curves.ts'
import { DuckdbEngine } from './engine.ts'
import { StoreFiles } from './files.ts'
import { queryHistory } from './history.ts'
import { queryLoad, querySlots } from './load.ts'
import { readQuarantine, readReplayable } from './quarantine.ts'
import { countRows, queryLatest, queryLatestOfDay, type Snapshot } from './query.ts'
import { QuickLane } from './quick-lane.ts'
import type { DuckdbStoreOptions } from './store-options.ts'
import {
  EMPTY_POSITION,
  type HistoryAnswer,
  type HistoryRequest,
  type IntervalQuery,
  type IntervalRow,
  type QuarantineQuery,
  type LoadQuery,
  type LoadSteps,
  type QuarantineRow,
  type ReadingQuery,
  type ReadingRow,
  type ReplayQuery,
  type SeriesBatch,
  type SeriesPosition,
  type SeriesStore,
  type SlotQuery,
  type StoredSlots
} from '../port.ts'

/** When nobody says. */
const QUIET_MS = 600_000
const DEFAULT_CURVE_DAYS = 35

const CURVES_FOLDER = 'curves'
/** Of the store: data, logs that are not folded in yet, curves. */
const STORE_FILE = /\.(duckdb(\.wal)?|sqlite)$/

export interface DuckdbSeriesStore extends SeriesStore {
  /**
   * Puts the rows of one closed day in order of meter and time, beside commits and queries (see cluster.ts).
   * One at a time. @returns the day, undefined when none was due @throws Error when it could not; nothing changed then
   */
  clusterNext(): Promise<number | undefined>
  /**
   * Makes the file of curves of one closed day in order that has none, or one that is behind.
   * One at a time, not beside `clusterNext`. @returns the day, undefined when none was due @throws Error when it could not
   */
  curvesNext(): Promise<number | undefined>
  /** Days that have rows, ascending. */
  days(): readonly number[]
  /** Copies all files into a new folder, beside commits and queries. @returns days that cannot be used and are left out */
  copyTo(folder: string): Promise<number[]>
  /** The newest reading on a day of each meter of [fromMeter, toMeter) that has one then. @throws SERIES_DAY_UNREADABLE */
  latestOfDay(day: number, fromMeter: number, toMeter: number): Promise<ReadingRow[]>
}

/** The embedded series store: DuckDB in the process, one file per UTC day (see schema.ts). */
export function createDuckdbStore(options: DuckdbStoreOptions): DuckdbSeriesStore {
  return new DuckdbStore(options)
}

/**
 *   commit:  rows by day -> each day's file, with its cursor, one transaction each -> catalog: the position
 *
 * DuckDB writes one file per transaction. So the days come first and the catalog decides: rows beyond its
 * position are not seen, and after a crash between the two they are skipped by the cursor of their day when
 * the results come again.
 */
class DuckdbStore implements DuckdbSeriesStore {
  readonly #folder: string
  readonly #engine: DuckdbEngine
  readonly #files: StoreFiles
  readonly #clusters: DayClusters
  readonly #curves: DayCurves
  readonly #writer: DayWriter
  readonly #running = new Set<Promise<unknown>>()
  readonly #turns = new WriteTurns()
  readonly #lane: QuickLane
  #state: CatalogState = {
    position: EMPTY_POSITION,
    terminals: new Set(),
    lastQuarantineId: 0,
    days: undefined
  }
  /** After a commit of the catalog failed only the disk says whether it happened. */
  #isStateKnown = true
  #isOpen = false

  constructor(options: DuckdbStoreOptions) {
    const { folder, memoryMb, threads, maxOpenDays = 64, maxQueries = 4, checkpointMb = 64 } = options
    this.#folder = folder
    this.#engine = new DuckdbEngine({ folder, memoryMb, threads, maxQueries, checkpointMb })
    // One more for the catalog.
    this.#files = new StoreFiles(this.#engine, folder, maxOpenDays + 1)
    const { clusterQuietMs: quietMs = QUIET_MS, clock = systemClock, onClusterStep: onStep } = options
    this.#lane = new QuickLane(clock)
    this.#writer = new DayWriter(() => this.#lane.yield())
    this.#clusters = new DayClusters(this.#engine, this.#files, {
      clock,
      quietMs,
      ...(onStep === undefined ? {} : { onStep })
    })
    const { curveDays = DEFAULT_CURVE_DAYS, onCurveDamage = () => {} } = options
    this.#curves = new DayCurves(this.#engine, this.#files, {
      folder: join(folder, CURVES_FOLDER),
      days: curveDays,
      clock,
      lane: this.#lane,
      turns: this.#turns,
      onDamage: onCurveDamage
    })
  }

  async open(): Promise<SeriesPosition> {
    try {
      await mkdir(this.#files.days.folder, { recursive: true })
      await this.#engine.start()
      await this.#files.start()
      this.#state = await this.#readState()
      await this.#curves.start(this.#state.position.resultsSeq)
      this.#files.days.expect(this.#knownDays())
    } catch (error) {
      await this.#files.stop().catch(() => undefined)
      this.#engine.stop()
      if (isError(error)) throw error
      throw new GridvigilError('SERIES_OPEN_FAILED', asError(error).message, { cause: error })
    }
    this.#isOpen = true
    return this.#state.position
  }

  position(): SeriesPosition {
    return this.#state.position
  }

  commit(batch: SeriesBatch): Promise<void> {
    return this.#track(() => this.#commit(batch))
  }

  readings(query: ReadingQuery): Promise<ReadingRow[]> {
    return this.#readQuickly(snapshot => queryReadings(snapshot, query))
  }

  intervals(query: IntervalQuery): Promise<IntervalRow[]> {
    return this.#readQuickly(snapshot => queryIntervals(snapshot, query))
  }

  load(query: LoadQuery): Promise<LoadSteps> {
    return this.#read(snapshot => queryLoad(snapshot, query))
  }

  storedSlots(query: SlotQuery): Promise<StoredSlots> {
    return this.#read(snapshot => querySlots(snapshot, query))
  }

  latest(meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    return this.#read(snapshot => queryLatest(snapshot, meters))
  }

  days(): readonly number[] {
    return this.#files.days.all
  }

  latestOfDay(day: number, fromMeter: number, toMeter: number): Promise<ReadingRow[]> {
    return this.#read(snapshot => queryLatestOfDay(snapshot, day, fromMeter, toMeter))
  }

  history(requests: readonly HistoryRequest[]): Promise<(HistoryAnswer | undefined)[]> {
    return this.#read(snapshot => queryHistory(snapshot, requests))
  }

  countReadings(): Promise<{ first: number; corrections: number }> {
    return this.#read(countRows)
  }

  terminals(): Promise<Map<string, AuditCounters>> {
    return this.#read(({ connection, files }) => files.useCatalog(() => readTerminals(connection)))
  }

  quarantine(query: QuarantineQuery): Promise<QuarantineRow[]> {
    return this.#read(({ connection, files }) => files.useCatalog(() => readQuarantine(connection, query)))
  }

  replayable(query: ReplayQuery): Promise<QuarantineRow[]> {
    return this.#read(({ connection, files }) => files.useCatalog(() => readReplayable(connection, query)))
  }

  copyTo(folder: string): Promise<number[]> {
    return this.#track(() => copyStore(this.#engine, this.#files, this.#turns, this.#folder, folder))
  }

  clusterNext(): Promise<number | undefined> {
    return this.#track(() => this.#clusters.next())
  }

  curvesNext(): Promise<number | undefined> {
    const isOrdered = (day: number): boolean => this.#clusters.isOrdered(day)
    return this.#track(() => this.#curves.next(isOrdered, this.#state.position.resultsSeq))
  }

  trouble(): string {
    return this.#files.days.describe()
  }

  /** From the first record there is: how far a marked file has come is told by its cursor. */
  rebuildFrom(): number | undefined {
    return this.#files.days.marked.size > 0 ? 0 : undefined
  }

  async statistics(): Promise<{ files: number; bytes: number }> {
    const total = { files: 0, bytes: 0 }
    for (const folder of [this.#folder, this.#files.days.folder, join(this.#folder, CURVES_FOLDER)]) {
      // That of the curves may be gone.
      for (const name of await readdir(folder).catch(() => [])) {
        // A log is folded into its file at any time, and its name is gone then.
        const found = STORE_FILE.test(name)
          ? await stat(join(folder, name)).catch(() => undefined)
          : undefined
        total.bytes += found?.size ?? 0
        if (found !== undefined && !name.endsWith('.wal')) total.files++
      }
    }
    return total
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#clusters.stop()
    this.#curves.stop()
    await Promise.allSettled(this.#running)
    try {
      this.#curves.close()
      await this.#files.stop()
    } finally {
      this.#engine.stop()
    }
  }

  async #commit(batch: SeriesBatch): Promise<void> {
    try {
      if (!this.#isStateKnown) this.#state = await this.#readState()
      const before = this.#state
      const isNew = batch.position.resultsSeq > before.position.resultsSeq
      const days = await this.#commitDays(batch, before)
      if (isNew) await this.#commitCatalog(batch, before, days)
      if (batch.position.resultsSeq >= before.position.resultsSeq) await this.#endRebuild()
    } catch (error) {
      if (isError(error, 'SERIES_DAY_UNREADABLE')) throw error
      throw new GridvigilError('SERIES_COMMIT_FAILED', asError(error).message, { cause: error })
    }
  }

  /**
   * Days marked to be made anew take what their file lacks of everything, all others what is new. @returns the cursors
   * of all days with rows
   */
  async #commitDays(batch: SeriesBatch, before: CatalogState): Promise<ReadonlyMap<number, number>> {
    const { marked } = this.#files.days
    const stood = before.position.resultsSeq
    const toSeq = batch.position.resultsSeq
    const cursors = new Map(this.#knownDays())
    let isNewName = false
    for (const [day, rows] of splitByDay(batch, marked.size > 0 ? 0 : stood)) {
      if (toSeq <= stood && !marked.has(day)) continue
      await this.#files.useDay(day, async file => {
        try {
          const write = async () => {
            this.#curves.touch(day, rows)
            const isWritten = await this.#writer.write(this.#engine.writer, file, rows, toSeq)
            await this.#engine.fold(file.alias)
            return isWritten
          }
          isNewName = (await this.#turns.run(write)) || isNewName
          cursors.set(day, file.cursor ?? 0)
          this.#clusters.noteWrite(day, countOf(rows))
        } catch (error) {
          this.#files.discard(file)
          throw error
        }
      })
    }
    // The logs of the files may be new, and their names have to last as long as the position does.
    if (isNewName) await nodeFiles.syncFolder(this.#files.days.folder)
    return cursors
  }

  /** Everything up to the position has been offered to the marked days: what they lack the log does not have. */
  async #endRebuild(): Promise<void> {
    const { days } = this.#files
    const { resultsSeq } = this.#state.position
    for (const day of days.marked) {
      await this.#files.useDay(day, async file => {
        file.cursor = Math.max(file.cursor ?? 0, resultsSeq)
        const sql = `UPDATE ${file.alias}.day_state SET cursor = ${file.cursor}`
        await this.#turns.run(() => this.#engine.writer.run(sql))
      })
    }
    if (days.marked.size > 0) await days.endRebuild()
  }

  async #commitCatalog(
    batch: SeriesBatch,
    before: CatalogState,
    days: ReadonlyMap<number, number>
  ): Promise<void> {
    const after = await this.#files.useCatalog(async file => {
      try {
        return await this.#turns.run(async () => {
          const state = await commitCatalog(this.#engine.writer, batch, before, days)
          await this.#engine.fold(file.alias)
          return state
        })
      } catch (error) {
        this.#isStateKnown = false
        this.#files.discard(file)
        throw error
      }
    })
    await nodeFiles.syncFolder(this.#folder)
    this.#state = after
    this.#files.days.expect(days)
  }

  /** By the catalog; one of a version that did not keep them is believed what there is. */
  #knownDays(): ReadonlyMap<number, number> {
    return this.#state.days ?? new Map(this.#files.days.all.map(day => [day, 0]))
  }

  async #readState(): Promise<CatalogState> {
    const state = await this.#files.useCatalog(() => readCatalog(this.#engine.writer))
    this.#isStateKnown = true
    return state
  }

  /** As `#read`, for what is answered in milliseconds. */
  #readQuickly<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#lane.pass(() => this.#read(work))
  }

  /** Runs a query as of the present position. */
  #read<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#track(() =>
      this.#engine.query(connection => {
        const { all: days } = this.#files.days
        const { resultsSeq: toSeq } = this.#state.position
        return work({ connection, files: this.#files, days, toSeq, curves: this.#curves, lane: this.#lane })
      })
    )
  }

  /** `close` waits for what is under way, and nothing begins after it. */
  async #track<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw new GridvigilError('SERIES_OPEN_FAILED', 'the store is closed')
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }
}
