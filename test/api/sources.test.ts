import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const [MINUTE, DAY] = [60_000, 86_400_000]
const iso = (ms: number): string => new Date(ms).toISOString()

function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const url = '/v1/key-customers/K1/sources'
  const tell = (payload: object, headers: Record<string, string> = {}) =>
    api.inject({ method: 'POST', url, payload, headers })
  const list = async (headers: Record<string, string> = {}) => (await api.inject({ url, headers })).json()
  return { site, api, url, tell, list }
}

test('a truck comes, is told of anew and leaves: each a record of the log and a row of the audit trail', async t => {
  const { site, tell, list } = openSite(t)
  const came = await tell({ id: 'TRK-7', sections: ['L1'], capacityKw: 400, fuelLitres: 300 })
  assert.equal(came.statusCode, 202)
  const shown = {
    ...{ id: 'TRK-7', sections: ['L1'], capacityKw: 400, fuelLitres: 300, litresPerKwh: null },
    ...{ attachedAt: iso(NOW), detachedAt: null, validUntil: iso(NOW + DAY) }
  }
  assert.deepEqual(came.json(), shown)
  const record = {
    ...{ keyCustomer: 'K1', source: 'TRK-7', sections: ['L1'], capacityKw: 400, fuelLitres: 300 },
    ...{ attachedAt: NOW, validUntil: NOW + DAY, by: 'anonymous' }
  }
  assert.deepEqual(site.told, [record])
  const { items, trucks } = await list()
  assert.deepEqual(items.at(-1), { id: 'TRK-7', kind: 'truck', onFile: false, mode: null, capacityKw: 400 })
  assert.deepEqual(trucks, [shown])
  site.now = NOW + 90 * MINUTE
  const left = await tell({ id: 'TRK-7', detachedAt: iso(NOW + 80 * MINUTE) })
  assert.equal(left.statusCode, 202)
  assert.deepEqual(site.told[1], {
    ...{ ...record, detachedAt: NOW + 80 * MINUTE, validUntil: NOW + 90 * MINUTE + DAY }
  })
  const after = await list()
  assert.ok(!after.items.some(({ id }: { id: string }) => id === 'TRK-7'))
  assert.equal(after.trucks[0].detachedAt, iso(NOW + 80 * MINUTE))
  const trail = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual(
    trail.map(({ action, subject }) => `${action} ${subject}`),
    ['key-customer.truck K1', 'key-customer.truck K1']
  )
  const { before, after: now } = JSON.parse(trail[0]?.detail ?? '')
  assert.equal(before.body.detachedAt, undefined)
  assert.equal(now.body.detachedAt, NOW + 80 * MINUTE)
  assert.deepEqual(
    await site.ledger.dossierEntries({ customer: 'K1', limit: 9 }),
    [],
    'no entry of the dossier'
  )
})

test('a stay without an id gets one', async t => {
  const { tell } = openSite(t)
  const [one, other] = [await tell({ sections: ['L1'] }), await tell({ sections: ['L1'] })]
  assert.match(one.json().id, /^TRK-/)
  assert.notEqual(one.json().id, other.json().id)
})

test('what cannot be is refused by the name of the member', async t => {
  const { site, tell } = openSite(t)
  await tell({ id: 'GONE', sections: ['L1'], attachedAt: iso(NOW - MINUTE), detachedAt: iso(NOW) })
  const body = { sections: ['L1'], validUntil: NOW + DAY }
  const stay = {
    keyCustomer: 'K2',
    kind: 'truck',
    id: 'ELSEWHERE',
    at: NOW,
    body,
    isWithdrawn: false
  } as const
  await site.ledger.putDossierEntry({ ...stay, writtenAt: NOW, writtenBy: 'li' }, BY)
  const rows: [body: object, path: string][] = [
    [{}, 'body.sections'],
    [{ sections: ['L9'] }, 'body.sections'],
    [{ id: 'S2', sections: ['L1'] }, 'body.id'],
    [{ id: 'no id', sections: ['L1'] }, 'body.id'],
    [{ id: 'GONE', sections: ['L1'] }, 'body.id'],
    [{ sections: ['L1'], capacityKw: -1 }, 'body.capacityKw'],
    [{ sections: ['L1'], attachedAt: iso(NOW + DAY) }, 'body.attachedAt'],
    [{ sections: ['L1'], attachedAt: iso(NOW - 8 * DAY) }, 'body.attachedAt'],
    [{ sections: ['L1'], attachedAt: iso(NOW), detachedAt: iso(NOW - MINUTE) }, 'body.detachedAt'],
    [{ sections: ['L1'], attachedAt: iso(NOW), detachedAt: iso(NOW + DAY) }, 'body.detachedAt'],
    [{ id: 'NONE', detachedAt: iso(NOW) }, 'body.id'],
    [{ id: 'ELSEWHERE', sections: ['L1'] }, 'body.id'],
    [{ sections: [] }, 'body.sections'],
    [{ sections: ['L1'], validUntil: iso(NOW) }, 'body.validUntil'],
    [{ sections: ['L1'], validUntil: iso(NOW + 4 * DAY) }, 'body.validUntil'],
    [{ sections: ['L1'], by: 'me' }, 'body.by']
  ]
  const told = site.told.length
  for (const [payload, path] of rows) {
    const response = await tell(payload)
    assert.equal(response.statusCode, 400, JSON.stringify(payload))
    assert.equal(response.json().path, path, JSON.stringify(payload))
  }
  assert.equal(site.told.length, told)
})

test('who may tell and who may read', async t => {
  const { site, api, url } = openSite(t)
  site.anonymousRole = undefined
  for (const [role, subject, read, write] of [
    ['viewer', '', 200, 403],
    ['key-customer', 'K1', 200, 403],
    ['key-customer', 'K2', 403, 403],
    ['customer-manager', '', 200, 202],
    ['dispatcher', '', 200, 202]
  ] as const) {
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    assert.equal((await api.inject({ url, headers })).statusCode, read, `${role} ${subject}`)
    const payload = { sections: ['L1'] }
    const told = await api.inject({ method: 'POST', url, payload, headers })
    assert.equal(told.statusCode, write, `${role} ${subject}`)
  }
})

test('what a person saw of a truck that is there is taken, of one that left it is not', async t => {
  const { site, api, tell } = openSite(t)
  const see = (source: string) =>
    api.inject({
      method: 'POST',
      url: '/v1/key-customers/K1/observations',
      payload: { source, fact: 'failed', heardFrom: 'crew' }
    })
  assert.equal((await see('TRK-7')).statusCode, 400)
  await tell({ id: 'TRK-7', sections: ['L1'] })
  assert.equal((await see('TRK-7')).statusCode, 202)
  site.now += MINUTE
  await tell({ id: 'TRK-7', detachedAt: iso(site.now) })
  assert.equal((await see('TRK-7')).statusCode, 400)
})

test('a wrong departure is taken back', async t => {
  const { site, tell, list } = openSite(t)
  await tell({ id: 'TRK-7', sections: ['L1'], fuelLitres: 300 })
  site.now += MINUTE
  await tell({ id: 'TRK-7', detachedAt: iso(site.now) })
  assert.equal((await tell({ id: 'TRK-7', detachedAt: null })).statusCode, 202)
  const { trucks, items } = await list()
  assert.deepEqual([trucks.length, trucks[0].detachedAt, trucks[0].fuelLitres], [1, null, 300])
  assert.equal(trucks[0].attachedAt, iso(NOW))
  assert.ok(items.some(({ id }: { id: string }) => id === 'TRK-7'))
  assert.equal((site.told.at(-1) as { detachedAt?: number }).detachedAt, undefined)
})
