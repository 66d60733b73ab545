import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import { TextSearch } from '../../registry/lookup/find-texts.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { type SupplyIndex, supplyIndexOf } from '../../registry/lookup/supply-index.ts'
import { readCursor, writeCursor } from '../http/page-cursor.ts'
import { STAFF, STAFF_OR_OWN } from '../../model/roles.ts'
import { isOwnPoint } from '../shapes/own.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  count,
  showNumber,
  showOptionalTime,
  textParameter,
  timeOut,
  wholeParameter
} from '../shapes/schemas.ts'

const MAX_DEVICES = 500
const DEFAULT_DEVICES = 100
const number = z.number().nullable()
const registryOut = z.object({ version: z.int(), hash: z.string() })

const deviceFacts = {
  id: z.string(),
  kind: z.string(),
  name: z.string(),
  fedBy: z
    .string()
    .nullable()
    .meta({ description: 'device that feeds it in normal operation, null at the top' }),
  below: z
    .object({ devices: count, usagePoints: count, meters: count })
    .meta({ description: 'what hangs below it, itself included' })
}

const deviceListOut = component(
  'DeviceList',
  z.object({
    registry: registryOut,
    unassigned: count.meta({ description: 'usage points whose device nobody knows' }),
    items: z.array(z.object(deviceFacts)),
    next: z.string().nullable()
  })
)

const deviceOut = component(
  'Device',
  z.object({
    ...deviceFacts,
    phases: z.string(),
    ratedKva: number,
    ratedA: number,
    nominalKv: number,
    vectorGroup: z.string().nullable(),
    latitude: number,
    longitude: number,
    path: z.array(z.string()).meta({ description: 'from the device that feeds it up to the top' }),
    checkMeters: z.array(z.string()).meta({ description: 'meters that measure the device itself' }),
    usagePoints: z.array(z.string()).meta({ description: 'usage points that hang on the device itself' })
  })
)

const usagePointOut = component(
  'UsagePoint',
  z.object({
    id: z.string(),
    account: z.string().nullable(),
    device: z.string().nullable().meta({ description: 'null: unassigned' }),
    path: z.array(z.string()).meta({ description: 'devices that feed it, up to the top' }),
    phase: z.string().nullable(),
    role: z.string(),
    contractKva: number,
    meters: z
      .array(
        z.object({
          id: z.string(),
          terminal: z.string().nullable(),
          installedAt: timeOut.nullable(),
          removedAt: timeOut.nullable()
        })
      )
      .meta({ description: 'its meters in order of time; at most one measures at a time' })
  })
)

const deviceParams = z.strictObject({ id: textParameter(128, 'device id of the registry') })
const pointParams = z.strictObject({ id: textParameter(128, 'usage point id of the registry') })
const pageQuery = {
  limit: wholeParameter(1, MAX_DEVICES, 'items of the page').optional(),
  cursor: textParameter(64, '`next` of the page before').optional()
}

/** @throws API_DEVICE_UNKNOWN */
export function findDevice(registry: Registry, id: string): number {
  const device = registry.network.numbers.get(id)
  if (device === undefined) throw new GridvigilError('API_DEVICE_UNKNOWN', `no device ${JSON.stringify(id)}`)
  return device
}

function showDevice({ network, devices }: Registry, index: SupplyIndex, device: number) {
  const parent = network.normalParent[device] ?? -1
  return {
    id: network.ids.get(device),
    kind: devices.kind.get(device),
    name: devices.name.get(device),
    fedBy: parent < 0 ? null : network.ids.get(parent),
    below: index.below(device)
  }
}

/** A page of `wanted` devices, which are ascending. */
function showPage(
  registry: Registry,
  wanted: Iterable<number>,
  query: { limit?: number | undefined; cursor?: string | undefined }
) {
  const index = supplyIndexOf(registry)
  const limit = query.limit ?? DEFAULT_DEVICES
  const [from = 0] = query.cursor === undefined ? [] : readCursor(query.cursor, 1)
  const items: ReturnType<typeof showDevice>[] = []
  let next: string | null = null
  for (const device of wanted) {
    if (device < from) continue
    if (items.length === limit) {
      next = writeCursor(device)
      break
    }
    items.push(showDevice(registry, index, device))
  }
  const { version, hash, network } = registry
  return {
    registry: { version, hash },
    unassigned: network.ids.length === 0 ? 0 : index.unassigned,
    items,
    next
  }
}

function* devicesWhere(count: number, isWanted: (device: number) => boolean): Generator<number> {
  for (let device = 0; device < count; device++) if (isWanted(device)) yield device
}

export const deviceRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/devices',
    operation: 'listDevices',
    tag: 'network',
    access: STAFF,
    summary: 'Devices of the network, in the order of devices.csv',
    query: z.strictObject({
      kind: textParameter(32, 'only devices of this kind').optional(),
      q: textParameter(128, 'part of an id or name').optional(),
      ...pageQuery
    }),
    response: deviceListOut,
    isOfRegistry: true,
    handle(context, { query }) {
      const registry = context.registry()
      const { network, devices } = registry
      const search = new TextSearch(query.q ?? '')
      const isWanted = (device: number): boolean =>
        (query.kind === undefined || devices.kind.get(device) === query.kind) &&
        (search.isIn(network.ids, device) || search.isIn(devices.name, device))
      return showPage(registry, devicesWhere(network.ids.length, isWanted), query)
    }
  }),
  defineRoute({
    path: '/v1/devices/{id}',
    operation: 'getDevice',
    tag: 'network',
    access: STAFF,
    summary: 'What the registry knows of a device, what feeds it and what hangs on it',
    params: deviceParams,
    response: deviceOut,
    isOfRegistry: true,
    errors: ['API_DEVICE_UNKNOWN'],
    handle(context, { params }) {
      const registry = context.registry()
      const { network, devices, meters } = registry
      const device = findDevice(registry, params.id)
      const index = supplyIndexOf(registry)
      const of = (column: Float64Array): number | null => showNumber(column[device] ?? Number.NaN)
      return {
        ...showDevice(registry, index, device),
        phases: devices.phases.get(device),
        ratedKva: of(devices.ratedKva),
        ratedA: of(devices.ratedA),
        nominalKv: of(devices.nominalKv),
        vectorGroup: devices.vectorGroup.get(device) || null,
        latitude: of(devices.latitude),
        longitude: of(devices.longitude),
        path: index
          .path(device)
          .slice(1)
          .map(at => network.ids.get(at)),
        checkMeters: index.checkMeters(device).map(meter => meters.id.get(meter)),
        usagePoints: [...index.usagePoints(device)]
      }
    }
  }),
  defineRoute({
    path: '/v1/devices/{id}/children',
    operation: 'listChildren',
    tag: 'network',
    access: STAFF,
    summary: 'Devices that this one feeds in normal operation',
    params: deviceParams,
    query: z.strictObject(pageQuery),
    response: deviceListOut,
    isOfRegistry: true,
    errors: ['API_DEVICE_UNKNOWN'],
    handle(context, { params, query }) {
      const registry = context.registry()
      return showPage(registry, supplyIndexOf(registry).children(findDevice(registry, params.id)), query)
    }
  }),
  defineRoute({
    path: '/v1/usage-points/{id}',
    operation: 'getUsagePoint',
    tag: 'network',
    access: STAFF_OR_OWN,
    isOwn: (context, subject, { params }) => isOwnPoint(context.registry(), subject, params.id),
    summary: 'A metered place of supply: its account, what feeds it, its meters',
    params: pointParams,
    response: usagePointOut,
    isOfRegistry: true,
    errors: ['API_USAGE_POINT_UNKNOWN'],
    handle(context, { params }) {
      const registry = context.registry()
      const { network, meters, usagePoints } = registry
      const point = usagePoints.get(params.id)
      if (point === undefined)
        throw new GridvigilError('API_USAGE_POINT_UNKNOWN', `no usage point ${JSON.stringify(params.id)}`)
      const index = supplyIndexOf(registry)
      const device = network.numbers.get(point.device)
      return {
        id: point.id,
        account: point.account || null,
        device: point.device || null,
        path: device === undefined ? [] : index.path(device).map(at => network.ids.get(at)),
        phase: point.phase || null,
        role: point.role,
        contractKva: showNumber(point.contractKva),
        meters: index
          .bindingsOf(point.id)
          .toSorted((a, b) => (meters.installedAt[a.row] ?? 0) - (meters.installedAt[b.row] ?? 0))
          .map(({ meter, row }) => ({
            id: meters.id.get(meter),
            terminal: meters.terminal.get(row) || null,
            installedAt: showOptionalTime(meters.installedAt[row] ?? Number.NaN),
            removedAt: showOptionalTime(meters.removedAt[row] ?? Number.NaN)
          }))
      }
    }
  })
]
