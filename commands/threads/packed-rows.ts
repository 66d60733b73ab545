import { type ApiSeries, SERIES_QUERIES } from '../../src/api/context.ts'
import { FIELD_COUNT } from '../../src/model/fields.ts'
import type { IntervalRow, ReadingRow } from '../../src/series/port.ts'
import { NO_REASONS } from '../../src/series/row-columns.ts'

/**
 * Rows on their way between threads: numbers in one array, row by row. Copied as objects, the rows of a week cost both
 * threads milliseconds each, in which the API answers nobody.
 */
export interface PackedReadings {
  /** Fields that any row has, in the order in which they stand behind the head. */
  readonly fields: readonly number[]
  readonly numbers: Float64Array
  /** Of the rows that have any. */
  readonly reasons: readonly (readonly [row: number, reasons: ReadonlyMap<number, number>])[]
  readonly extras: readonly (readonly [row: number, extras: string])[]
}

/** The queries as they are answered by the store's thread. */
export interface PackedSeries extends Omit<ApiSeries, 'readings' | 'intervals'> {
  readings(...given: Parameters<ApiSeries['readings']>): Promise<PackedReadings>
  intervals(...given: Parameters<ApiSeries['intervals']>): Promise<Float64Array>
}

const HEAD = 11
/** Stands for a start that is not known: times are never so early. */
const UNKNOWN = Number.NEGATIVE_INFINITY
const INTERVAL = 11

export function packReadings(rows: readonly ReadingRow[]): PackedReadings {
  const fields: number[] = []
  for (let field = 0; field < FIELD_COUNT; field++) {
    if (rows.some(({ values }) => !Number.isNaN(values[field]))) fields.push(field)
  }
  const width = HEAD + fields.length
  const numbers = new Float64Array(rows.length * width)
  const reasons: [number, ReadonlyMap<number, number>][] = []
  const extras: [number, string][] = []
  rows.forEach((row, at) => {
    const { meter, time, version, kind, qualityLow, qualityHigh, ct, pt, isPrimary, values } = row
    const primary = isPrimary ? 1 : 0
    const { start = UNKNOWN } = row
    const head = [meter, time, row.at, version, kind, qualityLow, qualityHigh, ct, pt, primary, start]
    numbers.set(head, at * width)
    fields.forEach((field, place) => {
      numbers[at * width + HEAD + place] = values[field] ?? Number.NaN
    })
    if (row.reasons.size > 0) reasons.push([at, row.reasons])
    if (row.extras !== '') extras.push([at, row.extras])
  })
  return { fields, numbers, reasons, extras }
}

export function unpackReadings({ fields, numbers, reasons, extras }: PackedReadings): ReadingRow[] {
  const width = HEAD + fields.length
  const count = numbers.length / width
  const values = new Float64Array(count * FIELD_COUNT).fill(Number.NaN)
  const reasonsOf = new Map(reasons)
  const extrasOf = new Map(extras)
  return Array.from({ length: count }, (_, row) => {
    const number = (place: number): number => numbers[row * width + place] ?? Number.NaN
    fields.forEach((field, place) => {
      values[row * FIELD_COUNT + field] = number(HEAD + place)
    })
    return {
      meter: number(0),
      time: number(1),
      at: number(2),
      version: number(3),
      kind: number(4),
      qualityLow: number(5),
      qualityHigh: number(6),
      ct: number(7),
      pt: number(8),
      isPrimary: number(9) === 1,
      values: values.subarray(row * FIELD_COUNT, (row + 1) * FIELD_COUNT),
      reasons: reasonsOf.get(row) ?? NO_REASONS,
      extras: extrasOf.get(row) ?? '',
      ...(number(10) === UNKNOWN ? {} : { start: number(10) })
    }
  })
}

export function packIntervals(rows: readonly IntervalRow[]): Float64Array {
  const numbers = new Float64Array(rows.length * INTERVAL)
  rows.forEach(({ meter, start, end, at, revision, energy, quality, reasons }, row) => {
    numbers.set([meter, start, end, at, revision, ...energy, quality, reasons], row * INTERVAL)
  })
  return numbers
}

export function unpackIntervals(numbers: Float64Array): IntervalRow[] {
  return Array.from({ length: numbers.length / INTERVAL }, (_, row) => {
    const number = (place: number): number => numbers[row * INTERVAL + place] ?? Number.NaN
    return {
      meter: number(0),
      start: number(1),
      end: number(2),
      at: number(3),
      revision: number(4),
      energy: [number(5), number(6), number(7), number(8)],
      quality: number(9),
      reasons: number(10)
    }
  })
}

/** A store's queries with their rows packed, for the thread that answers. */
export function packing(series: ApiSeries): PackedSeries {
  const bound = Object.fromEntries(
    SERIES_QUERIES.map(method => [method, series[method].bind(series)])
  ) as unknown as ApiSeries
  return {
    ...bound,
    readings: async query => packReadings(await series.readings(query)),
    intervals: async query => packIntervals(await series.intervals(query))
  }
}

/** The same unpacked again, for the thread that asks. */
export const unpacking = (series: PackedSeries): ApiSeries => ({
  ...series,
  readings: async query => unpackReadings(await series.readings(query)),
  intervals: async query => unpackIntervals(await series.intervals(query))
})
