import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeReadCommand } from '../../src/codecs/json-command.ts'
import { startGateway } from '../support/gateway.ts'
import { type MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const COMMAND = { id: 'P7', meters: ['M1', 'M2'], deadline: 1795133792000 }

async function subscribe(socket: MqttSocket, topic: string): Promise<void> {
  const before = socket.count('suback')
  socket.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos: 1 }] })
  await until(() => socket.count('suback') > before, 'SUBACK')
}

const heard = (socket: MqttSocket) =>
  socket.received.flatMap(packet =>
    packet.cmd === 'publish'
      ? [{ topic: packet.topic, qos: packet.qos, command: decodeReadCommand(Buffer.from(packet.payload)) }]
      : []
  )

test('gateway: a command goes to the terminal that is asked, and to nobody else', async t => {
  const rig = await startGateway(t)
  const [one, other] = [await rig.login('T1'), await rig.login('T2')]
  for (const [socket, id] of [
    [one, 'T1'],
    [other, 'T2']
  ] as const)
    await subscribe(socket, `gv1/${id}/commands`)
  assert.deepEqual([rig.gateway.hears('T1'), rig.gateway.hears('T3')], [true, false])
  rig.gateway.ask('T1', COMMAND)
  rig.gateway.ask('T3', COMMAND)
  await until(() => heard(one).length > 0, 'the command')
  assert.deepEqual(heard(one), [{ topic: 'gv1/T1/commands', qos: 0, command: COMMAND }])
  // What comes after it on the same connection has passed whatever went to it.
  other.send(publishOf('gv1/T2/status', '{}', 1))
  await until(() => other.acknowledged.length === 1, 'PUBACK')
  assert.deepEqual(heard(other), [])
})

test('gateway: who has not subscribed, or not any more, does not hear', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  assert.equal(rig.gateway.hears('T1'), false)
  await subscribe(socket, 'gv1/T2/commands')
  assert.equal(rig.gateway.hears('T1'), false, "another terminal's commands")
  await subscribe(socket, 'gv1/T1/commands')
  assert.equal(rig.gateway.hears('T1'), true)
  for (const [topic, hears] of [
    ['gv1/T2/commands', true],
    ['gv1/T1/commands', false]
  ] as const) {
    const before = socket.count('unsuback')
    socket.send({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: [topic] })
    await until(() => socket.count('unsuback') > before, 'UNSUBACK')
    assert.equal(rig.gateway.hears('T1'), hears, topic)
  }
  await subscribe(socket, 'gv1/T1/commands')
  const again = await rig.login('T1')
  await socket.closed('the session that was taken over')
  assert.equal(rig.gateway.hears('T1'), false, 'sessions are clean: it subscribes again')
  await subscribe(again, 'gv1/T1/commands')
  again.cut()
  await until(() => !rig.gateway.hears('T1'), 'the end of the link')
  rig.gateway.ask('T1', COMMAND)
})

test('gateway: a reply is kept before its PUBACK, in the log of events', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  socket.send(publishOf('gv1/T1/replies', '{"id":"P7","failures":[]}', 4))
  await until(() => socket.acknowledged.length === 1, 'PUBACK')
  const [reply] = (await rig.records('events')).filter(({ frame }) => frame !== undefined)
  assert.equal(Buffer.from(reply!.frame!.payload).toString(), '{"id":"P7","failures":[]}')
})
