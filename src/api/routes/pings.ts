import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { PING_FAILURES, PING_STATES, type Ping } from '../../model/pings.ts'
import { STAFF } from '../../model/roles.ts'
import { metersAt, metersBelow } from '../../registry/lookup/meters-below.ts'
import { bindingAt, type Registry } from '../../registry/lookup/registry.ts'
import { supplyIndexOf } from '../../registry/lookup/supply-index.ts'
import type { ApiContext, WantedPing } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  showOptionalTime,
  showTime,
  textParameter,
  timeOut,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { findDevice } from './devices.ts'
import { findIncident } from './incidents.ts'

/** Of a device so many meters are asked, unless somebody wants fewer or more. */
const USUAL_METERS = 5
const MAX_METERS = 20
const MAX_TEXT = 128
const MAX_PINGS = 500
const DEFAULT_PINGS = 50
/** Meters of a device that are looked through for those that can be asked. */
const MOST_LOOKED_AT = 20_000

const pingOut = component(
  'Ping',
  z.object({
    id: z.string(),
    askedAt: timeOut,
    deadline: timeOut.meta({ description: 'until when terminals are waited for' }),
    by: z.string().nullable().meta({ description: 'null: the system on its own' }),
    device: z.string().nullable(),
    incident: z.string().nullable(),
    meters: z.array(
      z.object({
        meter: z.string(),
        terminal: z.string().nullable(),
        state: z.enum(PING_STATES).meta({
          description:
            'unreachable: its terminal is not connected, or takes no commands; limited: its terminal was asked for too many of late'
        }),
        reason: z.enum(PING_FAILURES).nullable().meta({ description: 'why it failed' }),
        readAt: timeOut.nullable(),
        voltageV: z.array(z.number().nullable()).meta({ description: 'of its elements, as it shows them' })
      })
    )
  })
)

const pingsOut = component('PingList', z.object({ timezone: timezoneOut, items: z.array(pingOut) }))

const showPing = (ping: Ping): z.input<typeof pingOut> => ({
  ...{ id: ping.id, askedAt: showTime(ping.askedAt), deadline: showTime(ping.deadline) },
  ...{ by: ping.by || null, device: ping.device || null, incident: ping.incident || null },
  meters: ping.meters.map(({ meter, terminal, state, reason, readAt, voltageV }) => ({
    ...{ meter, terminal: terminal || null, state, reason: reason || null },
    ...{ readAt: showOptionalTime(readAt), voltageV: [...voltageV] }
  }))
})

/** A meter with the terminal that reads it now; of one that was removed there is none. */
function readBy({ meters }: Registry, meter: number, now: number): { meter: string; terminal: string } {
  const row = bindingAt(meters, meter, now)
  const isThere = now < (meters.removedAt[row] ?? Infinity)
  return { meter: meters.id.get(meter), terminal: isThere ? meters.terminal.get(row) : '' }
}

function named(registry: Registry, ids: readonly string[], now: number): WantedPing {
  const meters = [...new Set(ids)].map(id => {
    const number = registry.meterNumbers.get(id)
    if (number === undefined) throw new GridvigilError('API_METER_UNKNOWN', `no meter ${JSON.stringify(id)}`)
    return readBy(registry, number, now)
  })
  return { meters, most: undefined, device: '', incident: '' }
}

function* firstBelow(registry: Registry, device: number, now: number): Generator<ReturnType<typeof readBy>> {
  let looked = 0
  for (const meter of metersBelow(registry, device)) {
    if (++looked > MOST_LOOKED_AT) return
    yield readBy(registry, meter, now)
  }
}

/** Meters below what an incident is about, which may be a usage point. */
function about(registry: Registry, device: string, now: number): WantedPing['meters'] {
  const number = registry.network.numbers.get(device)
  if (number !== undefined) return firstBelow(registry, number, now)
  const meters = metersAt(registry, supplyIndexOf(registry), device)
  return meters.map(meter => readBy(registry, meter, now))
}

const askBody = z
  .strictObject({
    meters: z
      .array(textParameter(MAX_TEXT, 'meter of the registry'))
      .min(1)
      .max(MAX_METERS)
      .optional()
      .meta({ description: 'all of these' }),
    device: textParameter(MAX_TEXT, 'some meters below this device').optional(),
    incident: textParameter(MAX_TEXT, 'some meters below what this incident is about').optional(),
    most: z
      .number()
      .int()
      .min(1)
      .max(MAX_METERS)
      .optional()
      .meta({ description: `of a device or incident so many meters; ${USUAL_METERS} when left out` })
  })
  .refine(({ meters, device, incident }) => [meters, device, incident].filter(Boolean).length === 1, {
    message: 'exactly one of `meters`, `device`, `incident`'
  })
  .refine(({ meters, most }) => meters === undefined || most === undefined, {
    path: ['most'],
    message: 'is of a device or an incident: of `meters` all are asked'
  })

/** @throws API_METER_UNKNOWN, API_DEVICE_UNKNOWN, API_INCIDENT_UNKNOWN */
async function wantedOf(
  { registry, outages }: Pick<ApiContext, 'registry' | 'outages'>,
  { meters, device, incident, most = USUAL_METERS }: z.output<typeof askBody>,
  now: number
): Promise<WantedPing> {
  if (meters !== undefined) return named(registry(), meters, now)
  if (incident === undefined) {
    const [id, number] = [device ?? '', findDevice(registry(), device ?? '')]
    return { meters: firstBelow(registry(), number, now), most, device: id, incident: '' }
  }
  const { device: place } = await findIncident(outages, incident)
  return { meters: about(registry(), place, now), most, device: place, incident }
}

export const pingRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/pings',
    operation: 'askMeters',
    tag: 'outages',
    access: ['dispatcher', 'admin'],
    summary: 'Asks meters through their terminals whether they have supply now; the answer comes by GET',
    body: askBody,
    response: pingOut,
    errors: [
      'API_METER_UNKNOWN',
      'API_DEVICE_UNKNOWN',
      'API_INCIDENT_UNKNOWN',
      'API_PING_UNREACHABLE',
      'API_PING_LIMIT',
      'API_NOT_READY',
      'LOG_WRITE_FAILED',
      'LOG_CLOSED'
    ],
    async handle(context, { body }, { actor }) {
      const wanted = await wantedOf(context, body, actor.at)
      return showPing(await context.pingDesk.ask(wanted, actor))
    }
  }),
  defineRoute({
    path: '/v1/pings',
    operation: 'listPings',
    tag: 'outages',
    access: STAFF,
    summary: 'Pings that this server remembers, those of people and its own, the newest first',
    query: z.strictObject({
      incident: textParameter(MAX_TEXT, 'only those about this incident').optional(),
      limit: wholeParameter(1, MAX_PINGS, 'most items').optional()
    }),
    response: pingsOut,
    handle({ pingDesk, timezone }, { query: { incident, limit = DEFAULT_PINGS } }) {
      const wanted = pingDesk.newest().filter(ping => incident === undefined || ping.incident === incident)
      return { timezone, items: wanted.slice(0, limit).map(showPing) }
    }
  }),
  defineRoute({
    path: '/v1/pings/{id}',
    operation: 'getPing',
    tag: 'outages',
    access: STAFF,
    summary: 'A ping: of each meter whether it was asked, read, not read, or not answered in time',
    params: z.strictObject({ id: textParameter(MAX_TEXT, 'ping id') }),
    response: pingOut,
    errors: ['API_PING_UNKNOWN'],
    handle({ pingDesk }, { params: { id } }) {
      const ping = pingDesk.find(id)
      if (ping === undefined) throw new GridvigilError('API_PING_UNKNOWN', `no ping ${JSON.stringify(id)}`)
      return showPing(ping)
    }
  })
]
