import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { PLANNED_STATES, PLANNED_TYPES } from '../../model/decisions.ts'
import { STAFF } from '../../model/roles.ts'
import type { PlannedOutage } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { PLANNED_OUTAGES } from '../../registry/tables.ts'
import type { ApiContext } from '../context.ts'
import type { AnnouncedOutage } from '../../model/decisions.ts'
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
      .meta({ description: 'announced: told over this API, which goes before the registry' })
  })
)

const outagesOut = component(
  'PlannedOutageList',
  z.object({ timezone: timezoneOut, items: z.array(outageOut), next: z.string().nullable() })
)

type Source = z.output<typeof outageOut>['source']

const showOutage = (outage: PlannedOutage | AnnouncedOutage, source: Source): z.input<typeof outageOut> => ({
  ...{ id: outage.id, type: outage.type, devices: [...outage.devices], state: outage.state },
  from: showTime(outage.from),
  to: showTime(outage.to),
  announcedAt: showOptionalTime(outage.announcedAt ?? Number.NaN),
  ticket: outage.ticket || null,
  source
})

/** All that is known, in order of beginning: the registry's, and in their place and beside them what was announced. */
function allOutages(
  registry: Registry,
  announced: ReadonlyMap<string, AnnouncedOutage>
): { outage: PlannedOutage | AnnouncedOutage; source: Source }[] {
  const kept = registry.plannedOutages.filter(({ id }) => !announced.has(id))
  const all = [
    ...kept.map(outage => ({ outage, source: 'registry' as const })),
    ...[...announced.values()].map(outage => ({ outage, source: 'announced' as const }))
  ]
  return all.sort(
    ({ outage: one }, { outage: other }) => one.from - other.from || (one.id < other.id ? -1 : 1)
  )
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
    async handle({ registry, switchingDesk, timezone }, { query }) {
      const { from = -Infinity, to = Infinity, device, state, limit = DEFAULT_OUTAGES, cursor } = query
      const [skip = 0] = cursor === undefined ? [] : readCursor(cursor, 1)
      const wanted = allOutages(registry(), await switchingDesk.plannedOutages()).filter(
        ({ outage }) =>
          outage.to > from &&
          outage.from < to &&
          (device === undefined || outage.devices.includes(device)) &&
          (state === undefined || outage.state === state)
      )
      const items = wanted.slice(skip, skip + limit).map(({ outage, source }) => showOutage(outage, source))
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
    async handle({ registry, switchingDesk }, { body }, { actor }) {
      const { type = 'planned', state = 'planned', announcedAt = null, ticket = '', ...rest } = body
      for (const device of rest.devices) findDevice(registry(), device)
      const { id, from, to } = rest
      const outage = { id, type, devices: [...new Set(rest.devices)], from, to, announcedAt, state, ticket }
      await switchingDesk.announce(outage, actor)
      return showOutage(outage, 'announced')
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
      return showOutage(outage, 'announced')
    }
  })
]
