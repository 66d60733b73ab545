import { z } from 'zod'
import { makeId } from '../../access/secrets.ts'
import type { DossierKind } from '../../model/dossier.ts'
import { KEEPS_CUSTOMERS, STAFF } from '../../model/roles.ts'
import { completeness, DOSSIER_ITEMS } from '../../supply/dossier.ts'
import type { ApiContext } from '../context.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import { DOSSIER_IN, DOSSIER_OUT, dossierNow, showEntry } from '../shapes/dossier.ts'
import { ENTRY_IN, makeEntry, wrongsOf } from '../shapes/dossier-entry.ts'
import { MOST_STAYS, withTrucks } from '../shapes/trucks.ts'
import {
  component,
  showOptionalTime,
  textParameter,
  timeOut,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'
import { findKeyCustomer, keyCustomerParams } from './key-customers.ts'

const MAX_ENTRIES = 500
const DEFAULT_ENTRIES = 100

interface Words {
  readonly kind: DossierKind
  readonly name: string
  readonly path: string
  readonly list: string
  readonly add: string
  readonly what: string
}

/** Each kind with the words of its two routes. */
const KINDS: readonly Words[] = [
  {
    ...{ kind: 'patrol', name: 'Patrol', path: 'patrols', list: 'listPatrols', add: 'writePatrol' },
    what: 'Patrols of a key customer (特巡)'
  },
  {
    ...{ kind: 'drill', name: 'Drill', path: 'drills', list: 'listDrills', add: 'writeDrill' },
    what: 'Drills of a key customer’s plan'
  },
  {
    ...{ kind: 'backup-test', name: 'BackupTest', path: 'backup-tests', list: 'listBackupTests' },
    ...{ add: 'writeBackupTest', what: 'Tests of a key customer’s generators and UPS' }
  },
  {
    ...{ kind: 'hazard', name: 'Hazard', path: 'hazards', list: 'listHazards', add: 'writeHazard' },
    what: 'Hazards of a key customer, and what was done about them (服务、通知、报告、督导)'
  }
]

const dossierOut = component(
  'Dossier',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    complete: z.number().meta({ description: 'share of the items that are there, 0 to 1' }),
    items: z.array(
      z.object({
        item: z.enum(DOSSIER_ITEMS),
        there: z.boolean(),
        dueAt: timeOut.nullable().meta({ description: 'when it falls due, or fell due' }),
        missing: z
          .array(z.string())
          .meta({ description: 'what is missing: sources, columns of key_customers.csv, hazards' })
      })
    )
  })
)

/** When what stands under an id was done or found; undefined for nothing. */
async function standingAt(
  { ledger }: ApiContext,
  customer: string,
  kind: DossierKind,
  id: string | undefined
): Promise<number | undefined> {
  if (id === undefined) return undefined
  const [before] = await ledger.dossierEntries({ customer, kind, id, limit: 1 })
  return before?.at
}

function routesOf({ kind, name, path, list, add, what }: Words): Route[] {
  const listOut = component(
    `${name}List`,
    z.object({ timezone: timezoneOut, items: z.array(DOSSIER_OUT[kind]), next: z.string().nullable() })
  )
  return [
    defineRoute({
      path: `/v1/key-customers/{id}/${path}`,
      operation: list,
      tag: 'key-customers',
      access: STAFF,
      summary: `${what}, the latest first`,
      params: keyCustomerParams,
      query: z.strictObject({
        limit: wholeParameter(1, MAX_ENTRIES, 'items of the page').optional(),
        cursor: textParameter(64, '`next` of the page before').optional()
      }),
      response: listOut,
      errors: ['API_KEY_CUSTOMER_UNKNOWN'],
      async handle(context, { params, query }) {
        const { id: customer } = findKeyCustomer(context, params.id)
        const { limit = DEFAULT_ENTRIES, cursor } = query
        const [skip = 0] = cursor === undefined ? [] : readCursor(cursor, 1)
        const found = await context.ledger.dossierEntries({ customer, kind, limit: limit + 1, skip })
        const items = found.slice(0, limit).map(showEntry) as never[]
        return {
          timezone: context.timezone,
          items,
          next: found.length > limit ? writeCursor(skip + limit) : null
        }
      }
    }),
    defineRoute({
      method: 'POST',
      path: `/v1/key-customers/{id}/${path}`,
      operation: add,
      tag: 'key-customers',
      access: KEEPS_CUSTOMERS,
      summary: `${what}: writes one down, or tells anew what stands under its id`,
      params: keyCustomerParams,
      body: z.strictObject({
        id: ENTRY_IN.id.optional().meta({ description: 'of the entry; made up when left out' }),
        at: ENTRY_IN.at
          .optional()
          .meta({ description: 'when it was done, or found; when left out now, or what stood under its id' }),
        withdrawn: ENTRY_IN.withdrawn
          .optional()
          .meta({ description: 'true: it was a mistake and counts for nothing' }),
        ...DOSSIER_IN[kind]
      }),
      response: DOSSIER_OUT[kind],
      errors: ['API_KEY_CUSTOMER_UNKNOWN'],
      async handle(context, { params, body: given }, { actor }) {
        const customer = findKeyCustomer(context, params.id)
        const { id = makeId(), at = (await standingAt(context, customer.id, kind, given.id)) ?? actor.at } =
          given
        const entry = makeEntry(kind, customer.id, { ...given, id, at }, actor)
        // Only a test names a source, which may be a truck that is there.
        const stays =
          kind === 'backup-test'
            ? await context.ledger.truckStays({ customer: customer.id, limit: MOST_STAYS })
            : []
        const wrongs = wrongsOf(withTrucks(customer, stays), entry, actor.at)
        if (wrongs.length > 0)
          throw new InvalidRequest(wrongs.map(({ member, message }) => ({ path: `body.${member}`, message })))
        await context.ledger.putDossierEntry(entry, actor)
        return showEntry(entry) as never
      }
    })
  ]
}

export const dossierRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/key-customers/{id}/dossier',
    operation: 'getDossier',
    tag: 'key-customers',
    access: STAFF,
    summary:
      'One file, one plan, one person (三个一): what of a key customer’s dossier is there, and what is due',
    params: keyCustomerParams,
    response: dossierOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params }) {
      const customer = findKeyCustomer(context, params.id)
      const { ledger, clock, timezone } = context
      const { results } = await dossierNow(ledger, customer, clock.now())
      return {
        ...{ timezone, keyCustomer: customer.id, complete: completeness(results) },
        items: results.map(({ item, isThere: there, dueAt, missing }) => ({
          ...{ item, there, missing: [...missing] },
          dueAt: showOptionalTime(dueAt ?? Number.NaN)
        }))
      }
    }
  }),
  ...KINDS.flatMap(routesOf)
]
