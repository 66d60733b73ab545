import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { z } from 'zod'
import { problemOut } from '../../src/api/http/problem.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import type { OutagePlaces } from '../../src/ledger/outage-port.ts'
import { alarm, batchOf, finding, incident, loss, T0 } from '../support/outage-lines.ts'
import { contextOf, emptySite, NOW } from './context.ts'

/** As the network of the site is: F1 ─ TR1 ─ BOX1 ─ usage points. */
const PLACES: OutagePlaces = {
  path: device =>
    ['U17', 'U2', 'BOX1', 'TR1', 'F1'].slice(['U17', 'U2', 'BOX1', 'TR1', 'F1'].indexOf(device)),
  account: point => `A-${point}`
}
const END = T0 + 600_000
const evidence = [{ kind: 'last-gasp', count: 9, of: 12, weight: 40.5 }]
const MORE = { state: 'closed' as const, end: END, sameAs: ['BOX1'] }

/** What a schema does not name is dropped by parsing: an undocumented property shows as a difference. */
function fitsSchema(url: string, answer: unknown): void {
  const [path = ''] = url.split('?')
  const route = createRoutes().find(it =>
    new RegExp(`^${it.path.replaceAll(/\{\w+\}/g, '\\w+')}$`).test(path)
  )
  assert.ok(route, url)
  assert.deepEqual((route.response as z.ZodType).parse(answer), answer, url)
}

async function openSite(t: TestContext) {
  const site = emptySite()
  site.meters.push({ id: 'K-METER', terminal: 'T1', usagePoint: 'U2' })
  await site.outages.takeLines(
    batchOf(1, {
      incidents: [
        incident({ id: 'I1', state: 'suspected', affected: 30 }),
        incident({ id: 'I1', at: T0 + 9000, evidence, phases: 'AB' }),
        incident({ id: 'I1', at: T0 + 700_000, ...MORE, usagePoints: ['U17', 'U2'] }),
        incident({ id: 'I2', device: 'F1', start: T0 + 3_600_000, state: 'updated' }),
        incident({ id: 'I3', device: 'TR1', start: T0 + 3_700_000, state: 'suspected' }),
        incident({ id: 'I4', device: 'U17', ...MORE, usagePoints: ['U17'] })
      ],
      communication: [
        loss({ id: 'C1' }),
        loss({ id: 'C2', scope: 'cell', subject: '460-00', terminals: ['T1'] })
      ],
      findings: [finding({ id: 'F1' }), finding({ id: 'F2', kind: 'exchange', subject: 'M2' })],
      alarms: [alarm({ id: 'A1' }), alarm({ id: 'A2', state: 'resolved', end: END, value: null })]
    }),
    PLACES
  )
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const idsAt = async (url: string): Promise<string> => {
    const answer = await api.inject(url)
    assert.equal(answer.statusCode, 200, `${url} ${answer.body}`)
    fitsSchema(url, answer.json())
    return answer
      .json()
      .items.map((one: Record<string, string>) => one.id ?? one.incident ?? one.usagePoint)
      .join(' ')
  }
  return { site, api, idsAt }
}

test('lists are narrowed by what is asked for, those first that were heard of last', async t => {
  const { api, idsAt } = await openSite(t)
  const rows: [url: string, ids: string][] = [
    ['/v1/incidents', 'I4 I3 I2 I1'],
    ['/v1/incidents?state=open', 'I2'],
    ['/v1/incidents?state=suspected,closed', 'I4 I3 I1'],
    ['/v1/incidents?device=TR1', 'I4 I3 I1'],
    ['/v1/incidents?device=U17', 'I4'],
    ['/v1/incidents?device=NOTHING', ''],
    ['/v1/incidents?kind=momentary', ''],
    [`/v1/incidents?from=${END}`, 'I3 I2'],
    [`/v1/incidents?to=${T0}`, 'I4 I1'],
    ['/v1/incidents/I1/usage-points', 'U17 U2'],
    ['/v1/incidents/I1/usage-points?limit=1', 'U17'],
    ['/v1/incidents/I2/usage-points', ''],
    ['/v1/communication', 'C2 C1'],
    ['/v1/communication?scope=cell', 'C2'],
    ['/v1/communication?subject=T1&state=open', 'C1'],
    ['/v1/findings', 'F2 F1'],
    ['/v1/findings?kind=exchange', 'F2'],
    [`/v1/findings?subject=M1&from=${T0}&to=${T0 + 1}`, 'F1'],
    ['/v1/alarms', 'A2 A1'],
    ['/v1/alarms?state=firing', 'A1'],
    [`/v1/alarms?from=${END}`, 'A1'],
    ['/v1/usage-points/U17/outages', 'I4 I2 I1'],
    ['/v1/usage-points/U2/outages', 'I2 I1'],
    [`/v1/usage-points/U2/outages?to=${T0 + 1}`, 'I1'],
    [`/v1/usage-points/U17/outages?from=${END - 1}`, 'I4 I2 I1'],
    [`/v1/usage-points/U17/outages?from=${END}`, 'I2']
  ]
  for (const [url, ids] of rows) assert.equal(await idsAt(url), ids, url)
  for (const url of ['/v1/incidents?state=dead', '/v1/incidents?cursor=x', '/v1/alarms?state=open']) {
    const answer = await api.inject(url)
    assert.equal(answer.statusCode, 400, url)
    assert.equal(problemOut.parse(answer.json()).code, 'API_BAD_REQUEST')
  }
})

test('pages follow each other by their cursors', async t => {
  const { api } = await openSite(t)
  for (const path of ['/v1/incidents', '/v1/usage-points/U17/outages', '/v1/incidents/I1/usage-points']) {
    const whole = (await api.inject(path)).json()
    assert.equal(whole.next, null)
    const paged = []
    for (let next: string | null = ''; next !== null; ) {
      const page: { items: unknown[]; next: string | null } = (
        await api.inject(`${path}?limit=1${next && `&cursor=${next}`}`)
      ).json()
      paged.push(...page.items)
      next = page.next
    }
    assert.deepEqual(paged, whole.items)
  }
})

test('an incident tells its life and its evidence', async t => {
  const { api } = await openSite(t)
  const told = (await api.inject('/v1/incidents/I1')).json()
  fitsSchema('/v1/incidents/I1', told)
  assert.deepEqual(told.incident, {
    ...{ id: 'I1', state: 'closed', firstAt: '2026-11-20T08:00:00.000Z', at: '2026-11-20T08:11:40.000Z' },
    ...{ openedAt: '2026-11-20T08:00:09.000Z', parent: null, mergedInto: null, reason: null, device: 'TR1' },
    ...{ sameAs: ['BOX1'], phases: '', kind: 'sustained', cause: '', supply: 'none' },
    ...{ start: '2026-11-20T07:59:00.000Z', end: '2026-11-20T08:10:00.000Z', affected: 40, confirmed: 12 },
    ...{ plan: null, planType: null, earlyS: null, overrunS: null, customerMinutes: null },
    ...{ confidence: 0.97, counted: true, usagePoints: 2, decided: null }
  })
  assert.deepEqual(told.evidence, evidence)
  assert.deepEqual(
    told.life.map((line: Record<string, unknown>) => [
      line.state,
      line.at,
      line.affected,
      line.usagePoints ?? null
    ]),
    [
      ['suspected', '2026-11-20T08:00:00.000Z', 30, null],
      ['open', '2026-11-20T08:00:09.000Z', 40, null],
      ['closed', '2026-11-20T08:11:40.000Z', 40, 2]
    ]
  )
  const first = (await api.inject('/v1/incidents/I1?limit=2')).json()
  const rest = (await api.inject(`/v1/incidents/I1?limit=2&cursor=${first.next}`)).json()
  assert.deepEqual([...first.life, ...rest.life], told.life)
  assert.equal(rest.next, null)
  const unknown = await api.inject({ url: '/v1/incidents/I99', headers: { 'accept-language': 'zh-CN' } })
  assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'API_INCIDENT_UNKNOWN'])
  assert.equal(unknown.json().title, '没有此停电事件')
})

test('a key customer sees the outages of its own usage points, and nothing of anybody else', async t => {
  const { site, api } = await openSite(t)
  site.anonymousRole = undefined
  const by = { name: 'local', at: NOW, request: '' }
  const wish = { role: 'key-customer', subject: 'K1', label: '', expiresAt: null } as const
  const { secret } = await site.access.issueToken(wish, by)
  const staff = await site.access.issueToken({ ...wish, role: 'viewer', subject: '' }, by)
  const ask = (url: string, of = secret) => api.inject({ url, headers: { authorization: `Bearer ${of}` } })
  const own = await ask('/v1/usage-points/U2/outages')
  assert.equal(own.statusCode, 200)
  assert.deepEqual(own.json(), (await ask('/v1/usage-points/U2/outages', staff.secret)).json())
  assert.deepEqual(
    own.json().items.map((one: Record<string, unknown>) => [one.incident, one.device, one.basis]),
    [
      ['I2', 'F1', 'located'],
      ['I1', 'TR1', 'stated']
    ]
  )
  assert.doesNotMatch(own.body, /U17|BOX1|affected|confirmed|sameAs|\b40\b|\b12\b/)
  for (const path of [
    '/v1/usage-points/U17/outages',
    '/v1/usage-points/nothing/outages',
    '/v1/incidents',
    '/v1/incidents/I1',
    '/v1/incidents/I99',
    '/v1/incidents/I1/usage-points',
    '/v1/communication',
    '/v1/findings',
    '/v1/alarms'
  ])
    assert.equal((await ask(path)).statusCode, 403, path)
  assert.equal((await ask('/v1/usage-points/nothing/outages', staff.secret)).statusCode, 404)
  await site.outages.takeLines(
    batchOf(9, { incidents: [incident({ id: 'I8', ...MORE, usagePoints: ['U2'] })] }),
    { ...PLACES, account: () => 'A-BEFORE' }
  )
  const idsOf = async (of: string) =>
    (await ask('/v1/usage-points/U2/outages', of))
      .json()
      .items.map((one: { incident: string }) => one.incident)
  assert.deepEqual(await idsOf(staff.secret), ['I8', 'I2', 'I1'])
  assert.deepEqual(await idsOf(secret), ['I2', 'I1'], 'it was of another account then')
})

test('what is open is counted in the overview and in the metrics', async t => {
  const { site, api } = await openSite(t)
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 3 }
  assert.deepEqual((await api.inject('/v1/overview')).json().outages, { incidents: 1, communication: 2 })
  const lines = (await api.inject('/metrics')).body.split('\n')
  for (const line of [
    'gridvigil_outage_lines_total{table="incidents",state="suspected"} 2',
    'gridvigil_outage_lines_total{table="incidents",state="closed"} 2',
    'gridvigil_outage_lines_total{table="findings",state=""} 2',
    'gridvigil_outage_lines_total{table="alarms",state="firing"} 1',
    'gridvigil_open_incidents 1',
    'gridvigil_open_communication_losses 2',
    'gridvigil_outage_records_behind 3'
  ])
    assert.ok(lines.includes(line), line)
})
