import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Server, type ServerOptions } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { seededRandom } from '../../src/random.ts'
import { TOPICS } from '../../src/records/gateway-record.ts'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { filesOf, gridvigil, RecordedSite } from '../support/recorded-site.ts'
import { type TrafficFrame, traffic } from '../support/traffic.ts'

const KILLS = 6
const TERMINALS = 3
const METERS = 60
const QUARTER_MS = 900_000

/** Publishes without waiting for anything until there is no more or time is up. */
async function pour(port: number, frames: Iterator<TrafficFrame>, ms: number): Promise<MqttSocket[]> {
  const sockets = Array.from({ length: TERMINALS }, () => new MqttSocket(port))
  for (const [i, socket] of sockets.entries()) {
    socket.send(connectOf(`T${i}`))
    assert.equal(await socket.connackCode(), 0)
  }
  const endAt = systemClock.monotonic() + ms
  for (let id = 1; systemClock.monotonic() < endAt; id++) {
    const { value, done } = frames.next()
    if (done === true) break
    const { terminal, topic, payload } = value as TrafficFrame
    const packet = publishOf(
      `gv1/${terminal}/${TOPICS[topic]?.name}`,
      Buffer.from(payload),
      1 + (id % 65_000)
    )
    sockets[Number(terminal.slice(1))]?.send(packet)
    if (id % 8 === 0) await systemClock.delay(1)
  }
  return sockets
}

/** Exports what is there and runs it: every file of the backtest is what the server wrote. */
function assertSame(site: RecordedSite, name: string): Record<string, unknown> {
  const path = (what: string): string => join(site.folder, `${name}${what}`)
  const out = ['--out', path('.ndjson.gz'), '--results', path('-results')]
  const exported = gridvigil('export', '--data', site.data, ...out)
  assert.equal(exported.status, 0, exported.stderr)
  assert.equal(exported.result.whole, true, exported.stderr)
  const from = ['--registry', path('-registry'), '--frames', path('.ndjson.gz')]
  const run = gridvigil('backtest', ...from, '--out', path('-out'), '--readings')
  assert.match(run.stderr, /as recorded/)
  const files = filesOf(path('-out'))
  for (const [file, text] of Object.entries(filesOf(path('-results'))))
    assert.ok(files[file] === text, `${name}: ${file} differs`)
  return exported.result
}

test(`${KILLS} kills under load: after each, beside each life and at the end a backtest gives what was written`, async t => {
  const site = new RecordedSite(t)
  mkdirSync(site.data)
  site.importMeters(METERS, TERMINALS)
  const credentials = join(site.folder, 'credentials.csv')
  writeFileSync(credentials, Array.from({ length: TERMINALS }, (_, i) => `T${i},secret-T${i}\n`).join(''))
  const random = seededRandom('kills')
  const start = systemClock.now() - 2000 * QUARTER_MS
  const frames = traffic(random, METERS, TERMINALS, start, 2000)
  const options: ServerOptions = {
    ...{ data: site.data, registry: join(site.folder, 'registry'), credentials, mqttPort: 0, httpPort: 0 },
    ...{ logFile: join(site.folder, 'server.log'), clock: systemClock },
    flags: [
      '--processor-window-readings',
      '4',
      '--processor-checkpoint-seconds',
      '1',
      '--processor-batch-records',
      '20'
    ]
  }
  for (let life = 0; life < KILLS; life++) {
    const server = await Server.start(options)
    const sockets = await pour(server.mqttPort, frames, 1500 + random.integer(2000))
    assertSame(site, `beside-${life}`)
    await server.kill()
    for (const socket of sockets) socket.cut()
    assertSame(site, `killed-${life}`)
  }
  const server = await Server.start(options)
  for (let pending = 1; pending > 0; ) {
    const { frames, readings } = await server.audit()
    pending = frames.pending + readings.held
    await systemClock.delay(50)
  }
  const { readings } = await server.audit()
  assert.equal(await server.stop(), 0)
  const last = assertSame(site, 'last')
  assert.ok(Number(last.frames) > 1000, String(last.frames))
  assert.ok(readings.corrections > 50 && readings.duplicates > 50, JSON.stringify(readings))
})
