import { ofMeters, readColumns } from './columns.ts'
import { dayOf } from './days.ts'
import type { Snapshot } from './query.ts'
import { integer } from './rows.ts'
import { type LoadIntervals, loadSteps } from '../load-steps.ts'
import type { LoadQuery, LoadSteps, MemberSpan, SlotQuery, StoredSlots } from '../port.ts'

const LOAD_COLUMNS = 6
/** Spans of members that are asked for together: what the statement and the sums of so many take, others wait for. */
const PART_SPANS = 256

/** Members in parts, one statement a day for each: their rules are those of one meter, so they are summed up here. */
export async function queryLoad(snapshot: Snapshot, query: LoadQuery): Promise<LoadSteps> {
  const total = loadSteps({ ...query, members: [] }, columnsOf([]))
  for (const members of partsOf(query.members)) {
    await snapshot.lane.yield()
    addLoad(total, await loadOfPart(snapshot, { ...query, members }))
  }
  return total
}

/** In order of meter, as clustered days are. The spans of a member stay together. */
function partsOf(members: readonly MemberSpan[]): MemberSpan[][] {
  const byMember: MemberSpan[][] = []
  members.forEach((span, i) => {
    if (members[i - 1]?.member === span.member) byMember.at(-1)?.push(span)
    else byMember.push([span])
  })
  byMember.sort(([a], [b]) => (a?.meter ?? 0) - (b?.meter ?? 0))
  const parts: MemberSpan[][] = []
  for (const spans of byMember) {
    const last = parts.at(-1)
    if (last === undefined || last.length + spans.length > PART_SPANS) parts.push([...spans])
    else last.push(...spans)
  }
  return parts
}

async function loadOfPart(snapshot: Snapshot, query: LoadQuery): Promise<LoadSteps> {
  const { members, bounds } = query
  const [from, to] = [bounds[0] ?? 0, bounds.at(-1) ?? 0]
  const { condition, list } = ofMeters(members.map(({ meter }) => meter))
  const parts: Float64Array[][] = []
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
  return loadSteps(query, columnsOf(parts))
}

function columnsOf(parts: readonly (readonly Float64Array[])[]): LoadIntervals {
  const joined = (column: number): Float64Array => concat(parts.map(part => part[column]))
  return {
    meter: joined(0),
    start: joined(1),
    end: joined(2),
    revision: joined(3),
    importKwh: joined(4),
    exportKwh: joined(5)
  }
}

/** What is known of neither stays unknown. */
function addLoad(total: LoadSteps, part: LoadSteps): void {
  for (const name of ['importKwh', 'exportKwh'] as const) {
    const [sums, more] = [total[name], part[name]]
    more.forEach((value, step) => {
      const sum = sums[step] ?? Number.NaN
      if (!Number.isNaN(value)) sums[step] = Number.isNaN(sum) ? value : sum + value
    })
  }
  for (const name of ['expected', 'complete'] as const) {
    part[name].forEach((count, step) => {
      total[name][step] = (total[name][step] ?? 0) + count
    })
  }
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
