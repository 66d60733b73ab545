import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Server } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { filesOf, gridvigil } from '../support/recorded-site.ts'
import { until } from '../support/until.ts'

/** Gasps are gathered for seconds before an incident opens. */
const OPEN_MS = 60_000
const METERS = ['M0', 'M1', 'M2', 'M3', 'M4', 'M5']

/** F1 ─ TR1 with six meters, and TR2 with one. */
const REGISTRY = {
  devices: 'id,kind,name,parent\nF1,feeder,F,\nTR1,transformer,T,F1\nTR2,transformer,T,F1\n',
  usage_points: `id,account,device,phase\n${METERS.map(id => `U-${id},A-${id},TR1,A\n`).join('')}U-N,A-N,TR2,A\n`,
  terminals: 'id,kind,powered_by\nT1,concentrator,TR1\nT2,concentrator,TR2\n',
  meters: `id,usage_point,terminal,wiring,rated_v\n${METERS.map(id => `${id},U-${id},T1,1p2w,220\n`).join('')}N,U-N,T2,1p2w,220\n`
}

interface One {
  readonly incident: { readonly state: string; readonly decided: Record<string, unknown> | null }
  readonly decisions: readonly {
    readonly act: string
    readonly state: string
    readonly reason: string | null
  }[]
}

test('what is decided over the API is taken, stands after a kill, and an export of it gives the same without persons', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-decisions-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [registry, data] = [join(folder, 'registry'), join(folder, 'data')]
  mkdirSync(registry)
  for (const [name, text] of Object.entries(REGISTRY)) writeFileSync(join(registry, `${name}.csv`), text)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T1,secret-T1\nT2,secret-T2\n')
  const start = async (): Promise<Server> => {
    const server = await Server.start({
      ...{ data, credentials, registry, mqttPort: 0, httpPort: 0 },
      ...{ logFile: join(folder, 'server.log'), clock: systemClock }
    })
    t.after(() => server.kill())
    return server
  }
  const first = await start()
  const publish = async (terminal: string, topic: string, payload: object): Promise<void> => {
    const socket = new MqttSocket(first.mqttPort)
    t.after(() => socket.cut())
    socket.send(connectOf(terminal))
    assert.equal(await socket.connackCode(), 0)
    socket.send(publishOf(`gv1/${terminal}/${topic}`, JSON.stringify(payload), 1))
    await until(() => socket.acknowledged.includes(1), 'PUBACK')
  }
  const decide = async (server: Server, path: string, body: object): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${server.httpPort}/v1/incidents/I1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    assert.equal(answer.status, 202, `${path}: ${await answer.text()}`)
  }
  const look = (server: Server): Promise<One> => server.get<One>('/v1/incidents/I1')
  const settle = async (server: Server, decisions: number): Promise<One> => {
    const end = systemClock.monotonic() + OPEN_MS
    for (;;) {
      const one = await look(server)
      if (one.decisions.length >= decisions || systemClock.monotonic() > end) return one
      await systemClock.delay(100)
    }
  }
  const time = systemClock.now() - 3000
  const events = METERS.map(meter => ({ meter, type: 'last-gasp', origin: 'module', time }))
  await publish('T1', 'events', { events })
  const readings = [{ meter: 'N', time: time + 2000, voltageV: 229.8 }]
  await publish('T2', 'readings', { collectedAt: time + 2500, readings })
  const end = systemClock.monotonic() + OPEN_MS
  const isThere = async () => (await first.get<{ items: object[] }>('/v1/incidents')).items.length > 0
  while (!(await isThere()) && systemClock.monotonic() < end) await systemClock.delay(250)
  await decide(first, 'confirm', { cause: 'tree', crew: 'crew 7', note: 'Wang called' })
  await settle(first, 1)
  await decide(first, 'split', { device: 'TR2' })
  await settle(first, 2)
  await decide(first, 'close', {})
  const before = await settle(first, 3)
  assert.deepEqual(
    before.decisions.map(({ act, state, reason }) => [act, state, reason]),
    [
      ['confirm', 'taken', null],
      ['split', 'refused', 'NOBODY'],
      ['close', 'taken', null]
    ]
  )
  assert.equal(before.incident.state, 'closed')
  const { crew, cause, state } = before.incident.decided ?? {}
  assert.deepEqual([crew, cause, state], ['crew 7', 'tree', 'closed'])
  await first.kill()
  const second = await start()
  assert.deepEqual(await look(second), before)
  await decide(second, 'reopen', {})
  assert.equal((await settle(second, 4)).incident.state, 'updated', 'the stage remembers it')
  await second.stop()

  const [file, results, again] = ['out.ndjson', 'results', 'again'].map(name => join(folder, name)) as [
    string,
    string,
    string
  ]
  gridvigil('export', '--data', data, '--out', file, '--results', results)
  gridvigil(
    'backtest',
    '--registry',
    join(folder, 'out-registry'),
    '--frames',
    file,
    '--out',
    again,
    '--readings'
  )
  const [told, same] = [filesOf(results), filesOf(again)]
  assert.deepEqual(same, told)
  assert.equal(told['decisions.ndjson']?.trim().split('\n').length, 4)
  assert.doesNotMatch(JSON.stringify(told), /Wang|"by":"[^"]/)
})
