import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { seededRandom } from '../src/random.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import type { Hospital } from '../src/simulator/city/hospital.ts'
import { writeCityRegistry } from '../src/simulator/city/registry-files.ts'
import type { Rhythm } from '../src/simulator/city/terminals.ts'
import { cityFolders, writeCity } from '../src/simulator/city/write-city.ts'
import type { Credentials } from '../src/simulator/credentials.ts'
import { coreTicks, describeMachine, readRevision, stolenSince } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { equationsHold, PROJECT, Server } from './server.ts'
import { SupplyListener } from './supply-listener.ts'
import { type Change, FEED_TURNS, PLANT_TURNS, Plants } from './supply-plants.ts'

/**
 * How soon a change of how a key customer is supplied is on the live stream, while the interval of a whole city comes in: from the moment on in which
 * the message that decides it is given to the socket of its terminal, to its arrival at a client of `/v1/stream`. The city's meters are played by `simulate`.
 *
 *   node bench/supply-stream.ts [--meters 100000] [--key-customers 1000] [--seconds 180]
 */
const DEFAULTS = {
  meters: 100_000,
  'key-customers': 1000,
  /** All meters are read and sent once in that time. */
  'interval-seconds': 60,
  seconds: 180,
  'changes-per-second': 10,
  /** Everybody is connected, and everything compiled. */
  'warm-seconds': 75,
  'limit-p99-ms': 2000,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

const SEED = 'supply-stream'
/** Plants say how they are so often when nothing changes. */
const TELL_MS = 30_000
const BEGIN_LIMIT_S = 90
/** What has not arrived then is missed. */
const LAST_WAIT_MS = 15_000

export async function runSupplyStream(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'supply-stream')
  const { credentials, hospitals } = writeCities(options, work.path)
  const server = await Server.start({
    data: join(work.path, 'data'),
    registry: cityFolders(work.path).truth,
    credentials: cityFolders(work.path).credentials,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(work.path, 'server.log'),
    clock: systemClock
  })
  tell(`the server listens after ${Math.round(server.startMs)} ms`)
  const url = `mqtt://127.0.0.1:${server.mqttPort}`
  const plants = new Plants(url, credentials, hospitals, systemClock)
  const listener = new SupplyListener(systemClock)
  try {
    await listener.start(server.httpPort, server.secret)
    await plants.start()
    plants.tell(TELL_MS)
    await waitForAll(plants, listener)
    tell('all plants are heard of')
    const { pass, figures } = await measure(options, work.path, server, plants, listener)
    if (pass) work.remove()
    else tell(`the folder is kept: ${work.path}`)
    return { pass, figures }
  } finally {
    await listener.stop()
    await plants.stop()
    await server.stop()
  }
}

interface Written {
  readonly credentials: Credentials
  readonly hospitals: readonly Hospital[]
}

/** The city with its key customers, as the server has it, and the same without them, as `simulate` plays it. */
function writeCities({ meters, ...options }: Options, folder: string): Written {
  const interval = options['interval-seconds']
  const rhythm: Rhythm = {
    ...{ sampleS: interval, uploadS: interval, heartbeatS: interval },
    // Terminals take turns at all seconds of the interval.
    uploadDelayS: interval - 7
  }
  const seed = SEED
  const played = makeCity({ seed, meters, keyCustomers: 0 })
  writeCityRegistry(played, playedFolder(folder), undefined, rhythm)
  const city = makeCity({ seed, meters, keyCustomers: options['key-customers'] })
  return { credentials: writeCity(city, folder, rhythm), hospitals: city.hospitals }
}

const playedFolder = (folder: string): string => join(folder, 'played')

/** Waits until each is said to be supplied normally. @throws Error when that takes too long */
async function waitForAll({ ids }: Plants, listener: SupplyListener): Promise<void> {
  for (let tries = 0; tries < BEGIN_LIMIT_S; tries++) {
    if (ids.every(id => listener.stateOf(id) === 'normal')) return
    await systemClock.delay(1000)
  }
  const states = Object.entries(Object.groupBy(ids, id => listener.stateOf(id) ?? 'nothing'))
  throw new Error(`not all are normal: ${states.map(([state, all]) => `${all?.length} ${state}`).join(', ')}`)
}

async function measure(
  options: Options,
  folder: string,
  server: Server,
  plants: Plants,
  listener: SupplyListener
): Promise<{ pass: boolean; figures: object }> {
  const { seconds } = options
  const load = playCity(options, folder, server.mqttPort)
  await systemClock.delay(options['warm-seconds'] * 1000)
  const [ticks, before, ownBefore] = [coreTicks(), await server.audit(), plants.readings]
  const changes = await changeAll(options, plants)
  const stolenPercent = stolenSince(ticks)
  const after = await server.audit()
  const stored = after.readings.stored - before.readings.stored - (plants.readings - ownBefore)
  await systemClock.delay(LAST_WAIT_MS)
  const otherwiseOnBoard = await otherwise(server, plants, listener)
  await plants.stop()
  const { messages, acknowledged, acks } = await load
  const audit = await server.waitForAudit(({ frames }) => frames.pending === 0, 60_000)
  const delays = changes.map(change => ({ change, ms: delayOf(change, listener) }))
  const missed = delays.filter(({ ms }) => ms === undefined).map(({ change }) => change)
  const all = quantiles(delays.map(({ ms }) => ms))
  const customers = new Set(changes.map(({ keyCustomer }) => keyCustomer)).size
  const readingsPerSecond = Math.round(stored / seconds)
  const wanted = options.meters / options['interval-seconds']
  const ownUnacknowledged = plants.published - plants.acknowledged
  const errors = errorsOf(join(folder, 'server.log'))
  return {
    pass:
      equationsHold(audit) &&
      acknowledged === messages &&
      ownUnacknowledged === 0 &&
      otherwiseOnBoard.length === 0 &&
      errors.length === 0 &&
      readingsPerSecond >= wanted * 0.97 &&
      customers === options['key-customers'] &&
      missed.length === 0 &&
      all.p99 <= options['limit-p99-ms'],
    figures: {
      ...{ meters: options.meters, keyCustomers: customers, seconds, changes: changes.length },
      missed: missed.length,
      firstMissed: missed.slice(0, 3),
      delayMs: all,
      byTurn: Object.fromEntries(
        [...PLANT_TURNS, ...FEED_TURNS].map(({ name }) => [
          name,
          quantiles(delays.filter(({ change }) => change.turn === name).map(({ ms }) => ms))
        ])
      ),
      ...{ readingsPerSecond, wantedPerSecond: Math.round(wanted) },
      ...{ messages, acknowledged, acks },
      ...{ ownMessages: plants.published, ownUnacknowledged },
      ...{ otherwiseOnBoard: otherwiseOnBoard.length, errors: errors.slice(0, 3) },
      ...{ equations: equationsHold(audit), readings: audit.readings, stolenPercent },
      streamEvents: Object.fromEntries(listener.events)
    }
  }
}

/** Customers take turns in an order of the seed; each somewhere in its slot of time, so that the server's own beat meets all of them alike. */
async function changeAll(options: Options, plants: Plants): Promise<Change[]> {
  const random = seededRandom(SEED)
  const order = plants.ids.map((_, number) => [random.next(), number] as const).sort(([a], [b]) => a - b)
  const begin = systemClock.monotonic()
  const count = options.seconds * options['changes-per-second']
  const changes: Change[] = []
  for (let place = 0; place < count; place++) {
    const dueAt = begin + ((place + random.next()) * 1000) / options['changes-per-second']
    await systemClock.delay(Math.max(0, dueAt - systemClock.monotonic()))
    changes.push(plants.change(order[place % order.length]?.[1] ?? 0))
  }
  return changes
}

/** From publishing to the first line after it that says so; undefined where none came. */
function delayOf({ keyCustomer, state, publishedAt }: Change, listener: SupplyListener): number | undefined {
  const heard = listener.of(keyCustomer).find(line => line.at >= publishedAt && line.state === state)
  return heard === undefined ? undefined : heard.at - publishedAt
}

/** What never came is later than all that did. */
function quantiles(
  given: readonly (number | undefined)[]
): Record<'count' | 'p50' | 'p95' | 'p99' | 'max', number> {
  const sorted = given.map(ms => Math.round(ms ?? Number.MAX_SAFE_INTEGER)).sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

/** Customers of whom the ledger says another state than the stream said last. */
async function otherwise(server: Server, { ids }: Plants, listener: SupplyListener): Promise<string[]> {
  const kept = new Map<string, string | undefined>()
  for (let next: string | null = ''; next !== null; ) {
    const page: Board = await server.get(`/v1/supply?limit=500${next === '' ? '' : `&cursor=${next}`}`)
    for (const { keyCustomer, supply } of page.items) kept.set(keyCustomer, supply?.state)
    next = page.next
  }
  return ids.filter(id => kept.get(id) !== listener.stateOf(id))
}

interface Board {
  readonly items: readonly {
    readonly keyCustomer: string
    readonly supply: { readonly state: string } | null
  }[]
  readonly next: string | null
}

/** What a server wrote about what failed. */
const errorsOf = (logFile: string): string[] =>
  readFileSync(logFile, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('{') && JSON.parse(line).level >= 50)

interface Load {
  readonly messages: number
  readonly acknowledged: number
  readonly acks: object
}

/** The readings of everybody else, until a little after the last change. @throws Error when `simulate` fails */
async function playCity(options: Options, folder: string, mqttPort: number): Promise<Load> {
  const scenario = join(folder, 'load.yaml')
  const all = options['warm-seconds'] + options.seconds + 5
  writeFileSync(scenario, `{ name: load, title: { en: load, zh-CN: 负荷 }, duration: ${all}s }\n`)
  const child = spawn(
    join(PROJECT, 'bin', 'gridvigil'),
    [
      ...['simulate', '--registry', playedFolder(folder), '--scenario', scenario, '--seed', SEED],
      ...['--url', `mqtt://127.0.0.1:${mqttPort}`, '--credentials', cityFolders(folder).credentials],
      ...['--warm', String(options['warm-seconds'])]
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] }
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`gridvigil simulate ended with code ${code}`)
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Load
}

if (import.meta.main) {
  const { pass, figures } = await runSupplyStream(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
