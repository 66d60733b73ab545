import type { Clock } from '../clock.ts'
import { GridvigilError } from '../errors.ts'
import type { LogReader } from '../log/port.ts'
import type { ReadingColumns } from '../model/columns.ts'
import type { SupplyLine } from '../model/supply.ts'
import { OutageGatherer } from '../outages/gather.ts'
import type { ReadingRow } from '../series/port.ts'
import { type Gathered, StepGatherer } from '../series/feed-gather.ts'
import type { Live, LiveBatch, LiveWish } from './port.ts'

export interface ResultsLiveOptions {
  /** A reader of the results log for one listener. */
  readonly createReader: () => LogReader & { close(): void }
  /** Seq of the newest durable record. */
  readonly newest: () => number
  /** A number that changes when a log grows. */
  readonly growth: () => number
  /** Resolves when that number is no longer `seen`, or after `ms`. */
  readonly wait: (seen: number, ms: number) => Promise<void>
  readonly clock: Clock
  readonly maxListeners: number
}

/** Records and bytes of one look at the log: a listener that is far behind shares the thread with the others. */
const BATCH_RECORDS = 512
const BATCH_BYTES = 4_194_304

interface Listener {
  readonly wish: {
    readonly meters: ReadonlySet<number>
    readonly quarantine: boolean
    readonly outages: boolean
    readonly supply: string | null
  }
  readonly reader: LogReader & { close(): void }
  readonly gatherer: StepGatherer
  readonly lines: OutageGatherer
  hasGap: boolean
  isClosed: boolean
}

/** Listeners of the results log. */
export class ResultsLive implements Live {
  readonly #options: ResultsLiveOptions
  readonly #listeners = new Map<number, Listener>()
  #nextId = 1

  constructor(options: ResultsLiveOptions) {
    this.#options = options
  }

  async open({ meters, ...wish }: LiveWish, from: number): Promise<number> {
    const { createReader, maxListeners, newest } = this.#options
    if (this.#listeners.size >= maxListeners)
      throw new GridvigilError('API_BUSY', `${maxListeners} listen already`)
    const listener: Listener = {
      wish: { meters: new Set(meters), ...wish },
      reader: createReader(),
      gatherer: new StepGatherer(() => {
        listener.hasGap = true
      }),
      // The same records: of a gap it would say the same.
      lines: new OutageGatherer(() => {}),
      // A cursor of another data folder, or of a log that was cut, cannot be gone on from.
      hasGap: from > newest(),
      isClosed: false
    }
    const start = Math.min(from, newest())
    listener.reader.seek(start)
    listener.gatherer.reset(start)
    listener.lines.reset(start)
    const id = this.#nextId++
    this.#listeners.set(id, listener)
    return id
  }

  async next(id: number, waitMs: number): Promise<LiveBatch | undefined> {
    const { clock, growth, wait } = this.#options
    const listener = this.#listeners.get(id)
    const until = clock.monotonic() + waitMs
    while (listener !== undefined && !listener.isClosed) {
      const seen = growth()
      const records = listener.reader.read(BATCH_RECORDS, BATCH_BYTES)
      for (const record of records) {
        listener.gatherer.add(record)
        listener.lines.add(record)
      }
      if (listener.gatherer.steps > 0) return take(listener)
      const leftMs = until - clock.monotonic()
      if (leftMs <= 0) return undefined
      if (records.length === 0) await wait(seen, leftMs)
      else await clock.turn()
    }
    return undefined
  }

  async close(id: number): Promise<void> {
    const listener = this.#listeners.get(id)
    if (listener === undefined) return
    this.#listeners.delete(id)
    listener.isClosed = true
    listener.reader.close()
  }
}

function take(listener: Listener): LiveBatch {
  const { wish, hasGap } = listener
  const { batch }: Gathered = listener.gatherer.take()
  const told = listener.lines.take()
  const { outages, supply: customer } = wish
  const isWanted = ({ keyCustomer }: SupplyLine): boolean => customer === null || customer === keyCustomer
  listener.hasGap = false
  return {
    seq: batch.position.resultsSeq,
    readings: batch.readings.flatMap(({ columns }) => rowsOf(columns, wish.meters)),
    quarantine: wish.quarantine
      ? batch.quarantine.flatMap(({ entries }) => entries.map(({ bytes: _bytes, ...entry }) => entry))
      : [],
    outages: outages ? told.filter(({ supply }) => supply === undefined).map(({ tables }) => tables) : [],
    supply: told.flatMap(({ supply = [] }) => supply.filter(isWanted)),
    position: batch.position,
    hasGap
  }
}

function rowsOf(columns: ReadingColumns, meters: ReadonlySet<number>): ReadingRow[] {
  const rows: ReadingRow[] = []
  if (meters.size === 0) return rows
  for (let row = 0; row < columns.rows; row++) {
    if (meters.has(columns.meter[row] ?? -1)) rows.push(rowAt(columns, row))
  }
  return rows
}

/** One row of columns as an object: for the few that somebody looks at. */
function rowAt(columns: ReadingColumns, row: number): ReadingRow {
  const of = (column: ArrayLike<number>): number => column[row] ?? 0
  const reasons = new Map<number, number>()
  for (const reason of columns.reasons) if (reason.row === row) reasons.set(reason.field, reason.mask)
  return {
    meter: of(columns.meter),
    time: of(columns.time),
    at: of(columns.at),
    version: of(columns.version),
    kind: of(columns.kind),
    values: Float64Array.from(columns.values, column => column?.[row] ?? Number.NaN),
    qualityLow: of(columns.qualityLow),
    qualityHigh: of(columns.qualityHigh),
    ct: of(columns.ct),
    pt: of(columns.pt),
    isPrimary: of(columns.primary) === 1,
    reasons,
    extras: columns.extras.find(extra => extra.row === row)?.text ?? ''
  }
}
