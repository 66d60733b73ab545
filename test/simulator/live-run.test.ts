import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { makeCity } from '../../src/simulator/city/city.ts'
import { cityFolders, writeCity } from '../../src/simulator/city/write-city.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'
import { LiveRun } from '../../src/simulator/live-run.ts'
import { Run } from '../../src/simulator/run.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'
import { makeFolder } from '../registry/registry-folder.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/until.ts'

const SCENARIO = '{ name: quiet, title: { en: x, zh-CN: x }, duration: 60s, steps: [] }'

function cityRun(t: TestContext, clock: Clock) {
  const folder = makeFolder(t)
  const secrets = writeCity(makeCity({ seed: 'live', meters: 60 }), folder)
  const grid = readGrid(cityFolders(folder).truth)
  // All have connected in the first seconds of a run: those are over when it begins.
  const run = new Run({
    grid,
    scenario: parseScenario(SCENARIO, 'quiet'),
    start: clock.now() - 10_000,
    seed: 'live'
  })
  const hashes = new Map(
    [...secrets].map(([id, secret]) => [id, createHash('sha256').update(secret).digest()] as const)
  )
  return { secrets, hashes, run, terminals: grid.terminals.map(({ id }) => id) }
}

test('a gateway is tried with a session that stays: each terminal connects once, nobody leaves before the end', async t => {
  const { secrets, hashes, run, terminals } = cityRun(t, systemClock)
  const rig = await startGateway(t, { credentials: hashes })
  const live = new LiveRun({ url: `mqtt://127.0.0.1:${rig.gateway.port}`, credentials: secrets }, systemClock)
  const stop = new AbortController()
  t.after(() => live.stop())
  await live.begin(run)
  await until(() => rig.gateway.sessions === 1, 'one is connected before the run begins')
  const playing = live.play(run, stop.signal)
  await until(() => rig.gateway.sessions === terminals.length, 'all are connected')
  // The messages of the connected are taken too, also of the one that came first.
  await until(() => live.figures.acknowledged >= terminals.length, 'messages are taken')
  stop.abort()
  await playing
  const told = (await rig.sessions()).map(({ terminal, state }) => `${terminal} ${state}`)
  assert.deepEqual(told.sort(), terminals.map(id => `${id} connected`).sort())
})

test('a gateway that nobody reaches or that refuses the secret is told before anything is played', async t => {
  const { secrets, hashes, run } = cityRun(t, systemClock)
  const rig = await startGateway(t, { credentials: hashes })
  const wrong = new Map([...secrets.keys()].map(id => [id, 'wrong']))
  const live = new LiveRun({ url: `mqtt://127.0.0.1:${rig.gateway.port}`, credentials: wrong }, systemClock)
  await assert.rejects(live.begin(run), { code: 'SENDER_CONNECT' })
  await live.stop()
  assert.deepEqual(await rig.sessions(), [])
})
