import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SharedMark } from '../src/log/durable-mark.ts'
import { systemClock } from '../src/clock.ts'
import { nodeFiles } from '../src/files.ts'
import { SegmentedReader } from '../src/log/segmented-reader.ts'
import { StepGatherer } from '../src/series/feed-gather.ts'
import { type Fleet, meterId, writeFleet } from './fleet.ts'
import type { Generator, GeneratorResult } from './generator.ts'
import { addressIn, Bodies } from './influx-bodies.ts'
import { type MinuteLoad, minuteFleet, startMinuteLoad } from './minute-load.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { type Influx, startInflux } from './reference/influx.ts'
import { readAckFile, readBack } from './readback.ts'
import { equationsHold, Server } from './server.ts'

/**
 * InfluxDB as the store of a server under load, and what becomes of it:
 *
 *   killed      SIGKILL, started again after `gap-seconds`
 *   restarted   SIGTERM, started again after `gap-seconds`
 *   slow        each request takes 5 s: it is stopped for that long and goes on for a moment, `slow-seconds` long
 *   full        its disk has no room any more (a memory disk that is made as small as what is on it; needs root), `gap-seconds` long;
 *               then there is room, and it is started again
 *   down        for `down-seconds`
 *
 * All the while readings come at one rate, and must be acknowledged. Then nothing more is sent, the backlog drains, and every reading
 * that was acknowledged is read back through the API. Last, InfluxDB takes the same points out of bodies that were made before, into a new database:
 * its own maximum.
 *
 *   node bench/influx-outage.ts [--events killed,restarted,slow,full,down] [--down-seconds 600] ...
 */
const DEFAULTS = {
  events: 'killed,restarted,slow,full,down',
  meters: 10_000,
  terminals: 100,
  batch: 100,
  window: 4,
  'readings-per-second': 20_000,
  'warm-seconds': 20,
  'gap-seconds': 15,
  'slow-seconds': 60,
  'down-seconds': 600,
  /** Meters that are read back through the API; counts are of all. */
  'read-meters': 500,
  'max-growth-mb': 100,
  'least-drain': 0.85,
  'drain-limit-s': 3600,
  seed: 8,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>
type Figures = Record<string, unknown>

const DATABASE = 'gridvigil'
const SLOW_MS = 5000
/** What a slow database does between its pauses. */
const MOMENT_MS = 300
/** The memory disk, while it is not full. */
const DISK_MB = 6144

export async function runInfluxOutage(args: readonly string[]): Promise<{ pass: boolean; figures: Figures }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'influx-outage')
  mkdirSync(work.path, { recursive: true })
  const run = new OutageRun(options, work.path)
  try {
    const outcome = await run.go()
    // A memory disk is let go first: it could not be removed.
    await run.end()
    if (outcome.pass) work.remove()
    else tell(`the folder is kept: ${work.path}`)
    return outcome
  } finally {
    await run.end()
  }
}

class OutageRun {
  readonly #options: Options
  readonly #folder: string
  readonly #influxFolder: string
  #influx: Influx | undefined
  #server: Server | undefined
  #generator: Generator | undefined
  #isMounted = false

  constructor(options: Options, folder: string) {
    this.#options = options
    this.#folder = folder
    this.#influxFolder = join(folder, 'influx')
  }

  async go(): Promise<{ pass: boolean; figures: Figures }> {
    const options = this.#options
    const events = options.events.split(',').filter(Boolean)
    const load = this.#load(events)
    const fleet = { ...minuteFleet(load), lean: true }
    const files = writeFleet(fleet, this.#folder)
    if (events.includes('full')) this.#mount(DISK_MB)
    this.#influx = await startInflux(this.#influxFolder, 'unused', systemClock)
    const server = await Server.start({
      ...files,
      ...{ data: join(this.#folder, 'data'), mqttPort: 0, httpPort: 0, clock: systemClock },
      logFile: join(this.#folder, 'server.log'),
      flags: ['--series-store', 'influxdb', '--influxdb-url', this.#influx.url]
    })
    this.#server = server
    const ackFile = join(this.#folder, 'acknowledged.u32')
    const generator = await startMinuteLoad(load, fleet, server.mqttPort, ackFile)
    this.#generator = generator
    generator.go()
    await systemClock.delay(options['warm-seconds'] * 1000)
    const before = residentMb(server.pids)
    const done: Figures[] = []
    for (const event of events) done.push(await this.#suffer(event, generator, server))
    generator.stop()
    const sent = await generator.done
    const drained = await this.#drain(server, sent)
    const audit = await server.audit()
    const most = Math.max(...done.map(({ residentMb }) => Number(residentMb)))
    const atEnd = residentMb(server.pids)
    const rows = await this.#count(server, fleet, ackFile)
    const ownPerSecond = await this.#ownMaximum()
    const growthMb = most - before
    const drain = drained.perSecond / ownPerSecond
    const figures = {
      events: done,
      acknowledged: sent.acknowledgedReadings,
      ackMs: sent.ackMs,
      reconnects: sent.reconnects,
      residentMb: { before, most, growth: growthMb, atEnd },
      ...{ drained, ownPerSecond, drainShare: Math.round(drain * 1000) / 1000 },
      ...{ rows, equations: equationsHold(audit), audit: audit.readings }
    }
    const isKept =
      Object.values(rows.readBack).every(count => count === 0) && rows.stored === rows.acknowledged
    const isHeard = done.every(({ acknowledgedShare }) => Number(acknowledgedShare) > 0.98)
    const pass =
      equationsHold(audit) &&
      isKept &&
      isHeard &&
      sent.reconnects === 0 &&
      growthMb < options['max-growth-mb'] &&
      drain >= options['least-drain']
    return { pass, figures }
  }

  #load(events: readonly string[]): MinuteLoad {
    const options = this.#options
    const { seed, meters, terminals, batch, window } = options
    const seconds = events.reduce((sum, event) => {
      if (event === 'down') return sum + options['down-seconds'] + 30
      return sum + (event === 'slow' ? options['slow-seconds'] : options['gap-seconds']) + 60
    }, options['warm-seconds'] + 60)
    return {
      seed,
      meters,
      terminals,
      batch,
      window,
      framesPerSecond: options['readings-per-second'] / batch,
      seconds
    }
  }

  /** One event, from its beginning until the database takes points again; the load goes on. */
  async #suffer(event: string, generator: Generator, server: Server): Promise<Figures> {
    const options = this.#options
    tell(`${event} ...`)
    const begun = systemClock.monotonic()
    const acknowledged = generator.acknowledged
    let most = 0
    const stopWatch = systemClock.every(1000, () => {
      most = Math.max(most, residentMb(server.pids))
    })
    if (event === 'slow') await this.#beSlow(options['slow-seconds'] * 1000)
    else if (event === 'full') await this.#beFull(options['gap-seconds'] * 1000)
    else {
      if (event === 'restarted') await this.influx.stop()
      else await this.influx.kill()
      await systemClock.delay((event === 'down' ? options['down-seconds'] : options['gap-seconds']) * 1000)
    }
    const seconds = (systemClock.monotonic() - begun) / 1000
    const readings = (generator.acknowledged - acknowledged) * options.batch
    const { pending } = (await server.audit()).frames
    if (event !== 'slow' && event !== 'full') {
      const { ports } = this.influx
      this.#influx = await startInflux(this.#influxFolder, 'unused', systemClock, ports)
    }
    stopWatch()
    const figures = {
      ...{ event, seconds: Math.round(seconds), residentMb: most, pendingFrames: pending },
      acknowledgedShare: Math.round((1000 * readings) / (seconds * options['readings-per-second'])) / 1000
    }
    tell(JSON.stringify(figures))
    return figures
  }

  get influx(): Influx {
    if (this.#influx === undefined) throw new Error('InfluxDB does not run')
    return this.#influx
  }

  async #beSlow(ms: number): Promise<void> {
    const end = systemClock.monotonic() + ms
    while (systemClock.monotonic() < end) {
      process.kill(this.influx.pid, 'SIGSTOP')
      await systemClock.delay(SLOW_MS)
      process.kill(this.influx.pid, 'SIGCONT')
      await systemClock.delay(MOMENT_MS)
    }
  }

  /** The disk is made as small as what is on it, and larger again. */
  async #beFull(ms: number): Promise<void> {
    const used = Number(
      execFileSync('df', ['--output=used', '-BM', this.#influxFolder], { encoding: 'utf8' }).match(
        /(\d+)M/
      )?.[1]
    )
    this.#remount(used + 1)
    await systemClock.delay(ms)
    this.#remount(DISK_MB)
    // 1.x remembers the error of its write-ahead log until it is started again, whatever room there is.
    const { ports } = this.influx
    await this.influx.stop()
    this.#influx = await startInflux(this.#influxFolder, 'unused', systemClock, ports)
  }

  #mount(sizeMb: number): void {
    mkdirSync(this.#influxFolder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'tmpfs', this.#influxFolder])
    this.#isMounted = true
  }

  #remount(sizeMb: number): void {
    execFileSync('mount', ['-o', `remount,size=${sizeMb}m`, this.#influxFolder])
  }

  /**
   * Nothing more is sent: the backlog, from when the database takes points again until everything is stored. How long it takes to notice that is told
   * apart.
   */
  async #drain(server: Server, sent: GeneratorResult) {
    const limitMs = this.#options['drain-limit-s'] * 1000
    const begun = systemClock.monotonic()
    const before = (await server.audit()).readings.stored
    const first = (await server.waitForAudit(({ readings }) => readings.stored > before, limitMs, 100))
      .readings.stored
    const resumed = systemClock.monotonic()
    const audit = await server.waitForAudit(
      ({ frames, readings }) =>
        frames.pending === 0 && readings.stored + readings.quarantined >= sent.acknowledgedReadings,
      limitMs,
      100
    )
    const seconds = (systemClock.monotonic() - resumed) / 1000
    const readings = audit.readings.stored - first
    const drained = {
      ...{ readings, seconds: Math.round(seconds), perSecond: Math.round(readings / seconds) },
      noticedAfterS: Math.round((resumed - begun) / 1000)
    }
    tell(`drained ${JSON.stringify(drained)}`)
    return drained
  }

  async #count(server: Server, fleet: Fleet, ackFile: string) {
    const { has, frames } = readAckFile(ackFile, fleet)
    const answer = await this.influx.rows(DATABASE, 'SELECT COUNT("row") FROM "raw"."reading_versions"')
    const some = { ...fleet, meters: Math.min(fleet.meters, this.#options['read-meters']) }
    const { present, ...readBackCounts } = await readBack(some, server, has)
    return {
      acknowledged: frames * fleet.batch,
      stored: answer[0]?.[1] ?? 0,
      present,
      readBack: readBackCounts
    }
  }

  /** The results again, five million readings at most, out of bodies that were made before. */
  async #ownMaximum(): Promise<number> {
    await this.#server?.stop()
    this.#server = undefined
    const mark = new SharedMark()
    mark.set(Number.MAX_SAFE_INTEGER)
    const folder = join(this.#folder, 'data', 'logs', 'results')
    const reader = new SegmentedReader({ folder, files: nodeFiles, mark })
    const gatherer = new StepGatherer(() => {})
    const bodies = new Bodies(join(this.#folder, 'bodies'))
    while (bodies.readings < MOST_READINGS) {
      const records = reader.read(1000, 8 * 1024 * 1024)
      if (records.length === 0) break
      for (const record of records) gatherer.add(record)
      if (gatherer.rows >= 100_000) await bodies.add(gatherer.take().batch, meterId)
    }
    reader.close()
    const perSecond = await bodies.send(addressIn(this.influx.url, 'own'))
    tell(`InfluxDB itself: ${perSecond} readings a second`)
    return perSecond
  }

  async end(): Promise<void> {
    this.#generator?.kill()
    await this.#server?.stop().catch(() => {})
    await this.#influx?.stop().catch(() => {})
    if (this.#isMounted) execFileSync('umount', [this.#influxFolder])
    this.#isMounted = false
  }
}

const MOST_READINGS = 5_000_000
/** Resident memory of processes now, MiB. */
function residentMb(pids: readonly number[]): number {
  let kb = 0
  for (const pid of pids) {
    try {
      kb += Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
    } catch {
      // It ended meanwhile.
    }
  }
  return Math.round(kb / 1024)
}

if (import.meta.main) {
  const { pass, figures } = await runInfluxOutage(process.argv.slice(2))
  printResult({ pass, ...figures })
  process.exitCode = pass ? 0 : 1
}
