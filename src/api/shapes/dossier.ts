import { z } from 'zod'
import {
  type DossierBodies,
  type DossierEntry,
  type DossierKind,
  HAZARD_DUTIES,
  HAZARD_LEVELS,
  PATROL_OCCASIONS
} from '../../model/dossier.ts'
import type { LedgerCalls } from '../../ledger/port.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { type DossierResult, dossierOf } from '../../supply/dossier.ts'
import { MOST_ENTRIES } from './compliance.ts'
import { written } from './decided.ts'
import { component, showOptionalTime, showTime, textParameter, timeOut, timeParameter } from './schemas.ts'

const MAX_TEXT = 2000
const MAX_NAME = 128
const DAY_MINUTES = 1440

const text = written(MAX_TEXT)
const time = timeParameter.nullable().optional()
const minutes = z.number().min(0).max(DAY_MINUTES)

/** What is written down of each kind, beside when it was. */
export const DOSSIER_IN = {
  patrol: {
    occasion: z.enum(PATROL_OCCASIONS),
    found: text.meta({ examples: ['配电房通风正常，二路电源指示正常'] })
  },
  drill: { scenario: text.meta({ examples: ['双电源同时失电，发电车接入'] }), minutes, passed: z.boolean() },
  'backup-test': {
    source: textParameter(MAX_NAME, 'a supply source of the customer'),
    loadPct: z.number().min(0).max(200).nullable().optional().meta({ description: 'of its capacity' }),
    minutes,
    startS: z
      .number()
      .min(0)
      .max(86_400)
      .nullable()
      .optional()
      .meta({ description: 'from the start signal until it carried' }),
    passed: z.boolean()
  },
  hazard: {
    what: text.meta({ examples: ['电缆沟积水，两路电缆同沟'] }),
    level: z.enum(HAZARD_LEVELS),
    served: time.meta({ description: '服务: looked at together with the customer' }),
    notified: time.meta({ description: '通知: the customer was told in writing' }),
    reported: time.meta({ description: '报告: the authority was told' }),
    supervised: time.meta({ description: '督导: it was urged' }),
    due: time.meta({ description: 'until when it has to be put right' }),
    fixed: time,
    verified: time.meta({ description: 'when somebody saw that it was; goes with `fixed` and `verifiedBy`' }),
    verifiedBy: written(MAX_NAME)
      .nullable()
      .optional()
      .meta({
        description: 'which post or team saw it: names of persons stay among the contacts',
        examples: ['客户服务一班']
      })
  }
} as const

const timeShown = timeOut.nullable()
const BODY_OUT = {
  patrol: { occasion: z.enum(PATROL_OCCASIONS), found: z.string() },
  drill: { scenario: z.string(), minutes: z.number(), passed: z.boolean() },
  'backup-test': {
    source: z.string(),
    loadPct: z.number().nullable(),
    minutes: z.number(),
    startS: z.number().nullable(),
    passed: z.boolean()
  },
  hazard: {
    what: z.string(),
    level: z.enum(HAZARD_LEVELS),
    ...{ served: timeShown, notified: timeShown, reported: timeShown, supervised: timeShown },
    ...{ due: timeShown, fixed: timeShown, verified: timeShown },
    verifiedBy: z.string().nullable()
  }
} as const

const entryOut = <S extends z.core.$ZodLooseShape>(name: string, shape: S) =>
  component(
    name,
    z.object({
      id: z.string(),
      at: timeOut.meta({ description: 'when it was done, or found' }),
      ...shape,
      withdrawn: z.boolean(),
      writtenAt: timeOut,
      writtenBy: z.string()
    })
  )

export const DOSSIER_OUT = {
  patrol: entryOut('Patrol', BODY_OUT.patrol),
  drill: entryOut('Drill', BODY_OUT.drill),
  'backup-test': entryOut('BackupTest', BODY_OUT['backup-test']),
  hazard: entryOut('Hazard', BODY_OUT.hazard)
} as const

/** Members of a hazard that are times. */
export const HAZARD_TIMES = [...HAZARD_DUTIES, 'due', 'fixed', 'verified'] as const

/** The body of an entry from what came in: what was left out is null. */
export function bodyOf<K extends DossierKind>(
  kind: K,
  given: Readonly<Record<string, unknown>>
): DossierBodies[K] {
  const members = Object.keys(DOSSIER_IN[kind]).map(name => [name, given[name] ?? null])
  return Object.fromEntries(members) as DossierBodies[K]
}

/** An entry as the API tells it. */
export function showEntry({ id, kind, at, body, isWithdrawn, writtenAt, writtenBy }: DossierEntry) {
  const times: readonly string[] = kind === 'hazard' ? HAZARD_TIMES : []
  const members = Object.entries(body).map(([name, value]) => [
    name,
    times.includes(name) ? showOptionalTime((value as number | null) ?? Number.NaN) : value
  ])
  return {
    ...{ id, at: showTime(at), ...Object.fromEntries(members), withdrawn: isWithdrawn },
    ...{ writtenAt: showTime(writtenAt), writtenBy }
  }
}

export interface DossierNow {
  readonly entries: readonly DossierEntry[]
  readonly results: readonly DossierResult[]
}

/** What of a customer's dossier is there. @param now epoch ms */
export async function dossierNow(
  ledger: Pick<LedgerCalls, 'dossierEntries' | 'contacts'>,
  customer: KeyCustomer,
  now: number
): Promise<DossierNow> {
  const [entries, contacts] = await Promise.all([
    ledger.dossierEntries({ customer: customer.id, limit: MOST_ENTRIES }),
    ledger.contacts(customer.id)
  ])
  const parts = contacts.filter(({ value }) => value !== '').map(({ part }) => part)
  return { entries, results: dossierOf(customer, entries, parts, now) }
}
