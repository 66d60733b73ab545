import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { registryFacts, showRegistryFacts } from '../shapes/registry-facts.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, count, showTime, timeOut, timezoneOut } from '../shapes/schemas.ts'

const overviewOut = component(
  'Overview',
  z.object({
    timezone: timezoneOut,
    now: timeOut,
    startedAt: timeOut,
    simulated: z.boolean(),
    ready: z.boolean(),
    rooms: z.array(z.object({ room: z.string(), ok: z.boolean(), detail: z.string() })),
    registry: z.object(registryFacts),
    outages: z.object({
      incidents: count.meta({ description: 'confirmed and not restored' }),
      communication: count.meta({ description: 'losses of communication that are not back' })
    }),
    intake: z.object({
      connections: count.meta({ description: 'terminals connected now' }),
      framesPerSecond: z.number(),
      readingsPerSecond: z.number(),
      framesPending: count,
      framesQuarantined: count,
      readingsQuarantined: count,
      readingsHeld: count,
      readingsUnbound: count
    })
  })
)

/** The state of the site on one page, out of memory. */
export const overviewRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/overview',
    operation: 'getOverview',
    tag: 'health',
    access: STAFF,
    summary: 'The state of the site at this moment: registry, outages, intake, rooms',
    response: overviewOut,
    handle(context) {
      const { frames, readings } = context.audit()
      const { openIncidents, openLosses } = context.outageFigures()
      return {
        timezone: context.timezone,
        now: showTime(context.clock.now()),
        startedAt: showTime(context.startedAt),
        simulated: context.simulated,
        ready: context.ready(),
        rooms: context.health().map(({ room, ok, detail }) => ({ room, ok, detail })),
        registry: showRegistryFacts(context.registry()),
        outages: { incidents: openIncidents, communication: openLosses },
        intake: {
          connections: context.gateway().connections,
          ...context.rates(),
          framesPending: frames.pending,
          framesQuarantined: frames.quarantined,
          readingsQuarantined: readings.quarantined,
          readingsHeld: readings.held,
          readingsUnbound: readings.unbound
        }
      }
    }
  })
]
