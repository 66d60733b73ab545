import type { DuckDBConnection } from '@duckdb/node-api'
import type { Clock } from '../../clock.ts'
import { CurvePacker } from '../curves/curve-bytes.ts'
import type { CurveFileWriter } from '../curves/curve-file.ts'
import type { ReadingRow } from '../port.ts'
import { rowsOf } from './cluster.ts'
import { readColumns } from './columns.ts'
import { ALL_FIELDS, byPlace, readingColumns, toReadings, widthOf } from './curve-rows.ts'
import type { AttachedFile } from './files.ts'
import type { QuickLane } from './quick-lane.ts'
import { integer, numberOf, withReasons } from './rows.ts'

/** Readings of one statement: some 20 ms of work. */
const PART_ROWS = 6144
/** Curves packed in one go: some 2 ms, which is what a query's next step may have to wait for. */
const TURN_CURVES = 24

export interface CurveMaking {
  readonly connection: DuckDBConnection
  readonly file: AttachedFile
  /** Position of the store: what is beyond it is not seen yet. */
  readonly toSeq: number
  readonly writer: CurveFileWriter
  readonly clock: Clock
  readonly lane: Pick<QuickLane, 'yield'>
  readonly isStopping: () => boolean
}

/** Meters [from, to] whose readings are read together. */
interface Part {
  readonly from: number
  readonly to: number
}

/**
 * Reads a day's file, a range of meters after the other, and writes each meter's readings as its curve. Takes half of a core
 * at most: between two parts it rests as long as one took. @returns whether it came to its end
 */
export async function makeCurves(making: CurveMaking): Promise<boolean> {
  const { connection, file, writer, clock, lane, isStopping } = making
  const madeTo = Math.min(file.cursor ?? making.toSeq, making.toSeq)
  const visible = `seq <= ${integer(madeTo)}`
  const { parts, readings } = await partsOf(connection, file, visible)
  const count = await connection.runAndReadAll(`SELECT count(extras)::DOUBLE FROM ${file.alias}.readings`)
  const hasExtras = numberOf(count.getRows()[0]?.[0]) > 0
  const packer = new CurvePacker()
  for (const part of parts) {
    await lane.yield()
    if (isStopping()) return false
    const begun = clock.monotonic()
    const curves = byMeter(await readPart(making, part, visible, hasExtras))
    for (let from = 0; from < curves.length; from += TURN_CURVES) {
      const some = curves.slice(from, from + TURN_CURVES)
      writer.add(some.map(rows => [rows[0]?.meter ?? 0, packer.pack(rows)] as const))
      await clock.turn()
    }
    await clock.delay(clock.monotonic() - begun)
  }
  writer.finish({ madeTo, readings })
  return true
}

async function partsOf(connection: DuckDBConnection, { alias }: AttachedFile, visible: string) {
  const columns = await readColumns(
    connection,
    `SELECT meter, count(*) FROM ${alias}.readings WHERE ${visible} GROUP BY meter ORDER BY meter`
  )
  const counts = columns.numbers(1)
  const parts: Part[] = []
  let [from, inPart, readings] = [0, 0, 0]
  columns.numbers(0).forEach((meter, row) => {
    if (inPart === 0) from = meter
    inPart += counts[row] ?? 0
    readings += counts[row] ?? 0
    if (inPart < PART_ROWS && row < counts.length - 1) return
    parts.push({ from, to: meter })
    inPart = 0
  })
  return { parts, readings }
}

/** The readings of the meters, with the starts of their intervals and their reasons. */
async function readPart(
  { connection, file }: CurveMaking,
  { from, to }: Part,
  visible: string,
  hasExtras: boolean
): Promise<ReadingRow[]> {
  const shape = { fields: ALL_FIELDS, hasExtras, hasLengths: true }
  const condition = `meter >= ${integer(from)} AND meter <= ${integer(to)} AND ${visible}`
  const columns = await readColumns(
    connection,
    `SELECT ${readingColumns(shape)}, meter FROM (${rowsOf(file.alias, 'readings', condition)})`
  )
  const rows = toReadings(columns.numbers(widthOf(shape)), columns, shape, new Set([file.day]))
  return withReasons(connection, [file], rows, Number.MAX_SAFE_INTEGER)
}

/** The rows of each meter, in ascending order of meter and those in their order. */
function byMeter(rows: readonly ReadingRow[]): ReadingRow[][] {
  const meters = new Map<number, ReadingRow[]>()
  for (const row of rows) {
    const known = meters.get(row.meter)
    if (known === undefined) meters.set(row.meter, [row])
    else known.push(row)
  }
  return [...meters].sort(([a], [b]) => a - b).map(([, each]) => each.sort(byPlace))
}
