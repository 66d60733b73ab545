import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { z } from 'zod'
import { problemOut } from '../../src/api/http/problem.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import type { ReliabilityLedger } from '../../src/ledger/reliability-port.ts'
import { batchOf, incident, T0 } from '../support/outage-lines.ts'
import { contextOf, emptySite } from './context.ts'

const HOUR = 3_600_000
const [FROM, TO] = ['2026-11-01T00:00:00+08:00', '2026-11-20T20:00:00+08:00']
const ASKED = new URLSearchParams({ profile: 'dl836', from: FROM, to: TO })

async function openSite(t: TestContext) {
  const site = emptySite()
  site.meters.push({ id: 'K-METER', terminal: 'T1', usagePoint: 'U2' })
  const closed = { state: 'closed' as const, usagePoints: ['U17'], affected: 1 }
  const lines = [0, 2, 3].map(hours =>
    incident({ id: `I${hours}`, ...closed, start: T0 + hours * HOUR, end: T0 + hours * HOUR + HOUR / 2 })
  )
  const planned = { kind: 'planned' as const, planType: 'planned' as const, end: T0 - HOUR }
  await site.outages.takeLines(
    batchOf(1, {
      incidents: [
        ...lines,
        incident({ id: 'P', ...closed, ...planned, usagePoints: ['U2'], start: T0 - 3 * HOUR })
      ]
    }),
    { path: () => [], account: point => `A-${point}` }
  )
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const ask = (more: Record<string, string> = {}) =>
    api.inject(`/v1/reliability?${new URLSearchParams({ ...Object.fromEntries(ASKED), ...more })}`)
  return { site, api, ask }
}

test('indices of a period, by the names of the profile, with their parts', async t => {
  const { ask } = await openSite(t)
  const answer = await ask()
  assert.equal(answer.statusCode, 200, answer.body)
  const told = answer.json()
  const route = createRoutes().find(({ path }) => path === '/v1/reliability')
  assert.ok(route)
  assert.deepEqual((route.response as z.ZodType).parse(told), told, 'nothing that is not documented')
  assert.deepEqual(
    [told.profile, told.device, told.from, told.asOf, told.servedAccounts, told.isProvisional],
    ['dl836', null, '2026-10-31T16:00:00.000Z', '2026-11-20T12:07:30.000Z', 2, false]
  )
  const [first] = told.variants
  assert.deepEqual(
    [first.variant, first.interruptions, first.customerHours, first.saifi, first.saidiMinutes],
    ['all', 4, 3.5, 2, 105]
  )
  assert.deepEqual(told.planned, { interruptions: 1, customerMinutes: 120, customerHours: 2 })
  assert.deepEqual(told.unplanned, { interruptions: 3, customerMinutes: 90, customerHours: 1.5 })
  assert.deepEqual(
    told.repeated.items.map(({ account }: { account: string }) => account),
    ['A-U17']
  )
  assert.deepEqual([told.repeated.count, told.repeated.windowDays, told.majorEventDays], [3, 60, null])
  const rs = told.indices.find(({ name }: { name: string }) => name === 'RS-1')
  assert.ok(rs.value > 99 && rs.value < 100 && rs.unit === '%')
})

test('another profile, a device, other parameters of repeated outages', async t => {
  const { ask } = await openSite(t)
  const ieee = (
    await ask({ profile: 'ieee1366', device: 'TR1', repeatedCount: '4', repeatedDays: '1' })
  ).json()
  assert.deepEqual([ieee.device, ieee.repeated.total, ieee.repeated.count], ['TR1', 0, 4])
  assert.equal(ieee.indices.find(({ name }: { name: string }) => name === 'SAIDI').value, 105)
})

test('what cannot be asked', async t => {
  const { ask, api } = await openSite(t)
  const rows: [more: Record<string, string>, status: number, code: string][] = [
    [{ profile: 'iso' }, 400, 'API_BAD_REQUEST'],
    [{ from: TO }, 400, 'API_BAD_REQUEST'],
    [{ from: '1990-01-01T00:00:00Z' }, 400, 'API_BAD_REQUEST'],
    [{ repeatedCount: '1' }, 400, 'API_BAD_REQUEST'],
    [{ scope: 'all' }, 400, 'API_BAD_REQUEST'],
    [{ device: 'NOTHING' }, 404, 'API_DEVICE_UNKNOWN']
  ]
  for (const [more, status, code] of rows) {
    const answer = await ask(more)
    assert.deepEqual([answer.statusCode, problemOut.parse(answer.json()).code], [status, code])
  }
  assert.equal((await api.inject('/v1/reliability')).statusCode, 400)
})

test('many questions are answered one by one, so that others wait for one at most; too many are refused', async t => {
  const { site } = await openSite(t)
  const ledger = site.reliabilityLedger
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = 0
  site.reliabilityLedger = {
    ...{ publishedMonths: (...span) => ledger.publishedMonths(...span) },
    ...{ interruptedPoints: (...span) => ledger.interruptedPoints(...span) },
    countedIncidents: async span => {
      asked++
      await promise
      return ledger.countedIncidents(span)
    }
  } as ReliabilityLedger
  const slow = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => slow.close())
  const answers = Array.from({ length: 32 }, () => slow.inject(`/v1/reliability?${ASKED}`))
  const refused = await Promise.race(answers)
  assert.deepEqual([refused.statusCode, problemOut.parse(refused.json()).code], [503, 'API_BUSY'])
  assert.equal(asked, 1)
  resolve()
  const statuses = (await Promise.all(answers)).map(({ statusCode }) => statusCode)
  assert.deepEqual([statuses.filter(status => status === 200).length, asked], [31, 31])
})

test('it is for the staff, and names nobody by name', async t => {
  const { site, ask } = await openSite(t)
  assert.ok(!/phone|address/.test((await ask()).body))
  site.anonymousRole = undefined
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  assert.equal((await api.inject(`/v1/reliability?${ASKED}`)).statusCode, 401)
})
