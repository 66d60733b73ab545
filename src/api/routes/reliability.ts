import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import { RELIABILITY_PROFILES } from '../../reliability/profiles.ts'
import { REPEATED } from '../../reliability/repeated.ts'
import { QueryGate } from '../http/query-gate.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import { reliabilityFacts, showReliability } from '../shapes/reliability.ts'
import {
  component,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { findDevice } from './devices.ts'

const DAY_MS = 86_400_000
/** Five years and the days that clocks and leap years add. */
const MOST_DAYS = 1830
const MOST_COUNT = 100
const MOST_WINDOW_DAYS = 366
/** Of one caller: whoever asks the ledger for something else waits while one is answered, and never for more than one. */
const QUESTIONS_PER_MINUTE = 60
/** Questions that may wait for the one before them. */
const MOST_WAITING = 30

const profile = z.enum(Object.keys(RELIABILITY_PROFILES) as [keyof typeof RELIABILITY_PROFILES])

const reliabilityOut = component(
  'Reliability',
  z.object({
    timezone: timezoneOut,
    profile,
    from: timeOut,
    to: timeOut,
    device: z.string().nullable().meta({ description: 'null: the whole system' }),
    ...reliabilityFacts
  })
)

export function reliabilityRoutes(): readonly Route[] {
  const gate = new QueryGate(1, MOST_WAITING)
  return [reliabilityRoute(gate)]
}

const reliabilityRoute = (gate: QueryGate): Route =>
  defineRoute({
    path: '/v1/reliability',
    operation: 'getReliability',
    tag: 'outages',
    access: STAFF,
    mostPerMinute: QUESTIONS_PER_MINUTE,
    summary:
      'Indices of reliability of a period, by the incidents that count: SAIDI, SAIFI, RS, 停电时户数, repeated outages',
    query: z.strictObject({
      profile: profile.meta({ description: 'the standard that counts' }),
      from: timeParameter,
      to: timeParameter,
      device: textParameter(
        128,
        'at this device and below it, as it is fed normally; default: everybody'
      ).optional(),
      repeatedCount: wholeParameter(
        2,
        MOST_COUNT,
        `repeated: so many interruptions; default ${REPEATED.count.value}`
      ).optional(),
      repeatedDays: wholeParameter(
        1,
        MOST_WINDOW_DAYS,
        `within so many days; default ${REPEATED.window.value}`
      ).optional()
    }),
    response: reliabilityOut,
    errors: ['API_DEVICE_UNKNOWN', 'API_NOT_READY', 'API_BUSY'],
    async handle(context, { query }) {
      const { from, to, device } = query
      if (from >= to) refuse('query.from', 'from must be before to')
      if (to - from > MOST_DAYS * DAY_MS) refuse('query.to', `at most ${MOST_DAYS} days in one request`)
      if (device !== undefined) findDevice(context.registry(), device)
      const report = await gate.run(() => context.reliability.reliabilityReport(query))
      return {
        ...{ timezone: context.timezone, profile: query.profile, from: showTime(from), to: showTime(to) },
        device: device ?? null,
        ...showReliability(report)
      }
    }
  })

function refuse(path: string, message: string): never {
  throw new InvalidRequest([{ path, message }])
}
