import { z } from 'zod'
import type { Registry } from '../../registry/lookup/registry.ts'
import { supplyIndexOf } from '../../registry/lookup/supply-index.ts'
import { stepBounds } from '../../series/energy-steps.ts'
import type { LoadSteps, MemberSpan } from '../../series/port.ts'
import { spanOf } from '../shapes/bound-spans.ts'
import { findDevice } from './devices.ts'
import { STAFF } from '../../model/roles.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import {
  component,
  count,
  showTime,
  textParameter,
  timeOut,
  timeParameter,
  timezoneOut
} from '../shapes/schemas.ts'
import { defaultFrom, MAX_STEPS, ruleOf, STEP_MS } from './steps.ts'

const LOAD_STEPS = ['15m', '30m', '1h', '1d'] as const
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** What one answer may add up: customers times steps, and customers times days, which is what is read. */
const MAX_CELLS = 2_000_000
const MAX_CUSTOMER_DAYS = 20_000
/** Sums of decimals have noise in their last digits. */
const SUM_DIGITS = 12

const energy = z.number().nullable()

const sumOut = z.object({
  importKwh: energy.meta({ description: 'the sum of what is known; null when nothing is, never 0' }),
  exportKwh: energy,
  importKw: energy.meta({ description: 'mean power over the step' }),
  exportKw: energy,
  expected: count.meta({ description: 'customers that had a meter in the step' }),
  complete: count.meta({ description: 'those whose import is known for all the time they had one' }),
  coverage: energy.meta({ description: 'complete / expected; null when nobody is expected' })
})

export const deviceLoadOut = component(
  'DeviceLoad',
  z.object({
    device: z.string(),
    timezone: timezoneOut,
    from: timeOut,
    to: timeOut,
    step: z.enum(LOAD_STEPS),
    customers: count.meta({ description: 'usage points below the device' }),
    checkMeters: z.array(z.string()),
    items: z.array(
      z.object({
        start: timeOut,
        end: timeOut,
        customers: sumOut,
        check: sumOut.nullable().meta({ description: "the device's own meters; null when it has none" }),
        differenceKw: energy.meta({
          description:
            'check less customers, import less export; null unless both imports are known. Contains what customers without readings took'
        })
      })
    )
  })
)

const query = z.strictObject({
  from: timeParameter.optional().meta({ description: 'begin of the first step; default: a day before `to`' }),
  to: timeParameter.optional().meta({ description: 'end of the last step; default: now' }),
  step: z
    .enum(LOAD_STEPS)
    .optional()
    .meta({ description: 'default 15m; days end at local midnight of the site' })
})

export const deviceLoadRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/devices/{id}/load',
    operation: 'getDeviceLoad',
    tag: 'network',
    access: STAFF,
    summary: 'What the customers below a device took together by step, beside its own meters',
    params: z.strictObject({ id: textParameter(128, 'device id of the registry') }),
    query,
    response: deviceLoadOut,
    asksStore: true,
    errors: ['API_DEVICE_UNKNOWN'],
    async handle(context, { params, query: { from: begin, to: end, step = '15m' } }) {
      const registry = context.registry()
      const device = findDevice(registry, params.id)
      const to = end ?? Math.max(context.clock.now(), (begin ?? 0) + 1)
      const from = begin ?? defaultFrom(step, to, context.timezone)
      if (from >= to) refuse('from must be before to')
      const { customers, members } = customersBelow(registry, device)
      checkSize(customers, from, to, STEP_MS[step])
      const checked = checkMembers(registry, device)
      const steps = stepBounds(from, to, ruleOf(step, context.timezone))
      const bounds = [...steps.map(([start]) => start), to]
      const sum = await context.series.load({ members, bounds })
      const check = checked.length === 0 ? undefined : await context.series.load({ members: checked, bounds })
      return {
        device: params.id,
        timezone: context.timezone,
        from: showTime(from),
        to: showTime(to),
        step,
        customers,
        checkMeters: [...new Set(checked.map(({ meter }) => registry.meters.id.get(meter)))],
        items: steps.map(([start, end], at) => {
          const hours = (end - start) / HOUR_MS
          const difference = check === undefined ? Number.NaN : netOf(check, at) - netOf(sum, at)
          return {
            start: showTime(start),
            end: showTime(end),
            customers: showSum(sum, at, hours),
            check: check === undefined ? null : showSum(check, at, hours),
            differenceKw: show(difference / hours)
          }
        })
      }
    }
  })
]

function refuse(message: string): never {
  throw new InvalidRequest([{ path: 'query.from', message }])
}

function checkSize(customers: number, from: number, to: number, stepMs: number): void {
  const steps = (to - from) / stepMs
  const days = (to - from) / DAY_MS
  if (steps > MAX_STEPS) refuse(`at most ${MAX_STEPS} steps in one request`)
  if (customers * steps > MAX_CELLS || customers * days > MAX_CUSTOMER_DAYS) {
    refuse(
      `${customers} customers hang below this device: at most ${MAX_CUSTOMER_DAYS} customers x days and ` +
        `${MAX_CELLS} customers x steps in one request; ask for a shorter span or a device further down`
    )
  }
}

/** Spans of the meters of all usage points on the device and below it, as the network feeds them in normal operation. */
function customersBelow(registry: Registry, device: number): { customers: number; members: MemberSpan[] } {
  const index = supplyIndexOf(registry)
  const members: MemberSpan[] = []
  const below = [device]
  let customers = 0
  for (let at = below.pop(); at !== undefined; at = below.pop()) {
    below.push(...index.children(at))
    for (const point of index.usagePoints(at)) {
      for (const { meter, row } of index.bindingsOf(point)) {
        members.push({ member: customers, meter, ...spanOf(registry.meters, meter, row) })
      }
      customers++
    }
  }
  return { customers, members }
}

function checkMembers(registry: Registry, device: number): MemberSpan[] {
  return supplyIndexOf(registry)
    .checkMeters(device)
    .map((meter, member) => ({ member, meter, ...spanOf(registry.meters, meter, meter) }))
}

/** Import less what is known of export, kWh. */
function netOf({ importKwh, exportKwh }: LoadSteps, at: number): number {
  const out = exportKwh[at] ?? Number.NaN
  return (importKwh[at] ?? Number.NaN) - (Number.isNaN(out) ? 0 : out)
}

function showSum(of: LoadSteps, at: number, hours: number) {
  const [importKwh, exportKwh] = [of.importKwh[at] ?? Number.NaN, of.exportKwh[at] ?? Number.NaN]
  const [expected, complete] = [of.expected[at] ?? 0, of.complete[at] ?? 0]
  return {
    importKwh: show(importKwh),
    exportKwh: show(exportKwh),
    importKw: show(importKwh / hours),
    exportKw: show(exportKwh / hours),
    expected,
    complete,
    coverage: show(complete / expected)
  }
}

const show = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(SUM_DIGITS)) : null
