import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { TextSearch } from '../../registry/lookup/find-texts.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ReadingRow } from '../../series/port.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { STAFF, STAFF_OR_OWN } from '../../model/roles.ts'
import { isOwnMeter } from '../shapes/own.ts'
import { defineRoute, type RawRequest, type Route } from '../http/route.ts'
import {
  component,
  kind,
  meterParams,
  showNumber,
  showOptionalTime,
  showTime,
  textParameter,
  timeOut,
  timezoneOut,
  valuesOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { kindOf, showExtras, showValues } from '../shapes/values.ts'

/** Most meters of one page of the list. */
export const MAX_METERS = 500
const DEFAULT_METERS = 100

const number = z.number().nullable()

const latestOut = component(
  'LatestReading',
  z.object({
    time: timeOut.meta({ description: "the meter's data time, ISO 8601 UTC" }),
    receivedAt: timeOut,
    kind,
    version: z.int().positive(),
    values: valuesOut,
    extras: z.record(z.string(), z.unknown()).optional()
  })
)

const meterFacts = {
  id: z.string(),
  usagePoint: z.string().nullable(),
  device: z.string().nullable().meta({ description: 'what a check meter measures' }),
  terminal: z.string().nullable(),
  wiring: z.string().nullable(),
  multiplier: z.number().meta({ description: 'CT x PT; a blank ratio is 1' })
}

const meterListOut = component(
  'MeterList',
  z.object({
    registry: z.object({ version: z.int(), hash: z.string() }),
    items: z.array(z.object(meterFacts)),
    next: z.string().nullable()
  })
)

const meterOut = component(
  'Meter',
  z.object({
    ...meterFacts,
    ctRatio: number,
    ptRatio: number,
    ratedV: number,
    ratedA: number,
    registerDigits: number,
    registerDecimals: number,
    installedAt: timeOut.nullable(),
    removedAt: timeOut.nullable(),
    supply: z
      .object({
        account: z.string(),
        device: z.string(),
        phase: z.string(),
        role: z.string(),
        contractKva: number
      })
      .nullable()
      .meta({ description: 'the usage point: where it hangs in the network' }),
    timezone: timezoneOut,
    latest: latestOut.nullable()
  })
)

const meterLatestOut = component(
  'MeterLatest',
  z.object({ meter: z.string(), timezone: timezoneOut, latest: latestOut.nullable() })
)

/** Dense number of a meter. @throws API_METER_UNKNOWN */
export function findMeter(registry: Registry, id: string): number {
  const meter = registry.meterNumbers.get(id)
  if (meter === undefined) throw new GridvigilError('API_METER_UNKNOWN', `no meter ${JSON.stringify(id)}`)
  return meter
}

function showFacts({ meters }: Registry, meter: number) {
  return {
    id: meters.id.get(meter),
    usagePoint: meters.usagePoint.get(meter) || null,
    device: meters.device.get(meter) || null,
    terminal: meters.terminal.get(meter) || null,
    wiring: meters.wiring.get(meter) || null,
    // A blank ratio is 1.
    multiplier: (meters.ct[meter] || 1) * (meters.pt[meter] || 1)
  }
}

function showLatest(row: ReadingRow | undefined): z.input<typeof latestOut> | null {
  if (row === undefined) return null
  const extras = showExtras(row)
  return {
    time: showTime(row.time),
    receivedAt: showTime(row.at),
    kind: kindOf(row),
    version: row.version,
    values: showValues(row),
    ...(extras === undefined ? {} : { extras })
  }
}

async function readLatest(context: ApiContext, meter: number) {
  return showLatest((await context.series.latest([meter])).get(meter))
}

/** Most newest readings stand in memory: those requests wait neither for the store nor for other queries. */
function isNotRemembered(context: ApiContext, { params }: Pick<RawRequest, 'params'>): boolean {
  const { id } = params as { readonly id?: string }
  const meter = context.registry().meterNumbers.get(id ?? '')
  return meter === undefined || !context.remembers(meter)
}

/** Others have a turn of the event loop after each so many meters. */
const TURN_METERS = 10_000

async function listMeters(
  { clock }: ApiContext,
  registry: Registry,
  given: string,
  after: number,
  limit: number
) {
  const { meters } = registry
  const search = new TextSearch(given)
  const items: ReturnType<typeof showFacts>[] = []
  for (let meter = after; meter < meters.count; meter++) {
    if (meter % TURN_METERS === TURN_METERS - 1) await clock.turn()
    const isWanted =
      given === '' ||
      search.isIn(meters.id, meter) ||
      search.isIn(meters.usagePoint, meter) ||
      search.isInShared(meters.terminal, meter) ||
      search.isInShared(meters.device, meter)
    if (!isWanted) continue
    if (items.length === limit) return { items, next: writeCursor(meter) }
    items.push(showFacts(registry, meter))
  }
  return { items, next: null }
}

export const meterRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/meters',
    operation: 'listMeters',
    tag: 'meters',
    access: STAFF,
    summary: 'Meters of the registry, in order of their numbers',
    query: z.strictObject({
      q: textParameter(128, 'part of a meter, usage point, terminal or device id').optional(),
      limit: wholeParameter(1, MAX_METERS, 'items of the page').optional(),
      cursor: textParameter(64, '`next` of the page before').optional()
    }),
    response: meterListOut,
    async handle(context, { query }) {
      const registry = context.registry()
      const [after = 0] = query.cursor === undefined ? [] : readCursor(query.cursor, 1)
      const page = await listMeters(context, registry, query.q ?? '', after, query.limit ?? DEFAULT_METERS)
      return { registry: { version: registry.version, hash: registry.hash }, ...page }
    }
  }),
  defineRoute({
    path: '/v1/meters/{id}',
    operation: 'getMeter',
    tag: 'meters',
    access: STAFF_OR_OWN,
    isOwn: (context, subject, { params }) => isOwnMeter(context.registry(), subject, params.id),
    summary: 'What the registry knows of a meter, and its newest reading',
    params: meterParams,
    response: meterOut,
    asksStore: isNotRemembered,
    errors: ['API_METER_UNKNOWN'],
    async handle(context, { params }) {
      const registry = context.registry()
      const meter = findMeter(registry, params.id)
      const { meters, usagePoints } = registry
      const supply = usagePoints.get(meters.usagePoint.get(meter))
      return {
        ...showFacts(registry, meter),
        ctRatio: showNumber(meters.ct[meter] ?? Number.NaN),
        ptRatio: showNumber(meters.pt[meter] ?? Number.NaN),
        ratedV: showNumber(meters.ratedV[meter] ?? Number.NaN),
        ratedA: showNumber(meters.ratedA[meter] ?? Number.NaN),
        registerDigits: showNumber(meters.registerDigits[meter] ?? Number.NaN),
        registerDecimals: showNumber(meters.registerDecimals[meter] ?? Number.NaN),
        installedAt: showOptionalTime(meters.installedAt[meter] ?? Number.NaN),
        removedAt: showOptionalTime(meters.removedAt[meter] ?? Number.NaN),
        supply:
          supply === undefined
            ? null
            : {
                account: supply.account,
                device: supply.device,
                phase: supply.phase,
                role: supply.role,
                contractKva: showNumber(supply.contractKva)
              },
        timezone: context.timezone,
        latest: await readLatest(context, meter)
      }
    }
  }),
  defineRoute({
    path: '/v1/meters/{id}/latest',
    operation: 'getLatestReading',
    tag: 'meters',
    access: STAFF_OR_OWN,
    isOwn: (context, subject, { params }) => isOwnMeter(context.registry(), subject, params.id),
    summary: 'The newest reading of a meter by data time; null when it has none',
    params: meterParams,
    response: meterLatestOut,
    asksStore: isNotRemembered,
    errors: ['API_METER_UNKNOWN'],
    async handle(context, { params }) {
      const meter = findMeter(context.registry(), params.id)
      return { meter: params.id, timezone: context.timezone, latest: await readLatest(context, meter) }
    }
  })
]
