import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const HOUR = 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()

function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const observe = (payload: object, id = 'K1', headers: Record<string, string> = {}) =>
    api.inject({ method: 'POST', url: `/v1/key-customers/${id}/observations`, payload, headers })
  return { site, api, observe }
}

test('what a person saw becomes a record and a row of the audit trail, and holds for an hour', async t => {
  const { site, observe } = openSite(t)
  const said = { section: 'L1', fact: 'fed', fedBy: 'S1', heardFrom: '医院值班电工' }
  const response = await observe(said)
  assert.equal(response.statusCode, 202)
  const times = { observedAt: NOW, validUntil: NOW + HOUR }
  assert.deepEqual(response.json(), {
    ...{ keyCustomer: 'K1', ...said, by: 'anonymous' },
    ...{ observedAt: iso(NOW), validUntil: iso(NOW + HOUR) }
  })
  assert.deepEqual(site.told, [{ keyCustomer: 'K1', ...said, ...times, by: 'anonymous' }])
  const [row, ...more] = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual([row?.action, row?.subject, more], ['key-customer.observe', 'K1', []])
  assert.deepEqual(JSON.parse(row?.detail ?? ''), site.told[0])
})

test('who may say so', async t => {
  const { site, observe } = openSite(t)
  site.anonymousRole = undefined
  for (const [role, status] of [
    ['viewer', 403],
    ['key-customer', 403],
    ['customer-manager', 202],
    ['dispatcher', 202],
    ['admin', 202]
  ] as const) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    const response = await observe({ source: 'S2', fact: 'live', heardFrom: 'x' }, 'K1', headers)
    assert.equal(response.statusCode, status, role)
  }
})

test('what cannot be is refused by the name of the member', async t => {
  const { site, observe } = openSite(t)
  const heardFrom = 'x'
  const rows: [body: object, path: string][] = [
    [{ fact: 'live', heardFrom }, 'body.source'],
    [{ source: 'S2', section: 'L1', fact: 'live', heardFrom }, 'body.source'],
    [{ source: 'S9', fact: 'live', heardFrom }, 'body.source'],
    [{ section: 'L9', fact: 'dark', heardFrom }, 'body.section'],
    [{ source: 'S2', fact: 'running', heardFrom }, 'body.fact'],
    [{ source: 'S1', fact: 'live', heardFrom }, 'body.fact'],
    [{ section: 'L1', fact: 'live', heardFrom }, 'body.fact'],
    [{ section: 'L1', fact: 'fed', heardFrom }, 'body.fedBy'],
    [{ section: 'L1', fact: 'fed', fedBy: 'S9', heardFrom }, 'body.fedBy'],
    [{ section: 'L1', fact: 'dark', fedBy: 'S1', heardFrom }, 'body.fedBy'],
    [{ source: 'S2', fact: 'live' }, 'body.heardFrom'],
    [{ source: 'S2', fact: 'live', heardFrom: ' ' }, 'body.heardFrom'],
    [{ source: 'S2', fact: 'live', heardFrom, observedAt: iso(NOW + HOUR) }, 'body.observedAt'],
    [{ source: 'S2', fact: 'live', heardFrom, observedAt: iso(NOW - 25 * HOUR) }, 'body.observedAt'],
    [{ source: 'S2', fact: 'live', heardFrom, validUntil: iso(NOW) }, 'body.validUntil'],
    [{ source: 'S2', fact: 'live', heardFrom, validUntil: iso(NOW + 25 * HOUR) }, 'body.validUntil']
  ]
  for (const [body, path] of rows) {
    const response = await observe(body)
    assert.equal(response.statusCode, 400, JSON.stringify(body))
    assert.equal(response.json().path, path, JSON.stringify(body))
  }
  assert.equal((await observe({ source: 'S2', fact: 'live', heardFrom }, 'K9')).statusCode, 404)
  assert.deepEqual(site.told, [])
})

test('anything that was said can be taken back', async t => {
  const { observe } = openSite(t)
  for (const about of [{ source: 'S1' }, { source: 'S2' }, { section: 'L1' }])
    assert.equal((await observe({ ...about, fact: 'withdrawn', heardFrom: 'x' })).statusCode, 202)
})
