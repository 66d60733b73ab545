import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { ALARM_STATES, alarmOut, showAlarm, spanQuery, statesParameter } from '../shapes/outages.ts'
import { component, textParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'AlarmList',
  z.object({ timezone: timezoneOut, items: z.array(alarmOut), next: z.string().nullable() })
)

export const alarmRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/alarms',
    operation: 'listAlarms',
    tag: 'outages',
    access: STAFF,
    summary: 'Abnormal conditions with a life of their own, those first that were heard of last',
    query: z.strictObject({
      state: statesParameter(ALARM_STATES).optional(),
      kind: textParameter(64, 'only of this kind').optional(),
      subject: textParameter(128, 'what it is about').optional(),
      ...spanQuery,
      ...pageQuery
    }),
    response: listOut,
    errors: ['API_NOT_READY'],
    async handle({ outages, timezone }, { query }) {
      const { state, kind, subject, from, to } = query
      const { limit, place } = askedPage(query)
      const rows = await outages.alarms({
        limit,
        ...(place !== undefined && { before: place }),
        ...(state !== undefined && { states: state }),
        ...(kind !== undefined && { kind }),
        ...(subject !== undefined && { subject }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to })
      })
      return { timezone, ...showPage(rows, query, ({ n }) => n, showAlarm) }
    }
  })
]
