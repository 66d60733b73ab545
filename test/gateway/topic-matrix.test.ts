import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decidePublish, maySubscribe } from '../../gateway/topics.ts'
import { FLAG_WILL, TOPICS } from '../../src/records/gateway-record.ts'
import { startGateway } from '../support/gateway.ts'
import { connectOf, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

/**
 * Who may use which topic how, as one table over a real broker: every class of the contract (the table TOPICS itself), the
 * commands that go down, and what is nobody's, each of one's own, of another terminal and of one that does not exist.
 */
const OWN = 'T1'
const OWNERS = [OWN, 'T2', 'T9'] as const
type Owner = (typeof OWNERS)[number]
const WAYS = ['publish', 'publish at QoS 0', 'retained', 'will', 'subscribe'] as const
type Way = (typeof WAYS)[number]

interface Row {
  readonly topic: string
  /** Ways in which T1 may use it. */
  readonly may: readonly Way[]
}

const UP: readonly Way[] = ['publish', 'publish at QoS 0', 'retained', 'will']
const DOWN: readonly Way[] = ['subscribe']
const NOTHING: readonly Way[] = []

/** Below a terminal's prefix: its classes upwards, its commands downwards, and what looks like them. */
const CLASSES: readonly (readonly [leaf: string, may: readonly Way[]])[] = [
  ...TOPICS.map(({ name }) => [name, UP] as const),
  ['commands', DOWN],
  ['', NOTHING],
  ['unknown', NOTHING],
  ['Readings', NOTHING],
  ['readings/', NOTHING],
  ['readings/x', NOTHING],
  ['commands/x', NOTHING],
  ['__proto__', NOTHING],
  ['#', NOTHING],
  ['+', NOTHING]
]
const ELSEWHERE = [
  '#',
  '+/+/readings',
  'gv1/#',
  'gv1/+/commands',
  '$SYS/broker/uptime',
  '$SYS/#',
  '$share/g/gv1/T1/commands',
  '/gv1/T1/readings',
  'gv2/T1/readings',
  'GV1/T1/readings',
  'gv1//readings',
  'gv1/T1',
  'readings'
]

const rowsOf = (owner: Owner): Row[] =>
  CLASSES.map(([leaf, may]) => ({ topic: `gv1/${owner}/${leaf}`, may: owner === OWN ? may : NOTHING }))
const ROWS: readonly Row[] = [...OWNERS.flatMap(rowsOf), ...ELSEWHERE.map(topic => ({ topic, may: NOTHING }))]

const isPattern = (topic: string): boolean => /[#+]/.test(topic)

test('topic matrix: the rules themselves', () => {
  for (const { topic, may } of ROWS) {
    assert.equal(maySubscribe(OWN, topic), may.includes('subscribe'), `subscribe ${topic}`)
    assert.equal(decidePublish(OWN, topic).kind === 'accept', may.includes('publish'), `publish ${topic}`)
  }
})

for (const way of WAYS) {
  test(`topic matrix: ${way}, over the broker`, async t => {
    const rig = await startGateway(t)
    const expected: string[] = []
    for (const { topic, may } of ROWS) {
      const isAllowed = may.includes(way)
      const label = `${way} ${topic}`
      if (way === 'subscribe') {
        const socket = await rig.login(OWN)
        socket.send({ cmd: 'subscribe', messageId: 5, subscriptions: [{ topic, qos: 1 }] })
        await until(() => socket.isClosed || socket.count('suback') === 1, label)
        const answer = socket.received.find(packet => packet.cmd === 'suback')
        const granted = answer?.cmd === 'suback' ? answer.granted : ['closed']
        assert.deepEqual(granted, [isAllowed ? 1 : 128], label)
        socket.cut()
        continue
      }
      if (isAllowed) expected.push(topic)
      if (way === 'will') {
        // A login with a foreign will may stand: the will itself goes nowhere.
        const socket = rig.socket()
        socket.send(connectOf(OWN, { will: { topic, payload: Buffer.from('w'), qos: 1, retain: false } }))
        if ((await socket.connackCode()) === 0) socket.cut()
        await until(() => rig.gateway.sessions === 0, `${label} has ended`)
        continue
      }
      const socket = await rig.login(OWN)
      const retain = way === 'retained'
      if (way === 'publish at QoS 0') socket.send(publishOf(topic, 'x'))
      else socket.send({ cmd: 'publish', topic, payload: 'x', qos: 1, dup: false, retain, messageId: 1 })
      if (isAllowed) {
        socket.send({ cmd: 'pingreq' })
        await until(() => socket.count('pingresp') === 1, label)
        if (way !== 'publish at QoS 0') await until(() => socket.acknowledged.length === 1, `PUBACK ${label}`)
        assert.equal(socket.isClosed, false, label)
        socket.cut()
      } else {
        await socket.closed(label)
        assert.deepEqual(socket.acknowledged, [], label)
      }
    }
    // Wills are stored once the session has ended.
    await until(() => rig.intake.acknowledged >= expected.length, 'all that is allowed is stored')
    const stored = await rig.frames()
    const topics = stored.map(({ frame }) => `gv1/${frame!.terminal}/${TOPICS[frame!.topic]!.name}`)
    assert.deepEqual(topics.sort(), expected.sort(), 'what is refused reaches no log')
    assert.equal(rig.intake.acknowledged, expected.length)
    for (const { log, frame } of stored) {
      assert.equal(log, TOPICS[frame!.topic]!.log)
      assert.equal((frame!.flags & FLAG_WILL) !== 0, way === 'will')
    }
  })
}

test('topic matrix: what a terminal may subscribe to, nobody else may fill, and what others send reaches nobody', async t => {
  const rig = await startGateway(t)
  const listener = await rig.login('T1')
  const subscriptions = ROWS.filter(({ topic }) => !isPattern(topic) || topic === '#').map(({ topic }) => ({
    topic,
    qos: 1 as const
  }))
  listener.send({ cmd: 'subscribe', messageId: 5, subscriptions })
  await until(() => listener.count('suback') === 1, 'SUBACK')
  for (const topic of ['gv1/T1/commands', 'gv1/T2/commands']) {
    const other = await rig.login('T2')
    other.send(publishOf(topic, 'x', 1))
    await other.closed(topic)
  }
  const other = await rig.login('T2')
  for (const [number, { name }] of TOPICS.entries())
    other.send(publishOf(`gv1/T2/${name}`, 'private', number + 1))
  await until(() => other.acknowledged.length === TOPICS.length, 'PUBACKs')
  listener.send({ cmd: 'pingreq' })
  await until(() => listener.count('pingresp') === 1, 'PINGRESP')
  assert.equal(listener.count('publish'), 0)
})
