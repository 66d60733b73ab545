import { nanoseconds, tagInQuery, tagValue, timeOf } from './line-text.ts'
import type { InfluxLink, InfluxSeries } from './link.ts'
import type { MeterNames } from './points.ts'
import { seqOf } from './row-text.ts'

/** What a query sees: the store as of one position. */
export interface View {
  readonly link: InfluxLink
  /** Rows of records behind it are not there. */
  readonly toSeq: number
  /** Nothing of any record behind it was written: all there is counts. */
  readonly isWhole: boolean
  readonly names: MeterNames
}

/** Meters that one statement names: each costs InfluxDB a comparison of its text. */
const METERS_PER_STATEMENT = 400

/** [from, to) on the time of points, ms. */
export const within = (from: number, to: number): string =>
  `time >= ${nanoseconds(from)} AND time < ${nanoseconds(to)}`

/** For points that have the seq as a field of its own. */
export const seenBy = ({ toSeq }: View): string => `seq <= ${toSeq}`

/** Whether a statement is of the position or before. */
export const isSeen = ({ toSeq, isWhole }: View, row: string): boolean => isWhole || seqOf(row) <= toSeq

/** Meters in lots that one statement can name, with the condition for each. Those nobody has named yet have nothing stored. */
export function* meterLots(
  { names }: View,
  meters: readonly number[]
): Generator<{ readonly condition: string; readonly numberOf: ReadonlyMap<string, number> }> {
  for (let from = 0; from < meters.length; from += METERS_PER_STATEMENT) {
    const literals: string[] = []
    const numberOf = new Map<string, number>()
    for (const meter of meters.slice(from, from + METERS_PER_STATEMENT)) {
      const name = names(meter)
      if (name === undefined) continue
      literals.push(`meter = ${tagInQuery(name)}`)
      numberOf.set(tagValue(name), meter)
    }
    if (literals.length > 0) yield { condition: `(${literals.join(' OR ')})`, numberOf }
  }
}

/** The condition for one meter; undefined where nobody has named it yet. */
export function isMeter({ names }: View, meter: number): string | undefined {
  const name = names(meter)
  return name === undefined ? undefined : `meter = ${tagInQuery(name)}`
}

export interface PointTime {
  readonly ms: number
  readonly below: number
}

/** Rows of a series as objects of their columns, with the time in parts. */
export function* rowsOf(
  series: InfluxSeries
): Generator<{ readonly time: PointTime; readonly cell: (column: string) => unknown }> {
  const places = new Map(series.columns.map((name, place) => [name, place]))
  const at = places.get('time') ?? 0
  for (const values of series.values) {
    yield {
      time: timeOf(String(values[at])),
      cell: column => values[places.get(column) ?? -1] ?? series.tags?.[column]
    }
  }
}
