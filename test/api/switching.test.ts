import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { problemOut } from '../../src/api/http/problem.ts'
import { createApi } from '../../src/api/server.ts'
import { systemClock } from '../../src/clock.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Role } from '../../src/model/roles.ts'
import { contextOf, emptySite, NOW, type Site } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const HOUR = 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()

function apiOf(t: TestContext, site: Site): FastifyInstance {
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return api
}

function openSite(t: TestContext): { site: Site; api: FastifyInstance } {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  return { site, api: apiOf(t, site) }
}

const tell = (api: FastifyInstance, payload: object, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url: '/v1/switch-states', payload, headers })
const announce = (api: FastifyInstance, payload: object) =>
  api.inject({ method: 'POST', url: '/v1/planned-outages', payload })
const cancel = (api: FastifyInstance, id: string) =>
  api.inject({ method: 'DELETE', url: `/v1/planned-outages/${encodeURIComponent(id)}` })
const items = async (api: FastifyInstance, url: string) => (await api.inject({ url })).json().items

const WORK = {
  ...{ id: 'W1', type: 'temporary', devices: ['BOX1', 'TR1'], ticket: 'WP-7' },
  ...{ from: iso(NOW), to: iso(NOW + HOUR), announcedAt: iso(NOW - HOUR) }
}

test('who may tell of switches and planned work', async t => {
  const { site, api } = openSite(t)
  site.anonymousRole = undefined
  const rows: [role: Role, changes: number, reads: number][] = [
    ['viewer', 403, 200],
    ['customer-manager', 403, 200],
    ['key-customer', 403, 403],
    ['dispatcher', 200, 200],
    ['admin', 200, 200]
  ]
  for (const [role, changes, reads] of rows) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    const ask = async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
      (await api.inject({ method, url, headers, ...(payload && { payload }) })).statusCode
    assert.deepEqual(
      [
        await ask('POST', '/v1/switch-states', { device: 'TR1', state: 'open' }),
        await ask('POST', '/v1/planned-outages', WORK),
        await ask('DELETE', '/v1/planned-outages/P1'),
        await ask('GET', '/v1/switch-states'),
        await ask('GET', '/v1/planned-outages')
      ],
      [changes, changes, changes, reads, reads],
      role
    )
  }
})

test('a switch that is told becomes a record and an audit row, once for each key', async t => {
  const { site, api } = openSite(t)
  const time = iso(NOW - 60_000)
  const payload = { device: 'TR1', state: 'open', time, origin: 'scada' }
  const first = await tell(api, payload, { 'idempotency-key': 'k1' })
  const shown = { device: 'TR1', state: 'open', normal: 'closed', time, origin: 'scada', toldAt: iso(NOW) }
  assert.deepEqual([first.statusCode, first.json()], [200, shown])
  const again = await tell(api, payload, { 'idempotency-key': 'k1' })
  assert.deepEqual([again.headers['idempotency-replayed'], again.json()], ['true', shown])
  const record = { device: 'TR1', state: 'open', time: NOW - 60_000, origin: 'scada' }
  assert.deepEqual(site.told, [record])
  const [row, ...more] = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual([row?.action, row?.subject, row?.actor], ['switch-state.tell', 'TR1', 'anonymous'])
  assert.deepEqual([JSON.parse(row?.detail ?? ''), more], [record, []])
  assert.deepEqual(await items(api, '/v1/switch-states'), [shown])
  await tell(api, { device: 'BOX1', state: 'open' })
  const two = (await items(api, '/v1/switch-states')).map(({ device }: { device: string }) => device)
  assert.deepEqual(two, ['BOX1', 'TR1'])
  await tell(api, { device: 'TR1', state: 'closed' })
  assert.equal((await items(api, '/v1/switch-states')).length, 1, 'what stands as normal is not listed')
  const later = await items(apiOf(t, site), '/v1/switch-states')
  assert.deepEqual(later, [
    { device: 'BOX1', state: 'open', normal: 'closed', time: iso(NOW), origin: null, toldAt: iso(NOW) }
  ])
})

test('planned work is announced, replaced and cancelled, that of the registry too', async t => {
  const { site, api } = openSite(t)
  // The standby feed of the hospital hangs below TR1.
  site.meters.push({ id: 'FEED', usagePoint: 'U3' })
  const { ticket, ...rest } = WORK
  const keyCustomers = [
    { keyCustomer: 'K1', name: '市一医院', grade: 'first', effect: 'reduced', feeds: ['S2'] }
  ]
  const shown = { ...rest, ticket, state: 'planned', source: 'announced', keyCustomers }
  assert.deepEqual((await announce(api, WORK)).json(), shown)
  const least = { id: 'W1', devices: ['TR1', 'TR1'], from: iso(NOW - HOUR), to: iso(NOW + HOUR) }
  const replaced = {
    ...{ ...least, devices: ['TR1'], type: 'planned', state: 'planned' },
    ...{ announcedAt: null, ticket: null, source: 'announced', keyCustomers }
  }
  assert.deepEqual((await announce(api, least)).json(), replaced)
  const ofRegistry = {
    ...{ id: 'P1', type: 'planned', devices: ['TR1'], from: iso(NOW), to: iso(NOW + HOUR) },
    ...{ announcedAt: null, state: 'planned', ticket: null, source: 'registry', keyCustomers }
  }
  assert.deepEqual(await items(api, '/v1/planned-outages'), [replaced, ofRegistry])
  const cancelled = { ...ofRegistry, state: 'cancelled', source: 'announced', keyCustomers: [] }
  assert.deepEqual((await cancel(api, 'P1')).json(), cancelled)
  assert.equal((await cancel(api, 'W1')).json().state, 'cancelled')
  const later = apiOf(t, site)
  assert.deepEqual(await items(later, '/v1/planned-outages?state=cancelled'), [
    { ...replaced, state: 'cancelled', keyCustomers: [] },
    cancelled
  ])
  assert.deepEqual(site.told.at(-1), {
    ...{ id: 'W1', type: 'planned', devices: ['TR1'], from: NOW - HOUR, to: NOW + HOUR },
    ...{ announcedAt: null, state: 'cancelled', ticket: '' }
  })
  const trail = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual(
    trail.map(({ action, subject }) => `${action} ${subject}`),
    [
      'planned-outage.cancel W1',
      'planned-outage.cancel P1',
      'planned-outage.announce W1',
      'planned-outage.announce W1'
    ]
  )
})

test('what cannot be taken leaves neither record nor row', async t => {
  const { site, api } = openSite(t)
  const rows: [answer: Promise<{ statusCode: number; json(): unknown }>, code: string, says: RegExp][] = [
    [tell(api, { device: 'NONE', state: 'open' }), 'API_DEVICE_UNKNOWN', /no device or tie "NONE"/],
    [tell(api, { device: 'TR1', state: 'ajar' }), 'API_BAD_REQUEST', /body\.state/],
    [tell(api, { state: 'open' }), 'API_BAD_REQUEST', /body\.device/],
    [tell(api, { device: 'TR1', state: 'open', time: 'now' }), 'API_BAD_REQUEST', /body\.time/],
    [
      tell(api, { device: 'TR1', state: 'open', time: iso(NOW + HOUR) }),
      'API_BAD_REQUEST',
      /body\.time: lies ahead/
    ],
    [tell(api, { device: 'TR1', state: 'open', by: 'li' }), 'API_BAD_REQUEST', /no such property/],
    [announce(api, { ...WORK, devices: ['TR1', 'NONE'] }), 'API_DEVICE_UNKNOWN', /no device "NONE"/],
    [announce(api, { ...WORK, devices: [] }), 'API_BAD_REQUEST', /body\.devices/],
    [announce(api, { ...WORK, id: 'a b' }), 'API_BAD_REQUEST', /body\.id: 1 to 64 characters/],
    [announce(api, { ...WORK, to: WORK.from }), 'API_BAD_REQUEST', /body\.to: is not after `from`/],
    [announce(api, { ...WORK, state: 'done' }), 'API_BAD_REQUEST', /body\.state/],
    [announce(api, { ...WORK, from: '2026-11-20' }), 'API_BAD_REQUEST', /body\.from/],
    [cancel(api, 'NONE'), 'API_PLANNED_OUTAGE_UNKNOWN', /no planned outage "NONE"/]
  ]
  for (const [answer, code, says] of rows) {
    const problem = problemOut.parse((await answer).json())
    assert.equal(problem.code, code, String(says))
    assert.match(String(problem.detail), says)
  }
  site.beforeTold = () => Promise.reject(new GridvigilError('LOG_WRITE_FAILED'))
  assert.equal((await tell(api, { device: 'TR1', state: 'open' })).statusCode, 503)
  assert.equal((await announce(api, WORK)).statusCode, 503)
  assert.deepEqual([site.told, await site.ledger.auditTrail({ limit: 9 })], [[], []])
  assert.deepEqual(await items(api, '/v1/switch-states'), [], 'it was not told')
})

test('commands that come at once are told in the order of the log', async t => {
  const { site, api } = openSite(t)
  let waits = 3
  // The first takes longest to become durable.
  site.beforeTold = () => systemClock.delay(10 * waits--)
  const states = ['open', 'closed', 'open'] as const
  await Promise.all(states.map(state => tell(api, { device: 'TR1', state })))
  const trail = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual(
    trail.map(({ detail }) => JSON.parse(detail)).reverse(),
    site.told,
    'the row that is last is of the record that is last'
  )
})
