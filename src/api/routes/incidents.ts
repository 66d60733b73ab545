import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { STAFF } from '../../model/roles.ts'
import type { LineRow } from '../../ledger/outage-port.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import {
  evidenceList,
  INCIDENT_KINDS,
  incidentLineOut,
  incidentOut,
  LIFE_STATES,
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

const oneOut = component(
  'IncidentWithLife',
  z.object({
    timezone: timezoneOut,
    incident: incidentOut,
    evidence: evidenceList,
    life: z.array(incidentLineOut).meta({ description: 'every step, oldest first' }),
    next: z.string().nullable().meta({ description: '`cursor` of the rest of its life' })
  })
)

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
    summary: 'An outage: how it stands, why it is believed, and every step of its life',
    params: z.strictObject({ id: textParameter(128, 'incident id') }),
    query: z.strictObject(pageQuery),
    response: oneOut,
    errors: ['API_INCIDENT_UNKNOWN', 'API_NOT_READY'],
    async handle({ outages, timezone }, { params, query }) {
      const incident = await outages.incident(params.id)
      if (incident === undefined)
        throw new GridvigilError('API_INCIDENT_UNKNOWN', `no incident ${JSON.stringify(params.id)}`)
      const { limit, place: after = 0 } = askedPage(query)
      const lines = await outages.life('incidents', params.id, { limit, after })
      const { items, next } = showPage(lines, query, ({ n }) => n, showLife)
      const evidence = incident.evidence.map(item => ({ ...item }))
      return { timezone, incident: showIncident(incident), evidence, life: items, next }
    }
  })
]

/** The ledger keeps a line with the number of its usage points. */
function showLife({ line }: LineRow) {
  const { usagePoints, ...rest } = JSON.parse(line)
  return showIncidentLine(rest, usagePoints)
}
