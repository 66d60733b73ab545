import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import {
  LIFE_STATES,
  LOSS_SCOPES,
  lossOut,
  showLoss,
  spanQuery,
  statesParameter,
  withUpdated
} from '../shapes/outages.ts'
import { component, textParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'CommunicationList',
  z.object({ timezone: timezoneOut, items: z.array(lossOut), next: z.string().nullable() })
)

export const communicationRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/communication',
    operation: 'listCommunication',
    tag: 'outages',
    access: STAFF,
    summary: 'Lost communication by its scope, those first that were heard of last',
    query: z.strictObject({
      state: statesParameter(LIFE_STATES).optional(),
      scope: z.enum(LOSS_SCOPES).optional(),
      subject: textParameter(128, 'meter, terminal, carrier or cell').optional(),
      ...spanQuery,
      ...pageQuery
    }),
    response: listOut,
    errors: ['API_NOT_READY'],
    async handle({ outages, timezone }, { query }) {
      const { state, scope, subject, from, to } = query
      const { limit, place } = askedPage(query)
      const rows = await outages.communication({
        limit,
        ...(place !== undefined && { before: place }),
        ...(state !== undefined && { states: withUpdated(state) }),
        ...(scope !== undefined && { scope }),
        ...(subject !== undefined && { subject }),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to })
      })
      return { timezone, ...showPage(rows, query, ({ n }) => n, showLoss) }
    }
  })
]
