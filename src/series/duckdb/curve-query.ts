import { Columns, readColumns } from './columns.ts'
import { ALL_FIELDS, byPlace, highestVersions, readingColumns, toReadings } from './curve-rows.ts'
import { DAY_MS, dayOf } from './days.ts'
import type { AttachedFile } from './files.ts'
import type { Snapshot } from './query.ts'
import { integer, withReasons } from './rows.ts'
import type { IntervalQuery, IntervalRow, ReadingQuery, ReadingRow } from '../port.ts'

/**
 * Rows of one meter over days. A statement over few rows costs what planning it costs: days are read together, and only the
 * columns that are needed. What one meter has on a day is little: which version counts, the order and what the page begins
 * with are decided here, which costs half of what the same takes in SQL.
 */
const DAYS_AT_ONCE = 8
/** Readings of a day that are reckoned with when a page is short. */
const USUAL_ROWS = 96

export async function queryReadings(snapshot: Snapshot, query: ReadingQuery): Promise<ReadingRow[]> {
  const { meter, to, after, allVersions, withStarts = false } = query
  const from = Math.max(query.from, after?.time ?? query.from)
  const fields = query.fields ?? ALL_FIELDS
  const shape = { fields, hasExtras: query.fields === undefined, hasLengths: withStarts }
  const list = readingColumns(shape)
  // The file of the day that begins at the end of the span has nothing of it.
  const last = Math.ceil(to) - 1
  const found: ReadingRow[] = []
  const missing = (): number => Math.floor(query.limit) - found.length
  const curves = (day: number) =>
    snapshot.curves.read({ day, meter }, { ...shape, hasStarts: withStarts }, snapshot.toSeq)
  const days = new DaysInTurn(snapshot, from, last, curves)
  while (days.areLeft && missing() > 0) {
    const rows = await days.read(1 + Math.ceil(missing() / USUAL_ROWS), async (files, kept) => {
      const wanted = { list, table: 'readings', meter, time: 'time', from, last } as const
      const columns = await readRows(snapshot, files, wanted)
      const known = new Set(files.filter(isLengthKnown(snapshot)).map(({ day }) => day))
      const inside = kept.filter(({ time }) => time >= from && time <= last)
      const ordered = [...inside, ...toReadings(meter, columns, shape, known)].sort(byPlace)
      const versions = allVersions === true ? ordered : highestVersions(ordered)
      const page = versions.filter(row => after === undefined || byPlace(row, after) > 0)
      return withReasons(snapshot.connection, files, page.slice(0, missing()), snapshot.toSeq)
    })
    for (const row of rows) found.push(row)
  }
  return found
}

/** The day's file is that of the end, and an end may lie on the midnight that closes the span. */
export async function queryIntervals(snapshot: Snapshot, query: IntervalQuery): Promise<IntervalRow[]> {
  const { meter, from, to, boundsOnly } = query
  const list = boundsOnly === true ? INTERVAL_BOUNDS : INTERVAL_COLUMNS
  const last = Math.floor(to)
  const found: IntervalRow[] = []
  const days = new DaysInTurn(snapshot, from, to)
  while (days.areLeft) {
    const rows = await days.read(DAYS_AT_ONCE, async files => {
      const wanted = { list, table: 'intervals', meter, time: 'end_time', from, last } as const
      const columns = await readRows(snapshot, files, wanted)
      return toIntervals(meter, columns, boundsOnly === true).sort(
        (a, b) => a.end - b.end || a.revision - b.revision
      )
    })
    // The highest revision decides where the interval starts, so the span is judged after it is known.
    rows.forEach((row, index) => {
      if (rows[index + 1]?.end !== row.end && row.start >= from) found.push(row)
    })
  }
  return found
}

interface Wanted {
  /** Columns, as SQL. */
  readonly list: string
  readonly table: 'readings' | 'intervals'
  readonly meter: number
  /** Column whose value is in [from, last], epoch ms. */
  readonly time: 'time' | 'end_time'
  readonly from: number
  readonly last: number
}

/**
 * Rows of a meter from the files of several days, in one statement. What is true of all rows of a file is not asked of each: it
 * costs a quarter of the statement. So of a day inside the span no time is asked, and of a file that nobody writes to not
 * whether its rows belong to the snapshot.
 */
async function readRows(
  { connection, toSeq }: Snapshot,
  files: readonly AttachedFile[],
  { list, table, meter, time, from, last }: Wanted
): Promise<Columns> {
  const read = (isSettled: (file: AttachedFile) => boolean): Promise<Columns> => {
    const parts = files.map(file => {
      const conditions = [
        `meter = ${integer(meter)}`,
        from > file.day * DAY_MS ? `${time} >= ${integer(from)}` : '',
        last < (file.day + 1) * DAY_MS - 1 ? `${time} <= ${integer(last)}` : '',
        isSettled(file) ? '' : `seq <= ${integer(toSeq)}`
      ]
      return `SELECT ${list} FROM ${file.alias}.${table} WHERE ${conditions.filter(Boolean).join(' AND ')}`
    })
    return readColumns(connection, parts.join(' UNION ALL '))
  }
  if (files.length === 0) return new Columns([])
  const before = files.map(({ cursor }) => cursor)
  const columns = await read(({ cursor }) => cursor !== undefined && cursor <= toSeq)
  // The cursor is unknown from the begin of a commit on and greater after it.
  if (files.every(({ cursor }, at) => cursor === before[at])) return columns
  return read(() => false)
}

/** The days of a span in order, several at once as long as all of them can be read. */
class DaysInTurn {
  readonly #snapshot: Snapshot
  readonly #days: number[]
  readonly #curvesOf: (day: number) => readonly ReadingRow[] | undefined
  #most = DAYS_AT_ONCE

  /** @param last time inside, epoch ms @param curvesOf rows of a day whose file need not be asked */
  constructor(
    snapshot: Snapshot,
    first: number,
    last: number,
    curvesOf: (day: number) => readonly ReadingRow[] | undefined = () => undefined
  ) {
    this.#snapshot = snapshot
    this.#days = snapshot.days.filter(day => day >= dayOf(first) && day <= dayOf(last))
    this.#curvesOf = curvesOf
  }

  get areLeft(): boolean {
    return this.#days.length > 0
  }

  /** The rows of the next days, `most` at most; of none when they are to be read one by one from now on. */
  async read<T>(
    most: number,
    work: (files: readonly AttachedFile[], kept: readonly ReadingRow[]) => Promise<T[]>
  ): Promise<T[]> {
    const { files } = this.#snapshot
    const days = this.#days.slice(0, Math.min(most, this.#most))
    const kept = days.map(this.#curvesOf)
    const rest = days.filter((_, at) => kept[at] === undefined)
    const rows = kept.flatMap(each => each ?? [])
    const [first] = rest
    let answer: T[]
    if (first === undefined) answer = await work([], rows)
    else if (days.length === 1) answer = await files.readDay(first, file => work([file], rows))
    else {
      try {
        answer = await files.readDays(rest, attached => work(attached, rows))
      } catch {
        // One of them cannot be read: alone each says so, and a page that is full does not need it.
        this.#most = 1
        return []
      }
    }
    this.#days.splice(0, days.length)
    return answer
  }
}

/** Whether nothing has come to a file, and nothing of it is beyond the snapshot, since its lengths were written. */
const isLengthKnown =
  ({ toSeq }: Snapshot) =>
  ({ cursor, lengthsTo }: AttachedFile): boolean =>
    cursor !== undefined && cursor === lengthsTo && cursor <= toSeq

/** In the order that `toIntervals` reads. */
const INTERVAL_BOUNDS = 'start_time, end_time, revision'
const INTERVAL_COLUMNS = `${INTERVAL_BOUNDS}, received, "importKwh", "exportKwh", "importKvarh", "exportKvarh", quality, reasons`

function toIntervals(meter: number, columns: Columns, boundsOnly: boolean): IntervalRow[] {
  const cells = Array.from({ length: boundsOnly ? 3 : 10 }, (_, column) => columns.numbers(column))
  const cell = (column: number, row: number, absent: number): number => cells[column]?.[row] ?? absent
  return Array.from({ length: columns.rows }, (_, row) => ({
    meter,
    start: cell(0, row, Number.NaN),
    end: cell(1, row, Number.NaN),
    revision: cell(2, row, Number.NaN),
    at: cell(3, row, 0),
    energy: [4, 5, 6, 7].map(column => cell(column, row, Number.NaN)) as [number, number, number, number],
    quality: cell(8, row, 0),
    reasons: cell(9, row, 0)
  }))
}
