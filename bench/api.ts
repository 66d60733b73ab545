import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { seededRandom } from '../src/random.ts'
import type { ApiLoadJob, ApiLoadResult } from './api-load.ts'
import { createFleet, type Fleet, meterId, timeOf, writeFleet } from './fleet.ts'
import { Generator } from './generator.ts'
import { calibrate, coreTicks, describeMachine, loadAverage, readRevision, stolenSince } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { Server } from './server.ts'
import { fillStore } from './store-fill.ts'

/**
 * The API over a full store while readings come in: latest values, curves of a week and loads of a day, each at a fixed
 * rate, all together, open loop. The store is filled once and measured `--runs` times; `--folder` keeps it for further ones.
 *
 * A run during which the host gave more than MAX_STOLEN_PERCENT of the cores to other machines says nothing about the server:
 * it is kept, not judged. All others have to pass, and there has to be one.
 *
 *   node bench/api.ts [--meters 80000] [--days 7] [--seconds 60] [--folder DIR]
 *   node bench/api.ts --meters 8000 --terminals 16 --readings 2000        a tenth
 */
const DEFAULTS = {
  seed: 4,
  meters: 80_000,
  /** One a transformer. */
  terminals: 160,
  batch: 100,
  days: 7,
  seconds: 60,
  runs: 1,
  readings: 20_000,
  latest: 200,
  curves: 5,
  loads: 2,
  'settle-s': 20,
  'warm-up-s': 10,
  'cluster-limit-s': 1800,
  folder: '',
  work: DEFAULT_WORK
} as const

const SLOT_MS = 900_000
const DAY_MS = 86_400_000
const SLOTS_PER_DAY = DAY_MS / SLOT_MS
const PATHS = 2000
/** Until the programs that ask are loaded. */
const LOAD_MS = 5000
const MAX_STOLEN_PERCENT = 5
const LIMIT_P99_MS = { latest: 10, curves: 50, loads: 200 } as const
type Kind = keyof typeof LIMIT_P99_MS

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** How far a folder was filled: a further run sends the slots after it. */
interface FolderState {
  readonly startTime: number
  nextSlot: number
  isOrdered: boolean
}

export async function runApi(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = options.folder === '' ? workFolder(options.work, 'api') : undefined
  const folder = work?.path ?? options.folder
  mkdirSync(folder, { recursive: true })
  const statePath = join(folder, 'state.json')
  const isNew = !existsSync(statePath)
  const closed = options.days * SLOTS_PER_DAY
  const state: FolderState = isNew
    ? { startTime: startTimeOf(options), nextSlot: closed + 1, isOrdered: false }
    : JSON.parse(readFileSync(statePath, 'utf8'))
  const fleet = fleetOf(options, state.startTime)
  const data = join(folder, 'data')
  const files = writeFleet(fleet, folder)
  const figures: Record<string, unknown> = {}
  if (isNew) {
    // With the first slot of the day after them: the newest day is never taken for closed.
    figures.filled = await fillStore(fleet, closed + 1, data)
    tell(`filled: ${JSON.stringify(figures.filled)}`)
    writeFileSync(statePath, JSON.stringify(state))
  }
  const base = { data, ...files, mqttPort: 0, httpPort: 0, clock: systemClock }
  const logFile = join(folder, 'server.log')
  const server = await Server.start({ ...base, logFile })
  try {
    if (!state.isOrdered) {
      figures.clusterSeconds = await waitForOrder(options, logFile)
      state.isOrdered = true
    }
    const runs: Awaited<ReturnType<typeof measure>>[] = []
    for (let run = 0; run < options.runs; run++) {
      runs.push(await measure(options, fleet, state, server))
      writeFileSync(statePath, JSON.stringify(state))
    }
    await server.stop()
    figures.rows = options.meters * options.days * SLOTS_PER_DAY
    figures.runs = runs
    const judged = runs.filter(({ stolenPercent }) => stolenPercent <= MAX_STOLEN_PERCENT)
    const pass = judged.length > 0 && judged.every(run => run.pass)
    if (pass) work?.remove()
    return { pass, figures }
  } catch (error) {
    await server.kill()
    throw error
  }
}

/** Until the server has said of every closed day that it is in order and has its curves. @returns seconds */
async function waitForOrder({ days, 'cluster-limit-s': limitS }: Options, logFile: string): Promise<number> {
  const started = systemClock.monotonic()
  for (;;) {
    const done = readFileSync(logFile, 'utf8').split('curves of a day are kept by meter').length - 1
    const seconds = Math.round((systemClock.monotonic() - started) / 1000)
    if (done >= days) return seconds
    if (seconds > limitS)
      throw new Error(`${done} of ${days} days are in order and have their curves after ${seconds} s`)
    await systemClock.delay(2000)
  }
}

async function measure(options: Options, fleet: Fleet, state: FolderState, server: Server) {
  const { terminals, batch, readings } = options
  const framesPerSlot = fleet.metersPerTerminal / batch
  const totalS = secondsOfRun(options)
  const frames = Math.ceil((readings * totalS) / (terminals * batch))
  const lastSlot = state.nextSlot + Math.ceil(frames / framesPerSlot)
  if (timeOf(fleet, lastSlot) > systemClock.now())
    throw new Error('the day of this folder is used up: fill a new one')
  const generator = await Generator.start({
    host: '127.0.0.1',
    port: server.mqttPort,
    fleet,
    window: 4,
    firstFrame: state.nextSlot * framesPerSlot,
    frames,
    framesPerSecond: readings / batch,
    progressMs: 0,
    limitMs: (totalS + 120) * 1000
  })
  const before = { load: loadAverage(), calibrationMs: calibrate(systemClock) }
  const ticks = coreTicks()
  generator.go()
  await systemClock.delay(options['settle-s'] * 1000)
  const startAt = systemClock.now() + LOAD_MS
  const kinds = await Promise.all(
    (['latest', 'curves', 'loads'] as const).map(kind => drive(kind, startAt, options, fleet, server))
  )
  const sent = await generator.done
  state.nextSlot += Math.ceil(frames / framesPerSlot)
  const held = Math.round(sent.acknowledgedReadings / (sent.wallMs / 1000))
  const byKind = Object.fromEntries(kinds.map(({ kind, result }) => [kind, result]))
  const isFast = kinds.every(
    ({ kind, result }) =>
      result.p99Ms <= LIMIT_P99_MS[kind] &&
      result.errors + result.non2xx === 0 &&
      result.requests >= result.wanted * 0.98
  )
  const isHeld = sent.complete && held >= readings * 0.98
  const result = {
    pass: isFast && isHeld,
    stolenPercent: stolenSince(ticks),
    ...byKind,
    ingest: { wanted: readings, held, ackMs: sent.ackMs, complete: sent.complete },
    before,
    after: { load: loadAverage(), calibrationMs: calibrate(systemClock) }
  }
  tell(`run: ${JSON.stringify(result)}`)
  return result
}

async function drive(kind: Kind, startAt: number, options: Options, fleet: Fleet, server: Server) {
  const job: ApiLoadJob = {
    url: `http://127.0.0.1:${server.httpPort}`,
    secret: server.secret,
    paths: pathsOf(kind, options, fleet),
    perSecond: options[kind],
    seconds: options.seconds,
    startAt,
    warmUpSeconds: options['warm-up-s']
  }
  const folder = workFolder(options.work, `load-${kind}`)
  const file = join(folder.path, 'job.json')
  writeFileSync(file, JSON.stringify(job))
  const entry = join(import.meta.dirname, 'api-load.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [entry, file])
  folder.remove()
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as ApiLoadResult
  tell(`${kind}: ${JSON.stringify(result)}`)
  return { kind, result }
}

/** Random meters, devices and days, the same in every run of a seed. */
function pathsOf(kind: Kind, options: Options, fleet: Fleet): string[] {
  const random = seededRandom(`${kind}-${options.seed}`)
  const end = timeOf(fleet, options.days * SLOTS_PER_DAY)
  const iso = (time: number): string => new Date(time).toISOString()
  return Array.from({ length: PATHS }, () => {
    const meter = meterId(random.integer(fleet.meters))
    if (kind === 'latest') return `/v1/meters/${meter}/latest`
    if (kind === 'curves') {
      const span = `from=${iso(end - 7 * DAY_MS)}&to=${iso(end)}`
      return `/v1/meters/${meter}/readings?${span}&fields=activePowerKw,importKwh&limit=1000`
    }
    const device = `BX${String(random.integer(fleet.terminals)).padStart(5, '0')}`
    const day = end - (1 + random.integer(options.days)) * DAY_MS
    return `/v1/devices/${device}/load?from=${iso(day)}&to=${iso(day + DAY_MS)}&step=15m`
  })
}

/** Slots that the runs send, and a few to spare. */
const slotsOfRuns = (options: Options): number =>
  options.runs * (Math.ceil((options.readings * secondsOfRun(options)) / options.meters) + 3)

const secondsOfRun = ({ seconds, 'settle-s': settleS, 'warm-up-s': warmUpS }: Options): number =>
  settleS + LOAD_MS / 1000 + warmUpS + seconds

/** The closed days end at the last midnight UTC that leaves room for the slots of the runs before now. */
function startTimeOf(options: Options): number {
  const lastMidnight = systemClock.now() - slotsOfRuns(options) * SLOT_MS
  return (Math.floor(lastMidnight / DAY_MS) - options.days) * DAY_MS
}

/** With a day of slots for runs on a folder that was kept. */
function fleetOf(options: Options, startTime: number): Fleet {
  const { seed, meters, terminals, batch, days } = options
  const slots = (days + 1) * SLOTS_PER_DAY + slotsOfRuns(options)
  return createFleet({ seed, meters, terminals, batch, slots, slotMs: SLOT_MS, startTime })
}

if (import.meta.main) {
  const { pass, figures } = await runApi(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
