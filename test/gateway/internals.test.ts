import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Aedes, type AedesOptions, type Client } from 'aedes'
import { generate, parser as createParser } from 'mqtt-packet'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

/**
 * What the gateway takes from the inside of aedes 1.2 and mqtt-packet 9. No interface promises it: when one of these
 * fails after an upgrade, look at the file named in the title first.
 */
interface Inside {
  readonly will: unknown
  readonly _disconnected: boolean
  readonly closed: boolean
  readonly _parser: {
    _parsePayload(): boolean
    _emitError(error: Error): void
    readonly packet: { readonly length: number }
    readonly error: Error | null
  }
}
const inside = (client: Client): Inside => client as unknown as Inside

async function startBroker(
  t: TestContext,
  options: AedesOptions
): Promise<{ port: number; clients: Client[] }> {
  const broker = await Aedes.createBroker(options)
  const clients: Client[] = []
  const server = createServer(socket => clients.push(broker.handle(socket)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.close()
    await new Promise<void>(resolve => broker.close(() => resolve()))
  })
  return { port: (server.address() as AddressInfo).port, clients }
}

test('client.will is the very packet that authorizePublish sees (gateway.ts, willOf)', async t => {
  const seen: boolean[] = []
  const { port, clients } = await startBroker(t, {
    authorizePublish: (client, packet, done) => {
      seen.push(client !== null && packet === inside(client).will)
      done(null)
    }
  })
  const socket = new MqttSocket(port)
  const will = { topic: 'a', payload: Buffer.from('off'), qos: 0 as const, retain: false }
  socket.send(connectOf('T1', { will }))
  assert.equal(await socket.connackCode(), 0)
  socket.send(publishOf('a', 'off', 1))
  await until(() => socket.acknowledged.length === 1, 'PUBACK')
  socket.cut()
  await until(() => seen.length === 2, 'the will')
  assert.deepEqual(seen, [false, true])
  assert.equal(clients.length, 1)
})

test('client._disconnected is set by DISCONNECT only, before the socket closes (sessions.ts)', async t => {
  const { port, clients } = await startBroker(t, {})
  for (const [how, end] of [
    ['clean', (socket: MqttSocket) => socket.send({ cmd: 'disconnect' })],
    ['lost', (socket: MqttSocket) => socket.cut()]
  ] as const) {
    const socket = new MqttSocket(port)
    socket.send(connectOf('T1'))
    assert.equal(await socket.connackCode(), 0)
    const client = clients.at(-1)!
    assert.equal(inside(client)._disconnected, false)
    const disconnected = new Promise<boolean>(resolve =>
      client.conn.once('close', () => resolve(inside(client)._disconnected))
    )
    end(socket)
    assert.equal(await disconnected, how === 'clean', how)
    assert.equal(inside(client).closed, true)
  }
})

test('client._parser is a parser of mqtt-packet with the parts that packet-limit.ts takes', async t => {
  const { port, clients } = await startBroker(t, {})
  const socket = new MqttSocket(port)
  socket.send(connectOf('T1'))
  assert.equal(await socket.connackCode(), 0)
  const parser = inside(clients[0]!)._parser
  assert.equal(typeof parser._parsePayload, 'function')
  assert.equal(typeof parser._emitError, 'function')
  assert.equal(typeof parser.packet.length, 'number')
})

test('mqtt-packet calls _parsePayload on the instance once the length is known (packet-limit.ts)', () => {
  const parser = createParser()
  const own = parser as unknown as Inside['_parser']
  const lengths: number[] = []
  const original = own._parsePayload.bind(own)
  own._parsePayload = () => {
    lengths.push(own.packet.length)
    return original()
  }
  const errors: Error[] = []
  parser.on('error', error => errors.push(error))
  const bytes = generate(publishOf('a', Buffer.alloc(300), 1))
  parser.parse(bytes.subarray(0, 1))
  parser.parse(bytes.subarray(1, 2))
  assert.deepEqual(lengths, [], 'half a length')
  parser.parse(bytes.subarray(2, 3))
  assert.deepEqual(lengths, [305], 'the length alone')
  parser.parse(bytes.subarray(3))
  assert.deepEqual(lengths, [305, 305])
  own._parsePayload = () => {
    own._emitError(new Error('stop'))
    return false
  }
  parser.parse(bytes)
  assert.equal(errors.length, 1)
})

test('aedes keeps refused filters of a persistent session, so preConnect makes sessions clean (gateway.ts)', async t => {
  const { port } = await startBroker(t, {
    authorizeSubscribe: (_client, subscription, done) =>
      done(null, subscription.topic === 'own' ? subscription : null)
  })
  const socket = new MqttSocket(port)
  socket.send(connectOf('T1', { clean: false }))
  await socket.connackCode()
  const subscriptions = ['own', 'foreign'].map(topic => ({ topic, qos: 1 as const }))
  socket.send({ cmd: 'subscribe', messageId: 1, subscriptions })
  await until(() => socket.count('suback') === 1, 'SUBACK')
  socket.cut()
  const other = new MqttSocket(port)
  other.send(connectOf('T2'))
  await other.connackCode()
  other.send(publishOf('foreign', 'x', 1))
  await until(() => other.acknowledged.length === 1, 'PUBACK')
  other.send({ cmd: 'pingreq' })
  await until(() => other.count('pingresp') === 1, 'PINGRESP')
  const again = new MqttSocket(port)
  again.send(connectOf('T1', { clean: false }))
  await until(
    () => again.count('publish') === 1,
    'when this fails, aedes no longer leaks: persistent sessions may return'
  )
  other.cut()
  again.cut()
})
