import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decidePublish, maySubscribe } from '../../gateway/topics.ts'
import { FLAG_RETAIN, TOPICS } from '../../src/records/gateway-record.ts'
import { startGateway } from '../support/gateway.ts'
import { publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const REFUSED: readonly [topic: string, why: string][] = [
  ['gv1/T2/readings', "another terminal's"],
  ['gv1/T10/readings', 'a terminal whose id begins like mine'],
  ['gv1/T/readings', 'a terminal whose id mine begins like'],
  ['gv1/T1/commands', 'downwards only'],
  ['gv1/T1/unknown', 'no such class'],
  ['gv1/T1/constructor', 'no such class, inherited name'],
  ['gv1/T1/__proto__', 'no such class, inherited name'],
  ['gv1/T1/Readings', 'case counts'],
  ['gv1/T1/readings/', 'a level more'],
  ['gv1/T1/readings/x', 'a level more'],
  ['gv1/T1/', 'no class'],
  ['gv1/T1', 'no class'],
  ['gv1//readings', 'no terminal'],
  ['/gv1/T1/readings', 'leading slash'],
  ['gv2/T1/readings', 'another contract'],
  ['GV1/T1/readings', 'case counts'],
  ['$SYS/T1/readings', "the broker's own"],
  ['$SYS/x/new/clients', "the broker's own"],
  ['gv1/T1/readings\u0000', 'a null character'],
  ['a', 'anything']
]

/** aedes itself refuses these before our rules are asked. */
const REFUSED_BY_BROKER: readonly [topic: string, why: string][] = [
  ['', 'empty'],
  ['gv1/+/readings', 'wildcard'],
  ['gv1/#', 'wildcard'],
  [`gv1/T1${'/x'.repeat(99)}`, '101 levels'],
  ['/'.repeat(60000), '60,001 levels']
]

test('topic rules as a table', () => {
  for (const [topic, { name }] of TOPICS.entries())
    assert.deepEqual(decidePublish('T1', `gv1/T1/${name}`), { kind: 'accept', topic })
  for (const [topic, why] of REFUSED) assert.equal(decidePublish('T1', topic).kind, 'refuse', why)
})

test('gateway: a terminal publishes under its own topics, each class in its log', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  for (const [topic, { name }] of TOPICS.entries())
    socket.send(publishOf(`gv1/T1/${name}`, `payload ${name}`, topic + 1))
  await until(() => socket.acknowledged.length === TOPICS.length, 'all PUBACKs')
  for (const { log, frame } of await rig.frames()) {
    const { name, log: expected } = TOPICS[frame!.topic]!
    assert.equal(log, expected)
    assert.equal(frame!.terminal, 'T1')
    assert.equal(frame!.qos, 1)
    assert.equal(Buffer.from(frame!.payload).toString(), `payload ${name}`)
  }
  assert.equal(rig.intake.acknowledged, TOPICS.length)
})

test('gateway: a refused topic closes the connection without PUBACK and stores nothing', async t => {
  const rig = await startGateway(t)
  for (const [topic, why] of [...REFUSED, ...REFUSED_BY_BROKER]) {
    for (const messageId of [1, undefined]) {
      const socket = await rig.login('T1')
      // mqtt-packet does not write an empty topic: QoS 1, topic of 0 bytes, message id 1.
      if (topic === '') socket.write(Uint8Array.of(0x32, 5, 0, 0, 0, 1, 0x78))
      else socket.send(publishOf(topic, 'x', messageId))
      await socket.closed(why)
      assert.deepEqual(socket.acknowledged, [], why)
    }
  }
  assert.equal((await rig.frames()).length, 0)
  assert.equal(rig.intake.acknowledged, 0)
})

test('gateway: a retained publish is stored with its flag; the broker keeps no copy', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  for (const [messageId, retain] of [
    [1, true],
    [2, false]
  ] as const) {
    socket.send({
      cmd: 'publish',
      topic: 'gv1/T1/status',
      payload: '{}',
      qos: 1,
      retain,
      dup: false,
      messageId
    })
  }
  await until(() => socket.acknowledged.length === 2, 'PUBACKs')
  assert.deepEqual(
    (await rig.frames()).map(({ frame }) => frame!.flags),
    [FLAG_RETAIN, 0]
  )
})

test('gateway: an empty payload is a frame like any other', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  socket.send(publishOf('gv1/T1/readings', '', 1))
  await until(() => socket.acknowledged.length === 1, 'PUBACK')
  assert.equal((await rig.frames())[0]!.frame!.payload.length, 0)
})

test('gateway: a terminal may subscribe to its own commands only', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  const filters: readonly [filter: string, granted: number][] = [
    ['gv1/T1/commands', 1],
    ['gv1/T2/commands', 128],
    ['gv1/T1/readings', 128],
    ['gv1/T1/replies', 128],
    ['gv1/T1/#', 128],
    ['gv1/T1/+', 128],
    ['gv1/+/commands', 128],
    ['+/T1/commands', 128],
    ['#', 128],
    ['$SYS/#', 128],
    ['$share/g/gv1/T1/commands', 128]
  ]
  const subscriptions = filters.map(([topic]) => ({ topic, qos: 1 as const }))
  socket.send({ cmd: 'subscribe', messageId: 5, subscriptions })
  await until(() => socket.count('suback') === 1, 'SUBACK')
  const suback = socket.received.find(packet => packet.cmd === 'suback')
  assert.deepEqual(
    suback?.cmd === 'suback' && suback.granted,
    filters.map(([, granted]) => granted)
  )
  for (const [filter, granted] of filters) assert.equal(maySubscribe('T1', filter), granted === 1, filter)
})

test('gateway: a malformed filter closes the connection', async t => {
  const rig = await startGateway(t)
  for (const topic of ['gv1/#/commands', 'gv1/T1+', `gv1${'/x'.repeat(100)}`]) {
    const socket = await rig.login('T1')
    socket.send({ cmd: 'subscribe', messageId: 5, subscriptions: [{ topic, qos: 0 }] })
    await socket.closed(topic)
  }
})

/**
 * aedes 1.2 stores all filters of a SUBSCRIBE of a persistent session as soon as one of them is granted, refused ones
 * too; what others publish would be queued for them without end and handed over at the next CONNECT.
 */
test('gateway: a filter refused beside a granted one never delivers, in a persistent session neither', async t => {
  const rig = await startGateway(t)
  const spy = await rig.login('T1', { clean: false })
  const subscriptions = [
    { topic: 'gv1/T1/commands', qos: 1 as const },
    { topic: '#', qos: 1 as const },
    { topic: 'gv1/T2/readings', qos: 1 as const }
  ]
  spy.send({ cmd: 'subscribe', messageId: 5, subscriptions })
  await until(() => spy.count('suback') === 1, 'SUBACK')
  const other = await rig.login('T2')
  const publishOne = async (id: number): Promise<void> => {
    other.send(publishOf('gv1/T2/readings', 'private', id))
    await until(() => other.acknowledged.includes(id), 'PUBACK')
  }
  await publishOne(1)
  spy.cut()
  await publishOne(2)
  const again = await rig.login('T1', { clean: false })
  await publishOne(3)
  again.send({ cmd: 'pingreq' })
  await until(() => again.count('pingresp') === 1, 'PINGRESP')
  assert.equal(spy.count('publish') + again.count('publish'), 0)
})
