import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet, type Fleet, slotsFor, startBefore, writeFleet } from '../../bench/fleet.ts'
import { Generator } from '../../bench/generator.ts'
import { readAckFile, readBack } from '../../bench/readback.ts'
import { type Influx, startInflux } from '../../bench/reference/influx.ts'
import { equationsHold, Server } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { lacksInflux } from '../support/influx-under-test.ts'

const skip = lacksInflux ? 'influxd is not installed' : false
const FRAMES = 40
const SHAPE = { seed: 5, meters: 200, terminals: 10, batch: 20, slotMs: 900_000, lean: true }
const CLEAN = { lost: 0, duplicated: 0, wrong: 0, foreign: 0 }

interface Scene {
  readonly fleet: Fleet
  readonly server: Server
  influx: Influx
  /** Has frames [from, from + count) of every terminal sent, all of them acknowledged. */
  send(from: number, count: number): Promise<void>
  /** All that was acknowledged, read back through the API. */
  readAll(): Promise<object>
  /** Statements that InfluxDB has. */
  count(): Promise<number>
}

async function withScene(flags: readonly string[], body: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-influx-serve-'))
  const slots = slotsFor(FRAMES, SHAPE.batch, SHAPE.meters / SHAPE.terminals)
  const startTime = startBefore(systemClock.now(), slots, SHAPE.slotMs)
  const fleet = createFleet({ ...SHAPE, slots, startTime })
  const files = writeFleet(fleet, folder)
  const influx = await startInflux(join(folder, 'influx'), 'unused', systemClock)
  const server = await Server.start({
    ...files,
    ...{ data: join(folder, 'data'), mqttPort: 0, httpPort: 0, clock: systemClock },
    logFile: join(folder, 'server.log'),
    flags: ['--influxdb-url', influx.url, ...flags]
  })
  const ackFiles: string[] = []
  const scene: Scene = {
    ...{ fleet, server, influx },
    async send(from, count) {
      const ackFile = join(folder, `acknowledged-${ackFiles.length}`)
      ackFiles.push(ackFile)
      const generator = await Generator.start({
        ...{ host: '127.0.0.1', port: server.mqttPort, fleet, window: 2, ackFile },
        ...{ firstFrame: from, frames: count, framesPerSecond: 0, progressMs: 0, limitMs: 60_000 }
      })
      generator.go()
      const { complete, error } = await generator.done
      assert.ok(complete, error ?? 'the generator gave up')
    },
    readAll() {
      const acknowledged = ackFiles.map(path => readAckFile(path, fleet))
      return readBack(fleet, server, (terminal, frame) =>
        acknowledged.some(({ has }) => has(terminal, frame))
      )
    },
    count: async () => {
      const rows = await scene.influx.rows('gridvigil', 'SELECT COUNT("row") FROM "raw"."reading_versions"')
      return rows[0]?.[1] ?? 0
    }
  }
  try {
    await body(scene)
  } finally {
    await server.stop().catch(() => server.kill())
    await scene.influx.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const readingsOf = (frames: number): number => frames * SHAPE.terminals * SHAPE.batch

test('InfluxDB as the store: killed while readings come, it has all of them in the end', {
  skip
}, async () => {
  await withScene(['--series-store', 'influxdb'], async scene => {
    const { server, influx } = scene
    await scene.send(0, 10)
    await server.waitForAudit(({ readings }) => readings.stored === readingsOf(10), 30_000)
    await influx.kill()
    // Nobody waits for it: all of them are acknowledged while it is down.
    await scene.send(10, 20)
    const { series } = await rooms(server, ({ series }) => series !== '')
    assert.match(series ?? '', /ECONNREFUSED|ECONNRESET/)
    scene.influx = await startInflux(influx.folder, 'unused', systemClock, influx.ports)
    const audit = await server.waitForAudit(({ readings }) => readings.stored === readingsOf(30), 60_000)
    assert.ok(equationsHold(audit))
    await rooms(server, ({ series }) => series === '')
    assert.deepEqual(await scene.readAll(), { present: readingsOf(30), ...CLEAN })
    assert.equal(await scene.count(), readingsOf(30))
  })
})

test('InfluxDB beside DuckDB: filled by a cursor of its own, in nobody’s way', { skip }, async () => {
  await withScene([], async scene => {
    const { server, influx } = scene
    await scene.send(0, 5)
    await until(async () => (await scene.count()) === readingsOf(5))
    await influx.kill()
    await scene.send(5, 10)
    await server.waitForAudit(({ readings }) => readings.stored === readingsOf(15), 30_000)
    assert.deepEqual(await scene.readAll(), { present: readingsOf(15), ...CLEAN })
    const { influxdb } = await rooms(server, ({ influxdb = '' }) => influxdb !== '')
    assert.match(influxdb ?? '', /ECONNREFUSED|ECONNRESET/)
    scene.influx = await startInflux(influx.folder, 'unused', systemClock, influx.ports)
    await until(async () => (await scene.count()) === readingsOf(15))
    await rooms(server, ({ influxdb }) => influxdb === '')
  })
})

/** What is wrong with each room, once it is as told. */
async function rooms(
  server: Server,
  isSo: (details: Record<string, string | undefined>) => boolean
): Promise<Record<string, string | undefined>> {
  let details: Record<string, string | undefined> = {}
  await until(async () => {
    const response = await fetch(`http://127.0.0.1:${server.httpPort}/readyz`)
    const answer = (await response.json()) as { rooms: readonly { room: string; detail: string }[] }
    details = Object.fromEntries(answer.rooms.map(({ room, detail }) => [room, detail]))
    return isSo(details)
  })
  return details
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await isSo()) return
    await systemClock.delay(100)
  }
  assert.fail('it did not come to that within 30 s')
}
