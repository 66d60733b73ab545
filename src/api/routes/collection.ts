import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { terminalIndexOf } from '../../registry/lookup/terminal-index.ts'
import { type BoundSpan, spanOf } from '../shapes/bound-spans.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import {
  component,
  count,
  showTime,
  textParameter,
  timeOut,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'

/**
 * How complete the readings of a day are. A terminal's local day is a grid of slots of its sampling interval from local
 * midnight on; a meter is expected in each slot that begins while it is bound to the terminal and has ended by now, and stored
 * in it when the store has a reading of it, of whatever kind, with a data time in the slot.
 */
const DEFAULT_SLOT_MS = 900_000
const DEFAULT_TERMINALS = 20
const MAX_TERMINALS = 100
/** Meters times slots of one page; a terminal alone may have more. */
const MAX_CELLS = 1_000_000

const slotsOut = z.object({ expected: count, stored: count })

const collectionOut = component(
  'Collection',
  z.object({
    timezone: timezoneOut,
    date: z.string().meta({ description: 'local date of the site' }),
    from: timeOut,
    to: timeOut.meta({ description: '23, 24 or 25 hours later' }),
    items: z.array(
      z.object({
        terminal: z.string(),
        slotS: z
          .int()
          .positive()
          .meta({ description: 'sampling interval, 900 when the registry does not say' }),
        readings: slotsOut,
        meters: z.object({ expected: count, complete: count, partial: count, missing: count }),
        slots: z
          .array(slotsOut.extend({ start: timeOut }))
          .optional()
          .meta({ description: 'with `terminal`: by slot' }),
        incomplete: z
          .array(slotsOut.extend({ meter: z.string(), missing: z.array(timeOut) }))
          .optional()
          .meta({ description: 'with `terminal`: meters with missing slots, each with their begins' })
      })
    ),
    next: z.string().nullable()
  })
)

const query = z.strictObject({
  date: z.iso
    .date()
    .optional()
    .meta({ description: 'local date of the site, YYYY-MM-DD; default: today', examples: ['2026-11-20'] }),
  terminal: textParameter(128, 'only this terminal, with its slots and incomplete meters').optional(),
  limit: wholeParameter(1, MAX_TERMINALS, 'terminals of the page').optional(),
  cursor: textParameter(64, '`next` of the page before').optional()
})

interface BoundMeter extends BoundSpan {
  readonly meter: number
}

/** Meters of a terminal with the spans in which they are bound to it. */
function boundMeters(registry: Registry, terminal: string): BoundMeter[] {
  return terminalIndexOf(registry)
    .bindingsOf(terminal)
    .map(({ meter, row }) => ({ meter, ...spanOf(registry.meters, meter, row) }))
}

export const collectionRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/collection',
    operation: 'getCollection',
    tag: 'ingest',
    access: STAFF,
    summary: 'Readings expected and stored on a local day, by terminal; with `terminal`, by slot and meter',
    query,
    response: collectionOut,
    asksStore: true,
    errors: ['API_TERMINAL_UNKNOWN'],
    async handle(context, { query }) {
      const registry = context.registry()
      const day = dayOf(context, query.date)
      if (query.terminal !== undefined) {
        const terminal = registry.terminals.get(query.terminal)
        if (terminal === undefined) {
          throw new GridvigilError('API_TERMINAL_UNKNOWN', `no terminal ${JSON.stringify(query.terminal)}`)
        }
        const [grid] = await readGrids(context, [gridOf(registry, terminal.id, day)], day)
        const items =
          grid === undefined ? [] : [{ ...showTerminal(grid), ...showDetail(registry, grid, day) }]
        return { ...showDay(context, day), items, next: null }
      }
      const { grids, next } = pageOf(registry, query, day)
      const read = await readGrids(context, grids, day)
      return { ...showDay(context, day), items: read.map(showTerminal), next }
    }
  })
]

interface Day {
  readonly date: string
  readonly from: number
  readonly to: number
  /** What lies after it cannot have come yet. */
  readonly until: number
}

function dayOf({ clock, timezone }: ApiContext, given: string | undefined): Day {
  const now = clock.now()
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timezone).toPlainDate()
  const date = given === undefined ? today : Temporal.PlainDate.from(given)
  const from = date.toZonedDateTime(timezone).epochMilliseconds
  const to = date.add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds
  if (from < 0) throw new InvalidRequest([{ path: 'query.date', message: 'before 1970' }])
  return { date: date.toString(), from, to, until: Math.min(to, now) }
}

const showDay = ({ timezone }: ApiContext, { date, from, to }: Day) => ({
  timezone,
  date,
  from: showTime(from),
  to: showTime(to)
})

/** A terminal's day before the store was asked. */
interface Grid {
  readonly terminal: string
  readonly slotMs: number
  /** Slots that have ended. */
  readonly slots: number
  readonly meters: readonly BoundMeter[]
}

function gridOf(registry: Registry, terminal: string, { from, to, until }: Day): Grid {
  const intervalS = registry.terminals.get(terminal)?.sampleIntervalS ?? Number.NaN
  const slotMs = intervalS > 0 ? intervalS * 1000 : DEFAULT_SLOT_MS
  const slots =
    until === to ? Math.ceil((to - from) / slotMs) : Math.max(0, Math.floor((until - from) / slotMs))
  const meters = boundMeters(registry, terminal).filter(span => span.from < to && span.to > from)
  return { terminal, slotMs, slots, meters }
}

function pageOf(
  registry: Registry,
  given: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  day: Day
): { grids: Grid[]; next: string | null } {
  const [first = 0] = given.cursor === undefined ? [] : readCursor(given.cursor, 1)
  const limit = given.limit ?? DEFAULT_TERMINALS
  const grids: Grid[] = []
  let cells = 0
  let place = 0
  for (const terminal of registry.terminals.keys()) {
    if (place++ < first) continue
    const grid = gridOf(registry, terminal, day)
    cells += grid.meters.length * grid.slots
    if (grids.length === limit || (grids.length > 0 && cells > MAX_CELLS)) {
      return { grids, next: writeCursor(place - 1) }
    }
    grids.push(grid)
  }
  return { grids, next: null }
}

/** A terminal's day: what is expected and what is there, by meter and slot. */
interface ReadGrid extends Grid {
  /** 0 not expected, 1 missing, 2 stored; at meter's place x slots + slot. */
  readonly cells: Uint8Array
}

/** Terminals of one sampling interval are read together: one statement for each day file of the store. */
async function readGrids(context: ApiContext, grids: readonly Grid[], { from }: Day): Promise<ReadGrid[]> {
  const read = new Map<Grid, ReadGrid>()
  for (const [slotMs, same] of Map.groupBy(grids, grid => grid.slotMs)) {
    const slots = same[0]?.slots ?? 0
    const meters = [...new Set(same.flatMap(grid => grid.meters.map(({ meter }) => meter)))]
    const places = new Map(meters.map((meter, place) => [meter, place]))
    const stored =
      slots === 0 || meters.length === 0
        ? undefined
        : await context.series.storedSlots({ meters, from, to: from + slots * slotMs, slotMs })
    for (const grid of same) {
      const cells = new Uint8Array(grid.meters.length * slots)
      grid.meters.forEach((bound, at) => {
        const place = (places.get(bound.meter) ?? 0) * slots
        for (let slot = 0; slot < slots; slot++) {
          const start = from + slot * slotMs
          if (start < bound.from || start >= bound.to) continue
          cells[at * slots + slot] = 1 + (stored?.has[place + slot] ?? 0)
        }
      })
      read.set(grid, { ...grid, cells })
    }
  }
  return grids.flatMap(grid => read.get(grid) ?? [])
}

/** Of the cells at `places`. */
function countCells({ cells }: ReadGrid, places: Iterable<number>): { expected: number; stored: number } {
  let [expected, stored] = [0, 0]
  for (const place of places) {
    const cell = cells[place] ?? 0
    if (cell > 0) expected++
    if (cell === 2) stored++
  }
  return { expected, stored }
}

function* placesOf(from: number, count: number, every = 1): Generator<number> {
  for (let i = 0; i < count; i++) yield from + i * every
}

function showTerminal(grid: ReadGrid) {
  const meters = { expected: 0, complete: 0, partial: 0, missing: 0 }
  const readings = { expected: 0, stored: 0 }
  for (let at = 0; at < grid.meters.length; at++) {
    const { expected, stored } = countCells(grid, placesOf(at * grid.slots, grid.slots))
    if (expected === 0) continue
    readings.expected += expected
    readings.stored += stored
    meters.expected++
    meters[stored === expected ? 'complete' : stored === 0 ? 'missing' : 'partial']++
  }
  return { terminal: grid.terminal, slotS: grid.slotMs / 1000, readings, meters }
}

function showDetail({ meters }: Registry, grid: ReadGrid, { from }: Day) {
  const startOf = (slot: number): string => showTime(from + slot * grid.slotMs)
  const slots = Array.from({ length: grid.slots }, (_, slot) => ({
    start: startOf(slot),
    ...countCells(grid, placesOf(slot, grid.meters.length, grid.slots))
  }))
  const incomplete = grid.meters.flatMap((bound, at) => {
    const places = [...placesOf(at * grid.slots, grid.slots)]
    const counted = countCells(grid, places)
    if (counted.stored === counted.expected) return []
    const missing = places.flatMap((place, slot) => (grid.cells[place] === 1 ? startOf(slot) : []))
    return [{ meter: meters.id.get(bound.meter), ...counted, missing }]
  })
  return { slots, incomplete }
}
