import { z } from 'zod'
import { PLANNED_STATES } from '../../model/decisions.ts'
import { STAFF } from '../../model/roles.ts'
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
import { readCursor, writeCursor } from '../http/page-cursor.ts'

const MAX_OUTAGES = 500
const DEFAULT_OUTAGES = 100

const outagesOut = component(
  'PlannedOutageList',
  z.object({
    timezone: timezoneOut,
    items: z.array(
      z.object({
        id: z.string(),
        type: z.string(),
        devices: z.array(z.string()),
        from: timeOut,
        to: timeOut,
        announcedAt: timeOut.nullable(),
        state: z.string(),
        ticket: z.string().nullable()
      })
    ),
    next: z.string().nullable()
  })
)

export const plannedOutageRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/planned-outages',
    operation: 'listPlannedOutages',
    tag: 'network',
    access: STAFF,
    summary: 'Planned outages of the registry, in order of their beginning',
    query: z.strictObject({
      from: timeParameter.optional().meta({ description: 'those that end after it' }),
      to: timeParameter.optional().meta({ description: 'those that begin before it' }),
      device: textParameter(128, 'only those of this device').optional(),
      state: z.enum(PLANNED_STATES).optional(),
      limit: wholeParameter(1, MAX_OUTAGES, 'items of the page').optional(),
      cursor: textParameter(64, '`next` of the page before').optional()
    }),
    response: outagesOut,
    isOfRegistry: true,
    handle({ registry, timezone }, { query }) {
      const { from = -Infinity, to = Infinity, device, state, limit = DEFAULT_OUTAGES, cursor } = query
      const [skip = 0] = cursor === undefined ? [] : readCursor(cursor, 1)
      const wanted = registry().plannedOutages.filter(
        outage =>
          outage.to > from &&
          outage.from < to &&
          (device === undefined || outage.devices.includes(device)) &&
          (state === undefined || outage.state === state)
      )
      const items = wanted.slice(skip, skip + limit).map(outage => ({
        ...outage,
        devices: [...outage.devices],
        from: showTime(outage.from),
        to: showTime(outage.to),
        announcedAt: showOptionalTime(outage.announcedAt),
        ticket: outage.ticket || null
      }))
      return { timezone, items, next: wanted.length > skip + limit ? writeCursor(skip + limit) : null }
    }
  })
]
