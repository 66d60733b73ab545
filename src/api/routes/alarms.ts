import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { AlarmRow, OutageCalls } from '../../ledger/outage-port.ts'
import type { Actor } from '../../ledger/port.ts'
import { STAFF } from '../../model/roles.ts'
import type { AlarmDecision } from '../../model/decisions.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import { askedPage, pageQuery, showPage } from '../http/row-pages.ts'
import { lifePage } from './life-page.ts'
import { decidedOut, noteParameter, showLogged } from '../shapes/decided.ts'
import { alarmWithCustomerOut, showAlarmWithCustomer } from '../shapes/danger.ts'
import { ALARM_STATES, alarmLineOut, showAlarmLine, spanQuery, statesParameter } from '../shapes/outages.ts'
import { component, textParameter, timeParameter, timezoneOut } from '../shapes/schemas.ts'

const listOut = component(
  'AlarmList',
  z.object({ timezone: timezoneOut, items: z.array(alarmWithCustomerOut), next: z.string().nullable() })
)

const oneOut = component(
  'AlarmWithLife',
  z.object({
    timezone: timezoneOut,
    alarm: alarmWithCustomerOut,
    life: z.array(alarmLineOut).meta({ description: 'every transition, oldest first' }),
    next: z.string().nullable().meta({ description: '`cursor` of the rest of its life' })
  })
)

/** A shelf is no cupboard: by then somebody has looked at it. */
const MOST_SHELVED_MS = 24 * 3_600_000
const DECIDE = { method: 'POST', tag: 'outages', access: ['dispatcher', 'admin'], status: 202 } as const
const DECIDE_ERRORS = [
  'API_ALARM_UNKNOWN',
  'API_ALARM_STATE',
  'API_NOT_READY',
  'LOG_WRITE_FAILED',
  'LOG_CLOSED'
] as const
const alarmParams = z.strictObject({ id: textParameter(256, 'alarm id') })

/** @throws API_ALARM_UNKNOWN */
async function findAlarm(outages: OutageCalls, id: string): Promise<AlarmRow> {
  const alarm = await outages.alarm(id)
  if (alarm === undefined) throw new GridvigilError('API_ALARM_UNKNOWN', `no alarm ${JSON.stringify(id)}`)
  return alarm
}

/** Logs a decision about an alarm in one of these states. @throws API_ALARM_UNKNOWN, API_ALARM_STATE, or why the log did not take it */
async function decide(
  { outages, decisionDesk }: ApiContext,
  record: AlarmDecision & { readonly alarm: string },
  actor: Actor,
  states: readonly string[]
) {
  const { id, state } = await findAlarm(outages, record.alarm)
  if (!states.includes(state))
    throw new GridvigilError('API_ALARM_STATE', `${id} is ${state}, so that it cannot take ${record.act}`)
  await decisionDesk.decide(record, actor)
  return showLogged(record, actor.at)
}

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
    async handle({ outages, timezone, registry, ledger }, { query }, { caller }) {
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
      const { items, next } = showPage(
        rows,
        query,
        ({ n }) => n,
        row => row
      )
      const reader = { registry: registry(), ledger, caller }
      return {
        ...{ timezone, next },
        items: await Promise.all(items.map(row => showAlarmWithCustomer(row, reader)))
      }
    }
  }),
  defineRoute({
    path: '/v1/alarms/{id}',
    operation: 'getAlarm',
    tag: 'outages',
    access: STAFF,
    summary: 'An alarm: how it stands, and every transition with its time, by whom and why',
    params: alarmParams,
    query: z.strictObject(pageQuery),
    response: oneOut,
    errors: ['API_ALARM_UNKNOWN', 'API_NOT_READY'],
    async handle({ outages, timezone, registry, ledger }, { params, query }, { caller }) {
      const alarm = await findAlarm(outages, params.id)
      const page = await lifePage(outages, 'alarms', params.id, query, ({ line }) =>
        showAlarmLine(JSON.parse(line))
      )
      const shown = await showAlarmWithCustomer(alarm, { registry: registry(), ledger, caller })
      return { timezone, alarm: shown, ...page }
    }
  }),
  defineRoute({
    ...DECIDE,
    path: '/v1/alarms/{id}/acknowledge',
    operation: 'acknowledgeAlarm',
    summary: 'Says that somebody has seen it; takes it off the shelf',
    params: alarmParams,
    body: z.strictObject({ note: noteParameter.optional() }),
    response: decidedOut,
    errors: DECIDE_ERRORS,
    handle: (context, { params: { id }, body: { note } }, { actor }) => {
      const words = note !== undefined && { note }
      const record = { alarm: id, act: 'acknowledge', by: actor.name, ...words } as const
      return decide(context, record, actor, ['firing', 'shelved'])
    }
  }),
  defineRoute({
    ...DECIDE,
    path: '/v1/alarms/{id}/shelve',
    operation: 'shelveAlarm',
    summary: 'Puts it aside for at most a day; if it is not over by then it fires again',
    params: alarmParams,
    body: z.strictObject({
      until: timeParameter.meta({ description: 'when it comes back' }),
      note: noteParameter.meta({ description: 'why, in words' })
    }),
    response: decidedOut,
    errors: DECIDE_ERRORS,
    handle: (context, { params: { id }, body: { until, note } }, { actor }) => {
      if (until <= actor.at || until > actor.at + MOST_SHELVED_MS)
        throw new InvalidRequest([{ path: 'body.until', message: 'is not within a day from now' }])
      const record = { alarm: id, act: 'shelve', by: actor.name, until, note } as const
      return decide(context, record, actor, ['firing', 'acknowledged', 'shelved'])
    }
  })
]
