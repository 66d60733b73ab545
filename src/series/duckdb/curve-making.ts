import type { DuckDBConnection } from '@duckdb/node-api'
import type { Clock } from '../../clock.ts'
import { CURVE_COLUMNS, CurvePacker, type SparseCells } from '../curves/curve-bytes.ts'
import type { CurveFileWriter } from '../curves/curve-file.ts'
import { rowsOf } from './cluster.ts'
import { readColumns } from './columns.ts'
import { CURVE_SELECT } from './curve-rows.ts'
import type { AttachedFile } from './files.ts'
import type { QuickLane } from './quick-lane.ts'
import { integer, placeKey, readNumber, readReasons } from './rows.ts'

/** Readings of one statement: some 15 MB and 0.1 s. */
const PART_ROWS = 49_152
/** Columns taken over, and readings packed or looked at, in one go: some 2 ms, which is what a query's next step may wait for. */
const TURN_COLUMNS = 6
const TURN_ROWS = 4608
/** Parts after which what was written is synced. */
const SYNC_PARTS = 8

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
  const count = (what: string, from: string): Promise<number> =>
    readNumber(connection, `SELECT count(${what})::DOUBLE FROM ${file.alias}.${from}`)
  const hasExtras = (await count('extras', 'readings')) > 0
  const packer = new CurvePacker()
  for (const [number, part] of parts.entries()) {
    await lane.yield()
    if (isStopping()) return false
    const begun = clock.monotonic()
    const rows = await readPart(making, part, visible, hasExtras)
    for (const curves of inTurns(curvesOf(rows))) {
      writer.add(
        curves.map(([from, to]) => {
          const meter = rows.meter[from] ?? 0
          const sparse = sparseOf(rows, from, to)
          return [meter, packer.pack({ day: file.day, meter }, rows.columns, from, to, sparse)]
        })
      )
      await clock.turn()
    }
    if (number % SYNC_PARTS === SYNC_PARTS - 1) await writer.sync()
    await clock.delay(clock.monotonic() - begun)
  }
  const intervals = await count('*', `intervals WHERE ${visible}`)
  await writer.finish({ day: file.day, madeTo, readings, intervals })
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

/** Readings of some meters, by meter and in order. */
interface PartRows {
  readonly meter: Float64Array
  readonly columns: readonly Float64Array[]
  /** By row; none when no row of the day has any. */
  readonly extras: readonly string[]
  /** By place of the reading. */
  readonly reasons: ReadonlyMap<string, ReadonlyMap<number, number>>
}

async function readPart(
  { connection, file, clock }: CurveMaking,
  { from, to }: Part,
  visible: string,
  hasExtras: boolean
): Promise<PartRows> {
  const condition = `meter >= ${integer(from)} AND meter <= ${integer(to)} AND ${visible}`
  // As long as nothing has come since the day was put in order its readings know how long their intervals were.
  const isKnown = file.lengthsTo !== undefined && file.lengthsTo === file.cursor
  const rows = isKnown
    ? `SELECT * FROM ${file.alias}.readings WHERE ${condition}`
    : rowsOf(file.alias, 'readings', condition)
  const read = await readColumns(
    connection,
    `SELECT meter, ${CURVE_SELECT}${hasExtras ? ', extras' : ''} FROM (${rows})
     ORDER BY meter, time, kind, version, seq`
  )
  const columns: Float64Array[] = []
  for (let column = 0; column < CURVE_COLUMNS; column++) {
    columns.push(read.numbers(column + 1))
    if (column % TURN_COLUMNS === 0) await clock.turn()
  }
  return {
    meter: read.numbers(0),
    columns,
    extras: hasExtras ? read.texts(CURVE_COLUMNS + 1) : [],
    reasons: await readReasons(connection, [file.alias], condition, () => clock.turn())
  }
}

type Span = readonly [from: number, to: number]

/** Where the rows of each meter stand, [from, to). */
function curvesOf({ meter }: PartRows): Span[] {
  const curves: Span[] = []
  let from = 0
  for (let row = 1; row <= meter.length; row++) {
    if (row < meter.length && meter[row] === meter[from]) continue
    curves.push([from, row])
    from = row
  }
  return curves
}

/** Some at a time, by how many rows they have. */
function* inTurns(curves: readonly Span[]): Generator<Span[]> {
  let some: Span[] = []
  let rows = 0
  for (const curve of curves) {
    some.push(curve)
    rows += curve[1] - curve[0]
    if (rows < TURN_ROWS) continue
    yield some
    some = []
    rows = 0
  }
  if (some.length > 0) yield some
}

function sparseOf({ meter, columns, extras, reasons }: PartRows, from: number, to: number): SparseCells {
  const sparse = { reasons: [] as [number, number, number][], extras: [] as [number, string][] }
  if (extras.length === 0 && reasons.size === 0) return sparse
  const [times, , versions, kinds] = columns
  const place = [meter, times, kinds, versions]
  for (let row = from; row < to; row++) {
    const text = extras[row] ?? ''
    if (text !== '') sparse.extras.push([row - from, text])
    if (reasons.size === 0) continue
    const [ofMeter = 0, time = 0, kind = 0, version = 0] = place.map(column => column?.[row])
    for (const [field, mask] of reasons.get(placeKey(ofMeter, time, kind, version)) ?? [])
      sparse.reasons.push([row - from, field, mask])
  }
  return sparse
}
