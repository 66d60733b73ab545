import type { IntervalColumns, ReadingColumns } from '../../src/model/columns.ts'
import { FIELD_COUNT, FIELDS, ratioOf } from '../../src/model/fields.ts'
import { QUALITIES, qualityAt, reasonCodes } from '../../src/model/quality.ts'
import type { LineFile } from './line-file.ts'

/**
 * A reading with the first interval that ends at it; the others restate what was said of it, or of an earlier line, and
 * stand alone behind.
 * @param meterIds by number
 */
export function writeReadings(
  blocks: readonly ReadingColumns[],
  intervals: readonly IntervalColumns[],
  meterIds: readonly string[],
  file: LineFile
): void {
  const ending = new EndingIntervals(intervals)
  for (const readings of blocks) {
    const masks = masksOf(readings)
    for (let row = 0; row < readings.rows; row++) {
      const end = readings.time[row] ?? 0
      const meter = readings.meter[row] ?? 0
      const span = ending.take(meter, end)
      const values = valuesOf(readings, row, masks)
      file.write({ at: readings.at[row], meter: meterIds[meter], ...spanOf(span, end), values })
    }
  }
  for (const place of ending.rest()) {
    const { columns, row } = place
    const meter = meterIds[columns.meter[row] ?? 0]
    file.write({ at: columns.at[row], meter, ...spanOf(place, columns.end[row] ?? 0) })
  }
}

interface Place {
  readonly columns: IntervalColumns
  readonly row: number
}

/** Intervals by where they end, each to be taken once. */
class EndingIntervals {
  /** In the order in which they were stated. */
  readonly #waiting = new Map<string, Place[]>()
  readonly #all: readonly Place[]
  readonly #taken = new Set<Place>()

  constructor(blocks: readonly IntervalColumns[]) {
    this.#all = blocks.flatMap(columns =>
      Array.from({ length: columns.rows }, (_, row): Place => ({ columns, row }))
    )
    for (const place of this.#all) {
      const key = `${place.columns.meter[place.row]}/${place.columns.end[place.row]}`
      const same = this.#waiting.get(key)
      if (same === undefined) this.#waiting.set(key, [place])
      else same.push(place)
    }
  }

  take(meter: number, end: number): Place | undefined {
    const place = this.#waiting.get(`${meter}/${end}`)?.shift()
    if (place !== undefined) this.#taken.add(place)
    return place
  }

  *rest(): Generator<Place> {
    for (const place of this.#all) if (!this.#taken.has(place)) yield place
  }
}

function spanOf(place: Place | undefined, end: number): object {
  if (place === undefined) return { start: null, end, intervalKwh: null }
  const { columns, row } = place
  const energy = columns.energy[0]?.[row] ?? Number.NaN
  return { start: columns.start[row], end, intervalKwh: Number.isNaN(energy) ? null : energy }
}

/** Reasons of a block by row and field. */
function masksOf({ reasons }: ReadingColumns): ReadonlyMap<number, number> {
  return new Map(reasons.map(({ row, field, mask }) => [row * FIELD_COUNT + field, mask]))
}

function valuesOf(readings: ReadingColumns, row: number, masks: ReadonlyMap<number, number>): object {
  const values: Record<string, object> = {}
  const ct = readings.ct[row] ?? 1
  const pt = readings.pt[row] ?? 1
  const low = readings.qualityLow[row] ?? 0
  const high = readings.qualityHigh[row] ?? 0
  for (const [field, { name, scale }] of FIELDS.entries()) {
    const value = readings.values[field]?.[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const mask = masks.get(row * FIELD_COUNT + field) ?? 0
    const q = QUALITIES[qualityAt(low, high, field)]
    values[name] = { v: value * ratioOf(scale, ct, pt), q, ...(mask !== 0 && { reasons: reasonCodes(mask) }) }
  }
  return values
}
