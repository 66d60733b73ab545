import { z } from 'zod'
import type { IntervalRow, ReadingRow } from '../../series/port.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { findMeter } from './meters.ts'
import { STAFF_OR_OWN } from '../../model/roles.ts'
import { isOwnMeter } from '../shapes/own.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import {
  component,
  DEFAULT_PAGE,
  fieldsParameter,
  kind,
  MAX_PAGE,
  meterParams,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut,
  valuesOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { defaultFrom, readSteps, STEPS, stepsOut } from './steps.ts'
import { kindOf, showExtras, showValues } from '../shapes/values.ts'

const DAY_MS = 86_400_000
/** Where the interval of a page's first row usually begins; the far look is for the one after a long gap. */
const NEAR_LOOK_MS = DAY_MS
const FAR_LOOK_MS = 400 * DAY_MS

const rowOut = component(
  'Reading',
  z.object({
    time: timeOut.meta({ description: "the meter's data time" }),
    start: timeOut.nullable().meta({
      description: 'start of the energy interval [start, time) that ends here; null when there is none'
    }),
    receivedAt: timeOut,
    kind,
    version: z.int().positive().meta({ description: '1, then 2, 3, ... for corrections' }),
    values: valuesOut,
    extras: z.record(z.string(), z.unknown()).optional()
  })
)

export const readingsOut = component(
  'Readings',
  z.object({
    meter: z.string(),
    timezone: timezoneOut,
    from: timeOut,
    to: timeOut,
    items: z.array(rowOut),
    next: z.string().nullable().meta({ description: '`cursor` of the next page; null on the last one' })
  })
)

const query = z.strictObject({
  from: timeParameter.optional().meta({
    description: 'first data time inside; default: a day before `to`; with step 1d a month, with 1mo a year'
  }),
  to: timeParameter.optional().meta({ description: 'first data time outside; default: now' }),
  step: z.enum(STEPS).optional().meta({ description: 'energies by step instead of raw rows' }),
  fields: fieldsParameter.optional(),
  versions: z
    .enum(['latest', 'all'])
    .optional()
    .meta({ description: 'raw rows: all versions, default latest' }),
  limit: wholeParameter(1, MAX_PAGE, 'items of the page').optional(),
  cursor: textParameter(128, '`next` of the page before').optional()
})
type Query = z.output<typeof query>

export const readingRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/meters/{id}/readings',
    operation: 'listReadings',
    tag: 'meters',
    access: STAFF_OR_OWN,
    isOwn: (context, subject, { params }) => isOwnMeter(context.registry(), subject, params.id),
    summary: 'Raw rows of a meter in order of time; with `step`, its energies by local step with coverage',
    params: meterParams,
    query,
    response: z.union([readingsOut, stepsOut]),
    asksStore: true,
    errors: ['API_METER_UNKNOWN'],
    async handle(context, { params, query }) {
      const meter = findMeter(context.registry(), params.id)
      const span = spanOf(query, context)
      const head = { meter: params.id, timezone: context.timezone, ...showSpan(span) }
      if (query.step === undefined) return { ...head, ...(await readRows(context, meter, span, query)) }
      for (const name of ['cursor', 'limit', 'versions'] as const) {
        if (query[name] !== undefined) refuse(name, 'does not go with step')
      }
      return { ...head, ...(await readSteps(context, meter, span, query.step, query.fields)) }
    }
  })
]

interface Span {
  readonly from: number
  readonly to: number
}

function refuse(name: string, message: string): never {
  throw new InvalidRequest([{ path: `query.${name}`, message }])
}

function spanOf({ from, to, step }: Query, { clock, timezone }: ApiContext): Span {
  const end = to ?? Math.max(clock.now(), (from ?? 0) + 1)
  const begin = from ?? (step === undefined ? Math.max(0, end - DAY_MS) : defaultFrom(step, end, timezone))
  if (begin >= end) refuse(from === undefined ? 'to' : 'from', 'from must be before to')
  return { from: begin, to: end }
}

const showSpan = ({ from, to }: Span) => ({ from: showTime(from), to: showTime(to) })

async function readRows(context: ApiContext, meter: number, span: Span, query: Query) {
  const limit = query.limit ?? DEFAULT_PAGE
  const [time, kindNumber, version] = query.cursor === undefined ? [] : readCursor(query.cursor, 3)
  const isPlace = time !== undefined && kindNumber !== undefined && version !== undefined
  const found = await context.series.readings({
    meter,
    ...span,
    limit: limit + 1,
    withStarts: true,
    ...(query.fields === undefined ? {} : { fields: query.fields }),
    ...(isPlace ? { after: { time, kind: kindNumber, version } } : {}),
    ...(query.versions === 'all' ? { allVersions: true } : {})
  })
  const rows = found.slice(0, limit)
  const starts = await findStarts(context, meter, rows)
  const last = rows.at(-1)
  const next = found.length > limit && last ? writeCursor(last.time, last.kind, last.version) : null
  return { items: rows.map(row => showRow(row, starts, query.fields)), next }
}

function showRow(row: ReadingRow, starts: ReadonlyMap<number, number>, columns: number[] | undefined) {
  const start = starts.get(row.time)
  const extras = columns === undefined ? showExtras(row) : undefined
  return {
    time: showTime(row.time),
    start: start === undefined ? null : showTime(start),
    receivedAt: showTime(row.at),
    kind: kindOf(row),
    version: row.version,
    values: showValues(row, columns),
    ...(extras === undefined ? {} : { extras })
  }
}

/** Start of the interval that ends at each row's time, by that time: as the row says, or as the intervals do. */
async function findStarts(context: ApiContext, meter: number, rows: readonly ReadingRow[]) {
  const starts = new Map<number, number>()
  const unknown: ReadingRow[] = []
  for (const row of rows) {
    if (row.start === undefined) unknown.push(row)
    else if (!Number.isNaN(row.start)) starts.set(row.time, row.start)
  }
  const [first, last] = [unknown[0], unknown.at(-1)]
  if (first === undefined || last === undefined) return starts
  const lookFrom = (from: number, to: number) =>
    context.series.intervals({ meter, from: Math.max(0, from), to, boundsOnly: true })
  const near = await lookFrom(first.time - NEAR_LOOK_MS, last.time + 1)
  const found = startsByEnd(near)
  if (!found.has(first.time)) {
    // Either nothing came before, or a gap of more than a day: only the first interval can be that long.
    const firstKnown = near[0]?.start ?? last.time
    const far = await lookFrom(first.time - FAR_LOOK_MS, Math.max(first.time, firstKnown) + 1)
    for (const [end, start] of startsByEnd(far)) starts.set(end, start)
  }
  for (const [end, start] of found) starts.set(end, start)
  return starts
}

const startsByEnd = (intervals: readonly IntervalRow[]): Map<number, number> =>
  new Map(intervals.map(({ start, end }) => [end, start]))
