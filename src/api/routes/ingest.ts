import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, count } from '../shapes/schemas.ts'

const readingsCount = component(
  'ReadingCounters',
  z
    .object({
      decoded: count,
      stored: count,
      corrections: count,
      duplicates: count,
      quarantined: count,
      held: count,
      unbound: count
    })
    .meta({ description: 'decoded = stored + corrections + duplicates + quarantined + held + unbound' })
)

const auditOut = component(
  'Audit',
  z.object({
    frames: z
      .object({ acknowledged: count, decoded: count, quarantined: count, pending: count })
      .meta({ description: 'acknowledged = decoded + quarantined + pending' }),
    readings: readingsCount,
    terminals: z
      .record(
        z.string(),
        z.object({ frames: z.object({ decoded: count, quarantined: count }), readings: readingsCount })
      )
      .meta({ description: 'the same by terminal id, as of the store' })
  })
)

/** The proof that nothing disappears. */
export const ingestRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/ingest/audit',
    operation: 'getIngestAudit',
    tag: 'ingest',
    access: STAFF,
    summary: 'Both audit equations, counted since the data folder was made; stored means queryable',
    response: auditOut,
    asksStore: true,
    async handle(context) {
      const terminals = await context.series.terminals()
      // Taken after the store's answer, so that the totals are never older than the terminals'.
      const { frames, readings } = context.audit()
      return { frames, readings, terminals: Object.fromEntries(terminals) }
    }
  })
]
