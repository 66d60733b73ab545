import { z } from 'zod'
import { ADMIN } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  count,
  showTime,
  textParameter,
  timeOut,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'

const MAX_ROWS = 500
const DEFAULT_ROWS = 100

const trailOut = component(
  'AuditTrail',
  z.object({
    timezone: timezoneOut,
    items: z.array(
      z.object({
        id: count,
        at: timeOut,
        actor: z.string().meta({ description: '`user:LOGIN`, `token:ID`, `link`, `local` or `system`' }),
        action: z.string().meta({ examples: ['token.add', 'registry.import'] }),
        subject: z.string(),
        detail: z.record(z.string(), z.unknown()),
        request: z.string()
      })
    ),
    next: count.nullable().meta({ description: '`before` of the next page' })
  })
)

export const auditTrailRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/audit',
    operation: 'listAudit',
    tag: 'access',
    access: ADMIN,
    summary: 'Who changed what and when, newest first',
    query: z.strictObject({
      action: textParameter(64, 'only this action').optional(),
      actor: textParameter(128, 'only this actor').optional(),
      limit: wholeParameter(1, MAX_ROWS, 'items of the page').optional(),
      before: wholeParameter(0, Number.MAX_SAFE_INTEGER, '`next` of the page before').optional()
    }),
    response: trailOut,
    async handle({ ledger, timezone }, { query }) {
      const { limit = DEFAULT_ROWS, before, action, actor } = query
      const rows = await ledger.auditTrail({
        limit: limit + 1,
        ...(before !== undefined && { before }),
        ...(action !== undefined && { action }),
        ...(actor !== undefined && { actor })
      })
      const items = rows
        .slice(0, limit)
        .map(row => ({ ...row, at: showTime(row.at), detail: JSON.parse(row.detail) }))
      return { timezone, items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    }
  })
]
