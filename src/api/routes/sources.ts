import { z } from 'zod'
import { makeId } from '../../access/secrets.ts'
import type { TruckEntry } from '../../model/dossier.ts'
import { KEEPS_CUSTOMERS, STAFF_OR_OWN } from '../../model/roles.ts'
import { type Truck, TRUCK_MS } from '../../model/truck.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { SUPPLY_SOURCES } from '../../registry/tables.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, type Route, wrongMember } from '../http/route.ts'
import {
  AHEAD_MS,
  component,
  showNumber,
  showOptionalTime,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut
} from '../shapes/schemas.ts'
import { MOST_STAYS, withTrucks } from '../shapes/trucks.ts'
import { findKeyCustomer, keyCustomerParams } from './key-customers.ts'

const [ID] = SUPPLY_SOURCES.columns
const MAX_ID = 128
const [MAX_KW, MAX_LITRES, MAX_LITRES_PER_KWH] = [100_000, 1_000_000, 10]
/** What was restated of an older day would be forgotten at once: what is shown is made right for seven days. */
const LONGEST_AGO_MS = 7 * 86_400_000
/** Who has said nothing for three days goes and looks. */
const LONGEST_MS = 3 * 86_400_000

const figure = (most: number) => z.number().min(0).max(most).optional()
const known = z.number().nullable()

const truckOut = component(
  'Truck',
  z.object({
    id: z.string(),
    sections: z
      .array(z.string())
      .meta({ description: 'sections that it is plugged into, behind their switches' }),
    capacityKw: known,
    fuelLitres: known,
    litresPerKwh: known,
    attachedAt: timeOut,
    detachedAt: timeOut.nullable().meta({ description: 'null: it is there' }),
    validUntil: timeOut.meta({ description: 'until then it is believed to be there and to run' })
  })
)

const sourcesOut = component(
  'SourceList',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    items: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['grid', 'generator', 'ups', 'truck']),
        onFile: z.boolean().meta({ description: 'it stands in supply_sources.csv' }),
        mode: z.string().nullable(),
        capacityKw: known
      })
    ),
    trucks: z
      .array(truckOut)
      .meta({ description: 'trucks that are there or were, the latest first; a hundred at most' })
  })
)

const body = z.strictObject({
  id: z.string().regex(ID.form, ID.says).optional().meta({
    description:
      'of this stay: made up when left out; that of a truck which is there tells of it anew; of a truck in supply_sources.csv that one came'
  }),
  sections: z.array(textParameter(MAX_ID, 'a load section of the customer')).max(100).optional().meta({
    description:
      'what it is plugged into, behind the switches; not needed of one for which a switch has a place'
  }),
  capacityKw: figure(MAX_KW),
  fuelLitres: figure(MAX_LITRES).meta({ description: 'what its tank held when it came' }),
  litresPerKwh: figure(MAX_LITRES_PER_KWH),
  attachedAt: timeParameter.optional().meta({ description: 'when it began to carry; now when left out' }),
  detachedAt: timeParameter
    .nullable()
    .optional()
    .meta({ description: 'when it left; null takes a wrong departure back' }),
  validUntil: timeParameter.optional().meta({
    description: 'until when it is believed to be there; a day from now when left out, three at most'
  })
})

/** What is told of a truck now, over what was told of it before. @throws API_BAD_REQUEST for what cannot be */
function stayOf(
  customer: KeyCustomer,
  { id, ...said }: z.output<typeof body> & { readonly id: string },
  before: TruckEntry | undefined,
  now: number
): Omit<Truck, 'by'> {
  const filed = customer.sources.find(source => source.id === id)
  if (filed !== undefined && filed.kind !== 'truck')
    throw wrongMember('id', `is a ${filed.kind} of this customer`)
  const hasLeft = before?.body.detachedAt !== undefined
  if (hasLeft && said.detachedAt === undefined && filed === undefined)
    throw wrongMember('id', 'is of a truck that has left: the next stay gets an id of its own')
  // One on file comes again and again.
  const stay = hasLeft && said.detachedAt === undefined ? undefined : before
  const { attachedAt = stay?.at ?? now, validUntil = now + TRUCK_MS } = said
  const told = { ...stay?.body, ...given(said) }
  const { sections, capacityKw, fuelLitres, litresPerKwh } = told
  const detachedAt = said.detachedAt === null ? undefined : told.detachedAt
  if (before === undefined && said.detachedAt !== undefined && said.attachedAt === undefined)
    throw wrongMember('id', 'is no truck that is there: GET …/sources lists them')
  if (!(sections !== undefined && sections.length > 0) && filed === undefined)
    throw wrongMember('sections', 'say which sections it is plugged into')
  const foreign = sections?.find(section => !customer.sections.some(each => each.id === section))
  if (foreign !== undefined) throw wrongMember('sections', `${foreign} is no section of this customer`)
  if (attachedAt > now + AHEAD_MS) throw wrongMember('attachedAt', 'lies ahead')
  if (attachedAt < now - LONGEST_AGO_MS && stay === undefined)
    throw wrongMember('attachedAt', 'is more than seven days ago')
  if (detachedAt !== undefined && detachedAt > now + AHEAD_MS) throw wrongMember('detachedAt', 'lies ahead')
  if (detachedAt !== undefined && detachedAt < attachedAt)
    throw wrongMember('detachedAt', 'is before it came')
  if (validUntil <= attachedAt || validUntil > now + LONGEST_MS)
    throw wrongMember('validUntil', 'is not after it came and within three days from now')
  return {
    ...{ keyCustomer: customer.id, source: id, sections: [...new Set(sections)] },
    ...given({ capacityKw, fuelLitres, litresPerKwh }),
    attachedAt,
    ...(detachedAt !== undefined && { detachedAt }),
    validUntil
  }
}

/** Members that were said. */
const given = <T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null)
  ) as never

/** @throws API_BAD_REQUEST for an id that another customer's source has, or a truck that is or was there */
async function checkFree({ registry, ledger }: ApiContext, customer: KeyCustomer, id: string): Promise<void> {
  for (const other of registry().keyCustomers.values())
    if (other.id !== customer.id && other.sources.some(source => source.id === id))
      throw wrongMember('id', `is a source of ${other.id}`)
  const stays = await ledger.truckStays({ id, limit: MOST_STAYS })
  const elsewhere = stays.find(({ keyCustomer }) => keyCustomer !== customer.id)
  if (elsewhere !== undefined)
    throw wrongMember('id', `is that of a stay at ${elsewhere.keyCustomer}: each stay has an id of its own`)
}

const showStay = ({ id, at, body: { detachedAt = Number.NaN, validUntil, ...stay } }: TruckEntry) => ({
  ...{ id, sections: [...stay.sections] },
  capacityKw: showNumber(stay.capacityKw ?? Number.NaN),
  fuelLitres: showNumber(stay.fuelLitres ?? Number.NaN),
  litresPerKwh: showNumber(stay.litresPerKwh ?? Number.NaN),
  ...{ attachedAt: showTime(at), detachedAt: showOptionalTime(detachedAt), validUntil: showTime(validUntil) }
})

export const sourceRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/key-customers/{id}/sources',
    operation: 'listSources',
    tag: 'key-customers',
    access: STAFF_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary: 'Supply sources of a key customer: those on file, and generator trucks that are there or were',
    params: keyCustomerParams,
    response: sourcesOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params }) {
      const customer = findKeyCustomer(context, params.id)
      const stays = await context.ledger.truckStays({ customer: customer.id, limit: MOST_STAYS })
      const filed = new Set(customer.sources.map(({ id }) => id))
      const items = withTrucks(customer, stays).sources.map(({ id, kind, mode, capacityKw }) => ({
        ...{ id, kind: kind as 'grid', onFile: filed.has(id), capacityKw: showNumber(capacityKw) },
        mode: filed.has(id) ? mode || null : null
      }))
      return {
        ...{ timezone: context.timezone, keyCustomer: customer.id, items },
        trucks: stays.map(showStay)
      }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/key-customers/{id}/sources',
    operation: 'tellTruck',
    tag: 'key-customers',
    status: 202,
    access: KEEPS_CUSTOMERS,
    summary: 'A generator truck (发电车) came to a key customer, is there still, or left',
    params: keyCustomerParams,
    body,
    response: truckOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN', 'API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle(context, { params, body: said }, { actor }) {
      const customer = findKeyCustomer(context, params.id)
      const { id = `TRK-${makeId()}` } = said
      await checkFree(context, customer, id)
      const stays = await context.ledger.truckStays({ customer: customer.id, limit: MOST_STAYS })
      const before = stays.find(stay => stay.id === id)
      const {
        attachedAt,
        source: _source,
        keyCustomer,
        ...stay
      } = stayOf(customer, { ...said, id }, before, actor.at)
      await context.decisionDesk.truck(
        { keyCustomer, source: id, attachedAt, ...stay, by: actor.name },
        actor
      )
      return showStay({
        ...{ id, keyCustomer, kind: 'truck', at: attachedAt, body: stay, isWithdrawn: false },
        ...{ writtenAt: actor.at, writtenBy: actor.name }
      })
    }
  })
]
