import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'mqtt-packet'
import { systemClock } from '../../src/clock.ts'
import { seededRandom } from '../../src/random.ts'
import { FRAME } from '../../src/records/gateway-record.ts'
import { type CrashFiles, crashFiles } from '../support/crash-files.ts'
import { type GatewayRig, startGateway, tempFolder } from '../support/gateway.ts'
import { publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

/** Long enough for a wrong PUBACK to arrive over loopback. */
const QUIET_MS = 60

/** Holds all syncs of a log until released, at the latest when the rig stops. */
function holdSyncs(rig: GatewayRig, files: CrashFiles, log: string): { held: () => number; release(): void } {
  let release = (): void => {}
  let held = 0
  const gate = new Promise<void>(resolve => {
    release = resolve
  })
  rig.beforeStop.push(() => release())
  files.onOperation = (operation, path) => {
    if (operation !== 'sync' || !path.includes(`/${log}/`)) return undefined
    held++
    return gate
  }
  return { held: () => held, release: () => release() }
}

/** Numbers of the publishes: they must count 1, 2, 3, ... in each log without a gap. */
async function checkOrdinals(rig: GatewayRig): Promise<void> {
  let publishes = 0
  for (const name of ['frames', 'events'] as const) {
    let expected = 0
    for (const { kind, ordinal, seq } of await rig.records(name)) {
      if (kind === FRAME) expected++
      assert.equal(ordinal, expected, `${name} record ${seq}`)
    }
    publishes += expected
  }
  assert.equal(rig.intake.acknowledged, publishes)
}

test('gateway: no PUBACK byte before the sync of its frame', async t => {
  const files = crashFiles()
  const rig = await startGateway(t, { files })
  const socket = await rig.login('T1')
  const syncs = holdSyncs(rig, files, 'frames')
  const before = socket.received.length
  socket.send(publishOf('gv1/T1/readings', 'x', 1), publishOf('gv1/T1/readings', 'y', 2))
  await until(() => syncs.held() > 0, 'sync begun')
  await systemClock.delay(QUIET_MS)
  assert.equal(socket.received.length, before)
  assert.equal(rig.intake.acknowledged, 0)
  syncs.release()
  await until(() => socket.acknowledged.length === 2, 'PUBACKs')
  assert.deepEqual(socket.acknowledged, [1, 2])
  assert.equal(rig.intake.acknowledged, 2)
})

test('gateway: PUBACKs come in the order of the publishes, also across the two logs [MQTT-4.6.0-2]', async t => {
  const files = crashFiles()
  const rig = await startGateway(t, { files })
  const socket = await rig.login('T1')
  const syncs = holdSyncs(rig, files, 'frames')
  socket.send(
    publishOf('gv1/T1/readings', 'a', 11),
    publishOf('gv1/T1/events', 'b', 12),
    publishOf('gv1/T1/readings', 'c', 13),
    publishOf('gv1/T1/status', 'd', 14)
  )
  await until(() => rig.intake.acknowledged === 2 && syncs.held() > 0, 'events durable, frames held')
  await systemClock.delay(QUIET_MS)
  assert.deepEqual(socket.acknowledged, [])
  syncs.release()
  await until(() => socket.acknowledged.length === 4, 'PUBACKs')
  assert.deepEqual(socket.acknowledged, [11, 12, 13, 14])
})

test('gateway: events of one terminal do not wait for readings of another', async t => {
  const files = crashFiles()
  const rig = await startGateway(t, { files })
  const [readings, events] = [await rig.login('T1'), await rig.login('T2')]
  const syncs = holdSyncs(rig, files, 'frames')
  readings.send(publishOf('gv1/T1/readings', 'a', 1))
  events.send(publishOf('gv1/T2/events', 'b', 1))
  await until(() => events.acknowledged.length === 1, 'PUBACK of the event')
  assert.deepEqual(readings.acknowledged, [])
  syncs.release()
  await until(() => readings.acknowledged.length === 1, 'PUBACK of the readings')
})

test('gateway: a random mix of topics is acknowledged in order and stored in order', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  const random = seededRandom('mix')
  const topics = ['readings', 'events', 'status', 'frames', 'backup']
  const sent = Array.from({ length: 400 }, (_, i) => ({
    id: i + 1,
    topic: topics[random.integer(topics.length)]!
  }))
  for (let at = 0; at < sent.length; ) {
    const part = sent.slice(at, at + 1 + random.integer(60))
    socket.send(...part.map(({ id, topic }) => publishOf(`gv1/T1/${topic}`, String(id), id)))
    at += part.length
    if (random.integer(3) === 0) await systemClock.delay(2)
  }
  await until(() => socket.acknowledged.length === sent.length, 'PUBACKs')
  assert.deepEqual(
    socket.acknowledged,
    sent.map(({ id }) => id)
  )
  for (const name of ['frames', 'events'] as const) {
    const ids = (await rig.records(name)).flatMap(({ frame }) =>
      frame === undefined ? [] : [Number(Buffer.from(frame.payload))]
    )
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
      name
    )
  }
  await checkOrdinals(rig)
})

test('gateway: QoS 0 is stored and not acknowledged', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  const before = socket.received.length
  socket.send(publishOf('gv1/T1/readings', 'zero'), { cmd: 'pingreq' })
  await until(() => socket.count('pingresp') === 1, 'PINGRESP')
  await until(() => rig.intake.acknowledged === 1, 'stored')
  assert.equal(socket.received.length, before + 1)
  const [stored] = await rig.frames()
  assert.equal(stored!.frame!.qos, 0)
})

test('gateway: QoS 0 faster than the disk waits in the socket, not in memory', async t => {
  const files = crashFiles()
  const rig = await startGateway(t, { files })
  const socket = await rig.login('T1')
  const syncs = holdSyncs(rig, files, 'frames')
  const frame = publishOf('gv1/T1/readings', Buffer.alloc(50_000))
  for (let i = 0; i < 400; i++) socket.send(frame)
  await until(() => syncs.held() > 0, 'sync begun')
  await systemClock.delay(QUIET_MS)
  const waiting = rig.logs.frames.nextSeq - 1 - rig.logs.frames.durableSeq
  assert.ok(waiting < 20, `${waiting} frames wait in memory`)
  syncs.release()
  await until(() => rig.intake.acknowledged === 400, 'all stored', 20_000)
})

test('gateway: QoS 2 closes the connection; nothing is stored', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  socket.send({
    cmd: 'publish',
    topic: 'gv1/T1/readings',
    payload: 'x',
    qos: 2,
    dup: false,
    retain: false,
    messageId: 3
  })
  await socket.closed()
  assert.equal(socket.count('pubrec'), 0)
  assert.equal((await rig.frames()).length, 0)
})

test('gateway: a publish at QoS 1 with packet id 0 closes the connection; nothing is stored [MQTT-2.3.1-1]', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1')
  const bytes: Buffer = generate(publishOf('gv1/T1/readings', 'x', 1))
  bytes.writeUInt16BE(0, bytes.length - 3)
  socket.write(bytes)
  await socket.closed()
  assert.deepEqual(socket.acknowledged, [])
  assert.equal((await rig.frames()).length, 0)
  assert.equal(rig.gateway.counters.refusedPublishes, 1)
})

for (const broken of ['write', 'sync'] as const) {
  test(`gateway: a ${broken} error closes without PUBACK, and intake resumes by itself`, async t => {
    const files = crashFiles()
    const rig = await startGateway(t, { files })
    const socket = await rig.login('T1')
    socket.send(publishOf('gv1/T1/readings', 'good', 1))
    await until(() => socket.acknowledged.length === 1, 'PUBACK')
    files.onOperation = (operation, path) => {
      if (operation === broken && path.includes('/frames/')) throw new Error('EIO')
    }
    const publishes = [2, 3, 4].map(id => publishOf('gv1/T1/readings', `lost ${id}`, id))
    socket.send(...publishes)
    await socket.closed(`connection after a ${broken} error`)
    assert.deepEqual(socket.acknowledged, [1])
    assert.ok(rig.gateway.counters.failedAppends >= 1)
    const during = await rig.login('T1')
    during.send(publishOf('gv1/T1/readings', 'refused', 5))
    await during.closed('publish while the log fails')
    assert.deepEqual(during.acknowledged, [])
    files.onOperation = () => {}
    await systemClock.delay(60)
    const after = await rig.login('T1')
    after.send(publishOf('gv1/T1/readings', 'good again', 6), publishOf('gv1/T1/readings', 'and again', 7))
    await until(() => after.acknowledged.length === 2, 'PUBACKs after the failure')
    assert.deepEqual(
      (await rig.records('frames')).map(({ frame }) => Buffer.from(frame!.payload).toString()),
      ['good', 'good again', 'and again']
    )
    await checkOrdinals(rig)
  })
}

test('gateway: ordinals stay exact when publishes go on while a failure is being told', async t => {
  const files = crashFiles()
  // The pause after a failure is shorter than telling 400 connections of it.
  const rig = await startGateway(t, { files, retryMs: 0 })
  const will = (id: string) => ({
    topic: `gv1/${id}/status`,
    payload: Buffer.from('off'),
    qos: 1 as const,
    retain: true
  })
  const ids = Array.from({ length: 100 }, (_, i) => `S${i}`)
  const sockets = await Promise.all(ids.map(id => rig.login(id, { will: will(id) })))
  await until(() => rig.gateway.counters.connects === ids.length, 'logins')
  let failures = 0
  files.onOperation = (operation, path) => {
    if (operation === 'write' && path.includes('/events/') && failures++ < 1) throw new Error('EIO')
  }
  for (const [i, socket] of sockets.entries()) socket.send(publishOf(`gv1/S${i}/events`, 'x', 1))
  await Promise.all(
    sockets.map(socket => Promise.race([socket.closed(), until(() => socket.acknowledged.length > 0, 'ack')]))
  )
  files.onOperation = () => {}
  const after = await rig.login('T1')
  for (let id = 1; id <= 20; id++) after.send(publishOf('gv1/T1/events', 'y', id))
  await until(() => after.acknowledged.length === 20, 'PUBACKs')
  await checkOrdinals(rig)
})

test('gateway: ordinals and acknowledged go on over restarts', async t => {
  const data = tempFolder(t)
  let acknowledged = 0
  for (let life = 0; life < 3; life++) {
    const rig = await startGateway(t, { data })
    assert.equal(rig.intake.acknowledged, acknowledged)
    const socket = await rig.login('T1')
    for (let id = 1; id <= 5; id++) socket.send(publishOf('gv1/T1/readings', 'r', id))
    socket.send(publishOf('gv1/T1/events', 'e', 6))
    await until(() => socket.acknowledged.length === 6, 'PUBACKs')
    acknowledged += 6
    assert.equal(rig.intake.acknowledged, acknowledged)
    await rig.stop()
    await checkOrdinals(rig)
  }
})
