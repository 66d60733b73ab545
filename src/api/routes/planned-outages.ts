import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { PLANNED_STATES, PLANNED_TYPES } from '../../model/decisions.ts'
import { STAFF } from '../../model/roles.ts'
import { PLANNED_OUTAGES } from '../../registry/tables.ts'
import type { Affected } from '../../supply/affected.ts'
import type { ApiContext } from '../context.ts'
import type { AnnouncedOutage } from '../../model/decisions.ts'
import { allOutages, type ListedOutage } from '../shapes/planned.ts'
import { affectedNow, affectedOut, showAffected } from '../shapes/affected.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  showOptionalTime,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { findDevice } from './devices.ts'

const MAX_OUTAGES = 500
const DEFAULT_OUTAGES = 100
/** Devices of one work; work on more is several. */
const MAX_DEVICES = 500
const MAX_TEXT = 128
const [ID] = PLANNED_OUTAGES.columns

const outageOut = component(
  'PlannedOutage',
  z.object({
    id: z.string(),
    type: z.string(),
    devices: z.array(z.string()),
    from: timeOut,
    to: timeOut,
    announcedAt: timeOut.nullable(),
    state: z.string(),
    ticket: z.string().nullable(),
    source: z
      .enum(['registry', 'announced'])
      .meta({ description: 'announced: told over this API, which goes before the registry' }),
    keyCustomers: affectedOut
  })
)

const outagesOut = component(
  'PlannedOutageList',
  z.object({ timezone: timezoneOut, items: z.array(outageOut), next: z.string().nullable() })
)

/** Each with the key customers that will lose a feed by it; of cancelled work nobody does. */
async function showOutages(
  context: Pick<ApiContext, 'registry' | 'switchingDesk'>,
  all: readonly ListedOutage[]
): Promise<z.input<typeof outageOut>[]> {
  const affected = await affectedNow(
    context,
    all.map(({ outage: { state, devices } }) => (state === 'cancelled' ? [] : devices))
  )
  return all.map((each, place) => showOutage(each, affected[place] ?? []))
}

const showOutage = (
  { outage, source }: ListedOutage,
  affected: readonly Affected[]
): z.input<typeof outageOut> => ({
  ...{ id: outage.id, type: outage.type, devices: [...outage.devices], state: outage.state },
  from: showTime(outage.from),
  to: showTime(outage.to),
  announcedAt: showOptionalTime(outage.announcedAt ?? Number.NaN),
  ticket: outage.ticket || null,
  source,
  keyCustomers: showAffected(affected)
})

async function showAnnounced(
  context: Pick<ApiContext, 'registry' | 'switchingDesk'>,
  outage: AnnouncedOutage
): Promise<z.input<typeof outageOut>> {
  const [shown] = await showOutages(context, [{ outage, source: 'announced' }])
  return shown as z.input<typeof outageOut>
}

/** What an id stands for now, to be told again with another state. @throws API_PLANNED_OUTAGE_UNKNOWN */
async function findOutage(
  { registry, switchingDesk }: Pick<ApiContext, 'registry' | 'switchingDesk'>,
  id: string
): Promise<AnnouncedOutage> {
  const announced = (await switchingDesk.plannedOutages()).get(id)
  if (announced !== undefined) return announced
  const planned = registry().plannedOutages.find(outage => outage.id === id)
  if (planned === undefined)
    throw new GridvigilError('API_PLANNED_OUTAGE_UNKNOWN', `no planned outage ${JSON.stringify(id)}`)
  const { type, devices, from, to, announcedAt, state, ticket } = planned
  return {
    ...{ id, devices: [...devices], from, to, ticket },
    // The registry's rows have been checked; its texts only do not say so.
    type: PLANNED_TYPES.find(word => word === type) ?? 'planned',
    state: PLANNED_STATES.find(word => word === state) ?? 'planned',
    announcedAt: Number.isFinite(announcedAt) ? announcedAt : null
  }
}

export const plannedOutageRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/planned-outages',
    operation: 'listPlannedOutages',
    tag: 'network',
    access: STAFF,
    summary: 'Planned outages of the registry and those that were announced, in order of their beginning',
    query: z.strictObject({
      from: timeParameter.optional().meta({ description: 'those that end after it' }),
      to: timeParameter.optional().meta({ description: 'those that begin before it' }),
      device: textParameter(MAX_TEXT, 'only those of this device').optional(),
      state: z.enum(PLANNED_STATES).optional(),
      limit: wholeParameter(1, MAX_OUTAGES, 'items of the page').optional(),
      cursor: textParameter(64, '`next` of the page before').optional()
    }),
    response: outagesOut,
    async handle(context, { query }) {
      const { registry, switchingDesk, timezone } = context
      const { from = -Infinity, to = Infinity, device, state, limit = DEFAULT_OUTAGES, cursor } = query
      const [skip = 0] = cursor === undefined ? [] : readCursor(cursor, 1)
      const wanted = allOutages(registry(), await switchingDesk.plannedOutages()).filter(
        ({ outage }) =>
          outage.to > from &&
          outage.from < to &&
          (device === undefined || outage.devices.includes(device)) &&
          (state === undefined || outage.state === state)
      )
      const items = await showOutages(context, wanted.slice(skip, skip + limit))
      return { timezone, items, next: wanted.length > skip + limit ? writeCursor(skip + limit) : null }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/planned-outages',
    operation: 'announcePlannedOutage',
    tag: 'network',
    access: ['dispatcher', 'admin'],
    summary: 'Announces work, or says anew what is planned under its id; incidents that match it are planned',
    body: z
      .strictObject({
        id: z.string().regex(ID.form, ID.says),
        type: z.enum(PLANNED_TYPES).optional(),
        devices: z.array(textParameter(MAX_TEXT, 'device of the registry')).min(1).max(MAX_DEVICES),
        from: timeParameter,
        to: timeParameter,
        announcedAt: timeParameter.optional(),
        state: z.enum(PLANNED_STATES).optional(),
        ticket: z.string().max(MAX_TEXT).optional()
      })
      .refine(({ from, to }) => to > from, { path: ['to'], message: 'is not after `from`' }),
    response: outageOut,
    errors: ['API_DEVICE_UNKNOWN', 'API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle(context, { body }, { actor }) {
      const { registry, switchingDesk } = context
      const { type = 'planned', state = 'planned', announcedAt = null, ticket = '', ...rest } = body
      for (const device of rest.devices) findDevice(registry(), device)
      const { id, from, to } = rest
      const outage = { id, type, devices: [...new Set(rest.devices)], from, to, announcedAt, state, ticket }
      await switchingDesk.announce(outage, actor)
      return showAnnounced(context, outage)
    }
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/planned-outages/{id}',
    operation: 'cancelPlannedOutage',
    tag: 'network',
    access: ['dispatcher', 'admin'],
    summary: 'Cancels work; incidents are not matched with it any more, and it stays listed as cancelled',
    params: z.strictObject({ id: textParameter(MAX_TEXT, 'id of the planned outage') }),
    response: outageOut,
    errors: ['API_PLANNED_OUTAGE_UNKNOWN', 'API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle(context, { params }, { actor }) {
      const outage = { ...(await findOutage(context, params.id)), state: 'cancelled' as const }
      await context.switchingDesk.announce(outage, actor)
      return showAnnounced(context, outage)
    }
  })
]
