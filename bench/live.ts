import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCityRegistry } from '../src/simulator/city/registry-files.ts'
import { makeCredentials, writeCredentials } from '../src/simulator/credentials.ts'
import { coreTicks, describeMachine, readRevision, stolenSince } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, workFolder } from './options.ts'
import { equationsHold, PROJECT, Server } from './server.ts'

/**
 * Ten thousand terminals live from one process: a city in which every meter has a modem of its own (or every box a terminal), all of them
 * connected over MQTT and publishing what their meters show, while the server under test keeps every frame before it acknowledges.
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
  /** Whose terminals: `meter`, modems of their own, or `box`, ten meters each. */
  by: 'meter',
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** Meters of a box on average (city/customers.ts), so that there are boxes enough. */
const METERS_PER_BOX = 9.5

export async function runLive(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'live')
  const registry = join(work.path, 'registry')
  writeTerminals(options, work.path, registry)
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
    return await measure(options, work.path, server)
  } finally {
    await server.stop()
    work.remove()
  }
}

async function measure(
  options: Options,
  folder: string,
  server: Server
): Promise<{ pass: boolean; figures: object }> {
  const scenario = join(folder, 'live.yaml')
  const all = options.seconds + options['warm-seconds']
  writeFileSync(scenario, `{ name: live, title: { en: live, zh-CN: 实时 }, duration: ${all}s }\n`)
  const ticks = coreTicks()
  const {
    messages = 0,
    acknowledged = 0,
    acks
  } = await simulate([
    ...['--registry', join(folder, 'registry'), '--scenario', scenario],
    ...['--url', `mqtt://127.0.0.1:${server.mqttPort}`, '--credentials', join(folder, 'credentials.csv')],
    ...['--warm', String(options['warm-seconds'])]
  ])
  const stolenPercent = stolenSince(ticks)
  const audit = await server.waitForAudit(({ frames }) => frames.pending === 0, 120_000)
  const perSecond = Math.round(acks.count / options.seconds)
  const equations = equationsHold(audit)
  const { stored: readings } = audit.readings
  return {
    pass:
      equations &&
      acknowledged === messages &&
      readings >= messages * 0.85 &&
      perSecond >= options['messages-per-second'] * 0.98 &&
      acks.p99Ms < options['limit-p99-ms'],
    figures: {
      by: options.by,
      terminals: options.terminals,
      messages,
      acknowledged,
      perSecond,
      acks,
      readings,
      equations,
      stolenPercent
    }
  }
}

interface Simulated {
  readonly messages: number
  readonly acknowledged: number
  readonly acks: {
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly p999Ms: number
  }
}

/** Runs `gridvigil simulate` to its end. @throws Error when it fails */
async function simulate(args: readonly string[]): Promise<Simulated> {
  const child = spawn(join(PROJECT, 'bin', 'gridvigil'), ['simulate', ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0) throw new Error(`gridvigil simulate ended with code ${code}`)
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Simulated
}

/** A city in which every meter, or every box, has a terminal; they are evenly spread over the interval. */
function writeTerminals(options: Options, folder: string, registry: string): void {
  const plain = join(folder, 'plain')
  mkdirSync(registry, { recursive: true })
  const isByBox = options.by === 'box'
  const meters = options.terminals * (isByBox ? METERS_PER_BOX * 1.1 : 1)
  writeCityRegistry(makeCity({ seed: 'live', meters: Math.ceil(meters) }), plain)
  const linesOf = (name: string): string[] => readFileSync(join(plain, name), 'utf8').trimEnd().split('\n')
  const [pointsHead = '', ...points] = linesOf('usage_points.csv')
  const boxOf = new Map(points.map(line => line.split(',')).map(cells => [cells[0] ?? '', cells[2] ?? '']))
  const [metersHead = '', ...all] = linesOf('meters.csv')
  const boxes = new Map<string, string>()
  const own = all.flatMap(line => {
    const cells = line.split(',')
    const box = boxOf.get(cells[1] ?? '')
    const terminal = `M-${isByBox ? box : cells[0]}`
    const isFull = boxes.size >= options.terminals && !boxes.has(terminal)
    // Check meters have no usage point; a hospital's feeds hang on no box.
    if (box === undefined || !box.startsWith('BX') || isFull) return []
    boxes.set(terminal, box)
    cells[3] = terminal
    return [cells.join(',')]
  })
  if (boxes.size < options.terminals) throw new Error(`the city has ${boxes.size} terminals`)
  const kept = new Set(own.map(line => line.split(',')[1] ?? ''))
  const intervalS = options.terminals / options['messages-per-second']
  const terminals = [...boxes].map(([terminal, box], i) => {
    const delayS = ((i * intervalS) / options.terminals).toFixed(4)
    return `${terminal},modem,${box},${intervalS},${intervalS},${delayS},3600,CMCC,460-00-1,none`
  })
  const put = (name: string, lines: readonly string[]): void =>
    writeFileSync(join(registry, name), `${lines.join('\n')}\n`)
  put('devices.csv', linesOf('devices.csv'))
  put('accounts.csv', linesOf('accounts.csv'))
  put('usage_points.csv', [pointsHead, ...points.filter(line => kept.has(line.split(',')[0] ?? ''))])
  put('meters.csv', [metersHead, ...own])
  put('terminals.csv', [
    'id,kind,powered_by,sample_interval_s,upload_interval_s,upload_delay_s,heartbeat_s,carrier,cell,backup',
    ...terminals
  ])
  writeCredentials(join(folder, 'credentials.csv'), makeCredentials([...boxes.keys()]))
}

if (import.meta.main) {
  const { pass, figures } = await runLive(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
