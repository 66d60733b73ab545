import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { lifePage } from './life-page.ts'
import {
  LIFE_STATES,
  LOSS_SCOPES,
  lossLineOut,
  lossOut,
  showLoss,
  showLossLine,
  spanQuery,
  statesParameter,
  withUpdated
} from '../shapes/outages.ts'
import { component, textParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'CommunicationList',
  z.object({ timezone: timezoneOut, items: z.array(lossOut), next: z.string().nullable() })
)

const oneOut = component(
  'CommunicationWithLife',
  z.object({
    timezone: timezoneOut,
    loss: lossOut,
    life: z.array(lossLineOut).meta({ description: 'every step, oldest first' }),
    next: z.string().nullable().meta({ description: '`cursor` of the rest of its life' })
  })
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
  }),
  defineRoute({
    path: '/v1/communication/{id}',
    operation: 'getCommunicationLoss',
    tag: 'outages',
    access: STAFF,
    summary: 'A lost communication: how it stands, and every step of its life',
    params: z.strictObject({ id: textParameter(128, 'id of the lost communication') }),
    query: z.strictObject(pageQuery),
    response: oneOut,
    errors: ['API_LOSS_UNKNOWN', 'API_NOT_READY'],
    async handle({ outages, timezone }, { params: { id }, query }) {
      const loss = await outages.loss(id)
      if (loss === undefined)
        throw new GridvigilError('API_LOSS_UNKNOWN', `no lost communication ${JSON.stringify(id)}`)
      const page = await lifePage(outages, 'communication', id, query, ({ line }) =>
        showLossLine(JSON.parse(line))
      )
      return { timezone, loss: showLoss(loss), ...page }
    }
  })
]
