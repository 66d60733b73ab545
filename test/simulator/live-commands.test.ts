import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { TOPICS } from '../../src/records/gateway-record.ts'
import { makeCity } from '../../src/simulator/city/city.ts'
import { cityFolders, writeCity } from '../../src/simulator/city/write-city.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'
import { LiveRun } from '../../src/simulator/live-run.ts'
import { Run } from '../../src/simulator/run.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'
import { makeFolder } from '../registry/registry-folder.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const REPLIES = TOPICS.findIndex(({ name }) => name === 'replies')
const SCENARIO = `{ name: asked, title: { en: x, zh-CN: x }, duration: 60s,
  collection: { readFailures: 0, deadClocks: 0 },
  steps: [{ at: 1s, fail: { on: { kind: box, pick: 0 } }, for: 59s }] }`

test('simulated terminals answer commands of the gateway over MQTT, dead meters do not', async t => {
  const folder = makeFolder(t)
  const secrets = writeCity(makeCity({ seed: 'asked', meters: 60 }), folder)
  const hashes = [...secrets].map(
    ([id, secret]) => [id, createHash('sha256').update(secret).digest()] as const
  )
  const rig = await startGateway(t, { credentials: new Map(hashes) })
  const grid = readGrid(cityFolders(folder).truth)
  const scenario = parseScenario(SCENARIO, 'asked')
  const run = new Run({ grid, scenario, start: systemClock.now() - 10_000, seed: 'asked' })
  const live = new LiveRun({ url: `mqtt://127.0.0.1:${rig.gateway.port}`, credentials: secrets }, systemClock)
  const stop = new AbortController()
  const playing = live.play(run, stop.signal)
  t.after(async () => {
    stop.abort()
    await playing
    await live.stop()
  })
  const { device, affected } = run.context.outages[0]!
  const { customers, terminals } = grid
  const [dead] = affected
  const number = customers.terminal[dead!]!
  const neighbour = customers.terminal.findIndex(
    (terminal, each) => terminal === number && customers.device[each] !== device
  )
  const { id } = terminals[number]!
  const [silent, alive] = [customers.meter[dead!]!, customers.meter[neighbour]!]
  await until(() => rig.gateway.hears(id), `${id} takes commands`)
  rig.gateway.ask(id, { id: 'P1', meters: [silent, alive], deadline: systemClock.now() + 30_000 })
  const replies = async () =>
    (await rig.frames()).filter(({ frame }) => frame!.topic === REPLIES && frame!.terminal === id)
  const end = systemClock.monotonic() + 10_000
  while ((await replies()).length === 0 && systemClock.monotonic() < end) await systemClock.delay(50)
  const reply = JSON.parse(Buffer.from((await replies())[0]!.frame!.payload).toString())
  assert.deepEqual([reply.id, reply.failures], ['P1', [{ meter: silent, reason: 'no-answer' }]])
  assert.deepEqual(
    reply.readings.map(({ meter }: { meter: string }) => meter),
    [alive]
  )
})
