import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Server } from '../../bench/server.ts'
import { readControls } from '../../commands/export/controls.ts'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { viewLog } from '../../src/log/log-view.ts'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000
/** Gasps are gathered for seconds before an incident opens. */
const OPEN_MS = 60_000
const METERS = ['M0', 'M1', 'M2', 'M3', 'M4', 'M5']

/** F1 ─ S1 ─ TR1 with six meters, and TR2 with one; a tie between S1 and F2 that is open. */
const REGISTRY = {
  devices:
    'id,kind,name,parent\nF1,feeder,F,\nF2,feeder,F,\nS1,switch,S,F1\nTR1,transformer,T,S1\nTR2,transformer,T,S1\n',
  ties: 'id,device_a,device_b,normally_open\nTIE1,S1,F2,true\n',
  usage_points: `id,account,device,phase\n${METERS.map(id => `U-${id},A-${id},TR1,A\n`).join('')}U-N,A-N,TR2,A\n`,
  terminals: 'id,kind,powered_by\nT1,concentrator,TR1\nT2,concentrator,TR2\n',
  meters: `id,usage_point,terminal,wiring,rated_v\n${METERS.map(id => `${id},U-${id},T1,1p2w,220\n`).join('')}N,U-N,T2,1p2w,220\n`
}

function openFolder(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-switching-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const registry = join(folder, 'registry')
  mkdirSync(registry)
  for (const [name, text] of Object.entries(REGISTRY)) writeFileSync(join(registry, `${name}.csv`), text)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T1,secret-T1\nT2,secret-T2\n')
  const data = join(folder, 'data')
  const start = async (): Promise<Server> => {
    const server = await Server.start({
      ...{ data, credentials, registry, mqttPort: 0, httpPort: 0 },
      ...{ logFile: join(folder, 'server.log'), clock: systemClock }
    })
    t.after(() => server.kill())
    return server
  }
  return { data, start }
}

async function send(server: Server, method: string, path: string, body?: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${server.httpPort}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.secret}`,
      ...(body && { 'content-type': 'application/json' })
    },
    ...(body && { body: JSON.stringify(body) })
  })
  assert.equal(answer.status, 200, `${path}: ${await answer.text()}`)
}

interface Items {
  readonly items: readonly { readonly id: string; readonly device: string; readonly state: string }[]
}

interface Incidents {
  readonly items: readonly { readonly kind: string; readonly device: string }[]
}

async function publish(t: TestContext, port: number, terminal: string, topic: string, payload: object) {
  const socket = new MqttSocket(port)
  t.after(() => socket.cut())
  socket.send(connectOf(terminal))
  assert.equal(await socket.connackCode(), 0)
  socket.send(publishOf(`gv1/${terminal}/${topic}`, JSON.stringify(payload), 1))
  await until(() => socket.acknowledged.includes(1), 'PUBACK')
}

test('what a server answered of switches and planned work stands after a kill, and the outage stage has it', async t => {
  const { data, start } = openFolder(t)
  const now = systemClock.now()
  const [from, to] = [now - HOUR_MS, now + HOUR_MS].map(time => new Date(time).toISOString())
  const work = { devices: ['TR1'], from, to }
  const first = await start()
  await first.get('/v1/switch-states')
  await send(first, 'POST', '/v1/switch-states', { device: 'TIE1', state: 'closed', origin: 'scada' })
  await send(first, 'POST', '/v1/switch-states', { device: 'S1', state: 'open', origin: 'scada' })
  await send(first, 'POST', '/v1/planned-outages', { id: 'W1', ...work })
  await send(first, 'DELETE', '/v1/planned-outages/W1')
  await send(first, 'POST', '/v1/planned-outages', { id: 'W2', ...work })
  await first.kill()
  const { switches, planned } = readControls(
    viewLog(nodeFiles, join(data, 'logs', 'events'), false),
    Infinity,
    Infinity
  )
  assert.deepEqual(
    switches.map(({ device, state, origin }) => [device, state, origin]),
    [
      ['TIE1', 'closed', 'scada'],
      ['S1', 'open', 'scada']
    ]
  )
  assert.deepEqual(
    planned.map(({ id, state, devices }) => [id, state, devices]),
    [
      ['W1', 'cancelled', ['TR1']],
      ['W2', 'planned', ['TR1']]
    ]
  )
  const second = await start()
  assert.deepEqual(
    (await second.get<Items>('/v1/switch-states')).items.map(({ device, state }) => [device, state]),
    [
      ['S1', 'open'],
      ['TIE1', 'closed']
    ]
  )
  assert.deepEqual(
    (await second.get<Items>('/v1/planned-outages')).items.map(({ id, state }) => [id, state]),
    [
      ['W1', 'cancelled'],
      ['W2', 'planned']
    ]
  )
  // All meters below TR1 gasp; the one below TR2 is read afterwards.
  const time = systemClock.now() - 3000
  const events = METERS.map(meter => ({ meter, type: 'last-gasp', origin: 'module', time }))
  await publish(t, second.mqttPort, 'T1', 'events', { events })
  const readings = [{ meter: 'N', time: time + 2000, voltageV: 229.8 }]
  await publish(t, second.mqttPort, 'T2', 'readings', { collectedAt: time + 2500, readings })
  let found: Incidents['items'] = []
  const end = systemClock.monotonic() + OPEN_MS
  while (found.length === 0 && systemClock.monotonic() < end) {
    await systemClock.delay(250)
    found = (await second.get<Incidents>('/v1/incidents?state=open')).items
  }
  assert.deepEqual(
    found.map(({ device, kind }) => [device, kind]),
    [['TR1', 'planned']]
  )
})
