import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { logFolder, logSettings, openLogs } from '../../commands/site/logs.ts'
import { Gateway, type GatewayOptions } from '../../gateway/gateway.ts'
import { Intake } from '../../gateway/intake.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { buildConfig } from '../../src/config.ts'
import { type FileLayer, nodeFiles } from '../../src/files.ts'
import { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import {
  FRAME,
  type FrameHead,
  type LogName,
  readControl,
  readFrame,
  readOrdinal,
  SESSION,
  type SessionRecord
} from '../../src/records/gateway-record.ts'
import { connectOf, MqttSocket } from './mqtt-socket.ts'

/** A record of a log as its readers see it. */
export interface Stored {
  readonly log: LogName
  readonly seq: number
  readonly at: number
  readonly kind: number
  readonly ordinal: number
  readonly frame: FrameHead | undefined
  readonly control: unknown
}

export interface RigOptions extends Partial<GatewayOptions> {
  /** Clock of gateway and intake; the logs keep the machine's. */
  readonly clock?: Clock
  /** A data folder to go on with; by default a new one, removed after the test. */
  readonly data?: string
  /** Logs on this file layer instead of the disk. */
  readonly files?: FileLayer
  /** Pause of those logs after a failed write. */
  readonly retryMs?: number
}

const TERMINALS = ['T1', 'T2', 'T3', ...Array.from({ length: 500 }, (_, i) => `S${i}`)]
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

export const CREDENTIALS = new Map(TERMINALS.map(id => [id, sha256(`secret-${id}`)]))

export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-gateway-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The gateway as `serve` wires it, on a free port, with logs of its own. */
export class GatewayRig {
  readonly gateway: Gateway
  readonly intake: Intake
  readonly logs: Readonly<Record<LogName, SegmentedLog>>
  /** Run when the rig is about to stop: what is held must be let go before. */
  readonly beforeStop: (() => void)[] = []
  readonly #folder: (name: LogName) => string
  readonly #files: FileLayer
  #stopped = false

  constructor(
    gateway: Gateway,
    intake: Intake,
    logs: Readonly<Record<LogName, SegmentedLog>>,
    folder: (name: LogName) => string,
    files: FileLayer
  ) {
    this.gateway = gateway
    this.intake = intake
    this.logs = logs
    this.#folder = folder
    this.#files = files
  }

  /** A raw connection; says nothing by itself. */
  socket(): MqttSocket {
    return new MqttSocket(this.gateway.port)
  }

  /** A connection that has logged in. */
  async login(terminal: string, parts: Parameters<typeof connectOf>[1] = {}): Promise<MqttSocket> {
    const socket = this.socket()
    socket.send(connectOf(terminal, parts))
    const code = await socket.connackCode()
    if (code !== 0) throw new Error(`login of ${terminal} answered ${code}`)
    return socket
  }

  /** Everything durable in a log. */
  async records(name: LogName): Promise<Stored[]> {
    if (!this.#stopped) await this.logs[name].flush().catch(() => {})
    const reader = new SegmentedReader({
      folder: this.#folder(name),
      files: this.#files,
      mark: this.logs[name].mark
    })
    const found: Stored[] = []
    for (let batch = reader.read(100, 1 << 20); batch.length > 0; batch = reader.read(100, 1 << 20)) {
      for (const record of batch) {
        const body = new Uint8Array(record.body)
        const isFrame = record.kind === FRAME
        found.push({
          log: name,
          seq: record.seq,
          at: record.at,
          kind: record.kind,
          ordinal: readOrdinal(body),
          frame: isFrame ? readFrame(body) : undefined,
          control: isFrame ? undefined : readControl(body)
        })
      }
    }
    reader.close()
    return found
  }

  /** The frames of both logs: first those of `frames`, then those of `events`. */
  async frames(): Promise<Stored[]> {
    const records = [...(await this.records('frames')), ...(await this.records('events'))]
    return records.filter(record => record.kind === FRAME)
  }

  async sessions(): Promise<SessionRecord[]> {
    const records = await this.records('events')
    return records.filter(record => record.kind === SESSION).map(record => record.control as SessionRecord)
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    for (const letGo of this.beforeStop) letGo()
    await this.gateway.stop()
    this.#stopped = true
    await this.logs.events.close().catch(() => {})
    await this.logs.frames.close().catch(() => {})
  }
}

/** Starts a gateway that ends with the test. */
export async function startGateway(t: TestContext, options: RigOptions = {}): Promise<GatewayRig> {
  const { clock = systemClock, data, files, retryMs = 50, ...gatewayOptions } = options
  const logger = createLogger('silent', 'test')
  const layer = files ?? nodeFiles
  const folder = files === undefined ? (data ?? tempFolder(t)) : '/data'
  const config = buildConfig({ data: folder, 'log.segmentBytes': 1 << 20 })
  const where = (name: LogName): string => logFolder(folder, name)
  const opened =
    files === undefined
      ? await openLogs(config, logSettings(config), systemClock, logger)
      : await openOn(files, where, retryMs)
  const intake = new Intake({ frames: opened.frames, events: opened.events }, opened.ordinals, clock)
  const gateway = new Gateway(
    {
      host: '127.0.0.1',
      port: 0,
      credentials: CREDENTIALS,
      maxPacketBytes: 1 << 20,
      connectTimeoutMs: 5000,
      drainTimeoutMs: 5000,
      ...gatewayOptions
    },
    intake,
    clock,
    logger
  )
  await gateway.start()
  const logs = { frames: opened.frames, events: opened.events }
  const rig = new GatewayRig(gateway, intake, logs, where, layer)
  t.after(() => rig.stop())
  return rig
}

async function openOn(
  files: FileLayer,
  where: (name: LogName) => string,
  retryMs: number
): Promise<{ frames: SegmentedLog; events: SegmentedLog; ordinals: Record<LogName, number> }> {
  const open = async (name: LogName): Promise<SegmentedLog> => {
    const log = new SegmentedLog({
      folder: where(name),
      name,
      files,
      clock: systemClock,
      segmentBytes: 1 << 20,
      commitDelayMs: 1,
      commitBytes: 65536,
      retryMs,
      retentionMs: Infinity,
      retentionBytes: Infinity
    })
    await log.open()
    return log
  }
  return { frames: await open('frames'), events: await open('events'), ordinals: { frames: 0, events: 0 } }
}
