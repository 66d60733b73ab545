import { type Clock, systemClock } from '../../clock.ts'
import { asError, GridvigilError, isError } from '../../errors.ts'
import type { AuditCounters } from '../../model/audit.ts'
import {
  EMPTY_POSITION,
  type HistoryAnswer,
  type HistoryRequest,
  type IntervalQuery,
  type IntervalRow,
  type LoadQuery,
  type LoadSteps,
  type QuarantineQuery,
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
import { queryHistory } from './history.ts'
import { type InfluxAddress, InfluxFailure, InfluxLink } from './link.ts'
import { queryIntervals, queryLoad, querySlots } from './loads.ts'
import { type MeterNames, PointMaker } from './points.ts'
import { idsOfMarked, markKey, queryQuarantine, queryReplayable } from './quarantine.ts'
import { markLine, newestMarks, quarantineLines } from './quarantine-lines.ts'
import { countVersions, queryLatest, queryReadings } from './readings.ts'
import { refusalOf } from './refusals.ts'
import type { Retention } from './schema.ts'
import type { View } from './select.ts'
import { setUp } from './setup.ts'
import { openLine, readState, stateLine, type StoreState, terminalLines } from './state.ts'
import { LineWriter, type Refused } from './writer.ts'

export interface InfluxStoreOptions {
  readonly address: InfluxAddress
  readonly retention: Retention
  /** What meters are called in tags. */
  readonly names: MeterNames
  readonly clock?: Clock
  /** Told of each line that the database refuses for good. */
  readonly onRefused?: (refused: Refused) => void
  /** Told of points that were older than their policy keeps. */
  readonly onExpired?: (points: number) => void
}

const NOTHING: StoreState = {
  position: EMPTY_POSITION,
  openTo: 0,
  lastQuarantineId: 0,
  terminals: new Map()
}

/**
 * The series store in InfluxDB (decision 26):
 *
 *   commit:  lines of the batch -> all acknowledged -> one line that says the position
 *   query:   as of the position at its beginning: statements of later records are passed over
 *
 * What was written of a batch whose position was not said is seen by nobody, and written over when the batch comes again.
 */
export class InfluxSeriesStore implements SeriesStore {
  readonly #options: InfluxStoreOptions
  readonly #link: InfluxLink
  readonly #clock: Clock
  #state = NOTHING
  /** After a position could not be said only the database knows whether it stands there. */
  #isStateKnown = true
  #isOpen = false
  #lastTurn: Promise<unknown> = Promise.resolve()
  #trouble = ''

  constructor(options: InfluxStoreOptions) {
    this.#options = options
    this.#link = new InfluxLink(options.address)
    this.#clock = options.clock ?? systemClock
  }

  async open(): Promise<SeriesPosition> {
    try {
      await setUp(this.#link, this.#options.retention)
      this.#state = await readState(this.#link)
    } catch (thrown) {
      if (isError(thrown)) throw thrown
      throw new GridvigilError('SERIES_OPEN_FAILED', asError(thrown).message, { cause: thrown })
    }
    this.#isStateKnown = true
    this.#isOpen = true
    return this.#state.position
  }

  position(): SeriesPosition {
    return this.#state.position
  }

  async commit(batch: SeriesBatch): Promise<void> {
    this.#checkOpen()
    try {
      await this.#turn(async () => {
        if (!this.#isStateKnown) await this.#learnState()
        if (batch.position.resultsSeq > this.#state.position.resultsSeq) await this.#commit(batch)
      })
      this.#trouble = ''
    } catch (thrown) {
      if (refusalOf(thrown) === 'missing') this.#isStateKnown = false
      this.#trouble = asError(thrown).message
      if (isError(thrown)) throw thrown
      throw new GridvigilError('SERIES_COMMIT_FAILED', this.#trouble, { cause: thrown })
    }
  }

  readings(query: ReadingQuery): Promise<ReadingRow[]> {
    return this.#read(view => queryReadings(view, query))
  }

  intervals(query: IntervalQuery): Promise<IntervalRow[]> {
    return this.#read(view => queryIntervals(view, query))
  }

  load(query: LoadQuery): Promise<LoadSteps> {
    return this.#read(view => queryLoad(view, query))
  }

  storedSlots(query: SlotQuery): Promise<StoredSlots> {
    return this.#turn(() => this.#read(view => querySlots(view, query), 'alone'))
  }

  latest(meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    return this.#read(view => queryLatest(view, meters))
  }

  /** The newest reading of each of the meters in [from, to), ms. */
  latestWithin(meters: readonly number[], from: number, to: number): Promise<Map<number, ReadingRow>> {
    return this.#read(view => queryLatest(view, meters, from, to))
  }

  history(requests: readonly HistoryRequest[]): Promise<(HistoryAnswer | undefined)[]> {
    return this.#read(view => queryHistory(view, requests))
  }

  /** @throws SERIES_INFLUX_BEHIND while points lie there of a batch that was cut off */
  countReadings(): Promise<{ first: number; corrections: number }> {
    return this.#turn(() =>
      this.#read(view => {
        if (view.isWhole) return countVersions(view)
        throw new GridvigilError('SERIES_INFLUX_BEHIND', `up to record ${this.#state.openTo} of the results`)
      }, 'alone')
    )
  }

  async terminals(): Promise<Map<string, AuditCounters>> {
    this.#checkOpen()
    const known = [...this.#state.terminals].map(([id, { audit }]) => [id, audit] as const)
    return new Map(known.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  quarantine(query: QuarantineQuery): Promise<QuarantineRow[]> {
    return this.#read(view => queryQuarantine(view, query))
  }

  replayable(query: ReplayQuery): Promise<QuarantineRow[]> {
    return this.#read(view => queryReplayable(view, query))
  }

  trouble(): string {
    return this.#trouble
  }

  rebuildFrom(): number | undefined {
    return undefined
  }

  /** Of the database's own files nobody but itself knows. */
  async statistics(): Promise<{ files: number; bytes: number }> {
    return { files: 0, bytes: 0 }
  }

  async close(): Promise<void> {
    this.#isOpen = false
    this.#link.close()
  }

  async #commit(batch: SeriesBatch): Promise<void> {
    const stood = this.#state.position.resultsSeq
    const openTo = Math.max(this.#state.openTo, batch.position.resultsSeq)
    this.#state = { ...this.#state, openTo }
    await this.#link.write('kept', openLine(openTo))
    const { retention, names, onRefused = () => {}, onExpired = () => {} } = this.#options
    const writer = new LineWriter({ link: this.#link, retention, clock: this.#clock, onRefused, onExpired })
    const isNew = ({ seq }: { readonly seq: number }): boolean => seq > stood
    const points = new PointMaker(names, writer)
    const readings = batch.readings.filter(isNew)
    const intervals = batch.intervals.filter(isNew)
    const { lines, slots, lastQuarantineId } = await this.#keptLines(batch, isNew)
    try {
      await points.take({ readings, intervals })
      for (const line of lines) {
        writer.put('kept', line)
        await writer.room()
      }
      await writer.finish()
    } finally {
      // What is under way of a batch that failed must not land on what comes after it.
      await writer.settled()
    }
    this.#isStateKnown = false
    await this.#link.write('kept', stateLine(batch.position, lastQuarantineId))
    this.#isStateKnown = true
    const terminals = new Map([...this.#state.terminals, ...slots])
    this.#state = { position: batch.position, openTo, lastQuarantineId, terminals }
  }

  /** Lines of quarantine, marks and counters. */
  async #keptLines(batch: SeriesBatch, isNew: (block: { readonly seq: number }) => boolean) {
    const entries = quarantineLines(batch.quarantine.filter(isNew), this.#state.lastQuarantineId)
    const marks = newestMarks(batch.marks.filter(isNew))
    const unknown = marks.map(({ mark }) => mark).filter(mark => !entries.ids.has(markKey(mark)))
    const ids = new Map([...(await idsOfMarked(this.#view('alone'), unknown)), ...entries.ids])
    const marked = marks.flatMap(({ seq, mark }) => {
      const id = ids.get(markKey(mark))
      // The entry is older than the policy keeps: nobody can ask for it.
      return id === undefined ? [] : [markLine(seq, mark, id)]
    })
    const counters = terminalLines(batch.position.resultsSeq, batch.terminals, this.#state.terminals)
    return {
      lines: [...entries.lines, ...marked, ...counters.lines],
      slots: counters.slots,
      lastQuarantineId: entries.lastId
    }
  }

  /** Where the store stands is asked of the database, which is made anew where it is gone. */
  async #learnState(): Promise<void> {
    try {
      this.#state = await readState(this.#link)
    } catch (thrown) {
      if (refusalOf(thrown) !== 'missing') throw thrown
      await setUp(this.#link, this.#options.retention)
      this.#state = await readState(this.#link)
    }
    this.#isStateKnown = true
  }

  /** @param beside a commit may begin at any moment while it is used, or none does */
  #view(beside: 'commits' | 'alone'): View {
    const { names } = this.#options
    const { position, openTo } = this.#state
    const toSeq = position.resultsSeq
    return { link: this.#link, toSeq, isWhole: beside === 'alone' && openTo <= toSeq, names }
  }

  /** What asks the database to count what it has, and commits, one at a time. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastTurn.then(work)
    this.#lastTurn = done.catch(() => undefined)
    return done
  }

  async #read<T>(work: (view: View) => Promise<T>, beside: 'commits' | 'alone' = 'commits'): Promise<T> {
    this.#checkOpen()
    try {
      return await work(this.#view(beside))
    } catch (thrown) {
      if (!(thrown instanceof InfluxFailure)) throw thrown
      throw new GridvigilError('SERIES_INFLUX_UNREACHABLE', thrown.message, { cause: thrown })
    }
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new GridvigilError('SERIES_OPEN_FAILED', 'the store is closed')
  }
}
