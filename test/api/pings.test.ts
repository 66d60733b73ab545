import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { problemOut } from '../../src/api/http/problem.ts'
import { createApi } from '../../src/api/server.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Role } from '../../src/model/roles.ts'
import { batchOf, incident } from '../support/outage-lines.ts'
import { contextOf, emptySite, NOW, type Site } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const iso = (ms: number): string => new Date(ms).toISOString()
/** Three meters of T1, which hears, and one of T2, which does not. All hang on BOX1. */
const METERS = ['M1', 'M2', 'M3', 'N1'].map(id => ({
  id,
  terminal: id.startsWith('N') ? 'T2' : 'T1',
  usagePoint: `U-${id}`
}))

function openSite(t: TestContext): { site: Site; api: FastifyInstance } {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  site.meters = METERS
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return { site, api }
}

const ask = (api: FastifyInstance, payload: object, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url: '/v1/pings', payload, headers })
const get = async (api: FastifyInstance, url: string) => (await api.inject({ url })).json()
const statesOf = ({ meters }: { meters: { meter: string; state: string }[] }): string =>
  meters.map(({ meter, state }) => `${meter} ${state}`).join(', ')

test('who may ask, and who may see', async t => {
  const { site, api } = openSite(t)
  site.anonymousRole = undefined
  const rows: [role: Role, asks: number, sees: number][] = [
    ['viewer', 403, 200],
    ['customer-manager', 403, 200],
    ['key-customer', 403, 403],
    ['dispatcher', 200, 200],
    ['admin', 200, 200]
  ]
  for (const [role, asks, sees] of rows) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    const asked = await ask(api, { meters: ['M1'] }, headers)
    const seen = await api.inject({ url: '/v1/pings', headers })
    assert.deepEqual([asked.statusCode, seen.statusCode], [asks, sees], role)
  }
})

test('an ask becomes a record, a command and an audit row, once for each key', async t => {
  const { site, api } = openSite(t)
  const first = await ask(api, { meters: ['M1', 'N1', 'M1'] }, { 'idempotency-key': 'k1' })
  const unread = { reason: null, readAt: null, voltageV: [] }
  const shown = {
    ...{ id: 'P7', askedAt: iso(NOW), deadline: iso(NOW + 30_000), by: 'anonymous' },
    ...{ device: null, incident: null },
    meters: [
      { meter: 'M1', terminal: 'T1', state: 'asked', ...unread },
      { meter: 'N1', terminal: 'T2', state: 'unreachable', ...unread }
    ]
  }
  assert.deepEqual([first.statusCode, first.json()], [200, shown])
  const again = await ask(api, { meters: ['M1', 'N1', 'M1'] }, { 'idempotency-key': 'k1' })
  assert.deepEqual([again.headers['idempotency-replayed'], again.json()], ['true', shown])
  assert.deepEqual(site.told, [
    { id: 'P7', deadline: NOW + 30_000, asked: [{ terminal: 'T1', meters: ['M1'] }] }
  ])
  assert.deepEqual(site.asked, [{ terminal: 'T1', id: 'P7', meters: ['M1'] }])
  const [row, ...more] = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual([row?.action, row?.subject, row?.actor, more], ['ping.ask', 'P7', 'anonymous', []])
  assert.deepEqual(JSON.parse(row?.detail ?? ''), { meters: ['M1', 'N1'] })
  assert.equal((await ask(api, { meters: ['M2'] })).json().id, 'P8', 'no id is given twice')
})

test('answers are seen by meter, also late ones; who is silent is timed out', async t => {
  const { site, api } = openSite(t)
  await ask(api, { meters: ['M1', 'M2', 'M3'] })
  const answer = {
    id: 'P7',
    terminal: 'T1',
    voltageV: [229.8, null, null],
    reason: '',
    readAt: NOW + 900
  } as const
  site.tellPings({
    answers: [
      { ...answer, meter: 'M1', state: 'answered' },
      { ...answer, meter: 'M2', state: 'failed', reason: 'no-answer', voltageV: [] },
      { ...answer, meter: 'M3', terminal: 'T2', state: 'answered' },
      { ...answer, meter: 'M3', id: 'P1', state: 'answered' }
    ]
  })
  const [one, two, three] = (await get(api, '/v1/pings/P7')).meters
  assert.deepEqual(one, {
    ...{ meter: 'M1', terminal: 'T1', state: 'answered', reason: null },
    ...{ readAt: iso(NOW + 900), voltageV: [229.8, null, null] }
  })
  assert.deepEqual([two.state, two.reason, two.readAt], ['failed', 'no-answer', null])
  assert.equal(three.state, 'asked', 'of another terminal or another ping')
  site.now = NOW + 36_000
  assert.equal(statesOf(await get(api, '/v1/pings/P7')), 'M1 answered, M2 failed, M3 timed-out')
  site.tellPings({ answers: [{ ...answer, meter: 'M3', state: 'answered' }] })
  assert.equal(statesOf(await get(api, '/v1/pings/P7')), 'M1 answered, M2 failed, M3 answered')
})

test('of a device, or of what an incident is about, some that can be asked', async t => {
  const { site, api } = openSite(t)
  const lines = [incident({ id: 'I1', device: 'TR1' }), incident({ id: 'I2', device: 'U-M3' })]
  await site.outages.takeLines(batchOf(1, { incidents: lines }), { path: id => [id], account: () => '' })
  assert.equal(statesOf((await ask(api, { device: 'F1', most: 2 })).json()), 'M1 asked, M2 asked')
  const ofPoint = (await ask(api, { incident: 'I2' })).json()
  assert.deepEqual([statesOf(ofPoint), ofPoint.device, ofPoint.incident], ['M3 asked', 'U-M3', 'I2'])
  site.now += 61_000
  assert.equal(statesOf((await ask(api, { incident: 'I1' })).json()), 'M1 asked, M2 asked, M3 asked')
  const { items } = await get(api, '/v1/pings?incident=I1')
  assert.deepEqual(
    items.map(({ id, device }: { id: string; device: string }) => [id, device]),
    [['P9', 'TR1']]
  )
  assert.equal((await get(api, '/v1/pings?limit=2')).items.length, 2)
})

test('a meter that was removed is read by nobody', async t => {
  const { site, api } = openSite(t)
  site.meters = METERS.map(each => (each.id === 'M1' ? { ...each, removedAt: NOW } : each))
  assert.equal(statesOf((await ask(api, { meters: ['M1', 'M2'] })).json()), 'M1 unreachable, M2 asked')
  const refused = (await ask(api, { meters: ['M1'] })).json()
  assert.deepEqual([refused.code, refused.detail], ['API_PING_UNREACHABLE', 'M1 has no terminal'])
})

test('a terminal is asked for so many meters a minute, whoever asks', async t => {
  const { site, api } = openSite(t)
  const wish = { at: NOW, incident: 'I1', asked: [{ terminal: 'T1', meters: ['M1', 'M2', 'M3'] }] }
  site.tellPings({ wishes: [wish] })
  await api.ready()
  assert.equal(statesOf((await ask(api, { meters: ['M1', 'M2'] })).json()), 'M1 asked, M2 limited')
  const refused = await ask(api, { meters: ['M3', 'N1'] })
  assert.deepEqual([refused.statusCode, problemOut.parse(refused.json()).code], [429, 'API_PING_LIMIT'])
  assert.equal(site.asked.flatMap(({ meters }) => meters).length, 4)
  const wished = (await get(api, '/v1/pings?incident=I1')).items[0]
  assert.deepEqual([wished.by, statesOf(wished)], [null, 'M1 asked, M2 asked, M3 asked'])
  for (let i = 0; i < 100; i++) site.tellPings({ wishes: [wish] })
  await api.ready()
  assert.equal(site.asked.flatMap(({ meters }) => meters).length, 4, 'a flood of wishes asks nobody')
  site.now += 60_001
  assert.equal((await ask(api, { meters: ['M3'] })).statusCode, 200)
  site.now += 60_001
  site.tellPings({ wishes: [wish] })
  await api.ready()
  assert.equal(site.asked.at(-1)?.meters.length, 1, 'what was wished two minutes ago is history')
})

test('what cannot be asked leaves neither record nor command nor row', async t => {
  const { site, api } = openSite(t)
  const rows: [answer: Promise<{ statusCode: number; json(): unknown }>, code: string, says: RegExp][] = [
    [ask(api, {}), 'API_BAD_REQUEST', /exactly one of/],
    [ask(api, { meters: ['M1'], device: 'TR1' }), 'API_BAD_REQUEST', /exactly one of/],
    [ask(api, { meters: [] }), 'API_BAD_REQUEST', /body\.meters/],
    [ask(api, { meters: Array(21).fill('M1') }), 'API_BAD_REQUEST', /body\.meters/],
    [ask(api, { device: 'TR1', most: 21 }), 'API_BAD_REQUEST', /body\.most/],
    [ask(api, { meters: ['M1'], most: 2 }), 'API_BAD_REQUEST', /body\.most: is of a device/],
    [ask(api, { device: 'TR1', type: 'relay-open' }), 'API_BAD_REQUEST', /no such property/],
    [ask(api, { meters: ['M1', 'NONE'] }), 'API_METER_UNKNOWN', /no meter "NONE"/],
    [ask(api, { device: 'NONE' }), 'API_DEVICE_UNKNOWN', /no device "NONE"/],
    [ask(api, { incident: 'I9' }), 'API_INCIDENT_UNKNOWN', /no incident "I9"/],
    [ask(api, { meters: ['N1'] }), 'API_PING_UNREACHABLE', /T2/],
    [api.inject({ url: '/v1/pings/P1' }), 'API_PING_UNKNOWN', /no ping "P1"/]
  ]
  for (const [answer, code, says] of rows) {
    const problem = problemOut.parse((await answer).json())
    assert.equal(problem.code, code, String(says))
    assert.match(String(problem.detail), says)
  }
  const unreachable = await ask(api, { meters: ['N1'] }, { 'accept-language': 'zh-CN' })
  assert.deepEqual(
    [unreachable.statusCode, unreachable.json().title],
    [409, '抄读这些电表的终端均未连接或不接收命令']
  )
  site.hearing.clear()
  assert.equal((await ask(api, { device: 'TR1' })).statusCode, 409)
  site.hearing.add('T1')
  site.beforeTold = () => Promise.reject(new GridvigilError('LOG_WRITE_FAILED'))
  assert.equal((await ask(api, { meters: ['M1'] })).statusCode, 503)
  site.tellPings({ wishes: [{ at: NOW, incident: 'I1', asked: [{ terminal: 'T1', meters: ['M2'] }] }] })
  await api.ready()
  assert.deepEqual([site.told, site.asked, await site.ledger.auditTrail({ limit: 9 })], [[], [], []])
  assert.deepEqual((await get(api, '/v1/pings')).items, [])
})

test('the newest thousand are remembered', async t => {
  const { site, api } = openSite(t)
  site.hearing = new Set(Array.from({ length: 1001 }, (_, i) => `S${i}`))
  for (const terminal of site.hearing)
    site.tellPings({ wishes: [{ at: NOW, incident: terminal, asked: [{ terminal, meters: ['M1'] }] }] })
  await api.ready()
  assert.equal((await api.inject({ url: '/v1/pings/P7' })).statusCode, 404)
  assert.equal((await get(api, '/v1/pings/P8')).incident, 'S1')
  assert.equal((await get(api, '/v1/pings?limit=500')).items[0].id, 'P1007')
})
