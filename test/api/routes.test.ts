import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GridvigilError } from '../../src/errors.ts'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { problemOut } from '../../src/api/http/problem.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import { PROJECT } from '../../tools/house/check.ts'
import { contextOf, emptySite, interval, NOW, reading, type Site } from './context.ts'

const MINUTE = 60_000
const QUARTER = 15 * MINUTE
const METER = '330100000017'

const apiOf = (site: Site): FastifyInstance =>
  createApi(contextOf(site), { version: '0.0.0', documents: PROJECT })

/** A site with a little of everything. */
function smallSite(): Site {
  const site = emptySite()
  site.anonymousRole = 'admin'
  site.meters.push(
    { id: 'self:T1', terminal: 'T1' },
    { id: 'CT 80/电', usagePoint: 'U2', wiring: '3p4w', ct: 80, pt: 10 }
  )
  const last = Math.floor(NOW / QUARTER) * QUARTER
  for (let i = 8; i >= 0; i--)
    site.readings.push(reading(last - i * QUARTER, { importKwh: 100 + 8 - i, voltageVA: 229.8 }))
  for (let i = 8; i >= 1; i--)
    site.intervals.push(interval(last - i * QUARTER, last - (i - 1) * QUARTER, 0.1))
  site.terminals.set('T1', {
    frames: { decoded: 9, quarantined: 1 },
    readings: { decoded: 90, stored: 80, corrections: 1, duplicates: 5, quarantined: 3, held: 1, unbound: 0 }
  })
  site.quarantine = [3, 2, 1].map(id => ({
    id,
    log: 'frames' as const,
    seq: id,
    at: NOW - 1000,
    terminal: 'T1',
    topic: 'readings',
    reason: id === 3 ? 0 : 16,
    index: id === 3 ? -1 : 4,
    meter: id === 3 ? '' : '<b>',
    mark: id === 2 ? { at: NOW, by: 'ann', outcome: 'stored' as const } : undefined,
    bytes: id === 3 ? Uint8Array.of(0xff, 0xfe) : new TextEncoder().encode('{"meter":"<b>"}')
  }))
  return site
}

const TOKEN = { role: 'viewer', label: 'wall display' }
const USER = { login: 'wang', name: '王芳', role: 'dispatcher', password: 'correct horse battery' }
const WORK = {
  ...{ id: 'W1', type: 'temporary', devices: ['TR1'], ticket: 'WP-7' },
  ...{ from: '2026-11-20T00:00:00Z', to: '2026-11-20T04:00:00Z' }
}

/** In the order in which they are asked: what one makes another changes. */
const COMMANDS: [method: 'POST' | 'PATCH' | 'DELETE', url: string, operation: string, body?: object][] = [
  ['POST', '/v1/tokens', 'issueToken', TOKEN],
  ['POST', '/v1/tokens', 'issueToken', { ...TOKEN, role: 'key-customer', subject: 'K1' }],
  ['POST', '/v1/users', 'addUser', USER],
  ['PATCH', '/v1/users/wang', 'changeUser', { name: '王芳芳' }],
  ['PATCH', '/v1/users/wang', 'changeUser', { role: 'key-customer', subject: 'K1' }],
  ['POST', '/v1/session', 'logIn', { login: 'wang', password: USER.password }],
  ['DELETE', '/v1/session', 'logOut'],
  [
    'POST',
    '/v1/key-customers/K1/observations',
    'observeKeyCustomer',
    { source: 'S2', fact: 'live', heardFrom: '值班电工' }
  ],
  ['POST', '/v1/key-customers/K1/sources', 'tellTruck', { id: 'TRK-1', sections: ['L1'] }],
  ['POST', '/v1/key-customers/K1/patrols', 'writePatrol', { occasion: 'heat', found: '正常' }],
  ['POST', '/v1/key-customers/K1/drills', 'writeDrill', { scenario: '失电', minutes: 30, passed: true }],
  [
    'POST',
    '/v1/key-customers/K1/backup-tests',
    'writeBackupTest',
    { source: 'S1', minutes: 30, startS: 9, passed: true }
  ],
  ['POST', '/v1/key-customers/K1/hazards', 'writeHazard', { what: '积水', level: 'general' }],
  ['POST', '/v1/terminals/secrets', 'makeTerminalSecrets', { ids: ['T1', 'T9'] }],
  ['DELETE', '/v1/terminals/T9/secret', 'removeTerminalSecret'],
  ['POST', '/v1/quarantine/replay', 'replayQuarantine', { reason: 'NOT_JSON', ids: [1, 2] }],
  ['POST', '/v1/switch-states', 'tellSwitchState', { device: 'TR1', state: 'open', origin: 'scada' }],
  ['POST', '/v1/planned-outages', 'announcePlannedOutage', WORK],
  ['DELETE', '/v1/planned-outages/P1', 'cancelPlannedOutage']
]

const OPERATIONS: [url: string, operation: string][] = [
  ['/v1/terminals', 'listTerminals'],
  ['/v1/terminals?limit=1&q=t&secret=ledger', 'listTerminals'],
  ['/v1/terminals/T1', 'getTerminal'],
  ['/v1/session', 'getSession'],
  ['/v1/registry', 'getRegistry'],
  ['/v1/backup', 'getBackup'],
  ['/v1/overview', 'getOverview'],
  ['/v1/key-customers', 'listKeyCustomers'],
  ['/v1/key-customers?grade=first&q=%E5%8C%BB%E9%99%A2&limit=1', 'listKeyCustomers'],
  ['/v1/key-customers/K1', 'getKeyCustomer'],
  [
    '/v1/planned-outages?device=TR1&state=planned&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z',
    'listPlannedOutages'
  ],
  ['/v1/planned-outages', 'listPlannedOutages'],
  ['/v1/switch-states', 'listSwitchStates'],
  ['/v1/key-customers/K1/contacts', 'listContacts'],
  ['/v1/supply', 'listSupply'],
  ['/v1/key-customers/K1/paths', 'getSupplyPaths'],
  ['/v1/key-customers/K1/compliance', 'getCompliance'],
  ['/v1/key-customers/K1/dossier', 'getDossier'],
  ['/v1/key-customers/K1/patrols', 'listPatrols'],
  ['/v1/key-customers/K1/drills', 'listDrills'],
  ['/v1/key-customers/K1/backup-tests?limit=1', 'listBackupTests'],
  ['/v1/key-customers/K1/hazards', 'listHazards'],
  ['/v1/key-customers/K1/supply', 'getSupply'],
  ['/v1/key-customers/K1/timeline', 'getSupplyTimeline'],
  ['/v1/key-customers/K1/report?from=2026-11-01T00:00:00Z', 'getSupplyReport'],
  ['/v1/key-customers/K1/sources', 'listSources'],
  ['/v1/tokens', 'listTokens'],
  ['/v1/users', 'listUsers'],
  ['/v1/audit', 'listAudit'],
  ['/v1/audit?limit=1&action=token.add&actor=anonymous', 'listAudit'],
  ['/healthz', 'getHealth'],
  ['/readyz', 'getReadiness'],
  ['/v1/meters', 'listMeters'],
  ['/v1/meters?q=T1&limit=1', 'listMeters'],
  [`/v1/meters/${METER}`, 'getMeter'],
  [`/v1/meters/${encodeURIComponent('CT 80/电')}`, 'getMeter'],
  [`/v1/meters/${METER}/latest`, 'getLatestReading'],
  ['/v1/devices', 'listDevices'],
  ['/v1/devices?kind=transformer&q=%E9%85%8D%E5%8F%98&limit=1', 'listDevices'],
  ['/v1/devices/TR1', 'getDevice'],
  ['/v1/devices/TR1/children', 'listChildren'],
  ['/v1/devices/TR1/load', 'getDeviceLoad'],
  ['/v1/devices/TR1/load?step=1d', 'getDeviceLoad'],
  ['/v1/collection', 'getCollection'],
  ['/v1/usage-points/U2', 'getUsagePoint'],
  ['/v1/meters/self%3AT1/latest', 'getLatestReading'],
  [`/v1/meters/${METER}/readings`, 'listReadings'],
  [`/v1/meters/${METER}/readings?fields=voltageVA&limit=2&versions=all`, 'listReadings'],
  [`/v1/meters/${METER}/readings?step=15m`, 'listReadings'],
  [`/v1/meters/${METER}/readings?step=1d&fields=importKwh`, 'listReadings'],
  [`/v1/meters/${METER}/readings?step=1mo`, 'listReadings'],
  ['/v1/ingest/audit', 'getIngestAudit'],
  ['/v1/quarantine', 'listQuarantine'],
  ['/v1/quarantine?limit=1&before=3', 'listQuarantine']
]

/** Tested where a server or an upload is at hand: access, stream, registry-desk, dossier-import and beside tests. */
const NOT_HERE = [
  ...['takeBackup', 'getMetrics', 'listen', 'changePassword', 'revokeToken', 'importRegistry'],
  'importDossier'
]
/** With something to tell: outages.test.ts. */
const OF_OUTAGES = createRoutes().flatMap(({ tag, operation }) => (tag === 'outages' ? [operation] : []))

test('every answer fits its schema exactly', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const routes = new Map(createRoutes().map(route => [route.operation, route.response]))
  const statuses = new Map(createRoutes().map(route => [route.operation, route.status]))
  const gets = OPERATIONS.map(([url, operation]) => ['GET', url, operation, undefined] as const)
  for (const [method, url, operation, payload] of [...COMMANDS, ...gets]) {
    const answer = await api.inject({ method, url, ...(payload && { payload }) })
    assert.equal(answer.statusCode, statuses.get(operation), `${method} ${url} ${answer.body}`)
    assert.match(String(answer.headers['content-type']), /^application\/json/)
    const schema = routes.get(operation) as z.ZodType
    // What a schema does not name is dropped by parsing: an undocumented property shows as a difference.
    assert.deepEqual(schema.parse(answer.json()), answer.json(), url)
  }
  const tested = new Set([...COMMANDS, ...gets].map(([, , operation]) => operation))
  const missing = [...routes.keys()].filter(
    it => !tested.has(it) && ![...NOT_HERE, ...OF_OUTAGES].includes(it)
  )
  assert.deepEqual(missing, [], 'every operation is tested')
})

test('metrics are the text format of Prometheus with the counts of the audit', async t => {
  const site = smallSite()
  const api = apiOf(site)
  t.after(() => api.close())
  for (const acknowledged of [12, 13]) {
    site.audit = { ...site.audit, frames: { ...site.audit.frames, acknowledged } }
    const answer = await api.inject('/metrics')
    assert.equal(answer.statusCode, 200)
    assert.match(String(answer.headers['content-type']), /^text\/plain; version=0\.0\.4/)
    const lines = answer.body.split('\n')
    for (const line of [
      `gridvigil_frames_acknowledged_total ${acknowledged}`,
      'gridvigil_frames_total{outcome="quarantined"} 1',
      'gridvigil_frames_pending 2',
      'gridvigil_readings_total{outcome="stored"} 80',
      'gridvigil_readings_held 1',
      'gridvigil_mqtt_connections 4',
      'gridvigil_mqtt_connects_total 7',
      'gridvigil_mqtt_refused_total{what="login"} 2',
      'gridvigil_mqtt_refused_total{what="publish"} 3',
      'gridvigil_append_failures_total 5',
      'gridvigil_room_up{room="gateway"} 1',
      'gridvigil_simulated 1'
    ]) {
      assert.ok(lines.includes(line), line)
    }
    assert.match(answer.body, /process_cpu_seconds_total/)
  }
})

const BAD: [url: string, status: number, code: string, path: string | undefined][] = [
  ['/v1/nothing', 404, 'API_NOT_FOUND', undefined],
  ['/v1/meters/unknown', 404, 'API_METER_UNKNOWN', undefined],
  ['/v1/meters/unknown/latest', 404, 'API_METER_UNKNOWN', undefined],
  ['/v1/devices/unknown', 404, 'API_DEVICE_UNKNOWN', undefined],
  ['/v1/devices/unknown/children', 404, 'API_DEVICE_UNKNOWN', undefined],
  ['/v1/usage-points/unknown', 404, 'API_USAGE_POINT_UNKNOWN', undefined],
  ['/v1/meters/unknown/readings', 404, 'API_METER_UNKNOWN', undefined],
  ['/v1/meters/__proto__', 404, 'API_METER_UNKNOWN', undefined],
  [`/v1/meters/${'x'.repeat(129)}`, 400, 'API_BAD_REQUEST', 'path.id'],
  [`/v1/meters/${'x'.repeat(600)}`, 400, 'API_BAD_REQUEST', undefined],
  ['/v1/meters/%ZZ', 400, 'API_BAD_REQUEST', undefined],
  ['/v1/meters?limit=0', 400, 'API_BAD_REQUEST', 'query.limit'],
  ['/v1/meters?limit=501', 400, 'API_BAD_REQUEST', 'query.limit'],
  ['/v1/meters?limit=-1', 400, 'API_BAD_REQUEST', 'query.limit'],
  ['/v1/meters?limit=1&limit=2', 400, 'API_BAD_REQUEST', 'query.limit'],
  ['/v1/meters?page=2', 400, 'API_BAD_REQUEST', 'query.page'],
  ['/v1/meters?cursor=%00', 400, 'API_BAD_REQUEST', 'query.cursor'],
  ['/v1/meters?q=', 400, 'API_BAD_REQUEST', 'query.q'],
  [`/v1/meters/${METER}/readings?from=yesterday`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?from=1795133700`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?from=2026-11-20T08:15:00`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?from=2026-02-30T00:00:00Z`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?to=9999999999999999`, 400, 'API_BAD_REQUEST', 'query.to'],
  [
    `/v1/meters/${METER}/readings?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z`,
    400,
    'API_BAD_REQUEST',
    'query.from'
  ],
  [`/v1/meters/${METER}/readings?fields=importKwh,volts`, 400, 'API_BAD_REQUEST', 'query.fields'],
  [`/v1/meters/${METER}/readings?fields=toString`, 400, 'API_BAD_REQUEST', 'query.fields'],
  [`/v1/meters/${METER}/readings?step=7m`, 400, 'API_BAD_REQUEST', 'query.step'],
  [`/v1/meters/${METER}/readings?step=1h&cursor=x`, 400, 'API_BAD_REQUEST', 'query.cursor'],
  [`/v1/meters/${METER}/readings?step=1h&fields=voltageVA`, 400, 'API_BAD_REQUEST', 'query.fields'],
  [`/v1/meters/${METER}/readings?step=15m&from=2026-01-01T00:00:00Z`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?step=1mo&from=2020-01-01T00:00:00Z`, 400, 'API_BAD_REQUEST', 'query.from'],
  [`/v1/meters/${METER}/readings?cursor=MQ`, 400, 'API_BAD_REQUEST', 'query.cursor'],
  [`/v1/meters/${METER}/readings?limit=5001`, 400, 'API_BAD_REQUEST', 'query.limit'],
  ['/v1/ingest/audit?x=1', 400, 'API_BAD_REQUEST', 'query.x'],
  ['/v1/quarantine?before=abc', 400, 'API_BAD_REQUEST', 'query.before'],
  ['/docs/../package.json', 404, 'API_NOT_FOUND', undefined],
  ['/docs/%2e%2e/package.json', 404, 'API_NOT_FOUND', undefined],
  ['/docs/package.json', 404, 'API_NOT_FOUND', undefined]
]

test('every bad request is a problem that says what and where', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  for (const [url, status, code, path] of BAD) {
    const answer = await api.inject(url)
    assert.equal(answer.statusCode, status, url)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    const problem = problemOut.parse(answer.json())
    assert.deepEqual(problem, answer.json(), url)
    assert.deepEqual([problem.code, problem.status, problem.path], [code, status, path], url)
    assert.equal(problem.type, `/docs/errors.md#${code}`)
  }
})

test('another method on a known path is told apart from an unknown path', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const rows = [
    ['POST', '/v1/meters', 405],
    ['DELETE', `/v1/meters/${METER}`, 405],
    ['PUT', '/', 405],
    ['POST', '/nowhere', 404],
    ['OPTIONS', '/v1/quarantine', 405],
    ['HEAD', '/healthz', 200]
  ] as const
  for (const [method, url, status] of rows) {
    const answer = await api.inject({ method, url })
    assert.equal(answer.statusCode, status, `${method} ${url}`)
    if (status === 405) assert.equal(answer.headers.allow, 'GET, HEAD')
  }
  const tooLarge = await api.inject({
    method: 'POST',
    url: '/v1/meters',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify('x'.repeat(70_000))
  })
  assert.ok(tooLarge.statusCode >= 400 && tooLarge.statusCode < 500)
})

test('titles follow Accept-Language', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const rows: [language: string | undefined, title: string, answered: string][] = [
    [undefined, 'no such meter in the registry', 'en'],
    ['zh-CN,zh;q=0.9,en;q=0.8', '档案中没有此电表', 'zh-CN'],
    ['en-GB, zh;q=0.5', 'no such meter in the registry', 'en'],
    ['fr, zh-Hans;q=0.2', '档案中没有此电表', 'zh-CN'],
    ['de', 'no such meter in the registry', 'en'],
    [';;;q=,,de;q=x', 'no such meter in the registry', 'en']
  ]
  for (const [language, title, answered] of rows) {
    const headers: Record<string, string> = language === undefined ? {} : { 'accept-language': language }
    const answer = await api.inject({ url: '/v1/meters/unknown', headers })
    assert.equal(answer.json().title, title, String(language))
    assert.equal(answer.headers['content-language'], answered)
  }
})

test('a store that cannot start is named to who asks', async t => {
  const site = smallSite()
  site.ready = false
  site.failure = new GridvigilError('SERIES_OPEN_FAILED', 'catalog.duckdb is damaged')
  const api = apiOf(site)
  t.after(() => api.close())
  const reply = await api.inject(`/v1/meters/${METER}/latest`)
  const { code, detail } = reply.json()
  assert.deepEqual([reply.statusCode, code, detail], [503, 'SERIES_OPEN_FAILED', 'catalog.duckdb is damaged'])
})

test('before the server is ready, data is refused with Retry-After and liveness holds', async t => {
  const site = smallSite()
  site.ready = false
  site.rooms = [{ room: 'series', ok: false, detail: 'opening' }]
  const api = apiOf(site)
  t.after(() => api.close())
  const rows: [url: string, status: number][] = [
    ['/healthz', 200],
    ['/readyz', 503],
    ['/metrics', 200],
    ['/', 200],
    ['/page/live', 200],
    [`/v1/meters/${METER}/latest`, 503],
    ['/v1/ingest/audit', 503]
  ]
  for (const [url, status] of rows) assert.equal((await api.inject(url)).statusCode, status, url)
  const refused = await api.inject('/v1/quarantine')
  assert.deepEqual([refused.json().code, refused.json().retry], ['API_NOT_READY', true])
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.deepEqual((await api.inject('/readyz')).json().rooms, site.rooms)
})

test('an error inside tells nothing of the inside', async t => {
  const site = smallSite()
  site.beforeQuery = () => Promise.reject(new Error('secret path /var/x'))
  const api = apiOf(site)
  t.after(() => api.close())
  const answer = await api.inject('/v1/quarantine')
  assert.deepEqual([answer.statusCode, answer.json().code], [500, 'API_INTERNAL'])
  assert.doesNotMatch(answer.body, /secret/)
  assert.equal((await api.inject('/')).statusCode, 200, 'the page stays, with words instead of the curve')
})

test('no query whatever makes the server fail', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const paths = [
    ...createRoutes()
      .filter(({ method, path }) => method === 'GET' && path !== '/v1/stream')
      .map(({ path }) => path.replace('{id}', METER)),
    '/',
    '/page/live',
    '/docs/x'
  ]
  const names = [
    'from',
    'to',
    'step',
    'fields',
    'limit',
    'cursor',
    'before',
    'q',
    'versions',
    'meter',
    'lang',
    '__proto__'
  ]
  const values = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map(it => it.toISOString()),
    fc.constantFrom('1h', '1mo', 'importKwh', 'all', 'MC4wLjA', '1795133700000', '-1', '', 'zh-CN')
  )
  const queries = fc.array(
    fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 })), values),
    {
      maxLength: 4
    }
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), queries, async (path, query) => {
      const text = query
        .map(pair => pair.map(it => encodeURIComponent(it.toWellFormed())).join('='))
        .join('&')
      const answer = await api.inject(`${path}?${text}`)
      assert.ok(answer.statusCode < 500, `${path}?${text} gave ${answer.statusCode} ${answer.body}`)
      if (answer.statusCode >= 400) problemOut.parse(answer.json())
    }),
    { numRuns: 600 }
  )
})

test('no path whatever makes the server fail', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.webSegment({ size: 'small' }), { maxLength: 5 }), async segments => {
      const answer = await api.inject(`/${segments.join('/')}`)
      assert.ok(answer.statusCode < 500)
    }),
    { numRuns: 300 }
  )
})

test('the OpenAPI document is served and names every route', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const document = (await api.inject('/v1/openapi.json')).json()
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual(
    Object.keys(document.paths).sort(),
    [...new Set(createRoutes().map(({ path }) => path))].sort()
  )
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    match => match[1]
  )
  assert.ok(references.length > 20)
  for (const name of references) assert.ok(name! in document.components.schemas, name)
})

test('documents are shown as text, and only those', async t => {
  const api = apiOf(smallSite())
  t.after(() => api.close())
  const answer = await api.inject('/docs/errors.md')
  assert.equal(answer.statusCode, 200)
  assert.match(String(answer.headers['content-type']), /^text\/plain/)
  assert.match(answer.body, /API_METER_UNKNOWN/)
})
