import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Site } from '../../commands/site/site.ts'
import { systemClock } from '../../src/clock.ts'
import { buildConfig, type Layer } from '../../src/config.ts'
import { createLogger } from '../../src/logger.ts'
import { TOPICS } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { connectOf, MqttSocket, publishOf } from './mqtt-socket.ts'
import type { TrafficFrame } from './traffic.ts'
import { until } from './until.ts'

const WAIT_MS = 30_000
const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'gridvigil')

/** Settings under which what a test sends reaches all ways of the pipeline: short memory, many steps. */
const SETTINGS: Layer = {
  'mqtt.port': 0,
  'log.level': 'silent',
  'series.flushMs': 20,
  'processor.windowReadings': 4,
  'processor.batchRecords': 7,
  'log.segmentBytes': 65_536
}

/** A real server without its HTTP port in a folder of its own; it can be stopped and started again. */
export class RecordedSite {
  readonly folder: string
  readonly data: string
  #site: Site | undefined
  #sockets = new Map<string, MqttSocket>()
  #sent = 0

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'gridvigil-export-'))
    this.data = join(this.folder, 'data')
    t.after(async () => {
      await this.stop()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  get site(): Site {
    assert.ok(this.#site, 'it runs')
    return this.#site
  }

  /** Meters M0 … on terminals T0 …, some with current transformers. @param more lines of meters.csv up to the ratio */
  importMeters(count: number, terminals: number, more: readonly string[] = []): Registry {
    const folder = join(this.folder, 'registry')
    mkdirSync(folder, { recursive: true })
    const own = Array.from({ length: terminals }, (_, i) => `T${i},concentrator,900,900\n`)
    writeFileSync(
      join(folder, 'terminals.csv'),
      `id,kind,sample_interval_s,upload_interval_s\n${own.join('')}`
    )
    const rows = Array.from(
      { length: count },
      (_, i) => `M${i},T${i % terminals},U${i},${i % 5 === 4 ? 20 : 1}`
    )
    const lines = [...rows, ...more].map(row => `${row},1p2w,220,60,6,2\n`)
    writeFileSync(
      join(folder, 'meters.csv'),
      `id,terminal,usage_point,ct_ratio,wiring,rated_v,rated_a,register_digits,register_decimals\n${lines.join('')}`
    )
    writeFileSync(
      join(folder, 'accounts.csv'),
      'id,name,address,phone_hash\nA1,Ada Lovelace,12 St James,5e88\n'
    )
    return importInto(this.data, folder).registry
  }

  /** @param terminals that may connect, and do */
  async start(
    registry: Registry,
    more: Layer = {},
    terminals: readonly string[] = [...registry.terminals.keys()]
  ): Promise<void> {
    const credentials = new Map(
      terminals.map(id => [id, createHash('sha256').update(`secret-${id}`).digest()])
    )
    const config = buildConfig(SETTINGS, { data: this.data }, more)
    const logger = createLogger('silent', 'test')
    this.#site = new Site({ config, registry, credentials, clock: systemClock, logger, simulated: false })
    await this.#site.start()
    for (const terminal of terminals) await this.connect(terminal)
  }

  async connect(terminal: string): Promise<void> {
    const socket = new MqttSocket(this.site.mqttPort)
    socket.send(connectOf(terminal))
    assert.equal(await socket.connackCode(), 0)
    this.#sockets.set(terminal, socket)
  }

  /** As a lost link does. */
  cut(terminal: string): void {
    this.#sockets.get(terminal)?.cut()
  }

  /** Publishes at QoS 1 and waits for what was acknowledged. */
  async publish(frames: Iterable<TrafficFrame>): Promise<void> {
    const waiting: (() => boolean)[] = []
    for (const { terminal, topic, payload } of frames) {
      const socket = this.#sockets.get(terminal)
      assert.ok(socket, terminal)
      const id = 1 + (this.#sent++ % 65_000)
      socket.send(publishOf(`gv1/${terminal}/${TOPICS[topic]?.name}`, Buffer.from(payload), id))
      waiting.push(() => socket.acknowledged.includes(id))
      if (waiting.length % 16 === 0) await until(() => waiting.at(-1)?.() === true, 'PUBACK', WAIT_MS)
    }
    await until(() => waiting.every(isDone => isDone()), 'PUBACKs', WAIT_MS)
  }

  /** Everything sent is judged, and the store has answered what was asked. */
  async settle(): Promise<void> {
    await until(
      () => {
        const { frames, readings } = this.site.context().audit()
        return frames.pending === 0 && readings.held === 0
      },
      'all is judged',
      WAIT_MS
    )
  }

  async stop(): Promise<void> {
    await this.#site?.stop()
    this.#site = undefined
    for (const socket of this.#sockets.values()) socket.cut()
    this.#sockets.clear()
  }
}

/** Runs the program. */
export function gridvigil(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(PROGRAM, words, { encoding: 'utf8' })
  const result = stdout.startsWith('{') ? (JSON.parse(stdout) as Record<string, unknown>) : {}
  return { status, stdout, stderr, result }
}

/** The lines of an export. */
export const linesOf = (path: string): Record<string, unknown>[] =>
  gunzipSync(readFileSync(path))
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

/** Contents of the files of an output folder, by name. */
export const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter(name => name !== 'timing.json')
      .map(name => [name, readFileSync(join(folder, name), 'utf8')])
  )
