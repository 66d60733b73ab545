import { ofMeters, readColumns } from './columns.ts'
import { dayOf } from './days.ts'
import type { Snapshot } from './query.ts'
import { integer } from './rows.ts'
import { loadSteps } from '../load-steps.ts'
import type { LoadQuery, LoadSteps, SlotQuery, StoredSlots } from '../port.ts'

const LOAD_COLUMNS = 6

/** One statement a day: the intervals of all members, summed up here because their rules are those of one meter. */
export async function queryLoad(snapshot: Snapshot, query: LoadQuery): Promise<LoadSteps> {
  const { members, bounds } = query
  const [from, to] = [bounds[0] ?? 0, bounds.at(-1) ?? 0]
  const parts: Float64Array[][] = []
  if (members.length > 0) {
    const { condition, list } = ofMeters(members.map(({ meter }) => meter))
    for (const day of snapshot.days) {
      if (day < dayOf(from) || day > dayOf(to)) continue
      const sql = (alias: string): string =>
        `SELECT meter, start_time, end_time, revision, "importKwh", "exportKwh"
         FROM ${alias}.intervals WHERE ${condition} AND end_time > ${integer(from)} AND end_time <= ${integer(to)}
           AND seq <= ${integer(snapshot.toSeq)}`
      const columns = await snapshot.files.readDay(day, ({ alias }) =>
        readColumns(snapshot.connection, sql(alias), list)
      )
      parts.push(Array.from({ length: LOAD_COLUMNS }, (_, column) => columns.numbers(column)))
    }
  }
  const joined = (column: number): Float64Array => concat(parts.map(part => part[column]))
  return loadSteps(query, {
    meter: joined(0),
    start: joined(1),
    end: joined(2),
    revision: joined(3),
    importKwh: joined(4),
    exportKwh: joined(5)
  })
}

/** One grouped statement a day. */
export async function querySlots(snapshot: Snapshot, query: SlotQuery): Promise<StoredSlots> {
  const { meters, from, to, slotMs } = query
  const slots = Math.ceil((to - from) / slotMs)
  const has = new Uint8Array(meters.length * slots)
  if (meters.length === 0) return { slots, has }
  const places = new Map(meters.map((meter, place) => [meter, place]))
  const { condition, list } = ofMeters(meters)
  for (const day of snapshot.days) {
    if (day < dayOf(from) || day > dayOf(to)) continue
    const sql = (alias: string): string =>
      `SELECT meter, (time - ${integer(from)}) // ${integer(slotMs)} AS slot
       FROM ${alias}.readings WHERE ${condition} AND time >= ${integer(from)} AND time < ${integer(to)}
         AND seq <= ${integer(snapshot.toSeq)} GROUP BY ALL`
    const columns = await snapshot.files.readDay(day, ({ alias }) =>
      readColumns(snapshot.connection, sql(alias), list)
    )
    const slot = columns.numbers(1)
    columns.numbers(0).forEach((meter, row) => {
      const place = places.get(meter)
      if (place !== undefined) has[place * slots + (slot[row] ?? 0)] = 1
    })
  }
  return { slots, has }
}

/** @returns the part itself where there is one: a day of a large device is some megabytes. */
function concat(parts: readonly (Float64Array | undefined)[]): Float64Array {
  const [first, second] = parts
  if (first !== undefined && second === undefined) return first
  const whole = new Float64Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0))
  let at = 0
  for (const part of parts) {
    if (part !== undefined) whole.set(part, at)
    at += part?.length ?? 0
  }
  return whole
}
