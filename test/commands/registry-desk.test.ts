import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RegistryDesk } from '../../commands/registry/desk.ts'
import { CommandGate } from '../../src/api/http/command-gate.ts'
import { createRoutes } from '../../src/api/routes/all.ts'
import { createApi } from '../../src/api/server.ts'
import { buildConfig } from '../../src/config.ts'
import { createLogger } from '../../src/logger.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { contextOf, emptySite } from '../api/context.ts'
import type { z } from 'zod'

/** The import route over a real desk: files are sent, a thread imports them, the ledger knows who did it. */
function openDesk(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'gridvigil-desk-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const site = emptySite()
  site.anonymousRole = 'admin'
  const versions: Registry[] = []
  const context = contextOf(site)
  site.registryDesk = new RegistryDesk({
    config: buildConfig({ data }),
    clock: context.clock,
    logger: createLogger('silent', 'test'),
    ledger: site.ledger,
    commandGate: new CommandGate(),
    change: registry => void versions.push(registry)
  })
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const send = (files: Readonly<Record<string, string>>, query = '') => {
    const form = new FormData()
    for (const [name, text] of Object.entries(files)) form.append('files', new Blob([text]), name)
    return api.inject({ method: 'POST', url: `/v1/registry/import${query}`, payload: form })
  }
  return { data, site, api, versions, send }
}

const METERS = 'id,terminal,usage_point,wiring\nM1,T1,U1,1p2w\n'
const GOOD = {
  'terminals.csv': 'id\nT1\n',
  'meters.csv': METERS,
  'accounts.csv': 'id,name\nA1,王芳\n',
  'key_customers.csv': 'id,name,grade,accounts,duty_phone,deputy\nK1,市一医院,first,A1,0571-88001,李雷\n'
}

test('files that are sent become a version, with what changed and who did it; persons go to the ledger alone', async t => {
  const { data, site, versions, send, api } = openDesk(t)
  const dry = await send(GOOD, '?dryRun=true')
  assert.equal(dry.statusCode, 200, dry.body)
  assert.deepEqual([dry.json().version, dry.json().dryRun, versions.length], [1, true, 0])
  assert.equal(existsSync(join(data, 'registry')), false, 'a dry run leaves nothing')
  const done = await send(GOOD)
  const schema = createRoutes().find(({ operation }) => operation === 'importRegistry')?.response as z.ZodType
  assert.deepEqual(schema.parse(done.json()), done.json())
  assert.deepEqual([done.json().version, done.json().changed, versions[0]?.version], [1, true, 1])
  const second = { ...GOOD, 'meters.csv': `${METERS}M2,T1,U2,1p2w\n` }
  const { version, diff } = (await send(second)).json()
  assert.equal(version, 2)
  assert.deepEqual(
    diff.map(({ file, added }: { file: string; added: number }) => [file, added]),
    [['meters.csv', 1]]
  )
  assert.deepEqual((await send(second)).json().changed, false)
  assert.equal(versions.length, 2, 'the same again is no version')

  const contacts = await site.ledger.contacts('K1')
  assert.deepEqual(
    contacts.map(({ part, value }) => `${part} ${value}`),
    ['deputy 李雷', 'duty_phone 0571-88001']
  )
  for (const name of readdirSync(join(data, 'registry'))) {
    assert.doesNotMatch(readFileSync(join(data, 'registry', name), 'latin1'), /0571-88001/)
  }
  for (const answer of [done.body, JSON.stringify(diff)]) assert.doesNotMatch(answer, /0571|李雷/)
  assert.deepEqual((await api.inject('/v1/key-customers/K1/contacts')).json().items[0], {
    part: 'deputy',
    value: '李雷'
  })
  const trail = (await api.inject('/v1/audit?action=registry.import')).json().items
  assert.deepEqual(
    trail.map(({ subject, actor }: { subject: string; actor: string }) => [subject, actor]),
    [
      ['2', 'anonymous'],
      ['1', 'anonymous']
    ]
  )
  assert.deepEqual(readdirSync(join(data, 'uploads')), [], 'uploads are taken away')
})

test('another phone alone is no version, and still reaches the ledger', async t => {
  const { site, versions, send } = openDesk(t)
  await send(GOOD)
  const text = GOOD['key_customers.csv'].replace('0571-88001', '0571-88002')
  assert.equal((await send({ ...GOOD, 'key_customers.csv': text })).json().changed, false)
  assert.equal(versions.length, 1)
  assert.ok((await site.ledger.contacts('K1')).some(({ value }) => value === '0571-88002'))
})

const REFUSED: [name: string, files: Record<string, string>, status: number, code: string][] = [
  ['nothing', {}, 400, 'API_BAD_REQUEST'],
  ['an odd name', { 'ter minals.csv': 'id\nT1\n' }, 400, 'API_BAD_REQUEST'],
  ['no CSV', { 'terminals.exe': 'id\nT1\n' }, 400, 'API_BAD_REQUEST'],
  ['a file that is missing', { 'terminals.csv': 'id\nT1\n' }, 422, 'REGISTRY_FATAL'],
  ['a broken header', { ...GOOD, 'meters.csv': 'id,terminl\nM1,T1\n' }, 422, 'REGISTRY_FATAL'],
  ['too many bad rows', { ...GOOD, 'meters.csv': `${METERS}M2,T9,U2,1p2w\n` }, 422, 'REGISTRY_REJECTS']
]

test('what cannot be imported is said with its rows and remedies, and changes nothing', async t => {
  const { data, versions, send } = openDesk(t)
  for (const [name, files, status, code] of REFUSED) {
    const answer = await send(files)
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code], `${name}: ${answer.body}`)
    if (code !== 'REGISTRY_REJECTS') continue
    const [issue] = answer.json().issues
    assert.deepEqual([issue.file, issue.line, issue.code], ['meters.csv', 3, 'TERMINAL_UNKNOWN'])
    assert.ok(issue.remedy.length > 10)
  }
  assert.equal(versions.length, 0)
  assert.equal(existsSync(join(data, 'registry')), false)
})

test('a form that is cut off is refused, wherever it ends', async t => {
  const { api, versions } = openDesk(t)
  const head = '--B\r\nContent-Disposition: form-data; name="files"; filename="meters.csv"\r\n\r\n'
  for (const text of [head, `${head}id,term`, `${head}id\r\n--B\r\nContent-Dis`, 'no form']) {
    const answer = await api.inject({
      method: 'POST',
      url: '/v1/registry/import',
      headers: { 'content-type': 'multipart/form-data; boundary=B' },
      payload: text
    })
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'API_BAD_REQUEST'], answer.body)
  }
  assert.equal(versions.length, 0)
})

test('one import at a time', async t => {
  const { send } = openDesk(t)
  const answers = await Promise.all([send(GOOD), send(GOOD)])
  const statuses = answers.map(({ statusCode }) => statusCode).sort()
  assert.deepEqual(statuses, [200, 409])
})
