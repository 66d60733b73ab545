import { join } from 'node:path'
import type { Credentials } from '../../gateway/credentials.ts'
import { Gateway } from '../../gateway/gateway.ts'
import { Intake } from '../../gateway/intake.ts'
import { Checkpoints } from '../../processors/checkpoint.ts'
import type { ApiAudit, ApiContext, ReplayRequested, RoomHealth } from '../../src/api/context.ts'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { ERRORS, type ErrorCode, GridvigilError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import type { Logger } from '../../src/logger.ts'
import type { PingLines } from '../../src/model/pings.ts'
import type {
  DecisionRecord,
  ObservationRecord,
  TruckRecord,
  PlannedOutageRecord,
  SwitchStateRecord
} from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { partsOf } from '../../src/registry/lookup/registry-parts.ts'
import type { QuarantineFilter } from '../../src/series/port.ts'
import type { BackupSource } from '../backup/files.ts'
import { splitAnswers } from './history-records.ts'
import { logFolder, logSettings, type OpenLogs, openLogs, shareLog } from './logs.ts'
import type { OfficeContext } from './office.ts'
import { Rates } from './rates.ts'
import { requestReplay } from './replay-records.ts'
import { seenBy } from './seen.ts'
import { stageSettings } from './stage-settings.ts'
import { stored } from './stored.ts'
import type { ResultsLog } from './outage-part.ts'
import { whyNot } from './port-client.ts'
import type { PingWay } from './ping-desk.ts'
import { ProcessorPart } from './processor-part.ts'
import { SeriesPart } from './series-part.ts'
import { influxSettings } from './influx-settings.ts'
import { SeriesCopyPart } from './series-copy-part.ts'
import { processorData, seriesCopyData, seriesData, sharedParts } from './thread-data.ts'
import { StreamPart } from './stream-part.ts'

export interface SiteOptions {
  readonly config: Config
  readonly registry: Registry
  /** Who may connect now; it changes while the site runs. */
  readonly credentials: Credentials
  readonly clock: Clock
  readonly logger: Logger
  readonly simulated: boolean
  /** Told what the outage stage says of pings. */
  readonly onPings?: (pings: PingLines) => void
}

/** What the API is given by the site; the rest comes from the office and the desks beside it. */
export type SiteContext = Omit<
  ApiContext,
  keyof OfficeContext | 'backups' | 'switchingDesk' | 'decisionDesk' | 'pingDesk'
>

const RATE_MS = 1000
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
  readonly #startedAt: number
  #registry: Registry
  /** Rung by every log that grows. */
  readonly #bell = new SharedArrayBuffer(4)
  readonly #results = new SharedMark(this.#bell)
  readonly #stream: StreamPart
  readonly #series: SeriesPart
  /** InfluxDB, where it is filled beside the store that answers. */
  readonly #copy: SeriesCopyPart | undefined
  #logs: OpenLogs | undefined
  /** Log time of the newest record at the start. */
  #newestAt = 0
  /** More was processed than the logs hold: what was acknowledged is lost, and so said once. */
  #isOverdrawn = false
  /** Where who follows the results log beside the store stands; undefined when nobody does. */
  #followedSeq: number | undefined
  /** Somebody copies the folder: nothing is trimmed. */
  #isHeld = false
  #intake: Intake | undefined
  #gateway: Gateway | undefined
  #processor: ProcessorPart | undefined
  /** Why a record that must not be missing is missing; stays until the restart. */
  #unrecorded = ''
  #stopRates: (() => void) | undefined

  constructor(options: SiteOptions) {
    this.#options = options
    this.#registry = options.registry
    this.#rates = new Rates(options.clock)
    this.#startedAt = options.clock.now()
    const { config, registry, clock, logger } = options
    const results = shareLog(config, 'results', this.#results)
    const maxListeners = config['http.maxStreams']
    this.#stream = new StreamPart({ bell: this.#bell, results, maxListeners }, clock, logger)
    const influx = influxSettings(config)
    const isStore = config['series.store'] === 'influxdb'
    if (influx !== undefined && !isStore)
      this.#copy = new SeriesCopyPart(
        seriesCopyData(config, registry, influx, this.#bell, this.#results),
        clock,
        logger
      )
    this.#series = new SeriesPart({
      data: seriesData(config, registry, isStore ? influx : undefined, this.#bell, this.#results),
      clock,
      logger,
      onPosition: () => this.#tellStored(),
      onHistory: answered => {
        for (const answers of splitAnswers(answered)) this.#intake?.storeHistory({ answers })
      }
    })
  }

  /** The port terminals connect to. */
  get mqttPort(): number {
    return this.#gateway?.port ?? 0
  }

  /** @param followedSeq how far the results log was taken by who follows it beside the store */
  async start(followedSeq?: number): Promise<void> {
    this.#followedSeq = followedSeq
    const { config, clock, logger, credentials } = this.#options
    // Its readers look before the processor has begun to write.
    nodeFiles.makeFolder(logFolder(config.data, 'results'))
    this.#stream.start()
    this.#copy?.start()
    await this.#series.start()
    const checkpoint = new Checkpoints(nodeFiles, join(config.data, 'checkpoints')).load(() => {})
    const logs = await openLogs(
      config,
      logSettings(config),
      clock,
      logger,
      seenBy(checkpoint, this.#series.position),
      this.#bell
    )
    this.#logs = logs
    this.#newestAt = Math.max(logs.frames.lastAt, logs.events.lastAt)
    if (this.#isClockBehind()) this.#logCode('CLOCK_BEHIND', { newest: timeText(this.#newestAt) })
    this.#startProcessor(logs)
    const intake = new Intake({ frames: logs.frames, events: logs.events }, logs.ordinals, clock, error =>
      this.#reportUnrecorded(error)
    )
    this.#intake = intake
    intake.storeSettings(stageSettings(config))
    if (this.#registry.version > 0) this.changeRegistry(this.#registry)
    // Nobody is let in before what his readings are judged by. A log that fails is stated by its health; both are owed then.
    await logs.events.flush().catch(() => {})
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
    await this.#processor?.stop()
    await this.#stream.stop()
    await this.#copy?.stop()
    await this.#series.stop()
  }

  /** Newest data time stored of any meter, undefined when there is none yet. */
  async newestTime(): Promise<number | undefined> {
    const meters = Array.from({ length: this.#registry.meters.count }, (_, meter) => meter)
    const latest = await this.#series.queries.latest(meters)
    const times = [...latest.values()].map(row => row.time)
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /**
   * From here on this version is valid: for the API at once, for the pipeline from its record on. The gateway asks no
   * registry who may speak.
   * @param registry saved already: the record names it by its hash
   */
  changeRegistry(registry: Registry): void {
    this.#registry = registry
    this.#series.changeRegistry(registry)
    this.#copy?.handRegistry(sharedParts(registry))
    const parts = partsOf(registry)
    if (parts !== undefined) this.#processor?.handRegistry(parts)
    this.#intake?.storeRegistry({ version: registry.version, hash: registry.hash })
  }

  /** Has entries of the quarantine judged again under the registry and settings of now. @param by who asks */
  replay(filter: QuarantineFilter, by: string): Promise<ReplayRequested> {
    return requestReplay(filter, by, {
      series: this.#series.queries,
      eventsSeq: () => this.#series.position.eventsSeq,
      store: record => stored(this.#intake, (intake, onStored) => intake.storeReplay(record, onStored))
    })
  }

  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storeSwitchState(record: SwitchStateRecord): Promise<void> {
    return stored(this.#intake, (intake, onStored) => intake.storeSwitchState(record, onStored))
  }

  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storePlannedOutage(record: PlannedOutageRecord): Promise<void> {
    return stored(this.#intake, (intake, onStored) => intake.storePlannedOutage(record, onStored))
  }

  /** The way of pings to the log and down to terminals. */
  get pingWay(): PingWay {
    return {
      hears: terminal => this.#gateway?.hears(terminal) ?? false,
      ask: (terminal, command) => this.#gateway?.ask(terminal, command),
      risingNumber: () => this.#intake?.nextGeneration ?? 0,
      storePing: record => stored(this.#intake, (intake, onStored) => intake.storePing(record, onStored))
    }
  }

  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storeDecision(record: DecisionRecord): Promise<void> {
    return stored(this.#intake, (intake, onStored) => intake.storeDecision(record, onStored))
  }

  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storeObservation(record: ObservationRecord): Promise<void> {
    return stored(this.#intake, (intake, onStored) => intake.storeObservation(record, onStored))
  }

  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storeTruck(record: TruckRecord): Promise<void> {
    return stored(this.#intake, (intake, onStored) => intake.storeTruck(record, onStored))
  }

  /** Who follows the results log beside the store needs nothing before this. */
  tellFollowed(seq: number): void {
    this.#followedSeq = seq
    this.#tellStored()
  }

  /** For who follows it. */
  get resultsLog(): ResultsLog {
    const results = shareLog(this.#options.config, 'results', this.#results)
    return { bell: this.#bell, results, newest: () => this.#results.get() }
  }

  /** What a backup needs of the data. */
  backupSource(): Pick<BackupSource, 'hold' | 'copySeries' | 'marks'> {
    return {
      hold: async isHeld => {
        // First, so that nothing is released between the two.
        this.#isHeld = isHeld
        await this.#processor?.hold(isHeld)
      },
      copySeries: folder => this.#series.copyTo(folder),
      marks: () => ({
        frames: this.#logs?.frames.durableSeq ?? 0,
        events: this.#logs?.events.durableSeq ?? 0,
        results: this.#results.get()
      })
    }
  }

  isConnected(terminal: string): boolean {
    return this.#gateway?.isConnected(terminal) ?? false
  }

  /** Closes a terminal's connection; it has to log in again. */
  disconnect(terminal: string): void {
    this.#gateway?.disconnect(terminal)
  }

  /** What the API is given of the data. */
  context(): SiteContext {
    const { simulated, config, clock } = this.#options
    return {
      registry: () => this.#registry,
      series: this.#series.queries,
      live: { ...this.#stream.live, newest: () => this.#series.position.resultsSeq },
      remembers: meter => this.#series.remembers(meter),
      audit: () => this.#audit(),
      health: () => this.#health(),
      ready: () => this.#series.isOpen && this.#processor?.isStarted === true,
      failure: () => {
        const failure = this.#series.failure ?? this.#processor?.failure
        return failure === undefined ? undefined : whyNot(failure)
      },
      replay: (filter, by) => this.replay(filter, by),
      rates: () => this.#rates.get(),
      gateway: () => this.#gateway?.counters ?? NO_GATEWAY,
      simulated,
      timezone: config.timezone,
      clock,
      startedAt: this.#startedAt
    }
  }

  #tellStored(): void {
    const { resultsSeq } = this.#series.position
    this.#processor?.tellStored(Math.min(resultsSeq, this.#followedSeq ?? Infinity))
  }

  /** Both equations as of the store's position: what it has not yet made queryable is pending. */
  #audit(): ApiAudit {
    const { audit, framesConsumed } = this.#series.position
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
      room('processor', this.#processor?.describe() ?? 'starting'),
      room('series', this.#series.describe()),
      ...(this.#copy === undefined ? [] : [room('influxdb', this.#copy.describe())])
    ]
  }

  /** Whether the clock is too far behind the records of before. */
  #isClockBehind(): boolean {
    return this.#newestAt - this.#options.clock.now() > CLOCK_BEHIND_MS
  }

  #logCode(code: ErrorCode, detail: object): void {
    this.#options.logger.error({ code, ...detail, remedy: ERRORS[code].remedy }, ERRORS[code].message)
  }

  #startProcessor(logs: OpenLogs): void {
    const { config, clock, logger, onPings = () => {} } = this.#options
    const onReleased = (framesSeq: number, eventsSeq: number): void => void this.#trim(framesSeq, eventsSeq)
    const marks = { results: this.#results, stored: this.#series.position, followedSeq: this.#followedSeq }
    const data = processorData(config, this.#registry, logs, marks)
    this.#processor = new ProcessorPart({ data, clock, logger, onReleased, onPings })
    this.#processor.start()
  }

  #reportUnrecorded(error: Error): void {
    const { code, message, remedy } = new GridvigilError('GATEWAY_UNRECORDED', error.message)
    this.#unrecorded = message
    this.#options.logger.error({ code, remedy }, message)
  }

  async #trim(framesSeq: number, eventsSeq: number): Promise<void> {
    if (this.#isHeld) return
    try {
      await this.#logs?.frames.trim(framesSeq)
      await this.#logs?.events.trim(eventsSeq)
    } catch (thrown) {
      this.#options.logger.warn({ detail: String(thrown) }, 'old segments could not be dropped')
    }
  }

  #sample(): void {
    const acknowledged = this.#intake?.acknowledged ?? 0
    const { audit, framesConsumed } = this.#series.position
    this.#rates.sample(acknowledged, audit.readings.decoded)
    if (framesConsumed <= acknowledged || this.#isOverdrawn) return
    this.#isOverdrawn = true
    this.#logCode('LOG_BEHIND', { acknowledged, processed: framesConsumed })
  }
}

const timeText = (time: number): string => new Date(time).toISOString()
