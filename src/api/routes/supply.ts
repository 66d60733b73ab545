import { z } from 'zod'
import { STAFF, STAFF_OR_OWN } from '../../model/roles.ts'
import { SUPPLY_STATES } from '../../model/supply.ts'
import { supplyPath } from '../../registry/lookup/supply-path.ts'
import { darkThen, lastsUntil } from '../../supply/lasting.ts'
import { boardOf } from '../../supply/need.ts'
import { type Interruption, reportOf } from '../../supply/report.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import {
  AHEAD_MS,
  component,
  count,
  showNumber,
  showOptionalTime,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { showSupply, showSupplyLine, supplyLineOut, supplyOut, transferOut } from '../shapes/supply.ts'
import { findKeyCustomer, keyCustomerParams } from './key-customers.ts'

const MAX_ITEMS = 500
const DEFAULT_ITEMS = 100
/** Stretches of a report; a customer has some ten a day in a bad week. */
const MOST_STRETCHES = 100_000
const [USUAL_REPORT_MS, LONGEST_REPORT_MS] = [30 * 86_400_000, 366 * 86_400_000]

const boardOut = component(
  'SupplyBoard',
  z.object({
    timezone: timezoneOut,
    /** Of all customers, whatever is asked for. */
    counts: z.object({
      interrupted: count,
      emergency: count,
      unknown: count,
      reduced: count,
      normal: count
    }),
    items: z.array(
      z.object({
        keyCustomer: z.string(),
        name: z.string(),
        grade: z.string(),
        category: z.string().nullable(),
        securityLoadKw: z.number().nullable(),
        supply: supplyLineOut.nullable().meta({ description: 'null: nothing was said of it yet' })
      })
    ),
    next: z.string().nullable()
  })
)

const nowOut = component(
  'SupplyAt',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    supply: supplyOut.nullable().meta({ description: 'null: nothing was said of that moment' }),
    lastsUntil: timeOut.nullable().meta({
      description: 'when own sources that carry are spent, counting on nothing; null where none carries'
    }),
    thenDark: z.array(z.string()).meta({ description: 'sections that are dark then' })
  })
)

const timelineOut = component(
  'SupplyTimeline',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    settled: z.array(supplyOut).optional(),
    said: z.array(supplyLineOut).optional(),
    next: z.string().nullable()
  })
)

const share = z.number().nullable().meta({ description: '0 to 1 of the time of which it is known' })
const seconds = z.number().nonnegative()
const statesOut = <K extends string>(keys: readonly K[]) =>
  z.object(Object.fromEntries(keys.map(key => [key, seconds])) as Record<K, typeof seconds>)

const reportOut = component(
  'SupplyReport',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    name: z.string(),
    from: timeOut,
    to: timeOut.meta({ description: 'not after now' }),
    seconds: statesOut(SUPPLY_STATES).meta({
      description: 'by state; what is not known is a share of its own'
    }),
    securityLoadSeconds: statesOut(['yes', 'partly', 'no', 'unknown'] as const),
    availability: share,
    sources: z.array(
      z.object({
        source: z.string(),
        seconds: statesOut(['live', 'dead', 'ready', 'running', 'failed', 'unknown'] as const),
        availability: share
      })
    ),
    sections: z.array(
      z.object({
        section: z.string(),
        fedBySeconds: z
          .record(z.string(), seconds)
          .meta({ description: 'by the source that fed it, `dark` and `unknown` among them' }),
        longestDarkS: seconds
      })
    ),
    interruptions: z.array(
      z.object({
        start: timeOut,
        end: timeOut.nullable().meta({ description: 'null: it lasts' }),
        durationS: seconds,
        extent: z.enum(['partial', 'full']),
        securityLoadSupplied: z.enum(['yes', 'partly', 'no', 'unknown']),
        sections: z.array(z.string()),
        sources: z.array(
          z.object({ source: z.string(), state: z.string(), basis: z.string(), reason: z.string() })
        ),
        incidents: z.array(z.string()).meta({ description: 'outages that hit its feeds in that time' })
      })
    ),
    longestInterruptionS: seconds,
    transfers: z.array(transferOut),
    ownRuns: z
      .array(
        z.object({
          source: z.string(),
          start: timeOut,
          end: timeOut.nullable(),
          durationS: seconds,
          carriedS: seconds,
          startDelayS: seconds
            .nullable()
            .meta({ description: 'from when the last feed was lost; null where none was: a test' })
        })
      )
      .meta({ description: 'times in which own sources ran' })
  })
)

const inSeconds = <K extends string>(ms: Readonly<Record<K, number>>): Record<K, number> =>
  Object.fromEntries(Object.entries<number>(ms).map(([key, value]) => [key, value / 1000])) as Record<
    K,
    number
  >

export const supplyRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/supply',
    operation: 'listSupply',
    tag: 'key-customers',
    access: STAFF,
    summary: 'How every key customer is supplied now, those first that need somebody most',
    query: z.strictObject({
      state: z.enum(SUPPLY_STATES).optional(),
      limit: wholeParameter(1, MAX_ITEMS, 'items of the page').optional(),
      cursor: textParameter(64, '`next` of the page before').optional()
    }),
    response: boardOut,
    async handle(context, { query }) {
      const { state, limit = DEFAULT_ITEMS, cursor } = query
      const [skip = 0] = cursor === undefined ? [] : readCursor(cursor, 1)
      const rows = await context.supply.supplyNow()
      const all = boardOf(context.registry().keyCustomers.values(), rows, context.clock.now())
      const counts = { interrupted: 0, emergency: 0, unknown: 0, reduced: 0, normal: 0 }
      for (const { line } of all) counts[line?.state ?? 'unknown']++
      const wanted = all.filter(({ line }) => state === undefined || (line?.state ?? 'unknown') === state)
      const items = wanted.slice(skip, skip + limit).map(({ customer, line }) => ({
        ...{ keyCustomer: customer.id, name: customer.name, grade: customer.grade },
        category: customer.category || null,
        securityLoadKw: showNumber(customer.securityLoadKw),
        supply: line === undefined ? null : showSupplyLine(line)
      }))
      const next = wanted.length > skip + limit ? writeCursor(skip + limit) : null
      return { timezone: context.timezone, counts, items, next }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}/supply',
    operation: 'getSupply',
    tag: 'key-customers',
    access: STAFF_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary: 'How a key customer is supplied now, or was at any time, as it is settled by now',
    params: keyCustomerParams,
    query: z.strictObject({
      at: timeParameter.optional().meta({ description: 'a moment; now when left out' })
    }),
    response: nowOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params, query }) {
      const customer = findKeyCustomer(context, params.id)
      const { id } = customer
      if (query.at !== undefined && query.at > context.clock.now() + AHEAD_MS)
        throw new InvalidRequest([{ path: 'query.at', message: 'lies ahead' }])
      const row = await context.supply.supplyAt(id, query.at ?? Number.MAX_SAFE_INTEGER)
      const head = { timezone: context.timezone, keyCustomer: id }
      if (row === undefined) return { ...head, supply: null, lastsUntil: null, thenDark: [] }
      return {
        ...{ ...head, supply: showSupply(row), thenDark: darkThen(customer, row.line) },
        lastsUntil: showOptionalTime(lastsUntil(row.line, row.line.at) ?? Number.NaN)
      }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}/timeline',
    operation: 'getSupplyTimeline',
    tag: 'key-customers',
    access: STAFF_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary:
      'Every change of a key customer’s supply: as it is settled by now, oldest first, or all that was ever said, newest first',
    params: keyCustomerParams,
    query: z.strictObject({
      view: z.enum(['settled', 'said']).optional(),
      from: timeParameter.optional().meta({ description: 'of `settled`: stretches that end after it' }),
      to: timeParameter.optional().meta({ description: 'of `settled`: stretches that begin before it' }),
      limit: wholeParameter(1, MAX_ITEMS, 'items of the page').optional(),
      cursor: textParameter(64, '`next` of the page before').optional()
    }),
    response: timelineOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params, query }) {
      const { id: customer } = findKeyCustomer(context, params.id)
      const {
        view = 'settled',
        from = 0,
        to = Number.MAX_SAFE_INTEGER,
        limit = DEFAULT_ITEMS,
        cursor
      } = query
      const [place] = cursor === undefined ? [] : readCursor(cursor, 1)
      const head = { timezone: context.timezone, keyCustomer: customer }
      if (view === 'said') {
        const span = query.from === undefined ? 'to' : 'from'
        if (query[span] !== undefined)
          throw new InvalidRequest([{ path: `query.${span}`, message: 'goes with `view=settled` only' }])
        const page = { limit: limit + 1, ...(place !== undefined && { before: place }) }
        const rows = await context.supply.supplyLines({ customer, ...page })
        const shown = rows.slice(0, limit)
        const last = rows.length > limit ? shown.at(-1) : undefined
        const next = last === undefined ? null : writeCursor(last.n)
        return { ...head, said: shown.map(({ line }) => showSupplyLine(line)), next }
      }
      const span = { customer, from: Math.max(from, place ?? from), to }
      const rows = await context.supply.supplyStretches({ ...span, limit: limit + 1 })
      const beyond = rows[limit]
      const next = beyond === undefined ? null : writeCursor(beyond.from)
      return { ...head, settled: rows.slice(0, limit).map(showSupply), next }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}/report',
    operation: 'getSupplyReport',
    tag: 'key-customers',
    access: STAFF_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary:
      'A period of a key customer’s supply: availability per source and in total, interruptions, transfers, starts, as settled by now',
    params: keyCustomerParams,
    query: z.strictObject({
      from: timeParameter.optional().meta({ description: '30 days before `to` when left out' }),
      to: timeParameter.optional().meta({ description: 'now when left out, or when it lies ahead' }),
      format: z.enum(['json']).optional()
    }),
    response: reportOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params, query }) {
      const { id: customer, name } = findKeyCustomer(context, params.id)
      const to = Math.min(query.to ?? Number.POSITIVE_INFINITY, context.clock.now())
      const { from = to - USUAL_REPORT_MS } = query
      if (to <= from)
        throw new InvalidRequest([{ path: 'query.from', message: 'is not before `to` and now' }])
      if (to - from > LONGEST_REPORT_MS)
        throw new InvalidRequest([{ path: 'query.from', message: 'is more than 366 days before `to`' }])
      const stretches = await context.supply.supplyStretches({ customer, from, to, limit: MOST_STRETCHES })
      const report = reportOf(stretches, from, to)
      const interruptions = []
      for (const each of report.interruptions)
        interruptions.push({
          ...showInterruption(each),
          incidents: await incidentsIn(context, customer, each)
        })
      return {
        ...{ timezone: context.timezone, keyCustomer: customer, name },
        ...{ from: showTime(from), to: showTime(to) },
        seconds: inSeconds(report.states),
        securityLoadSeconds: inSeconds(report.securityLoad),
        availability: report.availability,
        sources: report.sources.map(({ source, states, availability }) => ({
          ...{ source, seconds: inSeconds(states), availability }
        })),
        sections: report.sections.map(({ section, fedBy, longestDarkMs }) => ({
          ...{ section, fedBySeconds: inSeconds(fedBy), longestDarkS: longestDarkMs / 1000 }
        })),
        interruptions,
        longestInterruptionS: report.longestMs / 1000,
        transfers: report.transfers.map(({ start, ...rest }) => ({ ...rest, start: showTime(start) })),
        ownRuns: report.ownRuns.map(({ source, start, end, lasts, carriedMs, startDelayMs }) => ({
          ...{ source, start: showTime(start), end: lasts ? null : showTime(end) },
          ...{ durationS: (end - start) / 1000, carriedS: carriedMs / 1000 },
          startDelayS: startDelayMs === null ? null : startDelayMs / 1000
        }))
      }
    }
  })
]

function showInterruption({ start, end, lasts, sections, sources, ...rest }: Interruption) {
  return {
    ...{ start: showTime(start), end: lasts ? null : showTime(end), durationS: (end - start) / 1000 },
    ...rest,
    ...{ sections: [...sections], sources: [...sources] }
  }
}

/** Outages that hit one of the customer's feeds in that time. */
async function incidentsIn(
  { registry, outages }: ApiContext,
  customer: string,
  { start, end }: Interruption
): Promise<string[]> {
  const present = registry()
  const feeds =
    present.keyCustomers.get(customer)?.sources.filter(({ usagePoint }) => usagePoint !== '') ?? []
  const found = new Set<string>()
  for (const { usagePoint } of feeds) {
    const path = supplyPath(present, usagePoint)
    const rows = await outages.outagesOf({ usagePoint, path, from: start, to: end, limit: MAX_ITEMS })
    for (const { incident } of rows) found.add(incident.id)
  }
  return [...found]
}
