import type { DuckDBConnection } from '@duckdb/node-api'
import type { DayCurves } from './day-curves.ts'
import type { StoreFiles } from './files.ts'
import type { QuickLane } from './quick-lane.ts'
import { integer, readingList, toReading, withReasons } from './rows.ts'
import type { ReadingRow } from '../port.ts'

/** What a query sees: rows of results up to `toSeq`, whatever is committed while it runs. */
export interface Snapshot {
  readonly connection: DuckDBConnection
  readonly files: StoreFiles
  /** Days that have a file, ascending. */
  readonly days: readonly number[]
  readonly toSeq: number
  /** Rows of a meter on a day, where they need not be asked of the day's file. */
  readonly curves: Pick<DayCurves, 'read'>
  /** To be asked before each part of a long query. */
  readonly lane: Pick<QuickLane, 'yield'>
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
      return withReasons(snapshot.connection, [file], bestOfEach(newest), snapshot.toSeq)
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
    return withReasons(snapshot.connection, [file], rows, snapshot.toSeq)
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
