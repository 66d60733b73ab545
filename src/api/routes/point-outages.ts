import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { PointOutage } from '../../ledger/outage-port.ts'
import { type Caller, STAFF_OR_OWN } from '../../model/roles.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { supplyPath } from '../../registry/lookup/supply-path.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { showIncident, spanQuery } from '../shapes/outages.ts'
import { isOwnPoint } from '../shapes/own.ts'
import { component, textParameter, timeOut, timezoneOut } from '../shapes/schemas.ts'

/** Nothing in it tells of anybody else: no count, no id of another customer. */
const listOut = component(
  'UsagePointOutages',
  z.object({
    timezone: timezoneOut,
    usagePoint: z.string(),
    items: z.array(
      z.object({
        incident: z.string(),
        state: z.string(),
        device: z.string().meta({ description: 'what failed; of its own service line the usage point' }),
        phases: z.string().meta({ description: 'letters of the phases that are gone, empty for all' }),
        kind: z.string(),
        cause: z.string(),
        supply: z.string(),
        start: timeOut,
        end: timeOut.nullable(),
        basis: z.enum(['stated', 'located']).meta({
          description:
            '`stated`: the incident names the usage point; `located`: it is not over and the usage point hangs below its device'
        })
      })
    ),
    next: z.string().nullable()
  })
)

export const pointOutageRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/usage-points/{id}/outages',
    operation: 'listUsagePointOutages',
    tag: 'outages',
    access: STAFF_OR_OWN,
    isOwn: (context, subject, { params }) => isOwnPoint(context.registry(), subject, params.id),
    summary: 'Confirmed outages of a usage point, those first that were heard of last',
    params: z.strictObject({ id: textParameter(128, 'usage point id of the registry') }),
    query: z.strictObject({ ...spanQuery, ...pageQuery }),
    response: listOut,
    errors: ['API_USAGE_POINT_UNKNOWN', 'API_NOT_READY'],
    async handle(context, { params, query }, { caller }) {
      const { outages, timezone } = context
      const registry = context.registry()
      if (registry.usagePoints.get(params.id) === undefined)
        throw new GridvigilError('API_USAGE_POINT_UNKNOWN', `no usage point ${JSON.stringify(params.id)}`)
      const { limit, place } = askedPage(query)
      const { from, to } = query
      const accounts = ownAccounts(registry, caller)
      const rows = await outages.outagesOf({
        limit,
        usagePoint: params.id,
        path: supplyPath(registry, params.id),
        ...(place !== undefined && { before: place }),
        ...(accounts !== undefined && { accounts }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to })
      })
      const page = showPage(rows, query, ({ incident }) => incident.n, showOutage)
      return { timezone, usagePoint: params.id, ...page }
    }
  })
]

/** A key customer is not told what its usage point went through while it was somebody else's. */
function ownAccounts(registry: Registry, caller: Caller | undefined): readonly string[] | undefined {
  if (caller?.role !== 'key-customer') return undefined
  return registry.keyCustomers.get(caller.subject)?.accounts ?? []
}

function showOutage({ incident, basis }: PointOutage) {
  const { id, state, device, phases, kind, cause, supply, start, end } = showIncident(incident)
  return { incident: id, state, device, phases, kind, cause, supply, start, end, basis }
}
