import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { generate, type IConnectPacket } from 'mqtt-packet'
import { isOwnSecret, readCredentials } from '../../gateway/credentials.ts'
import { isTerminalId } from '../../src/registry/read/secrets-file.ts'
import { isError } from '../../src/errors.ts'
import { startGateway } from '../support/gateway.ts'
import { connectOf, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const OK = 0
const NOT_AUTHORIZED = 5
const WRONG_VERSION = 1

const secret = (text: string): Buffer => Buffer.from(text)

test('gateway: who may log in', async t => {
  const rig = await startGateway(t)
  const table: readonly [what: string, parts: Partial<IConnectPacket>, code: number][] = [
    ['own secret', {}, OK],
    ['persistent session', { clean: false }, OK],
    ['wrong secret', { password: secret('secret-T2') }, NOT_AUTHORIZED],
    ['empty secret', { password: secret('') }, NOT_AUTHORIZED],
    ['secret with a byte more', { password: secret('secret-T1 ') }, NOT_AUTHORIZED],
    ['unknown terminal', { clientId: 'T9', username: 'T9', password: secret('secret-T9') }, NOT_AUTHORIZED],
    ['user is another terminal', { username: 'T2', password: secret('secret-T2') }, NOT_AUTHORIZED],
    ['client id is another terminal', { clientId: 'T2' }, NOT_AUTHORIZED],
    ['client id with a slash', { clientId: 'T1/x', username: 'T1/x' }, NOT_AUTHORIZED],
    ['client id with a wildcard', { clientId: '+', username: '+' }, NOT_AUTHORIZED],
    ['client id in Chinese', { clientId: '终端', username: '终端' }, NOT_AUTHORIZED],
    ['client id of 65 letters', { clientId: 'x'.repeat(65), username: 'x'.repeat(65) }, NOT_AUTHORIZED],
    ['client id __proto__', { clientId: '__proto__', username: '__proto__' }, NOT_AUTHORIZED],
    ['client id constructor', { clientId: 'constructor', username: 'constructor' }, NOT_AUTHORIZED],
    ['empty client id', { clientId: '' }, NOT_AUTHORIZED],
    ['MQTT 5', { protocolVersion: 5 }, WRONG_VERSION]
  ]
  for (const [what, parts, code] of table) {
    const socket = rig.socket()
    socket.send(connectOf('T1', parts))
    assert.equal(await socket.connackCode(), code, what)
    if (code !== OK) await socket.closed(what)
    socket.cut()
    await socket.closed(what)
  }
  const refused = table.filter(([, , code]) => code === NOT_AUTHORIZED).length
  assert.equal(rig.gateway.counters.refusedLogins, refused)
  assert.equal(rig.gateway.counters.connects, 2)
  assert.deepEqual([...new Set((await rig.sessions()).map(session => session.terminal))], ['T1'])
})

test('gateway: no user name and no secret', async t => {
  const rig = await startGateway(t)
  const { username: _user, password: _secret, ...anonymous } = connectOf('T1')
  const socket = rig.socket()
  socket.send(anonymous)
  assert.equal(await socket.connackCode(), NOT_AUTHORIZED)
})

test('gateway: what is published before or instead of a login is not stored', async t => {
  const rig = await startGateway(t, { connectTimeoutMs: 150 })
  const early = rig.socket()
  early.send(publishOf('gv1/T1/readings', '{}', 1))
  await early.closed('publish before CONNECT')
  const refused = rig.socket()
  refused.send(
    connectOf('T1', {
      password: secret('no'),
      will: { topic: 'gv1/T1/status', payload: Buffer.from('x'), qos: 1, retain: false }
    }),
    publishOf('gv1/T1/readings', '{}', 1)
  )
  await refused.closed('publish behind a refused CONNECT')
  assert.deepEqual(early.acknowledged, [])
  assert.deepEqual(refused.acknowledged, [])
  assert.equal((await rig.frames()).length, 0)
})

test('gateway: what follows CONNECT in the same segment is taken after the login', async t => {
  const rig = await startGateway(t)
  const socket = rig.socket()
  socket.send(connectOf('T1'), publishOf('gv1/T1/readings', '{}', 7))
  assert.equal(await socket.connackCode(), OK)
  await until(() => socket.acknowledged.length === 1, 'PUBACK')
})

test('gateway: a will at QoS 3 is no login, and no will [MQTT-3.1.2-14]', async t => {
  const rig = await startGateway(t)
  for (const [qos, code] of [
    [3, -1],
    [2, 0]
  ] as const) {
    const will = { topic: 'gv1/T1/status', payload: 'off', qos: 2 as const }
    const bytes = generate(connectOf('T1', { will }))
    // The flags stand behind the fixed header, the protocol's name and its level; QoS is bits 3 and 4.
    const flags = 2 + 6 + 1
    bytes[flags] = (bytes[flags]! & ~0x18) | (qos << 3)
    const socket = rig.socket()
    socket.write(bytes)
    assert.equal(await socket.connackCode(), code)
    if (code !== 0) await socket.closed()
  }
  assert.equal(rig.gateway.counters.connects, 1)
})

test('gateway: a connection that sends no CONNECT, or half of one, is closed', async t => {
  const rig = await startGateway(t, { connectTimeoutMs: 150 })
  const silent = rig.socket()
  const half = rig.socket()
  half.write(Uint8Array.of(0x10, 60, 0, 4, 0x4d))
  await silent.closed('silent connection')
  await half.closed('half a CONNECT')
  assert.equal(rig.gateway.counters.connects, 0)
})

test('gateway: mqtt.js logs in, publishes and is refused like any terminal', async t => {
  const rig = await startGateway(t)
  const url = `mqtt://127.0.0.1:${rig.gateway.port}`
  const login = { clientId: 'T2', username: 'T2', reconnectPeriod: 0 }
  const client = await connectAsync(url, { ...login, password: 'secret-T2' })
  await client.publishAsync('gv1/T2/readings', '{"readings":[]}', { qos: 1 })
  await client.endAsync()
  await assert.rejects(connectAsync(url, { ...login, password: 'no' }), /not authorized/i)
  const [frame] = await rig.frames()
  assert.equal(Buffer.from(frame!.frame!.payload).toString(), '{"readings":[]}')
  assert.equal((await rig.sessions()).at(-1)?.cause, 'clean')
})

test('terminal ids', () => {
  for (const id of ['T1', 'a-b_C9', 'x'.repeat(64)]) assert.ok(isTerminalId(id), id)
  for (const id of ['', 'x'.repeat(65), 'a b', 'a/b', 'a.b', 'é', 'T1\n']) assert.ok(!isTerminalId(id), id)
})

test('credentials file', t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-credentials-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'credentials.csv')
  const read = (text: string) => {
    writeFileSync(path, text)
    return readCredentials(path)
  }
  const good = read('id,secret\r\nT1, s1 \n\nT2,a,b\n')
  assert.deepEqual([...good.keys()], ['T1', 'T2'])
  assert.ok(isOwnSecret(good, 'T1', 's1'))
  assert.ok(isOwnSecret(good, 'T2', 'a,b'), 'a secret may hold commas')
  assert.ok(!isOwnSecret(good, 'T1', 'a,b'))
  assert.ok(!isOwnSecret(good, 'T3', ''))
  const bad: readonly [text: string, detail: RegExp][] = [
    ['T1', /:1 is not id,secret/],
    ['id,secret\nT1,', /:2 is not id,secret/],
    [',x', /:1 has the id ""/],
    ['a b,x', /:1 has the id "a b"/]
  ]
  for (const [text, detail] of bad) {
    assert.throws(
      () => read(text),
      error => isError(error, 'GATEWAY_CREDENTIALS') && detail.test(error.detail)
    )
  }
  assert.throws(
    () => readCredentials(join(folder, 'none')),
    error => isError(error, 'GATEWAY_CREDENTIALS')
  )
})
