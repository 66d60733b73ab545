import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCityRegistry } from '../src/simulator/city/registry-files.ts'
import { makeCredentials, writeCredentials } from '../src/simulator/credentials.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'
import { LiveRun } from '../src/simulator/live-run.ts'
import { Run } from '../src/simulator/run.ts'
import { parseScenario } from '../src/simulator/scenario/read-scenario.ts'
import { coreTicks, describeMachine, readRevision, stolenSince } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { equationsHold, Server } from './server.ts'

/**
 * Ten thousand terminals live from one process: a city in which every meter box has a terminal of its own, all of them connected over MQTT and
 * publishing what their meters show, while the server under test keeps every frame before it acknowledges.
 *
 *   node bench/live.ts [--terminals 10000] [--messages-per-second 2000] [--seconds 120]
 */
const DEFAULTS = {
  terminals: 10_000,
  'messages-per-second': 2000,
  seconds: 120,
  /** Connecting, and everything compiled. */
  'warm-seconds': 40,
  'limit-p99-ms': 50,
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** Meters of a box on average (city/customers.ts), so that there are boxes enough. */
const METERS_PER_BOX = 9.5

export async function runLive(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'live')
  const registry = join(work.path, 'registry')
  const credentials = writeBoxes(options, work.path, registry)
  const server = await Server.start({
    data: join(work.path, 'data'),
    registry,
    credentials: join(work.path, 'credentials.csv'),
    mqttPort: 0,
    httpPort: 0,
    logFile: join(work.path, 'server.log'),
    clock: systemClock
  })
  try {
    return await measure(options, registry, credentials, server)
  } finally {
    await server.stop()
    work.remove()
  }
}

async function measure(
  options: Options,
  registry: string,
  credentials: ReadonlyMap<string, string>,
  server: Server
): Promise<{ pass: boolean; figures: object }> {
  const all = options.seconds + options['warm-seconds']
  const scenario = parseScenario(
    `{ name: live, title: { en: x, zh-CN: x }, duration: ${all}s, collection: { readFailures: 0.02 } }`,
    'bench'
  )
  const grid = readGrid(registry)
  const start = systemClock.now() + 1000
  const run = new Run({ grid, scenario, start, seed: 'live' })
  const counts = new Uint32Array(60_000)
  let [measured, troubles] = [0, 0]
  const warmUntil = start + options['warm-seconds'] * 1000
  const live = new LiveRun(
    {
      url: `mqtt://127.0.0.1:${server.mqttPort}`,
      credentials,
      onTrouble: () => void troubles++,
      onAcked: ms => {
        if (systemClock.now() < warmUntil) return
        measured++
        const bucket = Math.min(counts.length - 1, Math.floor(ms))
        counts[bucket] = (counts[bucket] ?? 0) + 1
      }
    },
    systemClock
  )
  const ticks = coreTicks()
  const stopTelling = systemClock.every(10_000, () => tell(JSON.stringify({ ...live.figures, troubles })))
  await live.play(run, new AbortController().signal)
  stopTelling()
  const stolenPercent = stolenSince(ticks)
  await live.stop()
  const audit = await server.waitForAudit(({ frames }) => frames.pending === 0, 120_000)
  const { messages, acknowledged } = live.figures
  const p99Ms = quantileOf(counts, measured, 0.99)
  const perSecond = measured / options.seconds
  const equations = equationsHold(audit)
  const figures = {
    terminals: grid.terminals.length,
    meters: grid.customers.count,
    messages,
    acknowledged,
    perSecond: Math.round(perSecond),
    p50Ms: quantileOf(counts, measured, 0.5),
    p99Ms,
    p999Ms: quantileOf(counts, measured, 0.999),
    troubles,
    readings: audit.readings.stored,
    equations,
    stolenPercent
  }
  const pass =
    equations &&
    troubles === 0 &&
    acknowledged === messages &&
    perSecond >= options['messages-per-second'] * 0.98 &&
    p99Ms < options['limit-p99-ms']
  return { pass, figures }
}

/** The smallest whole ms at or below which so many of the counted lie. */
function quantileOf(counts: Uint32Array, total: number, part: number): number {
  let seen = 0
  for (let ms = 0; ms < counts.length; ms++) {
    seen += counts[ms] ?? 0
    if (seen >= total * part) return ms + 1
  }
  return Number.POSITIVE_INFINITY
}

/** A city with a terminal at every box, evenly spread over the interval. @returns a secret for each */
function writeBoxes(options: Options, folder: string, registry: string): ReadonlyMap<string, string> {
  const plain = join(folder, 'plain')
  mkdirSync(registry, { recursive: true })
  writeCityRegistry(
    makeCity({ seed: 'live', meters: Math.ceil(options.terminals * METERS_PER_BOX * 1.1) }),
    plain
  )
  const linesOf = (name: string): string[] => readFileSync(join(plain, name), 'utf8').trimEnd().split('\n')
  const devices = linesOf('devices.csv')
  const boxes = devices.filter(line => line.split(',')[1] === 'box').map(line => line.split(',')[0] ?? '')
  const kept = new Set(boxes.slice(0, options.terminals))
  if (kept.size < options.terminals) throw new Error(`the city has ${kept.size} boxes`)
  const [pointsHead = '', ...points] = linesOf('usage_points.csv')
  const boxOf = new Map(points.map(line => line.split(',')).map(cells => [cells[0] ?? '', cells[2] ?? '']))
  const ownPoints = points.filter(line => kept.has(line.split(',')[2] ?? ''))
  const [metersHead = '', ...meters] = linesOf('meters.csv')
  const ownMeters = meters.flatMap(line => {
    const cells = line.split(',')
    const box = boxOf.get(cells[1] ?? '') ?? ''
    if (!kept.has(box)) return []
    cells[3] = `M-${box}`
    return [cells.join(',')]
  })
  const intervalS = options.terminals / options['messages-per-second']
  const terminals = [...kept].map((box, i) => {
    const delayS = ((i * intervalS) / options.terminals).toFixed(4)
    return `M-${box},modem,${box},${intervalS},${intervalS},${delayS},3600,CMCC,460-00-1,none`
  })
  const put = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(registry, name), `${lines.join('\n')}\n`)
  put('devices.csv', devices)
  put('accounts.csv', linesOf('accounts.csv'))
  put('usage_points.csv', [pointsHead, ...ownPoints])
  put('meters.csv', [metersHead, ...ownMeters])
  put('terminals.csv', [
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,carrier,cell,backup',
    ...terminals
  ])
  const credentials = makeCredentials([...kept].map(box => `M-${box}`))
  writeCredentials(join(folder, 'credentials.csv'), credentials)
  return credentials
}

if (import.meta.main) {
  const { pass, figures } = await runLive(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
