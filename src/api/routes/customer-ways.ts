import { z } from 'zod'
import { STAFF } from '../../model/roles.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { COMPLIANCE_BASES, COMPLIANCE_ITEMS } from '../../supply/compliance.ts'
import { type Dependence, sharedRoutes } from '../../supply/dependence.ts'
import { waysOf } from '../../supply/ways.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { complianceNow } from '../shapes/compliance.ts'
import { component, showTime, timeOut, timezoneOut } from '../shapes/schemas.ts'
import { findKeyCustomer, keyCustomerParams } from './key-customers.ts'

const deviceOut = z.object({ device: z.string(), kind: z.string(), name: z.string().nullable() })
const dependenceOut = z.object({
  feeds: z
    .array(
      z.object({
        source: z.string(),
        path: z.array(deviceOut).nullable().meta({
          description: 'what cuts it off, from below to above; null where nobody knows, or nothing feeds it'
        })
      })
    )
    .meta({ description: 'of each feed of the grid' }),
  common: deviceOut.nullable().meta({ description: 'nearest device that all feeds share; null for none' }),
  failures: z
    .array(deviceOut.extend({ effect: z.enum(['interrupted', 'emergency']) }))
    .meta({ description: 'devices whose failure alone would interrupt it, or leave it to its own sources' })
})

const pathsOut = component(
  'SupplyPaths',
  z.object({
    keyCustomer: z.string(),
    normal: dependenceOut.meta({ description: 'in normal operation' }),
    present: dependenceOut.meta({ description: 'as switches stand now' }),
    temporarilyShared: z.boolean(),
    sharedRoutes: z.array(z.object({ group: z.string(), sources: z.array(z.string()) }))
  })
)

const complianceOut = component(
  'Compliance',
  z.object({
    timezone: timezoneOut,
    keyCustomer: z.string(),
    grade: z.string(),
    items: z.array(
      z.object({
        item: z.enum(COMPLIANCE_ITEMS),
        basis: z.enum(COMPLIANCE_BASES),
        met: z.boolean().nullable().meta({ description: 'null: nobody can tell' }),
        wanted: z.union([z.number(), z.string()]),
        found: z.union([z.number(), z.string()]).nullable(),
        shownAt: timeOut.nullable().meta({ description: 'when an event showed it' }),
        subjects: z.array(z.string())
      })
    )
  })
)

function showDevice({ network, devices }: Registry, device: number): z.input<typeof deviceOut> {
  return {
    ...{ device: network.ids.get(device), kind: devices.kind.get(device) },
    name: devices.name.get(device) || null
  }
}

const showDependence = (registry: Registry, { feeds, common, failures }: Dependence) => ({
  feeds: [...feeds].map(([source, path]) => ({
    source,
    path: path?.map(device => showDevice(registry, device)) ?? null
  })),
  common: common < 0 ? null : showDevice(registry, common),
  failures: failures.map(({ device, effect }) => ({ ...showDevice(registry, device), effect }))
})

export const customerWaysRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/key-customers/{id}/paths',
    operation: 'getSupplyPaths',
    tag: 'key-customers',
    access: STAFF,
    summary:
      'What a key customer’s feeds hang on: the ways up, what they share, single failures that would interrupt it',
    params: keyCustomerParams,
    response: pathsOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params }) {
      const customer = findKeyCustomer(context, params.id)
      const registry = context.registry()
      const ways = waysOf(registry, await context.switchingDesk.switchStates(), customer)
      return {
        keyCustomer: customer.id,
        normal: showDependence(registry, ways.normal),
        present: showDependence(registry, ways.present),
        temporarilyShared: ways.isTemporarilyShared,
        sharedRoutes: sharedRoutes(customer.sources)
      }
    }
  }),
  defineRoute({
    path: '/v1/key-customers/{id}/compliance',
    operation: 'getCompliance',
    tag: 'key-customers',
    access: STAFF,
    summary: 'What a key customer of its grade is to have, whether it has it, and how well that is known',
    params: keyCustomerParams,
    response: complianceOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN'],
    async handle(context, { params }) {
      const customer = findKeyCustomer(context, params.id)
      const { switchingDesk, clock } = context
      const registry = context.registry()
      const ways = waysOf(registry, await switchingDesk.switchStates(), customer)
      const items = await complianceNow(context, registry, customer, ways, clock.now())
      return {
        ...{ timezone: context.timezone, keyCustomer: customer.id, grade: customer.grade },
        items: items.map(({ item, basis, isMet: met, wanted, found, shownAt, subjects }) => ({
          ...{ item, basis, met, wanted, found, subjects: [...subjects] },
          shownAt: shownAt === null ? null : showTime(shownAt)
        }))
      }
    }
  })
]
