import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { KEEPS_CUSTOMERS_OR_OWN, STAFF, STAFF_OR_OWN } from '../../model/roles.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  count,
  showNumber,
  showOptionalTime,
  textParameter,
  timeOut,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'

const MAX_CUSTOMERS = 500
const DEFAULT_CUSTOMERS = 100
const number = z.number().nullable()
const text = z.string().nullable()

const facts = {
  id: z.string(),
  name: z.string(),
  category: text,
  grade: z.string().meta({ examples: ['special', 'first', 'second', 'temporary'] }),
  accounts: z.array(z.string()),
  securityLoadKw: number
}

const listOut = component(
  'KeyCustomerList',
  z.object({
    items: z.array(z.object({ ...facts, sources: count, sections: count })),
    next: z.string().nullable().meta({ description: '`after` of the next page' })
  })
)

const customerOut = component(
  'KeyCustomer',
  z.object({
    timezone: timezoneOut,
    ...facts,
    plan: z.object({ version: text, date: timeOut.nullable(), approval: text }),
    sources: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        usagePoint: text,
        meter: text,
        measuredAt: text,
        terminal: text,
        mode: text,
        routeGroup: text,
        voltageKv: number,
        capacityKw: number,
        startClassS: number,
        fuelLitres: number,
        fuelDeclaredOn: timeOut.nullable(),
        litresPerKwh: number,
        reserveLitres: number,
        batteryKwh: number,
        batteryMinutes: number
      })
    ),
    sections: z.array(
      z.object({
        id: z.string(),
        name: text,
        class: z.string(),
        loadKw: number,
        meter: text,
        sources: z.array(z.string()).meta({ description: 'in order of preference' }),
        transfer: z.string(),
        allowedGapS: number,
        interlock: text
      })
    )
  })
)

const contactsOut = component(
  'Contacts',
  z.object({
    keyCustomer: z.string(),
    items: z
      .array(z.object({ part: z.string(), value: z.string() }))
      .meta({ description: 'by column of key_customers.csv' })
  })
)

export const keyCustomerParams = z.strictObject({ id: textParameter(128, 'id of the key customer') })

/** @throws API_KEY_CUSTOMER_UNKNOWN */
export function findKeyCustomer({ registry }: ApiContext, id: string): KeyCustomer {
  const customer = registry().keyCustomers.get(id)
  if (customer === undefined) throw new GridvigilError('API_KEY_CUSTOMER_UNKNOWN', id)
  return customer
}

const showFacts = ({ id, name, category, grade, accounts, securityLoadKw }: KeyCustomer) => ({
  ...{ id, name, grade, category: category || null },
  accounts: [...accounts],
  securityLoadKw: showNumber(securityLoadKw)
})

/** Blank texts and unknown numbers as null. */
function showRow<T extends object>(row: T): { [K in keyof T]: T[K] extends string ? string | null : T[K] } {
  const cells = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'string' ? value || null : typeof value === 'number' ? showNumber(value) : value
  ])
  return Object.fromEntries(cells)
}

export const keyCustomerRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/key-customers',
    operation: 'listKeyCustomers',
    tag: 'key-customers',
    access: STAFF,
    summary: 'Key customers of the registry, in order of id',
    query: z.strictObject({
      grade: z.enum(['special', 'first', 'second', 'temporary']).optional(),
      q: textParameter(128, 'part of an id or name').optional(),
      limit: wholeParameter(1, MAX_CUSTOMERS, 'items of the page').optional(),
      after: textParameter(128, '`next` of the page before').optional()
    }),
    response: listOut,
    isOfRegistry: true,
    handle({ registry }, { query }) {
      const { grade, q = '', limit = DEFAULT_CUSTOMERS, after = '' } = query
      const wanted = [...registry().keyCustomers.values()]
        .filter(one => one.id > after && (grade === undefined || one.grade === grade))
        .filter(({ id, name }) => `${id} ${name}`.toLowerCase().includes(q.toLowerCase()))
        .sort((one, other) => (one.id < other.id ? -1 : 1))
      const items = wanted.slice(0, limit).map(customer => ({
        ...showFacts(customer),
        sources: customer.sources.length,
        sections: customer.sections.length
      }))
      return { items, next: wanted.length > limit ? (items.at(-1)?.id ?? null) : null }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}',
    operation: 'getKeyCustomer',
    tag: 'key-customers',
    access: STAFF_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary: 'What the registry says of a key customer: plan, supply sources, load sections',
    params: keyCustomerParams,
    response: customerOut,
    isOfRegistry: true,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    handle(context, input) {
      const customer = findKeyCustomer(context, input.params.id)
      const { planVersion, planDate, planApproval, sources, sections } = customer
      return {
        timezone: context.timezone,
        ...showFacts(customer),
        plan: {
          version: planVersion || null,
          date: showOptionalTime(planDate),
          approval: planApproval || null
        },
        sources: sources.map(({ id, kind, fuelDeclaredOn, ...rest }) => ({
          ...showRow(rest),
          ...{ id, kind, fuelDeclaredOn: showOptionalTime(fuelDeclaredOn) }
        })),
        sections: sections.map(({ id, class: kind, transfer, sources: fed, ...rest }) => ({
          ...showRow(rest),
          ...{ id, class: kind, transfer, sources: [...fed] }
        }))
      }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}/contacts',
    operation: 'listContacts',
    tag: 'key-customers',
    access: KEEPS_CUSTOMERS_OR_OWN,
    isOwn: (_context, subject, input) => input.params.id === subject,
    summary: 'Names and phones of the persons of a key customer, as key_customers.csv said last',
    params: keyCustomerParams,
    response: contactsOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, input) {
      const { id } = findKeyCustomer(context, input.params.id)
      const contacts = await context.ledger.contacts(id)
      return { keyCustomer: id, items: contacts.map(({ part, value }) => ({ part, value })) }
    }
  })
]
