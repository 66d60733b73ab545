import { loadSteps, type LoadIntervals } from '../load-steps.ts'
import type { IntervalQuery, IntervalRow, LoadQuery, LoadSteps, SlotQuery, StoredSlots } from '../port.ts'
import { intervalOf } from './row-text.ts'
import { MEASUREMENTS } from './schema.ts'
import { isMeter, meterLots, rowsOf, seenBy, type View, within } from './select.ts'

const MOST_MS = 9_223_286_400_000
const UNKNOWN_ENERGY = [Number.NaN, Number.NaN, Number.NaN, Number.NaN] as const

export async function queryIntervals(view: View, query: IntervalQuery): Promise<IntervalRow[]> {
  const { meter, from, to, boundsOnly } = query
  const condition = isMeter(view, meter)
  if (condition === undefined) return []
  const [answer = []] = await view.link.query(
    'raw',
    `SELECT row FROM ${MEASUREMENTS.intervalVersions} WHERE ${condition} AND ${endingIn(from, to)} AND ${seenBy(view)}`
  )
  const ends = new Map<number, IntervalRow>()
  for (const series of answer) {
    for (const { time, cell } of rowsOf(series)) {
      const row = intervalOf(meter, time.ms, String(cell('row')))
      if (row.revision >= (ends.get(row.end)?.revision ?? -1)) ends.set(row.end, row)
    }
  }
  const bare = { at: 0, energy: UNKNOWN_ENERGY, quality: 0, reasons: 0 }
  return [...ends.values()]
    .filter(row => row.start >= from)
    .sort((a, b) => a.end - b.end)
    .map(row => (boundsOnly === true ? { ...row, ...bare } : row))
}

/** Intervals with their end in (from, to]: a point's time is the end, with the revision below. */
const endingIn = (from: number, to: number): string => within(from + 1, Math.min(to, MOST_MS) + 1)

export async function queryLoad(view: View, query: LoadQuery): Promise<LoadSteps> {
  const { members, bounds } = query
  const [from = 0, to = 0] = [bounds[0], bounds.at(-1)]
  const meters = [...new Set(members.map(({ meter }) => meter))]
  const rows: IntervalRow[] = []
  for (const { condition, numberOf } of meterLots(view, from < to ? meters : [])) {
    const [answer = []] = await view.link.query(
      'raw',
      `SELECT row FROM ${MEASUREMENTS.intervalVersions} WHERE ${condition} AND ${endingIn(from, to)} ` +
        `AND ${seenBy(view)} GROUP BY meter`
    )
    for (const series of answer) {
      const meter = numberOf.get(series.tags?.meter ?? '')
      if (meter === undefined) continue
      for (const { time, cell } of rowsOf(series)) rows.push(intervalOf(meter, time.ms, String(cell('row'))))
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

export async function querySlots(view: View, query: SlotQuery): Promise<StoredSlots> {
  const { meters, from, to, slotMs } = query
  const slots = Math.ceil((to - from) / slotMs)
  const has = new Uint8Array(meters.length * slots)
  const places = new Map(meters.map((meter, place) => [meter, place]))
  const offset = ((from % slotMs) + slotMs) % slotMs
  for (const { condition, numberOf } of meterLots(view, meters)) {
    const [answer = []] = await view.link.query(
      'raw',
      `SELECT count(seq) AS readings FROM ${MEASUREMENTS.readingVersions} WHERE ${condition} ` +
        `AND ${within(from, to)} AND ${seenBy(view)} GROUP BY time(${slotMs}ms, ${offset}ms), meter fill(none)`
    )
    for (const series of answer) {
      const place = places.get(numberOf.get(series.tags?.meter ?? '') ?? -1)
      if (place === undefined) continue
      for (const { time } of rowsOf(series)) has[place * slots + Math.floor((time.ms - from) / slotMs)] = 1
    }
  }
  return { slots, has }
}
