import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IConnectPacket } from 'mqtt-packet'
import { systemClock } from '../../src/clock.ts'
import {
  FLAG_RETAIN,
  FLAG_SHUTDOWN,
  FLAG_WILL,
  GATEWAY,
  SESSION,
  type SessionRecord,
  TICK,
  type TickRecord
} from '../../src/records/gateway-record.ts'
import { crashFiles } from '../support/crash-files.ts'
import { type GatewayRig, startGateway, tempFolder } from '../support/gateway.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { connectOf, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

type Will = NonNullable<IConnectPacket['will']>

const willOf = (terminal: string, parts: Partial<Will> = {}): { will: Will } => ({
  will: {
    topic: `gv1/${terminal}/status`,
    payload: Buffer.from('{"state":"offline"}'),
    qos: 1,
    retain: true,
    ...parts
  }
})

/** A line per session record and publish of the events log, in order. */
async function story(rig: GatewayRig): Promise<string[]> {
  const generations: number[] = []
  const nth = (generation: number): number => {
    if (!generations.includes(generation)) generations.push(generation)
    return generations.indexOf(generation) + 1
  }
  return (await rig.records('events')).flatMap(({ kind, frame, control }) => {
    if (frame !== undefined) {
      const will = frame.flags & FLAG_WILL ? ' will' : ''
      return [
        `${frame.terminal}#${nth(frame.generation)}${will}${frame.flags & FLAG_SHUTDOWN ? ' shutdown' : ''}`
      ]
    }
    if (kind !== SESSION) return []
    const { terminal, generation, state, cause } = control as SessionRecord
    return [`${terminal}#${nth(generation)} ${state} ${cause}`.trim()]
  })
}

const ended = (rig: GatewayRig): Promise<void> =>
  until(() => rig.gateway.counters.connections === 0 && rig.gateway.sessions === 0, 'all sessions ended')

test('sessions: a lost link publishes the will with its generation, a clean end does not', async t => {
  const rig = await startGateway(t)
  const lost = await rig.login('T1', willOf('T1'))
  lost.cut()
  await ended(rig)
  const clean = await rig.login('T1', willOf('T1'))
  clean.send({ cmd: 'disconnect' })
  await ended(rig)
  const quiet = await rig.login('T1')
  quiet.cut()
  await ended(rig)
  assert.deepEqual(await story(rig), [
    'T1#1 connected',
    'T1#1 will',
    'T1#1 disconnected lost',
    'T1#2 connected',
    'T1#2 disconnected clean',
    'T1#3 connected',
    'T1#3 disconnected lost'
  ])
  const [{ frame }] = (await rig.frames()) as [Awaited<ReturnType<typeof rig.frames>>[number]]
  assert.equal(frame!.flags, FLAG_WILL | FLAG_RETAIN)
  assert.equal(frame!.qos, 1)
  assert.equal(Buffer.from(frame!.payload).toString(), '{"state":"offline"}')
})

test('sessions: a missed keepalive is a lost link', async t => {
  const rig = await startGateway(t)
  const socket = await rig.login('T1', { keepalive: 1, ...willOf('T1') })
  await socket.closed('1.5 keepalives')
  await ended(rig)
  assert.deepEqual((await story(rig)).slice(1), ['T1#1 will', 'T1#1 disconnected lost'])
})

test('sessions: wills keep the topic rules; a will with QoS 2 is one', async t => {
  const rig = await startGateway(t)
  const table: readonly [what: string, will: Partial<Will>, stored: number][] = [
    ['own status, QoS 0', { qos: 0, retain: false }, 1],
    ['own status, QoS 2', { qos: 2 }, 1],
    ['own events', { topic: 'gv1/T1/events' }, 1],
    ["another terminal's", { topic: 'gv1/T2/status' }, 0],
    ['$SYS', { topic: '$SYS/x/new/clients' }, 0],
    ['wildcard', { topic: 'gv1/+/status' }, 0],
    ['unknown class', { topic: 'gv1/T1/x' }, 0],
    ['too deep', { topic: `gv1/T1${'/x'.repeat(200)}` }, 0]
  ]
  for (const [what, parts, stored] of table) {
    const before = (await rig.frames()).length
    const socket = await rig.login('T1', willOf('T1', parts))
    socket.cut()
    await ended(rig)
    assert.equal((await rig.frames()).length - before, stored, what)
  }
})

test('sessions: a takeover ends the older one behind the newer record, and its will changes nothing', async t => {
  const rig = await startGateway(t)
  const first = await rig.login('T1', willOf('T1'))
  const second = await rig.login('T1', willOf('T1'))
  await first.closed('taken over')
  await until(() => rig.gateway.counters.connections === 1, 'one connection left')
  second.send(publishOf('gv1/T1/events', 'alive', 1))
  await until(() => second.acknowledged.length === 1, 'PUBACK of the newer session')
  assert.equal(rig.gateway.sessions, 1)
  assert.deepEqual(await story(rig), [
    'T1#1 connected',
    'T1#2 connected',
    'T1#1 will',
    'T1#1 disconnected takeover',
    'T1#2'
  ])
  const [a, b] = await rig.sessions()
  assert.ok(b!.generation > a!.generation)
})

test('sessions: our own stop is marked, and `stopped` is the last record', async t => {
  const rig = await startGateway(t)
  const sockets = await Promise.all(['T1', 'T2', 'T3'].map(id => rig.login(id, willOf(id))))
  const silent = rig.socket()
  await until(() => rig.gateway.counters.connections === 4, 'four connections')
  await rig.stop()
  for (const socket of [...sockets, silent]) await socket.closed('closed by our stop')
  const records = await rig.records('events')
  assert.deepEqual(records.at(-1)!.control, { state: 'stopped' })
  const lines = (await story(rig)).slice(3).sort()
  assert.deepEqual(
    lines,
    ['T1#1', 'T2#2', 'T3#3'].flatMap(session => [
      `${session} disconnected shutdown`,
      `${session} will shutdown`
    ])
  )
})

test('sessions: stopping twice, and a port that is taken', async t => {
  const rig = await startGateway(t)
  await rig.gateway.stop()
  await rig.gateway.stop()
  const states = (await rig.records('events')).filter(({ kind }) => kind === GATEWAY)
  assert.deepEqual(
    states.map(({ control }) => control),
    [{ state: 'started' }, { state: 'stopped' }]
  )
  const other = await startGateway(t)
  await assert.rejects(startGateway(t, { port: other.gateway.port }), /EADDRINUSE/)
})

test('sessions: generations rise over restarts', async t => {
  const data = tempFolder(t)
  const generations: number[] = []
  for (let life = 0; life < 3; life++) {
    const rig = await startGateway(t, { data })
    for (let i = 0; i < 3; i++) {
      const socket = await rig.login(`T${i + 1}`)
      socket.cut()
    }
    await ended(rig)
    await rig.stop()
  }
  const rig = await startGateway(t, { data })
  for (const { state, generation } of await rig.sessions())
    if (state === 'connected') generations.push(generation)
  assert.equal(generations.length, 9)
  assert.deepEqual(
    generations,
    [...new Set(generations)].sort((a, b) => a - b)
  )
})

test('sessions: ticks every second while accepting, with what the frames log held', async t => {
  const clock = new ManualClock()
  const rig = await startGateway(t, { clock })
  const socket = await rig.login('T1')
  const seen: number[] = [0]
  for (let second = 1; second <= 5; second++) {
    if (second % 2 === 1) {
      socket.send(publishOf('gv1/T1/readings', 'x', second))
      await until(() => socket.acknowledged.includes(second), 'PUBACK')
    }
    seen.push(rig.logs.frames.durableSeq)
    clock.advance(1000)
  }
  await rig.gateway.stop()
  clock.advance(5000)
  const ticks = (await rig.records('events')).filter(({ kind }) => kind === TICK)
  assert.deepEqual(
    ticks.map(({ at, control }) => [at - ticks[0]!.at, (control as TickRecord).framesSeq]),
    seen.map((framesSeq, second) => [second * 1000, framesSeq])
  )
  assert.deepEqual(seen, [0, 1, 1, 2, 2, 3])
})

/** Without this a terminal that came back while the disk was full would count as disconnected for as long as it stays. */
test('sessions: what a failing log did not take is stated again with the next tick', async t => {
  const files = crashFiles()
  const clock = new ManualClock()
  const rig = await startGateway(t, { files, clock })
  const before = await rig.login('T1')
  await until(() => rig.logs.events.durableSeq >= 3, 'start and login stored')
  files.onOperation = (operation, path) => {
    if (operation === 'write' && path.includes('/events/')) throw new Error('ENOSPC')
  }
  before.cut()
  await ended(rig)
  // Two takeovers, a session that ends, one that stays: only how each terminal stands now is owed.
  for (let i = 0; i < 3; i++) await rig.login('T1')
  await until(() => rig.gateway.counters.connections === 1, 'taken over')
  const gone = await rig.login('T2')
  gone.cut()
  await until(() => rig.gateway.sessions === 1, 'T2 gone')
  rig.intake.storeSettings({ pastDays: 1, futureMinutes: 1, maxReadings: 1, limitFactor: 1, minimumSteps: 1 })
  rig.intake.storeSettings({ pastDays: 2, futureMinutes: 1, maxReadings: 1, limitFactor: 1, minimumSteps: 1 })
  rig.intake.storeRegistry({ version: 3, hash: 'h' })
  const answeredAt = clock.now()
  rig.intake.storeHistory({ answers: [1] })
  rig.intake.storeHistory({ answers: [2] })
  clock.advance(1000)
  await systemClock.delay(80)
  files.onOperation = () => {}
  clock.advance(1000)
  await rig.logs.events.flush()
  const last = new Map((await rig.sessions()).map(session => [session.terminal, session]))
  assert.equal(last.get('T1')!.state, 'connected')
  assert.equal(last.get('T2')!.state, 'disconnected')
  const stays = await rig.login('T3')
  const connected = (await rig.sessions()).filter(({ state }) => state === 'connected')
  assert.deepEqual(
    connected.map(({ terminal }) => terminal),
    ['T1', 'T1', 'T3']
  )
  const [first, second, third] = connected.map(({ generation }) => generation)
  assert.ok(first! < second! && second! < third!, `${first} < ${second} < ${third}`)
  stays.cut()
  const rest = (await rig.records('events'))
    .filter(({ kind }) => kind !== SESSION && kind !== TICK && kind !== GATEWAY)
    .map(({ control }) => JSON.stringify(control))
  assert.deepEqual(rest, [
    '{"pastDays":2,"futureMinutes":1,"maxReadings":1,"limitFactor":1,"minimumSteps":1}',
    '{"version":3,"hash":"h"}',
    `{"answers":[1],"answeredAt":${answeredAt}}`,
    `{"answers":[2],"answeredAt":${answeredAt}}`
  ])
})

test('sessions: a storm of 500 terminals that come and go leaves none', async t => {
  const rig = await startGateway(t)
  await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      const socket = rig.socket()
      const id = `S${i}`
      socket.send(connectOf(id, i % 2 ? willOf(id) : {}))
      // A third is cut at once, a third after its CONNACK, a third says goodbye.
      if (i % 3 > 0) await socket.connackCode()
      if (i % 3 === 1) socket.send({ cmd: 'disconnect' })
      else socket.cut()
    })
  )
  await until(() => rig.gateway.counters.connections === 0, 'no connection left', 20_000)
  assert.equal(rig.gateway.sessions, 0)
  const state = new Map<string, number>()
  for (const { terminal, state: now } of await rig.sessions())
    state.set(terminal, (state.get(terminal) ?? 0) + (now === 'connected' ? 1 : -1))
  assert.deepEqual(
    [...state.values()].filter(open => open !== 0),
    []
  )
  assert.ok(state.size >= 333, `${state.size} logged in`)
})
