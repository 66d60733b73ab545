import { loadSteps, type LoadIntervals } from '../load-steps.ts'
import type { IntervalQuery, IntervalRow, LoadQuery, LoadSteps, SlotQuery, StoredSlots } from '../port.ts'
import { MOST_MS } from './line-text.ts'
import type { InfluxSeries } from './link.ts'
import { intervalOf } from './row-text.ts'
import { MEASUREMENTS } from './schema.ts'
import { isMeter, isSeen, meterLots, rowsOf, type View, within } from './select.ts'

const UNKNOWN_ENERGY = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const

export async function queryIntervals(view: View, query: IntervalQuery): Promise<IntervalRow[]> {
  const { meter, from, to, boundsOnly } = query
  const condition = isMeter(view, meter)
  if (condition === undefined) return []
  const ends = new Map<number, IntervalRow>()
  for (const answer of await view.link.query('raw', statements(condition, from, to, ''))) {
    for (const series of answer) {
      for (const row of intervalsIn(view, series, meter))
        if (row.revision >= (ends.get(row.end)?.revision ?? -1)) ends.set(row.end, row)
    }
  }
  const bare = { at: 0, energy: UNKNOWN_ENERGY, quality: 0, reasons: 0 }
  return [...ends.values()]
    .filter(row => row.start >= from)
    .sort((a, b) => a.end - b.end)
    .map(row => (boundsOnly === true ? { ...row, ...bare } : row))
}

/**
 * What was said of intervals with their end in (from, to]: with the reading that ends them, or alone. The time of a point is the
 * end, with more digits below.
 */
function statements(condition: string, from: number, to: number, group: string): string {
  const where = `WHERE ${condition} AND ${within(from + 1, Math.min(to, MOST_MS) + 1)}${group}`
  return [MEASUREMENTS.readingVersions, MEASUREMENTS.intervalVersions]
    .map(measurement => `SELECT row FROM ${measurement} ${where}`)
    .join('; ')
}

function* intervalsIn(view: View, series: InfluxSeries, meter: number): Generator<IntervalRow> {
  for (const { time, cell } of rowsOf(series)) {
    const text = String(cell('row'))
    const interval = isSeen(view, text) ? intervalOf(meter, time.ms, text) : undefined
    if (interval !== undefined) yield interval
  }
}

export async function queryLoad(view: View, query: LoadQuery): Promise<LoadSteps> {
  const { members, bounds } = query
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)]
  const meters = [...new Set(members.map(({ meter }) => meter))]
  const rows: IntervalRow[] = []
  for (const { condition, numberOf } of meterLots(view, from < to ? meters : [])) {
    const text = statements(condition, from, to, ' GROUP BY meter')
    for (const series of (await view.link.query('raw', text)).flat()) {
      const meter = numberOf.get(series.tags?.meter ?? '')
      if (meter !== undefined) for (const row of intervalsIn(view, series, meter)) rows.push(row)
    }
  }
  return loadSteps(query, columnsOf(rows))
}

function columnsOf(rows: readonly IntervalRow[]): LoadIntervals {
  const column = (of: (row: IntervalRow) => number): Float64Array => Float64Array.from(rows, of)
  return {
    meter: column(row => row.meter),
    start: column(row => row.start),
    end: column(row => row.end),
    revision: column(row => row.revision),
    importKwh: column(row => row.energy[0]),
    exportKwh: column(row => row.energy[1])
  }
}

/** Where nothing lies there that is not seen, the database counts itself. */
export async function querySlots(view: View, query: SlotQuery): Promise<StoredSlots> {
  const { meters, from, to, slotMs } = query
  const slots = Math.ceil((to - from) / slotMs)
  const has = new Uint8Array(meters.length * slots)
  const places = new Map(meters.map((meter, place) => [meter, place]))
  const offset = ((from % slotMs) + slotMs) % slotMs
  const [what, group] = view.isWhole
    ? ['count(row) AS readings', `GROUP BY time(${slotMs}ms, ${offset}ms), meter fill(none)`]
    : ['row', 'GROUP BY meter']
  for (const { condition, numberOf } of meterLots(view, meters)) {
    const text = `SELECT ${what} FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} AND ${within(from, to)} ${group}`
    const [answer = []] = await view.link.query('raw', text)
    for (const series of answer) {
      const place = places.get(numberOf.get(series.tags?.meter ?? '') ?? -1)
      if (place === undefined) continue
      for (const { time, cell } of rowsOf(series)) {
        if (!view.isWhole && !isSeen(view, String(cell('row')))) continue
        has[place * slots + Math.floor((time.ms - from) / slotMs)] = 1
      }
    }
  }
  return { slots, has }
}
