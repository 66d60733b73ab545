import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { problemOut } from '../../src/api/http/problem.ts'
import type { Route } from '../../src/api/http/route.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import { ROLES, type Role } from '../../src/model/roles.ts'
import { contextOf, emptySite, NOW, type Site } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }

/** A site that lets nobody in unasked, and its API. */
async function openSite(t: TestContext): Promise<{ site: Site; api: FastifyInstance }> {
  const site = emptySite()
  site.anonymousRole = undefined
  site.meters.push({ id: 'K-METER', terminal: 'T1', usagePoint: 'U2' })
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  await api.ready()
  return { site, api }
}

/** Tokens are listed by when they were made. */
let made = 0

async function tokenOf(site: Site, role: Role, expiresAt: number | null = null): Promise<string> {
  const subject = role === 'key-customer' ? 'K1' : ''
  const by = { ...BY, at: BY.at + made++ }
  const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt }, by)
  return secret
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A request that gets as far as who may make it; what else is wrong with it does not matter. */
const requestTo = ({ method, path, body }: Route): InjectOptions => ({
  method,
  url: path.replaceAll(/\{\w+\}/g, 'x1'),
  ...(body !== undefined && body !== 'files' && { payload: {} })
})

/** Whether it was let in: what then is wrong with the request itself is another matter. */
const isLetIn = (status: number): boolean => status !== 401 && status !== 403

test('access matrix: every route with every role', async t => {
  const { site, api } = await openSite(t)
  const secrets = new Map<Role, string>()
  for (const role of ROLES) secrets.set(role, await tokenOf(site, role))
  let asked = 0
  // The stream never ends: test/commands/stream.test.ts and the rows below ask it.
  for (const route of createRoutes().filter(({ operation }) => operation !== 'listen')) {
    const of = `${route.method} ${route.path}`
    const nobody = await api.inject(requestTo(route))
    if (route.access === 'public') assert.doesNotMatch(nobody.body, /API_UNAUTHENTICATED/, of)
    else assert.equal(nobody.statusCode, 401, of)
    for (const [role, secret] of secrets) {
      const answer = await api.inject({ ...requestTo(route), headers: bearer(secret) })
      assert.ok(answer.statusCode < 500, `${of} as ${role}: ${answer.body}`)
      if (route.access === 'public') continue
      // `x1` is nobody's own: a key customer is told 403 for it as for what does not exist.
      const mayAll = route.access.includes(role) && (role !== 'key-customer' || !route.path.includes('{'))
      assert.equal(
        isLetIn(answer.statusCode),
        mayAll || isWrongPassword(answer),
        `${of} as ${role}: ${answer.body}`
      )
      asked++
    }
  }
  assert.ok(asked > 100, `${asked} pairs`)
})

/** Changing a password asks for the present one, which a token has not. */
const isWrongPassword = (answer: { body: string }): boolean => answer.body.includes('API_LOGIN')

test('whoever may only look because everybody may is told to say who he is', async t => {
  const { site, api } = await openSite(t)
  site.anonymousRole = 'viewer'
  const open = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => open.close())
  const refused = await open.inject({ method: 'POST', url: '/v1/incidents/I1/claim', payload: {} })
  assert.deepEqual([refused.statusCode, refused.json().code], [401, 'API_UNAUTHENTICATED'])
  const headers = bearer(await tokenOf(site, 'viewer'))
  const known = await api.inject({ method: 'POST', url: '/v1/incidents/I1/claim', payload: {}, headers })
  assert.equal(known.json().code, 'API_FORBIDDEN')
})

test('a key customer sees its own and is told the same of everything else', async t => {
  const { site, api } = await openSite(t)
  const headers = bearer(await tokenOf(site, 'key-customer'))
  const rows: [url: string, status: number][] = [
    ['/v1/usage-points/U2', 200],
    ['/v1/usage-points/U17', 403],
    ['/v1/usage-points/nothing', 403],
    ['/v1/meters/K-METER', 200],
    ['/v1/meters/K-METER/latest', 200],
    ['/v1/meters/K-METER/readings', 200],
    ['/v1/meters/330100000017', 403],
    ['/v1/meters/nothing', 403],
    ['/v1/meters/330100000017/readings', 403],
    ['/v1/meters', 403],
    ['/v1/devices/TR1', 403],
    ['/v1/key-customers/K1', 200],
    ['/v1/key-customers/K1/contacts', 200],
    ['/v1/key-customers/K2', 403],
    ['/v1/key-customers', 403],
    ['/v1/ingest/audit', 403],
    ['/v1/stream?meters=330100000017', 403],
    ['/v1/stream?meters=K-METER,330100000017', 403],
    ['/v1/session', 200]
  ]
  for (const [url, status] of rows) {
    assert.equal((await api.inject({ url, headers })).statusCode, status, url)
  }
})

test('a secret that is wrong, revoked, over or of another kind lets nobody in', async t => {
  const { site, api } = await openSite(t)
  const over = await tokenOf(site, 'admin', NOW + 1000)
  const revoked = await tokenOf(site, 'admin')
  const ask = (headers: Record<string, string>) => api.inject({ url: '/v1/tokens', headers })
  assert.equal((await ask(bearer(over))).statusCode, 200)
  const [{ id }] = (await ask(bearer(revoked))).json().items
  assert.equal(
    (await api.inject({ method: 'DELETE', url: `/v1/tokens/${id}`, headers: bearer(over) })).statusCode,
    200
  )
  const again = await api.inject({ method: 'DELETE', url: `/v1/tokens/${id}`, headers: bearer(over) })
  assert.equal(again.json().code, 'API_TOKEN_UNKNOWN')
  site.now = NOW + 1000
  const rows: [string, Record<string, string>][] = [
    ['over', bearer(over)],
    ['revoked', bearer(revoked)],
    ['unknown', bearer('gvt_unknown')],
    ['no secret', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
    ['a very long one', { authorization: `Bearer ${'x'.repeat(5000)}` }],
    ['a token as cookie', { cookie: `gridvigil_session=${over}` }],
    ['an odd cookie', { cookie: 'gridvigil_session=%ZZ; =; ;;' }]
  ]
  for (const [name, headers] of rows) {
    const answer = await ask(headers)
    assert.equal(answer.statusCode, 401, name)
    assert.equal(problemOut.parse(answer.json()).code, 'API_UNAUTHENTICATED')
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
  }
  assert.equal((await api.inject({ url: '/healthz', headers: bearer('gone') })).statusCode, 200)
})

const PASSWORD = 'correct horse battery'

async function logIn(api: FastifyInstance, login: string, password: string): Promise<string> {
  const answer = await api.inject({ method: 'POST', url: '/v1/session', payload: { login, password } })
  assert.equal(answer.statusCode, 200, answer.body)
  const cookie = String(answer.headers['set-cookie'])
  assert.match(cookie, /; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  return cookie.split(';')[0] ?? ''
}

test('the link of the first administrator works once, and leads to an account', async t => {
  const { site, api } = await openSite(t)
  const url = `/welcome?key=${site.access.makeLink()}`
  assert.equal((await api.inject('/welcome?key=guess')).statusCode, 401)
  assert.equal((await api.inject({ method: 'HEAD', url })).statusCode, 200)
  const answer = await api.inject(url)
  assert.deepEqual([answer.statusCode, answer.headers.location], [303, '/account'])
  const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? ''
  assert.equal((await api.inject(url)).statusCode, 401)
  assert.match((await api.inject({ url: '/account', headers: { cookie } })).body, /first administrator/)
  const payload = { login: 'root', password: PASSWORD, role: 'admin' }
  const made = await api.inject({ method: 'POST', url: '/v1/users', headers: { cookie }, payload })
  assert.equal(made.statusCode, 201)
  assert.equal(await site.access.hasAdmin(), true)
  const own = await logIn(api, 'root', PASSWORD)
  const who = await api.inject({ url: '/v1/session', headers: { cookie: own } })
  assert.deepEqual(who.json(), { name: 'user:root', role: 'admin', subject: null })
})

test('the last administrator cannot be taken away', async t => {
  const { site, api } = await openSite(t)
  const headers = bearer(await tokenOf(site, 'admin'))
  const change = (login: string, payload: object) =>
    api.inject({ method: 'PATCH', url: `/v1/users/${login}`, headers, payload })
  for (const login of ['one', 'two']) {
    const payload = { login, password: PASSWORD, role: 'admin' }
    await api.inject({ method: 'POST', url: '/v1/users', headers, payload })
  }
  assert.equal((await change('one', { role: 'viewer' })).statusCode, 200)
  for (const payload of [{ disabled: true }, { role: 'viewer' }]) {
    assert.equal((await change('two', payload)).json().code, 'API_LAST_ADMIN')
  }
  assert.equal((await change('two', { name: 'Two' })).statusCode, 200)
  assert.equal((await change('nobody', { name: 'x' })).json().code, 'API_USER_UNKNOWN')
})

test('sessions end with a new password, a log-out and their time', async t => {
  const { site, api } = await openSite(t)
  const by = { ...BY, name: 'link' }
  const user = { login: 'wang', name: '', role: 'dispatcher', subject: '', password: PASSWORD } as const
  await site.access.addUser(user, by)
  const isIn = async (cookie: string) =>
    (await api.inject({ url: '/v1/session', headers: { cookie } })).statusCode === 200
  const first = await logIn(api, 'wang', PASSWORD)
  const second = await logIn(api, 'wang', PASSWORD)
  assert.deepEqual([await isIn(first), await isIn(second)], [true, true])
  await api.inject({ method: 'DELETE', url: '/v1/session', headers: { cookie: first } })
  assert.deepEqual([await isIn(first), await isIn(second)], [false, true])
  const change = (current: string) =>
    api.inject({
      method: 'POST',
      url: '/v1/session/password',
      headers: { cookie: second },
      payload: { current, password: 'another long password' }
    })
  assert.equal((await change('wrong')).json().code, 'API_LOGIN')
  assert.equal((await change(PASSWORD)).statusCode, 200)
  assert.equal(await isIn(second), false)
  const third = await logIn(api, 'wang', 'another long password')
  site.now += 12 * 3_600_000
  assert.equal(await isIn(third), false)
})

test('a page of another site changes nothing with our cookie', async t => {
  const { site, api } = await openSite(t)
  await site.access.addUser({ login: 'r', name: '', role: 'admin', subject: '', password: PASSWORD }, BY)
  const cookie = await logIn(api, 'r', PASSWORD)
  const rows: [name: string, headers: Record<string, string>, status: number][] = [
    ['no page', {}, 201],
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'http://site.example' }, 201],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a sister of ours', { 'sec-fetch-site': 'same-site' }, 403],
    ['an old browser at another site', { origin: 'http://evil.example' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403]
  ]
  for (const [name, headers, status] of rows) {
    const given = { cookie, host: 'site.example', ...headers }
    const answer = await api.inject({
      method: 'POST',
      url: '/v1/tokens',
      headers: given,
      payload: { role: 'viewer' }
    })
    assert.equal(answer.statusCode, status, name)
    if (status === 403) assert.equal(answer.json().code, 'API_ORIGIN')
  }
})

test('a repeated Idempotency-Key is told the first answer, and nothing is done twice', async t => {
  const { site, api } = await openSite(t)
  const headers = bearer(await tokenOf(site, 'admin'))
  const add = (key: string, login: string, role = 'viewer') =>
    api.inject({
      method: 'POST',
      url: '/v1/users',
      headers: { ...headers, 'idempotency-key': key },
      payload: { login, role, password: PASSWORD }
    })
  const first = await add('k1', 'wang')
  const second = await add('k1', 'wang')
  assert.deepEqual([first.statusCode, second.statusCode], [201, 201])
  assert.deepEqual(second.json(), first.json())
  assert.equal(second.headers['idempotency-replayed'], 'true')
  const replay = (payload: object) =>
    api.inject({
      method: 'POST',
      url: '/v1/quarantine/replay',
      headers: { ...headers, 'idempotency-key': 'k9' },
      payload
    })
  assert.equal((await replay({ ids: [1] })).statusCode, 202)
  assert.equal((await replay({ ids: [2] })).json().code, 'API_KEY_REUSED')
  assert.equal((await add('k1', 'li')).statusCode, 201, 'of a body with a password nothing is kept')
  assert.deepEqual(
    (await site.ledger.users()).map(({ login }) => login),
    ['wang']
  )
  assert.equal((await add('bad key', 'li')).json().code, 'API_BAD_REQUEST')
  assert.equal((await add('k2', 'wang')).json().code, 'API_USER_TAKEN')
  assert.equal((await add('k2', 'zhao')).statusCode, 201, 'a refused command leaves its key free')
  const issue = () =>
    api.inject({
      method: 'POST',
      url: '/v1/tokens',
      headers: { ...headers, 'idempotency-key': 'k3' },
      payload: { role: 'viewer' }
    })
  const [one, other] = await Promise.all([issue(), issue()])
  const codes = [one, other].map(answer => (answer.statusCode === 201 ? 'made' : answer.json().code)).sort()
  assert.ok(['API_KEY_RUNNING', 'API_KEY_SECRET'].includes(codes[0] ?? ''), String(codes))
  assert.equal(codes[1], 'made')
  assert.equal((await issue()).json().code, 'API_KEY_SECRET')
  assert.equal((await site.ledger.tokens()).length, 2)
})

test('one caller who asks too much is told to wait, others are not', async t => {
  const site = emptySite()
  site.anonymousRole = undefined
  site.maxRequestsPerSecond = 3
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const [greedy, modest] = [await tokenOf(site, 'viewer'), await tokenOf(site, 'viewer')]
  const ask = (secret: string) => api.inject({ url: '/v1/devices', headers: bearer(secret) })
  const answers = []
  for (let i = 0; i < 5; i++) answers.push(await ask(greedy))
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 429, 429]
  )
  assert.equal(problemOut.parse(answers[4]?.json()).code, 'API_RATE')
  assert.ok(Number(answers[4]?.headers['retry-after']) >= 1)
  assert.equal((await ask(modest)).statusCode, 200)
})

test('guessing a password is slow', async t => {
  const { api } = await openSite(t)
  const payload = { login: 'root', password: 'guess' }
  const statuses = []
  for (let i = 0; i < 12; i++) {
    statuses.push((await api.inject({ method: 'POST', url: '/v1/session', payload })).statusCode)
  }
  assert.deepEqual(statuses, [...Array(10).fill(401), 429, 429])
})

test('answers of the registry carry its version, and are not sent again while it is the same', async t => {
  const { site, api } = await openSite(t)
  const headers = bearer(await tokenOf(site, 'viewer'))
  const url = '/v1/devices/TR1'
  const { etag } = (await api.inject({ url, headers })).headers
  assert.equal(etag, '"3-c0ffee"')
  const rows: [ifNoneMatch: string, status: number][] = [
    [etag, 304],
    [`W/${etag}`, 304],
    [`"x", ${etag}`, 304],
    ['*', 304],
    ['"2-c0ffee"', 200]
  ]
  for (const [known, status] of rows) {
    const answer = await api.inject({ url, headers: { ...headers, 'if-none-match': known } })
    assert.equal(answer.statusCode, status, known)
    if (status === 304) assert.equal(answer.body, '')
  }
  const missing = await api.inject({
    url: '/v1/devices/none',
    headers: { ...headers, 'if-none-match': '"x"' }
  })
  assert.equal(missing.statusCode, 404)
})

test('every change leaves one row in the audit trail', async t => {
  const { site, api } = await openSite(t)
  const headers = bearer(await tokenOf(site, 'admin'))
  const send = (method: 'POST' | 'DELETE', url: string, payload?: object) =>
    api.inject({ method, url, headers, ...(payload && { payload }) })
  await send('POST', '/v1/tokens', { role: 'viewer', label: 'wall' })
  await send('POST', '/v1/users', { login: 'li', role: 'viewer', password: PASSWORD })
  await send('POST', '/v1/terminals/secrets', { ids: ['T1'] })
  await send('DELETE', '/v1/terminals/T1/secret')
  await send('POST', '/v1/users', { login: 'li', role: 'viewer', password: PASSWORD })
  const { items } = (await api.inject({ url: '/v1/audit', headers })).json()
  assert.deepEqual(
    items.map(({ action }: { action: string }) => action),
    ['terminal.remove', 'terminal.secret', 'user.add', 'token.add', 'token.add']
  )
  assert.match(items[0].actor, /^token:/)
  assert.doesNotMatch(JSON.stringify(items), new RegExp(PASSWORD))
})
