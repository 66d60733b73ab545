import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { isError } from '../../src/errors.ts'
import { InfluxLink } from '../../src/series/influxdb/link.ts'
import { setUp } from '../../src/series/influxdb/setup.ts'

/**
 * Requests and answers as the makers' documentation has them (InfluxDB OSS v2 API: ping, orgs, buckets; InfluxDB 3 Core API: ping, configure/database): no
 * server of these versions can be had here.
 */
interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface Asked {
  readonly request: string
  readonly authorization: string | undefined
  readonly body: unknown
}

const RETENTION = { kept: 0, raw: 400, final: 60 }

async function played(
  answerTo: (request: string, body: never) => Answer,
  work: (url: string) => Promise<unknown>
): Promise<Asked[]> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const body = text.startsWith('{') ? JSON.parse(text) : text
    const name = `${request.method} ${decodeURIComponent(request.url ?? '').replaceAll('+', ' ')}`
    asked.push({ request: name, authorization: request.headers.authorization, body })
    const { status = 200, headers = {}, body: said } = answerTo(name, body as never)
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(said === undefined ? '' : JSON.stringify(said))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    await work(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
  } finally {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  return asked
}

const setUpAt = (url: string, more: { token?: string; username?: string; password?: string } = {}) =>
  setUp(
    new InfluxLink({
      ...{ url, database: 'grid', organization: 'power', timeoutMs: 5000 },
      ...{ token: '', username: '', password: '', ...more }
    }),
    RETENTION
  )

const V2 = { status: 204, headers: { 'x-influxdb-version': 'v2.7.11' } }

test('2.x: a bucket for each policy, with the organization, where it is not there', async () => {
  const asked = await played(
    request => {
      if (request === 'GET /ping') return V2
      if (request.startsWith('GET /api/v2/orgs')) return { body: { orgs: [{ id: 'o1', name: 'power' }] } }
      if (request.startsWith('GET /api/v2/buckets')) return { body: { buckets: [] } }
      return { status: 201, body: { id: 'b1' } }
    },
    url => setUpAt(url, { token: 's3cret' })
  )
  assert.ok(asked.every(({ authorization }) => authorization === 'Token s3cret'))
  assert.deepEqual(
    asked.map(({ request }) => request),
    [
      'GET /ping',
      'GET /api/v2/orgs?org=power',
      ...['kept', 'raw', 'final'].flatMap(policy => [
        `GET /api/v2/buckets?name=grid/${policy}&orgID=o1`,
        'POST /api/v2/buckets'
      ])
    ]
  )
  assert.deepEqual(
    asked.filter(({ request }) => request.startsWith('POST')).map(({ body }) => body),
    [bucket('grid/kept', 0), bucket('grid/raw', 400), bucket('grid/final', 60)]
  )
})

const bucket = (name: string, days: number) => ({
  ...{ orgID: 'o1', name },
  retentionRules: [{ type: 'expire', everySeconds: days * 86_400, shardGroupDurationSeconds: 604_800 }]
})

test('2.x: a bucket that is there is left alone, or keeps its points as long as it is told now', async () => {
  const days: Readonly<Record<string, number>> = { 'grid/kept': 0, 'grid/raw': 400, 'grid/final': 30 }
  const asked = await played(
    request => {
      if (request === 'GET /ping') return V2
      if (request.startsWith('GET /api/v2/orgs')) return { body: { orgs: [{ id: 'o1' }] } }
      const name = /name=([^&]+)/.exec(request)?.[1] ?? ''
      const everySeconds = (days[name] ?? 0) * 86_400
      // For ever is no rule at all.
      const retentionRules = everySeconds === 0 ? [] : [{ type: 'expire', everySeconds }]
      return { body: { buckets: [{ id: name, name, retentionRules }] } }
    },
    url => setUpAt(url, { token: 't' })
  )
  assert.deepEqual(
    asked.filter(({ request }) => !request.startsWith('GET')).map(({ request, body }) => [request, body]),
    [['PATCH /api/v2/buckets/grid/final', { retentionRules: bucket('', 60).retentionRules }]]
  )
})

test('2.x: an organization that is not there, and a token that may not, are told', async () => {
  await played(
    request => (request === 'GET /ping' ? V2 : { body: { orgs: [] } }),
    url =>
      assert.rejects(
        setUpAt(url),
        error => isError(error, 'SERIES_INFLUX_SETUP') && /no organization "power"/.test(error.message)
      )
  )
  await played(
    request =>
      request === 'GET /ping'
        ? V2
        : { status: 401, body: { code: 'unauthorized', message: 'unauthorized access' } },
    url => assert.rejects(setUpAt(url), /unauthorized access/)
  )
})

test('3: a database for each policy, one that is there already is left alone', async () => {
  const asked = await played(
    (request, body: { db?: string }) => {
      if (request === 'GET /ping') return { body: { version: '3.4.0', revision: 'abc' } }
      return body.db === 'grid/raw' ? { status: 409, body: { error: 'already exists' } } : {}
    },
    url => setUpAt(url, { token: 'apiv3_x' })
  )
  assert.deepEqual(
    asked.slice(1).map(({ request, body }) => [request, body]),
    [
      ['POST /api/v3/configure/database', { db: 'grid/kept' }],
      ['POST /api/v3/configure/database', { db: 'grid/raw', retention_period: '400d' }],
      ['POST /api/v3/configure/database', { db: 'grid/final', retention_period: '60d' }]
    ]
  )
})

test('1.x: user and password go with every request; what stands is not made again', async () => {
  const policies = [
    ['autogen', '0s'],
    ['kept', '0s'],
    ['raw', '9600h0m0s'],
    ['final', '1440h0m0s']
  ]
  const asked = await played(
    request =>
      request === 'GET /ping'
        ? { status: 204, headers: { 'x-influxdb-version': '1.8.10' } }
        : { body: { results: [{ series: [{ columns: ['name', 'duration'], values: policies }] }] } },
    url => setUpAt(url, { username: 'grid', password: 'pass:word' })
  )
  const basic = `Basic ${Buffer.from('grid:pass:word').toString('base64')}`
  assert.ok(asked.every(({ authorization }) => authorization === basic))
  assert.deepEqual(
    asked.map(({ request }) => request),
    ['GET /ping', 'POST /query']
  )
})

test('a server of no known version is named', async () => {
  await played(
    () => ({ status: 204 }),
    url => assert.rejects(setUpAt(url), error => isError(error, 'SERIES_INFLUX_SETUP'))
  )
})
