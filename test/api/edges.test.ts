import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { problemOut } from '../../src/api/http/problem.ts'
import { createApi } from '../../src/api/server.ts'
import { until } from '../support/until.ts'
import { contextOf, emptySite, NOW, type Site } from './context.ts'

/** What bench/api-fuzz.ts has found, as rows. */
const BY = { name: 'local', at: NOW, request: '' }
const PASSWORD = 'correct horse battery'

async function openSite(t: TestContext): Promise<{ site: Site; api: FastifyInstance; headers: Bearer }> {
  const site = emptySite()
  site.anonymousRole = undefined
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const wish = { role: 'admin', subject: '', label: '', expiresAt: null } as const
  const { secret } = await site.access.issueToken(wish, BY)
  return { site, api, headers: { authorization: `Bearer ${secret}` } }
}

type Bearer = Record<string, string>

test('a change that changes nothing is told the person as it is, and leaves no row', async t => {
  const { site, api, headers } = await openSite(t)
  await site.access.addUser({ login: 'li', name: '', role: 'viewer', subject: '', password: PASSWORD }, BY)
  const typedHeaders = { ...headers, 'content-type': 'application/json' }
  for (const payload of ['{}', 'null']) {
    const answer = await api.inject({ method: 'PATCH', url: '/v1/users/li', headers: typedHeaders, payload })
    assert.deepEqual([answer.statusCode, answer.json().login], [200, 'li'], answer.body)
  }
  const trail = await site.ledger.auditTrail({ limit: 9 })
  assert.equal(trail.filter(({ action }) => action === 'user.change').length, 0)
})

test('a listener that is gone, or only asked for the head, leaves its place at once', async t => {
  const { site, api, headers } = await openSite(t)
  const closed: number[] = []
  let opened = 0
  site.live.open = async () => ++opened
  // As in life: nothing comes for a long time.
  site.live.next = () => new Promise(() => {})
  site.live.close = async listener => void closed.push(listener)
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  const gone = new AbortController()
  const answer = await fetch(`${url}/v1/stream`, { headers, signal: gone.signal })
  const first = await answer.body!.getReader().read()
  assert.match(Buffer.from(first.value ?? []).toString(), /^retry: 2000\nevent: hello\n/)
  gone.abort()
  await until(() => closed.includes(1), 'the place is free')
  const head = await api.inject({ method: 'HEAD', url: '/v1/stream', headers })
  assert.deepEqual([head.statusCode, head.body], [200, ''])
  assert.deepEqual(closed, [1, 2])
})

test('what Fastify refuses by itself is a problem as any other, and documented', async t => {
  const { api, headers } = await openSite(t)
  const rows: [name: string, request: InjectOptions, status: number, code: string][] = [
    ['no UTF-8 in the path', { url: '/v1/meters/%ff' }, 400, 'API_BAD_REQUEST'],
    ['a long segment', { url: `/v1/meters/${'x'.repeat(600)}` }, 400, 'API_BAD_REQUEST'],
    ['another media type', typed('application/xml', '<a/>'), 415, 'API_MEDIA_TYPE'],
    ['no media type', typed('', 'x'), 415, 'API_MEDIA_TYPE'],
    ['a large body', typed('application/json', `"${'x'.repeat(70_000)}"`), 413, 'API_TOO_LARGE'],
    ['half a body', typed('application/json', '{"role":'), 400, 'API_BAD_REQUEST'],
    ['no body', typed('application/json', ''), 400, 'API_BAD_REQUEST'],
    ['a prototype', typed('application/json', '{"__proto__":{}}'), 400, 'API_BAD_REQUEST']
  ]
  for (const [name, request, status, code] of rows) {
    const answer = await api.inject({ ...request, headers: { ...request.headers, ...headers } })
    assert.deepEqual([answer.statusCode, problemOut.parse(answer.json()).code], [status, code], name)
    assert.equal(answer.json().status, status, name)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', name)
    assert.equal(answer.headers['cache-control'], 'no-store', name)
  }
})

test('a body that cannot be read is told what is wrong with it', async t => {
  const { api, headers } = await openSite(t)
  for (const [body, said] of [
    ['', /the body is empty/],
    ['{"role":', /the body is not JSON/]
  ] as const) {
    const request = typed('application/json', body)
    const answer = await api.inject({ ...request, headers: { ...request.headers, ...headers } })
    assert.match(answer.json().detail, said)
  }
})

test('an ETag that is known makes no wrong request right', async t => {
  const { api, headers } = await openSite(t)
  const rows: [url: string, status: number][] = [
    ['/v1/devices/TR1', 304],
    ['/v1/devices/none', 404],
    ['/v1/devices//children', 400],
    ['/v1/devices?limit=0', 400]
  ]
  for (const [url, status] of rows) {
    const answer = await api.inject({ url, headers: { ...headers, 'if-none-match': '*' } })
    assert.deepEqual([answer.statusCode, answer.headers.etag !== undefined], [status, status === 304], url)
  }
})

const typed = (type: string, payload: string): InjectOptions => ({
  method: 'POST',
  url: '/v1/tokens',
  payload,
  headers: type === '' ? {} : { 'content-type': type }
})

/** All that comes back for these bytes. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    socket.on('data', chunk => {
      text += chunk.toString()
    })
    socket.on('end', () => {
      socket.destroy()
      resolve(text)
    })
    socket.on('error', reject)
    socket.end(bytes)
  })
}

test('what is no HTTP request is answered with a problem too, and the connection closed', async t => {
  const { api } = await openSite(t)
  await api.listen({ host: '127.0.0.1', port: 0 })
  const address = api.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const rows: [name: string, bytes: string, status: number][] = [
    ['no request', 'hello\r\n\r\n', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400
    ],
    ['a large head', `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431]
  ]
  for (const [name, bytes, status] of rows) {
    const text = await exchange(port, bytes)
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `), `${name}: ${text}`)
    if (name === 'no host') continue
    assert.match(text, /^content-type: application\/problem\+json/m, name)
    const problem = problemOut.parse(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))))
    assert.deepEqual([problem.code, problem.status], ['API_BAD_REQUEST', status], name)
  }
  assert.equal((await api.inject('/healthz')).statusCode, 200)
})
