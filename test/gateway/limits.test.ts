import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'mqtt-packet'
import { systemClock } from '../../src/clock.ts'
import { startGateway } from '../support/gateway.ts'
import { connectOf, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const TOPIC = 'gv1/T1/readings'

/** A PUBLISH whose every byte, header included, counts `bytes`. */
function publishOfSize(bytes: number, messageId: number): Uint8Array {
  const overhead = generate(publishOf(TOPIC, Buffer.alloc(bytes), messageId)).length - bytes
  const packet = generate(publishOf(TOPIC, Buffer.alloc(bytes - overhead, 0x20), messageId))
  assert.equal(packet.length, bytes)
  return packet
}

for (const limit of [1024, 40_000, 1 << 20]) {
  test(`packet limit of ${limit}: the whole packet counts, whether it comes in one piece or in many`, async t => {
    const rig = await startGateway(t, { maxPacketBytes: limit })
    const socket = await rig.login('T1')
    socket.write(publishOfSize(limit, 1))
    await until(() => socket.acknowledged.length === 1, 'PUBACK of a packet exactly at the limit')
    socket.write(publishOfSize(limit + 1, 2))
    await socket.closed('a byte more')
    assert.deepEqual(socket.acknowledged, [1])
    assert.equal((await rig.frames()).length, 1)
  })
}

test('packet limit: 200 MB announced closes at once, whatever the packet and before any login', async t => {
  const rig = await startGateway(t, { connectTimeoutMs: 60_000 })
  const length = [0x80, 0x80, 0xb0, 0x5f]
  for (const [what, type] of [
    ['PUBLISH', 0x32],
    ['SUBSCRIBE', 0x82],
    ['UNSUBSCRIBE', 0xa2],
    ['PINGREQ', 0xc0]
  ] as const) {
    const socket = await rig.login('T1')
    socket.write(Uint8Array.of(type, ...length))
    await socket.closed(what)
  }
  const socket = rig.socket()
  socket.write(Uint8Array.of(0x10, ...length))
  await socket.closed('CONNECT')
})

test('packet limit: what is poured in behind a large announcement is not gathered', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  const chunk = Buffer.alloc(1 << 20)
  const before = process.memoryUsage().arrayBuffers
  socket.write(Uint8Array.of(0x32, 0x80, 0x80, 0xb0, 0x5f))
  for (let i = 0; i < 50 && !socket.isClosed; i++) {
    socket.write(chunk)
    await systemClock.delay(1)
  }
  await socket.closed()
  const grown = process.memoryUsage().arrayBuffers - before
  assert.ok(grown < 20 << 20, `${Math.round(grown / 1048576)} MB more than before`)
})

test('slow clients: a packet that never ends is closed by its keepalive', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1', { keepalive: 1 })
  const packet = publishOfSize(5000, 1)
  for (let at = 0; at < 4000 && !socket.isClosed; at += 100) {
    socket.write(packet.subarray(at, at + 100))
    await systemClock.delay(80)
  }
  assert.ok(socket.isClosed, 'closed while it still sent')
  assert.equal((await rig.frames()).length, 0)
})

test('slow clients: a packet in single bytes is a packet', async t => {
  const rig = await startGateway(t)
  const socket = rig.socket()
  const bytes = Buffer.concat([generate(connectOf('T1')), generate(publishOf(TOPIC, 'slowly', 9))])
  for (const byte of bytes) {
    socket.write(Uint8Array.of(byte))
    await systemClock.delay(1)
  }
  await until(() => socket.acknowledged.length === 1, 'PUBACK')
  assert.equal(Buffer.from((await rig.frames())[0]!.frame!.payload).toString(), 'slowly')
})

test('garbage: bytes that are no MQTT close their connection and disturb no other', async t => {
  const rig = await startGateway(t, { connectTimeoutMs: 300 })
  const good = await rig.login('T2')
  const garbage: readonly [what: string, bytes: Uint8Array][] = [
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['TLS', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)],
    ['zeros', new Uint8Array(100)],
    ['length of five bytes', Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['QoS 3', Uint8Array.of(0x36, 5, 0, 1, 0x61, 0, 1)],
    ['two CONNECTs', Buffer.concat([generate(connectOf('T1')), generate(connectOf('T1'))])],
    ['CONNACK from a client', Buffer.concat([generate(connectOf('T1')), Uint8Array.of(0x20, 2, 0, 0)])],
    [
      'topic longer than its packet',
      Buffer.concat([generate(connectOf('T1')), Uint8Array.of(0x30, 4, 0xff, 0xff, 1, 2)])
    ]
  ]
  for (const [what, bytes] of garbage) {
    const socket = rig.socket()
    socket.write(bytes)
    await socket.closed(what)
  }
  good.send(publishOf('gv1/T2/readings', 'x', 1))
  await until(() => good.acknowledged.length === 1, 'PUBACK for the other')
  assert.equal((await rig.frames()).length, 1)
})
