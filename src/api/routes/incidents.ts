import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { STAFF } from '../../model/roles.ts'
import type { IncidentRow, LineRow, OutageCalls } from '../../ledger/outage-port.ts'
import { writeCursor } from '../http/page-cursor.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { affectedNow, affectedOut, showAffected } from '../shapes/affected.ts'
import { alarmWithCustomerOut, dangersAt, showAlarmWithCustomer } from '../shapes/danger.ts'
import { lifePage } from './life-page.ts'
import {
  decisionOut,
  evidenceList,
  INCIDENT_KINDS,
  incidentLineOut,
  incidentOut,
  LIFE_STATES,
  showDecision,
  showIncident,
  showIncidentLine,
  spanQuery,
  statesParameter,
  withUpdated
} from '../shapes/outages.ts'
import { component, textParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'IncidentList',
  z.object({ timezone: timezoneOut, items: z.array(incidentOut), next: z.string().nullable() })
)

/** Of one incident; GET /v1/decisions has them all. */
const MOST_DECISIONS = 200

const oneOut = component(
  'IncidentWithLife',
  z.object({
    timezone: timezoneOut,
    incident: incidentOut,
    keyCustomers: affectedOut,
    dangers: z.array(alarmWithCustomerOut).meta({
      description:
        'alarms of lines at or below it that may be live: it is not closed while one is not acknowledged'
    }),
    evidence: evidenceList,
    life: z.array(incidentLineOut).meta({ description: 'every step, oldest first' }),
    next: z.string().nullable().meta({ description: '`cursor` of the rest of its life' }),
    decisions: z.array(decisionOut).meta({
      description: `what people decided about it, oldest first; of many the newest ${MOST_DECISIONS}`
    })
  })
)

const pointsOut = component(
  'IncidentUsagePoints',
  z.object({
    timezone: timezoneOut,
    items: z.array(z.object({ usagePoint: z.string(), account: z.string().nullable() })),
    next: z.string().nullable()
  })
)

const incidentParams = z.strictObject({ id: textParameter(128, 'incident id') })

export const incidentRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/incidents',
    operation: 'listIncidents',
    tag: 'outages',
    access: STAFF,
    summary: 'Outages, those first that were heard of last; suspicions and withdrawn ones too',
    query: z.strictObject({
      state: statesParameter(LIFE_STATES).optional(),
      device: textParameter(128, 'at this device or usage point, or below it').optional(),
      kind: z.enum(INCIDENT_KINDS).optional(),
      ...spanQuery,
      ...pageQuery
    }),
    response: listOut,
    errors: ['API_NOT_READY'],
    async handle({ outages, timezone }, { query }) {
      const { state, device, kind, from, to } = query
      const { limit, place } = askedPage(query)
      const rows = await outages.incidents({
        limit,
        ...(place !== undefined && { before: place }),
        ...(state !== undefined && { states: withUpdated(state) }),
        ...(device !== undefined && { device }),
        ...(kind !== undefined && { kind }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to })
      })
      return { timezone, ...showPage(rows, query, ({ n }) => n, showIncident) }
    }
  }),
  defineRoute({
    path: '/v1/incidents/{id}',
    operation: 'getIncident',
    tag: 'outages',
    access: STAFF,
    summary: 'An outage: how it stands, why it is believed, every step of its life and what people decided',
    params: incidentParams,
    query: z.strictObject(pageQuery),
    response: oneOut,
    errors: ['API_INCIDENT_UNKNOWN', 'API_NOT_READY'],
    async handle(context, { params, query }, { caller }) {
      const { outages, timezone, ledger } = context
      const incident = await findIncident(outages, params.id)
      // Where a person says that it is, else where the system thinks.
      const place = incident.decided?.device ?? incident.device
      const [affected = []] = await affectedNow(context, [[place]])
      const page = await lifePage(outages, 'incidents', params.id, query, showLife)
      const evidence = incident.evidence.map(item => ({ ...item }))
      const subject = { about: 'incident', subject: params.id }
      const decided = await outages.decisions({ ...subject, limit: MOST_DECISIONS })
      const decisions = decided.reverse().map(showDecision)
      const reader = { registry: context.registry(), ledger, caller }
      const alarms = await dangersAt(reader.registry, outages, place)
      return {
        ...{ timezone, incident: showIncident(incident), keyCustomers: showAffected(affected) },
        dangers: await Promise.all(alarms.map(alarm => showAlarmWithCustomer(alarm, reader))),
        ...{ evidence, ...page, decisions }
      }
    }
  }),
  defineRoute({
    path: '/v1/incidents/{id}/usage-points',
    operation: 'listIncidentUsagePoints',
    tag: 'outages',
    access: STAFF,
    summary: 'Usage points that an outage names as without supply, with the accounts that they were of then',
    params: incidentParams,
    query: z.strictObject(pageQuery),
    response: pointsOut,
    errors: ['API_INCIDENT_UNKNOWN', 'API_NOT_READY'],
    async handle({ outages, timezone }, { params, query }) {
      await findIncident(outages, params.id)
      const { limit, place: skip = 0 } = askedPage(query)
      const points = await outages.points(params.id, { limit, skip })
      const items = points.slice(0, limit - 1).map(({ usagePoint, account }) => ({
        usagePoint,
        account: account || null
      }))
      return { timezone, items, next: points.length === limit ? writeCursor(skip + limit - 1) : null }
    }
  })
]

/** @throws API_INCIDENT_UNKNOWN */
export async function findIncident(outages: OutageCalls, id: string): Promise<IncidentRow> {
  const incident = await outages.incident(id)
  if (incident === undefined)
    throw new GridvigilError('API_INCIDENT_UNKNOWN', `no incident ${JSON.stringify(id)}`)
  return incident
}

/** The ledger keeps a line with the number of its usage points. */
function showLife({ line }: LineRow) {
  const { usagePoints, ...rest } = JSON.parse(line)
  return showIncidentLine(rest, usagePoints)
}
