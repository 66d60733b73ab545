import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Site } from '../../commands/site/site.ts'
import { systemClock } from '../../src/clock.ts'
import { buildConfig } from '../../src/config.ts'
import { createLogger } from '../../src/logger.ts'
import { quarantineNumber } from '../../src/model/quarantine.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { openRegistryParts, shareRegistry } from '../../src/registry/lookup/registry-parts.ts'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

const WAIT_MS = 20_000

interface Rig {
  readonly data: string
  readonly site: Site
  readonly socket: MqttSocket
  /** Imports meters M0 …, all of terminal T1 but M1. */
  importMeters(count: number, terminalOfM1: string): Registry
  publish(meter: string, kwh: number): Promise<void>
}

async function startSite(t: TestContext): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-site-registry-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  const credentials = new Map([['T1', createHash('sha256').update('secret-T1').digest()]])
  const importMeters = (count: number, terminalOfM1: string): Registry => {
    const meters = Array.from({ length: count }, (_, i) => i)
    writeFileSync(join(folder, 'devices.csv'), 'id,kind,name,parent\nF1,feeder,F,\nTR1,transformer,T,F1\n')
    writeFileSync(
      join(folder, 'usage_points.csv'),
      `id,account,device,phase\n${meters.map(i => `U${i},A${i},TR1,A\n`).join('')}`
    )
    writeFileSync(
      join(folder, 'terminals.csv'),
      'id,kind,powered_by\nT1,concentrator,TR1\nT2,concentrator,TR1\n'
    )
    writeFileSync(
      join(folder, 'meters.csv'),
      `id,usage_point,terminal,wiring,rated_v\n${meters.map(i => `M${i},U${i},${i === 1 ? terminalOfM1 : 'T1'},1p2w,220\n`).join('')}`
    )
    return importInto(data, folder).registry
  }
  const registry = importMeters(2, 'T2')
  const config = buildConfig({
    data,
    credentials,
    'mqtt.port': 0,
    'log.level': 'silent',
    'series.flushMs': 20
  })
  const logger = createLogger('silent', 'test')
  const site = new Site({ config, registry, credentials, clock: systemClock, logger, simulated: false })
  t.after(() => site.stop())
  await site.start()
  const socket = new MqttSocket(site.mqttPort)
  t.after(() => socket.cut())
  socket.send(connectOf('T1'))
  assert.equal(await socket.connackCode(), 0)
  let id = 0
  const publish = async (meter: string, importKwh: number): Promise<void> => {
    const payload = JSON.stringify({ readings: [{ meter, time: systemClock.now(), importKwh }] })
    socket.send(publishOf('gv1/T1/readings', payload, ++id))
    await until(() => socket.acknowledged.includes(id), 'PUBACK', WAIT_MS)
  }
  return { data, site, socket, importMeters, publish }
}

test('a registry version that comes while the site runs takes effect; quarantine is replayed under it', async t => {
  const { data, site, socket, importMeters, publish } = await startSite(t)
  const context = site.context()
  const counted = () => context.audit().readings
  await publish('M0', 1)
  await publish('M1', 3)
  // A number beyond all that window and columns had room for.
  await publish('M1500', 5)
  await until(() => counted().decoded === 3, 'all are judged', WAIT_MS)
  assert.deepEqual([counted().stored, counted().quarantined, counted().unbound], [1, 1, 1])
  assert.equal(context.registry().meterNumbers.has('M1500'), false)
  // More than the table of newest readings has room for; what is handed over is not read from its snapshot.
  const next = importMeters(1501, 'T1')
  rmSync(join(data, 'registry', `${next.hash}.ndjson.zst`))
  site.changeRegistry(openRegistryParts(shareRegistry(next)))
  const meter = context.registry().meterNumbers.get('M1500') ?? -1
  assert.ok(meter >= 1500)
  await until(() => counted().stored === 2, 'what waited for its meter is stored', WAIT_MS)
  await publish('M1500', 6)
  await publish('M1', 4)
  await until(() => counted().stored === 4, 'what comes after the version is stored', WAIT_MS)
  assert.equal((await context.series.latest([meter])).get(meter)?.values[0], 6)
  assert.ok(context.remembers(meter), 'it has room in the table')

  const foreign = { reason: quarantineNumber('FOREIGN_METER') }
  assert.deepEqual(await site.replay(foreign, 'ann'), { entries: 1, more: false })
  await until(() => counted().stored === 5, 'what was set aside is stored', WAIT_MS)
  assert.deepEqual(await site.replay(foreign, 'ann'), { entries: 0, more: false })
  const entries = await context.series.quarantine({ limit: 9 })
  assert.deepEqual(
    entries.map(({ meter, mark }) => [meter, mark?.by, mark?.outcome]),
    [
      ['M1500', '', 'stored'],
      ['M1', 'ann', 'stored']
    ]
  )
  const rows = await context.series.readings({ meter: 1, from: 0, to: 1e15, limit: 9 })
  assert.deepEqual(
    rows.map(({ values }) => values[0]),
    [3, 4]
  )
  const { frames, readings } = context.audit()
  assert.deepEqual([frames.acknowledged, frames.decoded, frames.pending], [5, 5, 0])
  assert.deepEqual([readings.decoded, readings.stored, readings.quarantined], [5, 5, 0])
  assert.equal(socket.isClosed, false)
})
