import { join } from 'node:path'
import { type Credentials, readCredentials } from '../gateway/credentials.ts'
import { Gateway } from '../gateway/gateway.ts'
import { Intake } from '../gateway/intake.ts'
import { Checkpoints } from '../processors/checkpoint.ts'
import type { ApiAudit, ApiContext, RoomHealth } from '../src/api/context.ts'
import type { Clock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { ERRORS, type ErrorCode, GridvigilError } from '../src/errors.ts'
import { nodeFiles } from '../src/files.ts'
import { SharedMark } from '../src/log/durable-mark.ts'
import type { Logger } from '../src/logger.ts'
import type { Registry } from '../src/registry/registry.ts'
import { LatestTable, latestBuffer } from '../src/series/latest-table.ts'
import { EMPTY_POSITION, type SeriesPosition } from '../src/series/port.ts'
import { splitAnswers } from './history-records.ts'
import { logFolder, logSettings, type OpenLogs, openLogs, shareLog } from './logs.ts'
import { Rates } from './rates.ts'
import { seenBy } from './seen.ts'
import { SeriesClient, whyNot } from './series-client.ts'
import type {
  FromProcessor,
  FromSeries,
  ProcessorData,
  SeriesData,
  ToProcessor,
  ToSeries
} from './threads/messages.ts'
import { Thread } from './threads/thread.ts'

export interface SiteOptions {
  readonly config: Config
  readonly registry: Registry
  readonly clock: Clock
  readonly logger: Logger
  readonly simulated: boolean
}

const RATE_MS = 1000
/** Meters whose newest reading may be kept in memory; those beyond are asked for. */
const MAX_LATEST_METERS = 2_000_000
/** How long the logs wait to hear how far the store has read them; a store that cannot say does not stop intake. */
const STORE_WAIT_MS = 10_000
/** A clock this far behind the newest record was wrong then or is now. */
const CLOCK_BEHIND_MS = 60_000
/** Before the gateway listens. */
const NO_GATEWAY = { connections: 0, connects: 0, refusedLogins: 0, refusedPublishes: 0, failedAppends: 0 }

/**
 * Everything that runs in one process, wired. Started from the exit (store, processor) and stopped from the entrance
 * (gateway), so that what was let in can pass.
 *
 * The store opens first, because the logs must know how far it has read them.
 *
 *   gateway ─> frames, events ─> processor thread ─> results ─> series thread <─ queries ─ API
 *                  ^──────────── answers of history ──────────────┘
 */
export class Site {
  readonly #options: SiteOptions
  readonly #rates: Rates
  readonly #client: SeriesClient
  /** Newest readings, shared with the store's thread. */
  readonly #latest = latestBuffer(MAX_LATEST_METERS)
  readonly #startedAt: number
  #logs: OpenLogs | undefined
  /** Log time of the newest record at the start. */
  #newestAt = 0
  /** More was processed than the logs hold: what was acknowledged is lost, and so said once. */
  #isOverdrawn = false
  #onStoreAnswer = (): void => {}
  #intake: Intake | undefined
  #gateway: Gateway | undefined
  #processor: Thread<ToProcessor, FromProcessor> | undefined
  #series: Thread<ToSeries, FromSeries> | undefined
  #position: SeriesPosition = EMPTY_POSITION
  #processorStarted = false
  #seriesOpen = false
  #trouble = ''
  #seriesTrouble = ''
  /** Why a record that must not be missing is missing; stays until the restart. */
  #unrecorded = ''
  #stopRates: (() => void) | undefined

  constructor(options: SiteOptions) {
    this.#options = options
    this.#rates = new Rates(options.clock)
    this.#client = new SeriesClient(
      message => this.#series?.send(message),
      () => this.#series?.failure,
      new LatestTable(this.#latest)
    )
    this.#startedAt = options.clock.now()
  }

  /** The port terminals connect to. */
  get mqttPort(): number {
    return this.#gateway?.port ?? 0
  }

  async start(): Promise<void> {
    const { config, clock, logger, registry } = this.#options
    const credentials = this.#readCredentials()
    const settings = logSettings(config)
    const bell = new SharedArrayBuffer(4)
    const results = new SharedMark(bell)
    const stored = await this.#startSeries(bell, results)
    const checkpoint = new Checkpoints(nodeFiles, join(config.data, 'checkpoints')).load(() => {})
    const logs = await openLogs(config, settings, clock, logger, seenBy(checkpoint, stored), bell)
    this.#logs = logs
    this.#newestAt = Math.max(logs.frames.lastAt, logs.events.lastAt)
    if (this.#isClockBehind()) this.#logCode('CLOCK_BEHIND', { newest: timeText(this.#newestAt) })
    this.#startProcessor(logs, results, settings, stored)
    const intake = new Intake({ frames: logs.frames, events: logs.events }, logs.ordinals, clock, error =>
      this.#reportUnrecorded(error)
    )
    this.#intake = intake
    intake.storeSettings(stageSettings(config))
    if (registry.version > 0) intake.storeRegistry({ version: registry.version, hash: registry.hash })
    const options = {
      host: config['mqtt.host'],
      port: config['mqtt.port'],
      credentials,
      maxPacketBytes: config['mqtt.maxPacketBytes'],
      connectTimeoutMs: config['mqtt.connectTimeoutMs'],
      drainTimeoutMs: config['mqtt.drainTimeoutMs']
    }
    this.#gateway = new Gateway(options, intake, clock, logger)
    await this.#gateway.start()
    this.#stopRates = clock.every(RATE_MS, () => this.#sample())
  }

  async stop(): Promise<void> {
    this.#stopRates?.()
    await this.#gateway?.stop()
    await this.#logs?.events.close().catch(() => {})
    await this.#logs?.frames.close().catch(() => {})
    await this.#processor?.stop({ type: 'stop' })
    this.#client.abandon(undefined)
    await this.#series?.stop({ type: 'stop' })
  }

  /** Newest data time stored of any meter, undefined when there is none yet. */
  async newestTime(): Promise<number | undefined> {
    const meters = Array.from({ length: this.#options.registry.meters.count }, (_, meter) => meter)
    const latest = await this.#client.series.latest(meters)
    const times = [...latest.values()].map(row => row.time)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /** What the API is given. */
  context(): ApiContext {
    const { registry, simulated, config, clock } = this.#options
    return {
      registry: () => registry,
      series: this.#client.series,
      remembers: meter => this.#client.remembers(meter),
      audit: () => this.#audit(),
      health: () => this.#health(),
      ready: () => this.#seriesOpen && this.#processorStarted,
      failure: () => {
        const failure = this.#series?.failure ?? this.#processor?.failure
        return failure === undefined ? undefined : whyNot(failure)
      },
      rates: () => this.#rates.get(),
      gateway: () => this.#gateway?.counters ?? NO_GATEWAY,
      simulated,
      timezone: config.timezone,
      clock,
      startedAt: this.#startedAt
    }
  }

  /** Both equations as of the store's position: what it has not yet made queryable is pending. */
  #audit(): ApiAudit {
    const { audit, framesConsumed } = this.#position
    const acknowledged = this.#intake?.acknowledged ?? 0
    return {
      frames: { acknowledged, ...audit.frames, pending: Math.max(0, acknowledged - framesConsumed) },
      readings: audit.readings
    }
  }

  #health(): RoomHealth[] {
    const room = (name: string, failure: string): RoomHealth => ({
      room: name,
      ok: failure === '',
      detail: failure
    })
    return [
      room('gateway', this.#gateway === undefined ? 'not started' : ''),
      room('clock', this.#isClockBehind() ? `CLOCK_BEHIND: ${ERRORS.CLOCK_BEHIND.message}` : ''),
      room(
        'frames-log',
        (this.#logs?.frames.failure?.message ?? '') ||
          (this.#isOverdrawn ? `LOG_BEHIND: ${ERRORS.LOG_BEHIND.message}` : '')
      ),
      room('events-log', (this.#logs?.events.failure?.message ?? '') || this.#unrecorded),
      room(
        'processor',
        (this.#processor?.failure?.message ?? '') ||
          this.#trouble ||
          (this.#processorStarted ? '' : 'starting')
      ),
      room(
        'series',
        (this.#series?.failure?.message ?? '') || this.#seriesTrouble || (this.#seriesOpen ? '' : 'opening')
      )
    ]
  }

  /** Whether the clock is too far behind the records of before. */
  #isClockBehind(): boolean {
    return this.#newestAt - this.#options.clock.now() > CLOCK_BEHIND_MS
  }

  #logCode(code: ErrorCode, detail: object): void {
    this.#options.logger.error({ code, ...detail, remedy: ERRORS[code].remedy }, ERRORS[code].message)
  }

  /** @returns where the store stands, the empty position when it cannot say */
  async #startSeries(bell: SharedArrayBuffer, results: SharedMark): Promise<SeriesPosition> {
    const { config, clock, logger } = this.#options
    // The store's thread looks before the processor's has begun to write.
    nodeFiles.makeFolder(logFolder(config.data, 'results'))
    const data: SeriesData = {
      dataFolder: config.data,
      bell,
      results: shareLog(config, 'results', results),
      memoryMb: config['series.memoryMb'],
      threads: config['series.threads'],
      flushRows: config['series.flushRows'],
      flushMs: config['series.flushMs'],
      clusterQuietMs: config['series.clusterQuietMinutes'] * 60_000,
      latest: this.#latest,
      meters: this.#options.registry.meters.count,
      logLevel: config['log.level']
    }
    const entry = new URL('./threads/series.ts', import.meta.url)
    const onMessage = (message: FromSeries): void => this.#fromSeries(message)
    const onRestart = (why: Error): void => {
      this.#seriesOpen = false
      this.#seriesTrouble = ''
      this.#client.abandon(why)
      this.#onStoreAnswer()
    }
    const answered = new Promise<void>(resolve => {
      this.#onStoreAnswer = resolve
    })
    this.#series = new Thread({ name: 'series', entry, data, clock, logger, onMessage, onRestart })
    this.#series.start()
    const cancel = clock.after(STORE_WAIT_MS, this.#onStoreAnswer)
    await answered
    cancel()
    return this.#position
  }

  #startProcessor(
    logs: OpenLogs,
    results: SharedMark,
    log: ProcessorData['log'],
    { framesSeq, eventsSeq, resultsSeq }: SeriesPosition
  ): void {
    const { config, clock, logger } = this.#options
    const data: ProcessorData = {
      dataFolder: config.data,
      bell: logs.bell,
      frames: shareLog(config, 'frames', logs.frames.mark),
      events: shareLog(config, 'events', logs.events.mark),
      results: shareLog(config, 'results', results),
      log,
      stored: { framesSeq, eventsSeq, resultsSeq },
      settings: stageSettings(config),
      batchRecords: config['processor.batchRecords'],
      batchBytes: config['processor.batchBytes'],
      windowReadings: config['processor.windowReadings'],
      checkpointMs: config['processor.checkpointSeconds'] * 1000,
      logLevel: config['log.level']
    }
    const entry = new URL('./threads/processor.ts', import.meta.url)
    const onMessage = (message: FromProcessor): void => this.#fromProcessor(message)
    this.#processor = new Thread({ name: 'processor', entry, data, clock, logger, onMessage })
    this.#processor.start()
  }

  #fromProcessor(message: FromProcessor): void {
    switch (message.type) {
      case 'started':
        this.#processorStarted = true
        this.#trouble = ''
        return
      case 'released':
        void this.#trim(message.framesSeq, message.eventsSeq)
        return
      case 'trouble':
        this.#trouble = message.detail
        return
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }

  #fromSeries(message: FromSeries): void {
    switch (message.type) {
      case 'position':
        this.#position = message.position
        this.#seriesOpen = true
        this.#onStoreAnswer()
        this.#processor?.send({ type: 'stored', resultsSeq: message.position.resultsSeq })
        return
      case 'trouble':
        this.#seriesTrouble = message.detail
        return
      case 'history':
        for (const answers of splitAnswers(message.answers)) this.#intake?.storeHistory({ answers })
        return
      case 'answer':
        this.#client.settle(message)
        return
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }

  #reportUnrecorded(error: Error): void {
    const { code, message, remedy } = new GridvigilError('GATEWAY_UNRECORDED', error.message)
    this.#unrecorded = message
    this.#options.logger.error({ code, remedy }, message)
  }

  async #trim(framesSeq: number, eventsSeq: number): Promise<void> {
    try {
      await this.#logs?.frames.trim(framesSeq)
      await this.#logs?.events.trim(eventsSeq)
    } catch (thrown) {
      this.#options.logger.warn({ detail: String(thrown) }, 'old segments could not be dropped')
    }
  }

  #sample(): void {
    const acknowledged = this.#intake?.acknowledged ?? 0
    const { audit, framesConsumed } = this.#position
    this.#rates.sample(acknowledged, audit.readings.decoded)
    if (framesConsumed <= acknowledged || this.#isOverdrawn) return
    this.#isOverdrawn = true
    this.#logCode('LOG_BEHIND', { acknowledged, processed: framesConsumed })
  }

  #readCredentials(): Credentials {
    const { config, logger } = this.#options
    if (config.credentials !== '') return readCredentials(config.credentials)
    logger.warn('no credentials file is given: no terminal can connect (--credentials FILE)')
    return new Map()
  }
}

const timeText = (time: number): string => new Date(time).toISOString()

/** The settings that rule the stages, as they are recorded at every start. */
export function stageSettings(config: Config): ProcessorData['settings'] {
  return {
    pastDays: config['validation.pastDays'],
    futureMinutes: config['validation.futureMinutes'],
    maxReadings: config['validation.maxReadings'],
    limitFactor: config['validation.limitFactor'],
    minimumSteps: config['validation.minimumSteps'],
    windowReadings: config['processor.windowReadings']
  }
}
