import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { problemOut } from '../../src/api/http/problem.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Role } from '../../src/model/roles.ts'
import type { OutageAlarm } from '../../src/model/outages.ts'
import { alarm, batchOf, decision, finding, incident, loss, T0 } from '../support/outage-lines.ts'
import { contextOf, emptySite, NOW, type Site } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const HOUR = 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()
const A1 = 'broken-neutral:BOX1:1'

async function openSite(t: TestContext): Promise<{ site: Site; api: FastifyInstance }> {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  const decided = { act: 'move', by: 'li', at: T0 + 1, state: 'open', device: 'BOX1' } as const
  await site.outages.takeLines(
    batchOf(1, {
      incidents: [
        incident({ id: 'I1', state: 'suspected' }),
        incident({ id: 'I2', state: 'open' }),
        incident({ id: 'I2', at: T0 + 1, state: 'updated', change: 'decided', decided }),
        incident({ id: 'I3', state: 'restored', end: T0 }),
        incident({ id: 'I4', state: 'closed', end: T0 }),
        incident({ id: 'I5', state: 'withdrawn', reason: 'MERGED', mergedInto: 'I2' }),
        incident({ id: 'I6', state: 'withdrawn', reason: 'DISMISSED' })
      ],
      communication: [loss({ id: 'C1' }), loss({ id: 'C1', at: T0 + 1, state: 'closed', end: T0 })],
      findings: [finding({ id: 'clock:M1:1' })],
      alarms: [
        alarm({ id: A1 }),
        alarm({ id: 'A2', state: 'acknowledged', by: 'li', note: 'seen' }),
        alarm({ id: 'A3', state: 'shelved', by: 'li', until: NOW }),
        alarm({ id: 'A4', state: 'resolved', end: T0 })
      ],
      decisions: [
        decision({ id: 'D1', subject: 'I2', act: 'move', device: 'BOX1', expectedAt: NOW }),
        decision({ id: 'D2', subject: 'I2', act: 'split', device: 'TR1', state: 'refused', reason: 'ALL' }),
        decision({ id: 'D3', about: 'alarm', subject: 'A3', act: 'shelve', until: NOW })
      ]
    }),
    { path: device => [device], account: () => '' }
  )
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return { site, api }
}

const post = (
  api: FastifyInstance,
  url: string,
  payload: object = {},
  headers: Record<string, string> = {}
) => api.inject({ method: 'POST', url: `/v1/${url}`, payload, headers })

/** What a schema does not name is dropped by parsing: an undocumented property shows as a difference. */
function fitsSchema(path: string, answer: unknown): void {
  const route = createRoutes().find(it => it.path === path && it.method === 'GET')
  assert.ok(route, path)
  assert.deepEqual((route.response as z.ZodType).parse(answer), answer, path)
}

test('who may decide', async t => {
  const { site, api } = await openSite(t)
  site.anonymousRole = undefined
  const rows: [role: Role, changes: number, reads: number][] = [
    ['viewer', 403, 200],
    ['customer-manager', 403, 200],
    ['key-customer', 403, 403],
    ['dispatcher', 202, 200],
    ['admin', 202, 200]
  ]
  for (const [role, changes, reads] of rows) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    const statuses = [
      (await post(api, 'incidents/I2/claim', {}, headers)).statusCode,
      (await post(api, `alarms/${A1}/acknowledge`, {}, headers)).statusCode,
      (await api.inject({ url: '/v1/decisions', headers })).statusCode
    ]
    assert.deepEqual(statuses, [changes, changes, reads], role)
  }
})

test('the same said again with nothing new is refused at once', async t => {
  const { api } = await openSite(t)
  const again = await post(api, 'incidents/I2/confirm')
  assert.deepEqual([again.statusCode, again.json().code], [409, 'API_INCIDENT_STATE'])
  assert.match(again.json().detail, /confirm of I2 was decided before/)
  assert.equal((await post(api, 'incidents/I2/confirm', { note: 'seen on site' })).statusCode, 202)
})

test('a decision becomes a record and an audit row, once for each key', async t => {
  const { site, api } = await openSite(t)
  const payload = { crew: '7', cause: 'tree', expectedAt: iso(NOW + HOUR), note: 'on the way' }
  const first = await post(api, 'incidents/I2/claim', payload, { 'idempotency-key': 'k1' })
  const shown = { about: 'incident', subject: 'I2', act: 'claim', by: 'anonymous', at: iso(NOW), ...payload }
  assert.deepEqual([first.statusCode, first.json()], [202, shown])
  const again = await post(api, 'incidents/I2/claim', payload, { 'idempotency-key': 'k1' })
  assert.deepEqual([again.headers['idempotency-replayed'], again.json()], ['true', shown])
  const record = {
    ...{ incident: 'I2', act: 'claim', by: 'anonymous' },
    ...{ ...payload, expectedAt: NOW + HOUR }
  }
  assert.deepEqual(site.told, [record])
  const [row, ...more] = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual([row?.action, row?.subject, row?.actor, more], ['incident.claim', 'I2', 'anonymous', []])
  assert.deepEqual(JSON.parse(row?.detail ?? ''), record)
  const shelved = await post(api, `alarms/${A1}/shelve`, { until: iso(NOW + HOUR), note: 'known' })
  assert.deepEqual(shelved.json(), {
    ...{ about: 'alarm', subject: A1, act: 'shelve', by: 'anonymous', at: iso(NOW) },
    ...{ until: iso(NOW + HOUR), note: 'known' }
  })
  assert.deepEqual(site.told[1], {
    ...{ alarm: A1, act: 'shelve', by: 'anonymous', until: NOW + HOUR, note: 'known' }
  })
})

test('each act is taken in the states in which it can be done', async t => {
  const { api } = await openSite(t)
  const ids = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6']
  const rows: [path: string, payload: object, taken: string][] = [
    ['claim', {}, 'I1 I2 I3'],
    ['confirm', {}, 'I1 I3'],
    ['move', { device: 'TR1' }, 'I1 I2'],
    ['merge', { into: 'I2' }, 'I1'],
    ['split', { device: 'BOX1' }, 'I2'],
    ['close', { cause: 'fuse' }, 'I1 I2 I3'],
    ['reopen', {}, 'I3 I4 I6'],
    ['notes', { note: 'for the file' }, 'I1 I2 I3 I4 I5 I6']
  ]
  for (const [path, payload, taken] of rows) {
    const statuses = await Promise.all(
      ids.map(async id => [id, (await post(api, `incidents/${id}/${path}`, payload)).statusCode] as const)
    )
    const ofTaken = statuses.filter(([, status]) => status === 202).map(([id]) => id)
    assert.equal(ofTaken.join(' '), taken, path)
    for (const [, status] of statuses) assert.ok(status === 202 || status === 409 || status === 422)
  }
})

test('what cannot be decided is refused with its remedy, in both languages, and leaves nothing', async t => {
  const { site, api } = await openSite(t)
  const rows: [url: string, payload: object, status: number, code: string, says: RegExp][] = [
    ['incidents/I9/claim', {}, 404, 'API_INCIDENT_UNKNOWN', /no incident "I9"/],
    ['incidents/I4/close', {}, 409, 'API_INCIDENT_STATE', /I4 is closed, so that it cannot take close/],
    ['incidents/I2/move', { device: 'NONE' }, 404, 'API_DEVICE_UNKNOWN', /NONE/],
    ['incidents/I2/merge', { into: 'I2' }, 422, 'API_DECISION', /I2 cannot become part of itself/],
    ['incidents/I2/merge', { into: 'I9' }, 404, 'API_INCIDENT_UNKNOWN', /I9/],
    ['incidents/I2/merge', { into: 'I3' }, 409, 'API_INCIDENT_STATE', /I3 is restored/],
    ['incidents/I2/move', {}, 400, 'API_BAD_REQUEST', /body\.device/],
    ['incidents/I2/merge', {}, 400, 'API_BAD_REQUEST', /body\.into/],
    ['incidents/I2/notes', { note: ' ' }, 400, 'API_BAD_REQUEST', /body\.note/],
    ['incidents/I2/claim', { device: 'TR1' }, 400, 'API_BAD_REQUEST', /no such property/],
    ['incidents/I2/claim', { expectedAt: 'soon' }, 400, 'API_BAD_REQUEST', /body\.expectedAt/],
    ['incidents/I2/claim', { expectedAt: '1970-01-01T00:00:00Z' }, 400, 'API_BAD_REQUEST', /within a year/],
    ['incidents/I2/claim', { expectedAt: '9999-12-31T00:00:00Z' }, 400, 'API_BAD_REQUEST', /within a year/],
    ['incidents/I2/claim', { crew: ' ' }, 400, 'API_BAD_REQUEST', /body\.crew/],
    [
      'incidents/I2/claim',
      { cause: 'a\u0000' },
      400,
      'API_BAD_REQUEST',
      /body\.cause: has control characters/
    ],
    ['incidents/I2/notes', { note: 'a\u001b[31m' }, 400, 'API_BAD_REQUEST', /control characters/],
    ['incidents/I2/notes', { note: 'a\ud800' }, 400, 'API_BAD_REQUEST', /half a character/],
    [`alarms/${A1}/acknowledge`, { note: '\u0007' }, 400, 'API_BAD_REQUEST', /body\.note/],
    ['alarms/A9/acknowledge', {}, 404, 'API_ALARM_UNKNOWN', /no alarm "A9"/],
    ['alarms/A2/acknowledge', {}, 409, 'API_ALARM_STATE', /A2 is acknowledged/],
    ['alarms/A4/shelve', { until: iso(NOW + 1), note: 'x' }, 409, 'API_ALARM_STATE', /A4 is resolved/],
    ['alarms/A3/shelve', { until: iso(NOW), note: 'x' }, 400, 'API_BAD_REQUEST', /body\.until/],
    ['alarms/A3/shelve', { until: iso(NOW + 25 * HOUR), note: 'x' }, 400, 'API_BAD_REQUEST', /within a day/],
    ['alarms/A3/shelve', { until: iso(NOW + HOUR) }, 400, 'API_BAD_REQUEST', /body\.note/]
  ]
  for (const [url, payload, status, code, says] of rows) {
    const answer = await post(api, url, payload)
    const problem = problemOut.parse(answer.json())
    assert.deepEqual([answer.statusCode, problem.code], [status, code], url)
    assert.match(String(problem.detail), says)
    const chinese = (await post(api, url, payload, { 'accept-language': 'zh-CN' })).json()
    assert.match(chinese.title, /\p{Script=Han}/u)
  }
  site.beforeTold = () => Promise.reject(new GridvigilError('LOG_WRITE_FAILED'))
  assert.equal((await post(api, 'incidents/I2/claim')).statusCode, 503)
  assert.deepEqual([site.told, await site.ledger.auditTrail({ limit: 9 })], [[], []])
})

test('an incident shows what people decided beside the opinion of the system', async t => {
  const { api } = await openSite(t)
  const told = (await api.inject('/v1/incidents/I2')).json()
  fitsSchema('/v1/incidents/{id}', told)
  assert.deepEqual(
    [told.incident.device, told.incident.decided],
    ['TR1', { act: 'move', by: 'li', at: iso(T0 + 1), state: 'open', device: 'BOX1' }]
  )
  assert.deepEqual(told.life[1].decided, told.incident.decided)
  const moved = {
    ...{ id: 'D1', at: iso(T0), state: 'taken', reason: null, about: 'incident', subject: 'I2', act: 'move' },
    ...{ by: 'li', device: 'BOX1', expectedAt: iso(NOW) }
  }
  assert.deepEqual(told.decisions[0], moved)
  assert.deepEqual([told.decisions.length, told.decisions[1].reason], [2, 'ALL'])
  const rows: [query: string, ids: string][] = [
    ['', 'D3 D2 D1'],
    ['?about=alarm', 'D3'],
    ['?subject=I2', 'D2 D1'],
    ['?state=refused', 'D2'],
    ['?limit=1', 'D3']
  ]
  for (const [query, ids] of rows) {
    const list = (await api.inject(`/v1/decisions${query}`)).json()
    fitsSchema('/v1/decisions', list)
    assert.equal(list.items.map(({ id }: { id: string }) => id).join(' '), ids, query)
  }
})

test('an alarm, a lost communication and a finding are told by their ids', async t => {
  const { api } = await openSite(t)
  const one = (await api.inject(`/v1/alarms/${encodeURIComponent(A1)}`)).json()
  fitsSchema('/v1/alarms/{id}', one)
  assert.deepEqual([one.alarm.state, one.alarm.by, one.life.length], ['firing', null, 1])
  const seen = (await api.inject('/v1/alarms/A2')).json()
  assert.deepEqual([seen.alarm.by, seen.alarm.note, seen.life[0].note], ['li', 'seen', 'seen'])
  const shelved = (await api.inject('/v1/alarms/A3')).json()
  assert.deepEqual([shelved.alarm.until, shelved.life[0].until], [iso(NOW), iso(NOW)])
  const lost = (await api.inject('/v1/communication/C1')).json()
  fitsSchema('/v1/communication/{id}', lost)
  assert.deepEqual([lost.loss.state, lost.life.length], ['closed', 2])
  const found = (await api.inject('/v1/findings/clock:M1:1')).json()
  fitsSchema('/v1/findings/{id}', found)
  assert.equal(found.finding.kind, 'registry-device')
  for (const [url, code] of [
    ['alarms/A9', 'API_ALARM_UNKNOWN'],
    ['communication/C9', 'API_LOSS_UNKNOWN'],
    ['findings/F9', 'API_FINDING_UNKNOWN']
  ]) {
    const answer = await api.inject(`/v1/${url}`)
    assert.deepEqual([answer.statusCode, answer.json().code], [404, code])
  }
})

test('an incident is not closed while an alarm of a back-feed there is not acknowledged', async t => {
  const { site, api } = await openSite(t)
  const fedBack = { kind: 'back-feed', subject: 'U17', value: null, threshold: null }
  const take = (seq: number, line: Partial<OutageAlarm>) =>
    site.outages.takeLines(
      batchOf(seq, { alarms: [alarm({ id: 'B1', at: T0 + seq, ...fedBack, ...line })] }),
      {
        path: device => [device],
        account: () => ''
      }
    )
  for (const [seq, state, status] of [
    [3, 'firing', 409],
    [5, 'shelved', 409],
    [7, 'acknowledged', 202],
    [9, 'resolved', 202]
  ] as const) {
    await take(seq, { state })
    const answer = await post(api, 'incidents/I2/close', {})
    assert.equal(answer.statusCode, status, state)
    if (status === 409) assert.equal(answer.json().code, 'API_INCIDENT_DANGER')
  }
})

test('an alarm of a key customer names it, and its duty phone to those who may know it', async t => {
  const { site, api } = await openSite(t)
  const contact = { keyCustomer: 'K1', part: 'duty_phone', value: '0571-5550100' }
  const version = { version: 9, hash: 'c'.repeat(64), at: T0, by: 'local', files: [] }
  await site.ledger.recordImport(version, [contact], BY)
  const fedBack = { kind: 'back-feed', subject: 'L1', value: null, threshold: null }
  await site.outages.takeLines(batchOf(3, { alarms: [alarm({ id: 'B1', at: T0 + 3, ...fedBack })] }), {
    path: device => [device],
    account: () => ''
  })
  for (const [role, phone] of [
    ['viewer', null],
    ['dispatcher', contact.value],
    ['customer-manager', contact.value]
  ] as const) {
    const { secret } = await site.access.issueToken({ role, subject: '', label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    const ask = async (url: string) => (await api.inject({ url, headers })).json()
    const keyCustomer = { id: 'K1', name: '市一医院', dutyPhone: phone }
    const { items } = await ask('/v1/alarms?kind=back-feed')
    assert.deepEqual(items[0].keyCustomer, keyCustomer, role)
    assert.deepEqual((await ask('/v1/alarms/B1')).alarm.keyCustomer, keyCustomer, role)
  }
  const others = (await api.inject('/v1/alarms')).json().items
  assert.ok(others.some((each: { keyCustomer: unknown }) => each.keyCustomer === null))
})
