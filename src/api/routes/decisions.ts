import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { decisionOut, showDecision, statesParameter } from '../shapes/outages.ts'
import { component, textParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'DecisionList',
  z.object({ timezone: timezoneOut, items: z.array(decisionOut), next: z.string().nullable() })
)

export const decisionRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/decisions',
    operation: 'listDecisions',
    tag: 'outages',
    access: STAFF,
    summary: 'What people decided about incidents and alarms, and what became of it; newest first',
    query: z.strictObject({
      about: z.enum(['incident', 'alarm']).optional(),
      subject: textParameter(256, 'id of the incident or alarm').optional(),
      state: statesParameter(['taken', 'refused']).optional(),
      ...pageQuery
    }),
    response: listOut,
    errors: ['API_NOT_READY'],
    async handle({ outages, timezone }, { query }) {
      const { about, subject, state } = query
      const { limit, place } = askedPage(query)
      const rows = await outages.decisions({
        limit,
        ...(place !== undefined && { before: place }),
        ...(about !== undefined && { about }),
        ...(subject !== undefined && { subject }),
        ...(state !== undefined && { states: state })
      })
      return { timezone, ...showPage(rows, query, ({ n }) => n, showDecision) }
    }
  })
]
