import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { FileDiff } from '../src/registry/version/diff.ts'
import { type City, cityMeter, writeCity } from './city-registry.ts'
import type { DirtyRow } from './csv-file.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { usageOf } from './processes.ts'
import { SteadyTerminal, timeScans, watchLoop } from './registry-live.ts'
import { PROJECT, Server } from './server.ts'

/**
 * The registry at scale, through the front door: a city with dirty rows is imported by `gridvigil import`, loaded by `serve`,
 * and changed in some rows, which the diff of the next import must name. Every dirty row must be named by its code. Then the
 * first files are imported again through the running server, beside a terminal that publishes.
 *
 *   node bench/registry.ts [--meters 1000000] [--changed 1000]
 */
const DEFAULTS = {
  meters: 1_000_000,
  seed: 4,
  'dirty-percent': 2,
  changed: 1000,
  /** A dirty row takes along what refers to it: of 2 % dirty rows some 6 % are rejected. */
  'max-rejects': 10,
  work: DEFAULT_WORK
} as const

const LIMITS = { importS: 60, loadS: 15, idleMb: 1.2 * 1024, diffS: 10, blockMs: 100 } as const
/** How long a server that is ready is left alone before its memory is read. */
const IDLE_MS = 10_000
/** Between two messages of the terminal that publishes beside an import. */
const PUBLISH_MS = 20

interface Report {
  readonly version: number
  readonly files: readonly { readonly rows: number; readonly rejected: number }[]
  readonly diff: readonly FileDiff[]
}

const options = readOptions(DEFAULTS, process.argv.slice(2))
const work = workFolder(options.work, 'registry')
const data = join(work.path, 'data')

const city = makeCity('before', 0)
const first = await importCity(join(work.path, 'before'))
const unnamed = findUnnamed(city.dirty)
const load = await loadByServer()
makeCity('after', options.changed)
const second = await importCity(join(work.path, 'after'))
const live = await importLive(join(work.path, 'before'))
const [meters] = second.report.diff
const figures = {
  meters: options.meters,
  rows: sum(first.report.files.map(({ rows }) => rows)),
  rejected: sum(first.report.files.map(({ rejected }) => rejected)),
  dirtyRows: city.dirty.length,
  dirtyKinds: new Set(city.dirty.map(({ code }) => code)).size,
  unnamed,
  importS: first.importS,
  importCpuS: first.cpuS,
  ...load,
  againS: second.importS,
  diffS: second.diffS,
  ...live,
  diff: second.report.diff.map(({ file, added, removed, changed, columns }) => ({
    file,
    added,
    removed,
    changed,
    columns
  }))
}
const isDiffRight =
  second.report.diff.length === 1 &&
  meters?.changed === meters?.columns.rated_a &&
  (meters?.added ?? 1) + (meters?.removed ?? 1) === 0
const pass =
  unnamed.length === 0 &&
  isDiffRight &&
  (meters?.changed ?? 0) > options.changed * 0.8 &&
  first.importS <= LIMITS.importS &&
  load.loadS <= LIMITS.loadS &&
  load.idleMb <= LIMITS.idleMb &&
  live.live.version === 3 &&
  live.live.publishes.acknowledged === live.live.publishes.published &&
  live.live.waits.longestBlockMs <= LIMITS.blockMs &&
  second.diffS <= LIMITS.diffS
if (pass) work.remove()
printResult({ pass, ...figures, limits: LIMITS, machine: describeMachine(), ...readRevision() })
process.exitCode = pass ? 0 : 1

function makeCity(name: string, changed: number): City {
  tell(`writing the city ${name}`)
  const { meters, seed } = options
  return writeCity(join(work.path, name), { meters, seed, dirty: options['dirty-percent'] / 100, changed })
}

/** Runs `gridvigil import`; what it spends on comparing is told by its own clock. */
async function importCity(
  folder: string
): Promise<{ report: Report; importS: number; diffS: number; cpuS: number }> {
  tell(`importing ${folder}`)
  const words = ['import', folder, '--data', data, '--max-rejects', String(options['max-rejects']), '--json']
  const start = systemClock.monotonic()
  const child = spawn(join(PROJECT, 'bin', 'gridvigil'), words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, steps, cpuUs] = ['', '', 0]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    steps += text
    if (text.includes(' s  ')) cpuUs = usageOf([child.pid ?? 0]).cpuUs
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) throw new Error(`gridvigil import ended with ${code}: ${steps.slice(-2000)}`)
  const seconds = (systemClock.monotonic() - start) / 1000
  const at = (step: string): number => Number(new RegExp(`^ *([\\d.]+) s {2}${step}$`, 'm').exec(steps)?.[1])
  const diffS = at('done') - at('comparing')
  return {
    report: JSON.parse(out),
    importS: round(seconds - diffS),
    diffS: round(diffS),
    cpuS: round(cpuUs / 1e6)
  }
}

/** Dirty rows that the reject file does not name; one that refers to a rejected row may be named by that instead. */
function findUnnamed(dirty: readonly DirtyRow[]): DirtyRow[] {
  const named = new Map<string, Set<string>>()
  for (const line of readFileSync(join(data, 'registry-rejects.csv'), 'utf8').split('\n')) {
    const [file = '', number = '', , code = ''] = line.split(',')
    const place = `${file}:${number}`
    named.set(place, (named.get(place) ?? new Set()).add(code))
  }
  const isNamed = ({ file, line, code }: DirtyRow): boolean => {
    const codes = named.get(`${file}:${line}`) ?? new Set()
    return codes.has(code) || [...codes].some(other => other.endsWith('_UNKNOWN'))
  }
  return dirty.filter(row => !isNamed(row)).slice(0, 20)
}

async function startServer(registry = ''): Promise<Server> {
  const credentials = join(work.path, 'credentials.csv')
  writeFileSync(credentials, 'T00000,secret\n')
  return Server.start({
    data,
    registry,
    credentials,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(work.path, 'serve.log'),
    clock: systemClock
  })
}

async function loadByServer(): Promise<{
  loadS: number
  listeningS: number
  idleMb: number
  peakMb: number
}> {
  tell('loading')
  const start = systemClock.monotonic()
  const server = await startServer()
  try {
    while (!(await isReady(server.httpPort))) await systemClock.delay(50)
    const loadS = round((systemClock.monotonic() - start) / 1000)
    const idleMb = await idleMbOf(server)
    return { loadS, listeningS: round(server.startMs / 1000), idleMb, peakMb: usageOf(server.pids).maxRssMb }
  } finally {
    await server.stop()
  }
}

async function idleMbOf(server: Server): Promise<number> {
  // What an index is made for when it is first asked for belongs to an idle server too.
  await server.get('/v1/devices?limit=1')
  await systemClock.delay(IDLE_MS)
  return Math.round(sum(server.pids.map(residentMb)))
}

/** The first city again, through the running server and beside a terminal that publishes; then the scans over its lists. */
async function importLive(folder: string) {
  tell('importing through a server')
  const server = await startServer()
  try {
    const terminal = new SteadyTerminal(
      server.mqttPort,
      'T00000',
      Array.from({ length: 100 }, (_, i) => cityMeter(i)),
      systemClock
    )
    terminal.start(PUBLISH_MS)
    const [imported, waits] = await watchLoop(server, systemClock, () => importCity(folder))
    const publishes = await terminal.stop()
    const scans = await timeScans(server, systemClock)
    const idleMb = await idleMbOf(server)
    return { live: { version: imported.report.version, waits, publishes, idleMb, scans } }
  } finally {
    await server.stop()
  }
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
}

function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
