import type { DuckDBConnection } from '@duckdb/node-api'
import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import { FIELD_COUNT, REGISTER_COUNT } from '../../model/fields.ts'
import { ChunkAppender } from './chunks.ts'
import { dayOf } from './days.ts'
import type { AttachedFile } from './files.ts'
import { readNumber } from './rows.ts'
import { type Column, INTERVAL_COLUMNS, READING_COLUMNS, REASON_COLUMNS } from './schema.ts'
import type { SeriesBatch } from '../port.ts'

/** Rows appended in one go: some 2 ms, which is what a query's next step may have to wait for. */
const TURN_ROWS = 1024

/** Rows [from, to) of one block. */
interface Run<Block> {
  readonly seq: number
  readonly columns: Block
  readonly from: number
  readonly to: number
}

/** What a batch holds for one day. */
export interface DayRows {
  readonly readings: Run<ReadingColumns>[]
  readonly intervals: Run<IntervalColumns>[]
}

/**
 * A batch by UTC day of the data time. An interval belongs to the day of its end, the reading that closed it,
 * so both go into one file in one transaction. Blocks up to `afterSeq` are everywhere already.
 */
export function splitByDay(batch: SeriesBatch, afterSeq: number): Map<number, DayRows> {
  const days = new Map<number, DayRows>()
  const rowsOf = (day: number): DayRows => {
    const known = days.get(day)
    if (known !== undefined) return known
    const rows: DayRows = { readings: [], intervals: [] }
    days.set(day, rows)
    return rows
  }
  for (const { seq, columns } of batch.readings) {
    if (seq <= afterSeq) continue
    for (const { day, from, to } of daysOf(columns.time, columns.rows)) {
      rowsOf(day).readings.push({ seq, columns, from, to })
    }
  }
  for (const { seq, columns } of batch.intervals) {
    if (seq <= afterSeq) continue
    for (const { day, from, to } of daysOf(columns.end, columns.rows)) {
      rowsOf(day).intervals.push({ seq, columns, from, to })
    }
  }
  return days
}

/** Readings among the rows of a day. */
export const countOf = ({ readings }: DayRows): number =>
  readings.reduce((sum, { from, to }) => sum + to - from, 0)

/** Stretches of rows whose times lie in one day. */
function daysOf(times: Float64Array, rows: number): { day: number; from: number; to: number }[] {
  const runs: { day: number; from: number; to: number }[] = []
  for (let row = 0; row < rows; row++) {
    const day = dayOf(times[row])
    const last = runs.at(-1)
    if (last?.day === day) last.to = row + 1
    else runs.push({ day, from: row, to: row + 1 })
  }
  return runs
}

const columnIn = (columns: readonly Column[], name: string): number =>
  columns.findIndex(column => column.name === name)
const FIRST_FIELD = columnIn(READING_COLUMNS, 'sent_primary') + 1
const INTERVAL_LENGTH = columnIn(READING_COLUMNS, 'interval_ms')
const FIRST_ENERGY = columnIn(INTERVAL_COLUMNS, 'importKwh')

/** Writes the rows of one day. Keeps its buffers from one commit to the next, so one commit at a time. */
export class DayWriter {
  readonly #readings: ChunkAppender
  readonly #intervals: ChunkAppender
  readonly #reasons: ChunkAppender
  readonly #turn: () => Promise<void>
  #sinceTurn = 0

  /** @param turn lets others have a turn of the event loop */
  constructor(turn: () => Promise<void>, path: 'raw' | 'public' = 'raw') {
    this.#turn = turn
    this.#readings = new ChunkAppender(READING_COLUMNS, path)
    this.#intervals = new ChunkAppender(INTERVAL_COLUMNS, path)
    this.#reasons = new ChunkAppender(REASON_COLUMNS, path)
  }

  /**
   * Appends what the file does not have yet and moves its cursor to `toSeq`, in one transaction that is durable
   * on return. The file's cursor is known then. @returns whether anything was written
   */
  async write(
    connection: DuckDBConnection,
    file: AttachedFile,
    rows: DayRows,
    toSeq: number
  ): Promise<boolean> {
    // Read when the file was attached. After a commit that failed it is let go and attached again, unless somebody reads it.
    const cursor =
      file.cursor ?? (await readNumber(connection, `SELECT cursor::DOUBLE FROM ${file.alias}.day_state`))
    // Unknown until the commit has returned: one that fails may have happened.
    file.cursor = undefined
    const readings = rows.readings.filter(run => run.seq > cursor)
    const intervals = rows.intervals.filter(run => run.seq > cursor)
    if (readings.length + intervals.length === 0) {
      file.cursor = cursor
      return false
    }
    await connection.run('BEGIN')
    try {
      await this.#open(connection, file.alias)
      // The library appends in this thread: between parts of it queries go on.
      for (const run of readings) await this.#inParts(run, part => this.#appendReadings(part))
      for (const run of intervals) await this.#inParts(run, part => this.#appendIntervals(part))
      for (const appender of this.#appenders) {
        appender.end()
        await this.#turn()
      }
      await connection.run(`UPDATE ${file.alias}.day_state SET cursor = ${toSeq}`)
      await connection.run('COMMIT')
    } catch (error) {
      for (const appender of this.#appenders) appender.abandon()
      // After a COMMIT that failed there is no transaction left, which is what is wanted.
      await connection.run('ROLLBACK').catch(() => undefined)
      throw error
    }
    file.cursor = toSeq
    if (readings.some(run => inRows(run.columns.reasons, run.from, run.to).length > 0)) file.hasReasons = true
    return true
  }

  async #inParts<Block>(run: Run<Block>, append: (part: Run<Block>) => void): Promise<void> {
    for (let from = run.from; from < run.to; from += TURN_ROWS) {
      const to = Math.min(run.to, from + TURN_ROWS)
      append({ ...run, from, to })
      this.#sinceTurn += to - from
      if (this.#sinceTurn < TURN_ROWS) continue
      this.#sinceTurn = 0
      for (const appender of this.#appenders) appender.flush()
      await this.#turn()
    }
  }

  get #appenders(): ChunkAppender[] {
    return [this.#readings, this.#intervals, this.#reasons]
  }

  async #open(connection: DuckDBConnection, alias: string): Promise<void> {
    this.#readings.begin(await connection.createAppender('readings', 'main', alias))
    this.#intervals.begin(await connection.createAppender('intervals', 'main', alias))
    this.#reasons.begin(await connection.createAppender('value_reasons', 'main', alias))
  }

  #appendReadings(run: Run<ReadingColumns>): void {
    const into = this.#readings
    for (let from = run.from; from < run.to; ) {
      const count = Math.min(into.room, run.to - from)
      fillReadings(into, run, from, from + count)
      into.advance(count)
      from += count
    }
    const { columns } = run
    for (const { row, field, mask } of inRows(columns.reasons, run.from, run.to)) {
      const { meter, time, version, kind } = columns
      this.#reasons.add([run.seq, meter[row], time[row], version[row], kind[row], field, mask])
    }
  }

  #appendIntervals(run: Run<IntervalColumns>): void {
    const into = this.#intervals
    for (let from = run.from; from < run.to; ) {
      const count = Math.min(into.room, run.to - from)
      fillIntervals(into, run, from, from + count)
      into.advance(count)
      from += count
    }
  }
}

/** In the order of READING_COLUMNS. */
function fillReadings(into: ChunkAppender, run: Run<ReadingColumns>, from: number, to: number): void {
  const { columns } = run
  into.fill(0, run.seq, to - from)
  const plain = [
    columns.meter,
    columns.time,
    columns.at,
    columns.version,
    columns.kind,
    columns.qualityLow,
    columns.qualityHigh,
    columns.ct,
    columns.pt,
    columns.primary
  ]
  for (let each = 0; each < plain.length; each++) into.copy(each + 1, plain[each], from, to)
  for (let field = 0; field < FIELD_COUNT; field++) {
    const values = columns.values[field]
    if (values === undefined) into.fillAbsent(FIRST_FIELD + field, to - from)
    else into.copy(FIRST_FIELD + field, values, from, to)
  }
  into.fillAbsent(INTERVAL_LENGTH, to - from)
  for (const { row, text } of inRows(columns.extras, from, to)) into.text(row - from, text)
}

/** In the order of INTERVAL_COLUMNS. */
function fillIntervals(into: ChunkAppender, run: Run<IntervalColumns>, from: number, to: number): void {
  const { columns } = run
  into.fill(0, run.seq, to - from)
  const plain = [columns.meter, columns.start, columns.end, columns.at, columns.revision]
  for (let each = 0; each < plain.length; each++) into.copy(each + 1, plain[each], from, to)
  for (let register = 0; register < REGISTER_COUNT; register++) {
    into.copy(FIRST_ENERGY + register, columns.energy[register], from, to)
  }
  into.copy(FIRST_ENERGY + REGISTER_COUNT, columns.quality, from, to)
  into.copy(FIRST_ENERGY + REGISTER_COUNT + 1, columns.reasons, from, to)
}

/** The entries of a sparse list in row order that belong to rows [from, to). */
function inRows<Entry extends { readonly row: number }>(
  list: readonly Entry[],
  from: number,
  to: number
): readonly Entry[] {
  if (list.length === 0) return list
  const start = firstAt(list, from)
  return list.slice(start, firstAt(list, to))
}

/** Index of the first entry at or after `row`. */
function firstAt(list: readonly { readonly row: number }[], row: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle].row < row) low = middle + 1
    else high = middle
  }
  return low
}
