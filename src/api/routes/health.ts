import { z } from 'zod'
import { createMetrics, METRICS_TYPE, type Metrics } from '../../metrics.ts'
import { SUPPLY_STATES } from '../../model/supply.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, timeOut } from '../shapes/schemas.ts'

const healthOut = component('Health', z.object({ status: z.literal('ok') }))

const readinessOut = component(
  'Readiness',
  z.object({
    ready: z.boolean(),
    simulated: z.boolean(),
    startedAt: timeOut,
    rooms: z.array(z.object({ room: z.string(), ok: z.boolean(), detail: z.string() }))
  })
)

/** Liveness and readiness for supervisors, metrics for Prometheus. None of them asks the store. */
export function healthRoutes(): Route[] {
  // Observing the process begins with the first scrape: a table of routes is only a table.
  let metrics: Metrics | undefined
  return [
    defineRoute({
      path: '/healthz',
      operation: 'getHealth',
      tag: 'health',
      access: 'public',
      summary: 'Whether the process answers at all; restart it when this fails',
      response: healthOut,
      handle: () => ({ status: 'ok' as const })
    }),
    defineRoute({
      path: '/readyz',
      operation: 'getReadiness',
      tag: 'health',
      access: 'public',
      summary: 'Whether the server has started, with the state of every room; 503 until it has',
      response: readinessOut,
      otherStatuses: [503],
      status: body => (body.ready ? 200 : 503),
      handle: context => ({
        ready: context.ready(),
        simulated: context.simulated,
        startedAt: new Date(context.startedAt).toISOString(),
        rooms: context.health().map(({ room, ok, detail }) => ({ room, ok, detail }))
      })
    }),
    defineRoute({
      path: '/metrics',
      operation: 'getMetrics',
      tag: 'health',
      access: 'public',
      summary: 'Metrics in the text format of Prometheus',
      response: METRICS_TYPE,
      handle(context) {
        metrics ??= createMetrics()
        return metrics.scrape(snapshotOf(context))
      }
    })
  ]
}

/** By state, all states; of whom nothing was said yet nobody knows how he is supplied. */
function keyCustomersOf({ registry, outageFigures }: ApiContext): Record<string, number> {
  const { supplied } = outageFigures()
  const counts = Object.fromEntries(SUPPLY_STATES.map(state => [state, supplied[state] ?? 0]))
  const told = SUPPLY_STATES.reduce((sum, state) => sum + (supplied[state] ?? 0), 0)
  const unsaid = Math.max(0, registry().keyCustomers.size - told)
  return { ...counts, unknown: (counts.unknown ?? 0) + unsaid }
}

const snapshotOf = (context: ApiContext) => ({
  ...context.audit(),
  outages: context.outageFigures(),
  keyCustomers: keyCustomersOf(context),
  gateway: context.gateway(),
  rooms: context.health(),
  ready: context.ready(),
  simulated: context.simulated,
  startedAt: context.startedAt
})
