import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { findingOut, showFinding } from '../shapes/outages.ts'
import { component, textParameter, timeParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'FindingList',
  z.object({ timezone: timezoneOut, items: z.array(findingOut), next: z.string().nullable() })
)

const oneOut = component('FindingDetail', z.object({ timezone: timezoneOut, finding: findingOut }))

export const findingRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/findings',
    operation: 'listFindings',
    tag: 'outages',
    access: STAFF,
    summary: 'What is true and no outage: doubts about the registry, metering faults and more; newest first',
    query: z.strictObject({
      kind: textParameter(64, 'only of this kind').optional(),
      subject: textParameter(128, 'meter, usage point, device or terminal').optional(),
      from: timeParameter.optional().meta({ description: 'those told at or after it' }),
      to: timeParameter.optional().meta({ description: 'those told before it' }),
      ...pageQuery
    }),
    response: listOut,
    errors: ['API_NOT_READY'],
    async handle({ outages, timezone }, { query }) {
      const { kind, subject, from, to } = query
      const { limit, place } = askedPage(query)
      const rows = await outages.findings({
        limit,
        ...(place !== undefined && { before: place }),
        ...(kind !== undefined && { kind }),
        ...(subject !== undefined && { subject }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to })
      })
      return { timezone, ...showPage(rows, query, ({ n }) => n, showFinding) }
    }
  }),
  defineRoute({
    path: '/v1/findings/{id}',
    operation: 'getFinding',
    tag: 'outages',
    access: STAFF,
    summary: 'A finding',
    params: z.strictObject({ id: textParameter(256, 'finding id') }),
    response: oneOut,
    errors: ['API_FINDING_UNKNOWN', 'API_NOT_READY'],
    async handle({ outages, timezone }, { params: { id } }) {
      const finding = await outages.finding(id)
      if (finding === undefined)
        throw new GridvigilError('API_FINDING_UNKNOWN', `no finding ${JSON.stringify(id)}`)
      return { timezone, finding: showFinding(finding) }
    }
  })
]
