import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const DAY = 86_400_000
const iso = (ms: number): string => new Date(ms).toISOString()
const PATROL = { occasion: 'storm', found: '配电房通风正常' }
const DRILL = { scenario: '双电源同时失电', minutes: 40, passed: true }
const TEST = { source: 'S1', minutes: 30, passed: true }
const HAZARD = { what: '电缆沟积水', level: 'serious' }

function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'customer-manager'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const write = (path: string, payload: object, id = 'K1', headers: Record<string, string> = {}) =>
    api.inject({ method: 'POST', url: `/v1/key-customers/${id}/${path}`, payload, headers })
  const read = async (path: string) =>
    (await api.inject({ url: `/v1/key-customers/K1/${path}` })).json() as {
      items: Record<string, unknown>[]
      next: string | null
      complete: number
    }
  return { site, api, write, read }
}

test('what was done is kept, the latest first, and told anew under its id', async t => {
  const { site, write, read } = openSite(t)
  const first = await write('patrols', { ...PATROL, id: 'P1', at: iso(NOW - 2 * DAY) })
  assert.equal(first.statusCode, 200)
  const kept = { ...PATROL, withdrawn: false, writtenAt: iso(NOW), writtenBy: 'anonymous' }
  assert.deepEqual(first.json(), { ...kept, id: 'P1', at: iso(NOW - 2 * DAY) })
  const second = (await write('patrols', PATROL)).json() as { id: string }
  assert.match(second.id, /^[\w-]{12}$/)
  await write('patrols', { ...PATROL, id: 'P1', at: iso(NOW - 2 * DAY), found: '渗水', withdrawn: true })
  const { items } = await read('patrols')
  assert.deepEqual(
    items.map(({ id, found, withdrawn }) => [id, found, withdrawn]),
    [
      [second.id, PATROL.found, false],
      ['P1', '渗水', true]
    ]
  )
  const page = await read('patrols?limit=1')
  assert.equal(page.items.length, 1)
  const rest = await read(`patrols?limit=1&cursor=${page.next}`)
  assert.deepEqual([rest.items[0]?.id, rest.next], ['P1', null])
  const audit = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual(
    audit.map(({ action, subject }) => `${action} ${subject}`),
    Array.from({ length: 3 }, () => 'dossier.patrol K1')
  )
})

test('a hazard goes from found to verified, and what is complete follows', async t => {
  const { write, read } = openSite(t)
  const item = async (wanted: string) =>
    (await read('dossier')).items.find(({ item: name }) => name === wanted)
  const before = (await read('dossier')).complete
  await write('drills', DRILL)
  await write('backup-tests', TEST)
  await write('patrols', PATROL)
  assert.ok((await read('dossier')).complete > before)
  const found = { ...HAZARD, id: 'H1', at: iso(NOW - 9 * DAY), due: iso(NOW - DAY) }
  await write('hazards', found)
  assert.deepEqual((await item('hazards-told'))?.missing, ['H1'])
  const told = { ...found, served: iso(NOW - 8 * DAY), notified: iso(NOW - 8 * DAY) }
  const { at: _found, ...again } = told
  assert.equal((await write('hazards', again)).json().at, found.at, 'when it was found stays')
  assert.deepEqual((await item('hazards-told'))?.missing, [])
  assert.deepEqual(await item('hazards-in-time'), {
    ...{ item: 'hazards-in-time', there: false, missing: ['H1'], dueAt: iso(NOW - DAY) }
  })
  const fixed = { ...told, fixed: iso(NOW - 60_000), verified: iso(NOW), verifiedBy: '客户服务一班' }
  const last = await write('hazards', fixed)
  assert.deepEqual(last.json(), {
    ...fixed,
    ...{ reported: null, supervised: null, withdrawn: false, writtenAt: iso(NOW), writtenBy: 'anonymous' }
  })
  assert.equal((await item('hazards-in-time'))?.there, true)
})

test('a test that was written down counts for what the grade asks', async t => {
  const { write, read } = openSite(t)
  await write('backup-tests', { ...TEST, at: iso(NOW - 3 * DAY), loadPct: 60, startS: 9 })
  const tried = (await read('compliance')).items.find(({ item }) => item === 'generator-test')
  assert.deepEqual([tried?.basis, tried?.met, tried?.found], ['declared', true, 3])
})

test('what cannot be is refused by the name of the member', async t => {
  const { write } = openSite(t)
  const rows: [path: string, body: object, member: string][] = [
    ['patrols', { ...PATROL, occasion: 'picnic' }, 'body.occasion'],
    ['patrols', { ...PATROL, found: ' ' }, 'body.found'],
    ['patrols', { ...PATROL, at: iso(NOW + DAY) }, 'body.at'],
    ['patrols', { ...PATROL, id: 'a b' }, 'body.id'],
    ['patrols', { ...PATROL, party: 'x' }, 'body.party'],
    ['drills', { ...DRILL, minutes: -1 }, 'body.minutes'],
    ['backup-tests', { ...TEST, source: 'S9' }, 'body.source'],
    ['backup-tests', { ...TEST, source: 'S2' }, 'body.source'],
    ['backup-tests', { ...TEST, loadPct: 900 }, 'body.loadPct'],
    ['hazards', { ...HAZARD, level: 'tiny' }, 'body.level'],
    ['hazards', { ...HAZARD, due: iso(NOW - DAY) }, 'body.due'],
    ['hazards', { ...HAZARD, notified: iso(NOW + DAY) }, 'body.notified'],
    ['hazards', { ...HAZARD, verified: iso(NOW), verifiedBy: '客户服务一班' }, 'body.verified'],
    ['hazards', { ...HAZARD, fixed: iso(NOW), verified: iso(NOW) }, 'body.verifiedBy'],
    ['hazards', { ...HAZARD, verifiedBy: '客户服务一班' }, 'body.verifiedBy']
  ]
  for (const [path, body, member] of rows) {
    const response = await write(path, body)
    assert.equal(response.statusCode, 400, `${path} ${JSON.stringify(body)}`)
    assert.equal(response.json().path, member, JSON.stringify(body))
  }
  assert.equal((await write('patrols', PATROL, 'K9')).statusCode, 404)
})

test('who may read and write it', async t => {
  const { site, api, write } = openSite(t)
  site.anonymousRole = undefined
  for (const [role, reads, writes] of [
    ['viewer', 200, 403],
    ['key-customer', 403, 403],
    ['customer-manager', 200, 200],
    ['dispatcher', 200, 200],
    ['admin', 200, 200]
  ] as const) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const headers = { authorization: `Bearer ${secret}` }
    assert.equal((await write('patrols', PATROL, 'K1', headers)).statusCode, writes, role)
    for (const path of ['patrols', 'drills', 'backup-tests', 'hazards', 'dossier']) {
      const { statusCode } = await api.inject({ url: `/v1/key-customers/K1/${path}`, headers })
      assert.equal(statusCode, reads, `${role} ${path}`)
    }
  }
})
