import type { DuckDBConnection } from '@duckdb/node-api'
import { dayOf } from './duckdb-days.ts'
import type { StoreFiles } from './duckdb-files.ts'
import {
  INTERVAL_BOUNDS,
  INTERVAL_LIST,
  integer,
  readingList,
  toInterval,
  toReading,
  toReadingOf,
  withReasons
} from './duckdb-rows.ts'
import type { IntervalQuery, IntervalRow, ReadingQuery, ReadingRow } from './port.ts'

/** What a query sees: rows of results up to `toSeq`, whatever is committed while it runs. */
export interface Snapshot {
  readonly connection: DuckDBConnection
  readonly files: StoreFiles
  /** Days that have a file, ascending. */
  readonly days: readonly number[]
  readonly toSeq: number
}

/**
 * One day after the other until the page is full. A day holds few rows of one meter: which version counts and what the
 * page begins with is decided here, which costs half of what the same takes in SQL.
 */
export async function queryReadings(snapshot: Snapshot, query: ReadingQuery): Promise<ReadingRow[]> {
  const { meter, to, after, allVersions } = query
  const from = Math.max(query.from, after?.time ?? query.from)
  const found: ReadingRow[] = []
  for (const day of snapshot.days) {
    if (found.length >= query.limit) break
    if (day < dayOf(from) || day > dayOf(to)) continue
    const rows = await snapshot.files.readDay(day, async file => {
      const result = await snapshot.connection.runAndReadAll(
        `SELECT ${readingList('r', query.fields)} FROM ${file.alias}.readings AS r WHERE r.meter = ${integer(meter)}
           AND r.time >= ${integer(from)} AND r.time < ${integer(to)} AND r.seq <= ${integer(snapshot.toSeq)}`
      )
      const { fields } = query
      const all = result.getRows()
      const ordered = all.map(cells => (fields ? toReadingOf(cells, fields) : toReading(cells))).sort(byPlace)
      const versions = allVersions === true ? ordered : highestVersions(ordered)
      const page = versions.filter(row => after === undefined || byPlace(row, after) > 0)
      const rest = page.slice(0, Math.floor(query.limit) - found.length)
      return withReasons(snapshot.connection, file, rest, snapshot.toSeq)
    })
    for (const row of rows) found.push(row)
  }
  return found
}

type Place = Pick<ReadingRow, 'time' | 'kind' | 'version'>

const byPlace = (a: Place, b: Place): number => a.time - b.time || a.kind - b.kind || a.version - b.version

/** Of rows in order the last of each time and kind. */
const highestVersions = (rows: readonly ReadingRow[]): ReadingRow[] =>
  rows.filter((row, at) => row.time !== rows[at + 1]?.time || row.kind !== rows[at + 1]?.kind)

/** The day's file is that of the end, and an end may lie on the midnight that closes the span. */
export async function queryIntervals(snapshot: Snapshot, query: IntervalQuery): Promise<IntervalRow[]> {
  const { meter, from, to, boundsOnly } = query
  const found: IntervalRow[] = []
  for (const day of snapshot.days) {
    if (day < dayOf(from) || day > dayOf(to)) continue
    const rows = await snapshot.files.readDay(day, async ({ alias }) => {
      const result = await snapshot.connection.runAndReadAll(
        `SELECT ${boundsOnly === true ? INTERVAL_BOUNDS : INTERVAL_LIST} FROM ${alias}.intervals WHERE meter = ${integer(meter)}
           AND end_time >= ${integer(from)} AND end_time < ${integer(Math.floor(to) + 1)}
           AND seq <= ${integer(snapshot.toSeq)}`
      )
      // Sorting the few rows of a meter in SQL costs as much as finding them.
      const found = result.getRows().map(toInterval)
      return found.sort((a, b) => a.end - b.end || a.revision - b.revision)
    })
    // The highest revision decides where the interval starts, so the span is judged after it is known.
    rows.forEach((row, index) => {
      if (rows[index + 1]?.end !== row.end && row.start >= from) found.push(row)
    })
  }
  return found
}

/** From the newest day backwards, until every meter is found. */
export async function queryLatest(
  snapshot: Snapshot,
  meters: readonly number[]
): Promise<Map<number, ReadingRow>> {
  const latest = new Map<number, ReadingRow>()
  const missing = new Set(meters)
  for (const day of snapshot.days.toReversed()) {
    if (missing.size === 0) break
    const sql = latestSql([...missing], snapshot.toSeq)
    const rows = await snapshot.files.readDay(day, async file => {
      const result = await snapshot.connection.runAndReadAll(sql(file.alias))
      const newest = result.getRows().map(toReading)
      return withReasons(snapshot.connection, file, bestOfEach(newest), snapshot.toSeq)
    })
    for (const row of rows) {
      latest.set(row.meter, row)
      missing.delete(row.meter)
    }
  }
  return latest
}

/** The same for all meters of a range that have rows on the day. @throws SERIES_DAY_UNREADABLE */
export function queryLatestOfDay(
  snapshot: Snapshot,
  day: number,
  fromMeter: number,
  toMeter: number
): Promise<ReadingRow[]> {
  const sql = newestSql(`meter >= ${integer(fromMeter)} AND meter < ${integer(toMeter)}`, snapshot.toSeq)
  return snapshot.files.readDay(day, async file => {
    const result = await snapshot.connection.runAndReadAll(sql(file.alias))
    const rows = bestOfEach(result.getRows().map(toReading))
    return withReasons(snapshot.connection, file, rows, snapshot.toSeq)
  })
}

/** All rows at the newest time of each meter: the aggregate reads two columns, the join few row groups. */
const latestSql = (meters: readonly number[], toSeq: number): ((alias: string) => string) =>
  newestSql(`meter IN (${meters.map(integer).join(',')})`, toSeq)

function newestSql(wanted: string, toSeq: number): (alias: string) => string {
  const visible = `seq <= ${integer(toSeq)}`
  return alias => `WITH newest AS (
      SELECT meter, max(time) AS time FROM ${alias}.readings
      WHERE ${visible} AND ${wanted} GROUP BY meter
    )
    SELECT ${readingList('r')} FROM ${alias}.readings AS r JOIN newest AS n ON r.meter = n.meter AND r.time = n.time
    WHERE r.${visible}`
}

/** Of rows that share meter and time, the one that speaks: lowest kind, then highest version. */
function bestOfEach(rows: readonly ReadingRow[]): ReadingRow[] {
  const best = new Map<number, ReadingRow>()
  for (const row of rows) {
    const known = best.get(row.meter)
    const better =
      known === undefined || row.kind < known.kind || (row.kind === known.kind && row.version > known.version)
    if (better) best.set(row.meter, row)
  }
  return [...best.values()]
}

/** Rows themselves, not counters: what the audit is checked against. */
export async function countRows(snapshot: Snapshot): Promise<{ first: number; corrections: number }> {
  const total = { first: 0, corrections: 0 }
  for (const day of snapshot.days) {
    const counts = await snapshot.files.readDay(day, async ({ alias }) => {
      const result = await snapshot.connection.runAndReadAll(
        `SELECT count(*) FILTER (version = 1)::DOUBLE, count(*) FILTER (version > 1)::DOUBLE
         FROM ${alias}.readings WHERE seq <= ${integer(snapshot.toSeq)}`
      )
      return result.getRows()[0] as [number, number]
    })
    total.first += counts[0]
    total.corrections += counts[1]
  }
  return total
}
