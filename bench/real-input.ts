import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { systemClock } from '../src/clock.ts'
import { testEnvironment } from '../src/config.ts'
import { withLimit } from './limit.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { processTree, signalAll } from './processes.ts'
import { type ApiReading, type Audit, equationsHold, PROJECT, Server } from './server.ts'

/**
 * Real input through the front door: `gridvigil replay` publishes the Swiss 15-minute file and the French minute file
 * at QoS 1 to a server of its own; both audit equations must hold exactly, and register differences over the raw
 * values of the API must equal the sums of the file.
 *
 *   node bench/real-input.ts [--formats swiss,ihepc] [--shared FOLDER]
 */
const DEFAULTS = {
  formats: 'swiss,ihepc',
  shared: '',
  'limit-s': 900,
  gridvigil: join(PROJECT, 'bin', 'gridvigil'),
  work: DEFAULT_WORK
} as const

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

/** A meter's energy in the file: spans of equal length, one after the other. */
interface Expected {
  /** Token that names the meter in the registry that `replay` writes; empty = the only meter. */
  readonly name: string
  readonly kwh: readonly number[]
}

interface Source {
  readonly file: string
  readonly intervalMs: number
  /** Intervals whose sum is compared: a week or a day. */
  readonly span: number
  read(text: string): Expected[]
}

const WEEK_OF_QUARTERS = 672
const DAY_OF_MINUTES = 1440
const PAST_DAYS = '800'
/** kWh. Registers have six decimals, so a difference of two is off by at most one of them. */
const TOLERANCE = 1e-6
const ROUNDING = 1e-9

const SOURCES: Readonly<Record<string, Source>> = {
  swiss: {
    file: 'households/swiss_15min_open.csv.gz',
    intervalMs: 900_000,
    span: WEEK_OF_QUARTERS,
    read: readSwiss
  },
  ihepc: {
    file: 'minute/ihepc_1min_open.csv.gz',
    intervalMs: 60_000,
    span: DAY_OF_MINUTES,
    read: readMinutes
  }
}

export async function runRealInput(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const figures: Record<string, FormatFigures> = {}
  for (const format of options.formats.split(',')) {
    const source = SOURCES[format]
    if (source === undefined) throw new Error(`no such format: ${format}`)
    figures[format] = await runFormat(options, format, source)
  }
  return { pass: Object.values(figures).every(isRight), figures }
}

interface FormatFigures {
  readonly intervals: number
  readonly meters: number
  readonly sums: number
  readonly wrongSums: number
  readonly largestErrorKwh: number
  readonly equations: boolean
  readonly publishS: number
  readonly storedS: number
  readonly audit: Audit
}

/** Every interval of the file is stored once, and every sum agrees. */
function isRight({ intervals, meters, sums, wrongSums, equations, audit }: FormatFigures): boolean {
  const { stored, corrections, quarantined, held } = audit.readings
  // A register needs a first value before the first interval: one reading more for each meter, where it is sent.
  const isComplete = stored === intervals || stored === intervals + meters
  return equations && isComplete && corrections + quarantined + held === 0 && wrongSums === 0 && sums > 0
}

async function runFormat(options: Options, format: string, source: Source): Promise<FormatFigures> {
  const shared = options.shared === '' ? resolve(PROJECT, testEnvironment().shared) : options.shared
  const file = join(shared, 'data', source.file)
  const expected = source.read(gunzipSync(readFileSync(file)).toString('utf8'))
  const intervals = expected.reduce((sum, meter) => sum + meter.kwh.length, 0)
  const work = workFolder(options.work, `real-${format}`)
  const registry = join(work.path, 'registry')
  const credentials = join(registry, 'credentials.csv')
  const limitMs = options['limit-s'] * 1000
  await replay(options, [file, '--format', format, '--registry-out', registry])
  const server = await Server.start({
    command: [options.gridvigil, 'serve'],
    data: join(work.path, 'data'),
    registry,
    credentials,
    mqttPort: 0,
    httpPort: 0,
    flags: ['--validation-past-days', PAST_DAYS],
    logFile: join(work.path, 'server.log'),
    clock: systemClock
  })
  try {
    const started = systemClock.monotonic()
    const url = `mqtt://127.0.0.1:${server.mqttPort}`
    await replay(options, [file, '--format', format, '--url', url, '--credentials', credentials])
    const publishS = seconds(started)
    const isStored = ({ frames, readings }: Audit): boolean =>
      frames.pending === 0 && readings.held === 0 && readings.stored >= intervals
    const audit = await server.waitForAudit(isStored, limitMs, 100).catch(() => server.audit())
    const storedS = seconds(started)
    tell(`${format}: published in ${publishS} s, stored after ${storedS} s, reading back`)
    const sums = await compareSums(server, source, expected, registry)
    await server.stop()
    const equations = equationsHold(audit) && audit.frames.pending === 0
    const figures = { intervals, meters: expected.length, ...sums, equations, publishS, storedS, audit }
    if (isRight(figures)) work.remove()
    else tell(`the folder is kept: ${work.path}`)
    return figures
  } catch (error) {
    tell(`the folder is kept: ${work.path}`)
    await server.kill()
    throw error
  }
}

interface Sums {
  readonly sums: number
  readonly wrongSums: number
  readonly largestErrorKwh: number
}

async function compareSums(
  server: Server,
  source: Source,
  expected: readonly Expected[],
  registry: string
): Promise<Sums> {
  const meters = readMeters(registry)
  let sums = 0
  let wrongSums = 0
  let largestErrorKwh = 0
  for (const { name, kwh } of expected) {
    const meter = findMeter(meters, name)
    const rows = await server.readings(meter.id, 0, systemClock.now() + 86_400_000)
    const measured = spanEnergies(rows, meter.initial, kwh.length, source)
    for (let span = 0; span < kwh.length / source.span; span++) {
      const part = kwh.slice(span * source.span, (span + 1) * source.span)
      const error = Math.abs((measured[span] ?? Number.NaN) - part.reduce((sum, value) => sum + value, 0))
      sums++
      if (!(error <= TOLERANCE + ROUNDING)) wrongSums++
      largestErrorKwh = Math.max(largestErrorKwh, error)
    }
  }
  return { sums, wrongSums, largestErrorKwh }
}

/**
 * Register differences over spans that end `count` intervals after the series began.
 * @param initial the register before the first row, for series that do not begin with a reading of it
 */
export function spanEnergies(
  rows: readonly ApiReading[],
  initial: number,
  count: number,
  source: { readonly intervalMs: number; readonly span: number }
): number[] {
  const registers = new Map(rows.map(row => [row.time, row.importKwh ?? Number.NaN]))
  const last = Math.max(...registers.keys())
  const start = last - count * source.intervalMs
  if (!registers.has(start)) registers.set(start, initial)
  const spanMs = source.span * source.intervalMs
  return Array.from({ length: count / source.span }, (_, span) => {
    const [from, to] = [registers.get(start + span * spanMs), registers.get(start + (span + 1) * spanMs)]
    return (to ?? Number.NaN) - (from ?? Number.NaN)
  })
}

interface MeterRow {
  readonly id: string
  readonly cells: readonly string[]
  readonly initial: number
}

function readMeters(registry: string): MeterRow[] {
  const rows = parse(readFileSync(join(registry, 'meters.csv')), { columns: true, bom: true }) as Record<
    string,
    string
  >[]
  return rows.map(row => ({
    id: row.id ?? '',
    cells: Object.values(row),
    initial: Number(row.initial_register || 0)
  }))
}

/** The meter whose id, or failing that any of whose cells, holds the customer's number as a word of its own. */
function findMeter(meters: readonly MeterRow[], name: string): MeterRow {
  const word = new RegExp(`(^|[^0-9])0*${name}([^0-9]|$)`)
  const found =
    name === ''
      ? meters[0]
      : (meters.find(meter => word.test(meter.id)) ??
        meters.find(meter => meter.cells.some(cell => word.test(cell))))
  if (found === undefined) throw new Error(`the registry has no meter for ${name}`)
  return found
}

/** Weeks of all customers, in order, as one series each. */
function readSwiss(text: string): Expected[] {
  const series = new Map<string, number[]>()
  const lines = text.trimEnd().split('\n').slice(1)
  const rows = lines.map(line => line.split(',')).sort((a, b) => (a[0] ?? '').localeCompare(b[0] ?? ''))
  for (const [, customer = '', ...values] of rows) {
    const known = series.get(customer) ?? []
    series.set(customer, known)
    for (const value of values) known.push(Number(value))
  }
  return [...series].map(([name, kwh]) => ({ name, kwh }))
}

/** Mean power of each minute, kW, as energy. */
function readMinutes(text: string): Expected[] {
  const lines = text.trimEnd().split('\n').slice(1)
  return [{ name: '', kwh: lines.map(line => Number(line.split(',')[1]) / 60) }]
}

/** Runs `gridvigil replay` to its end. */
async function replay(options: Options, args: readonly string[]): Promise<void> {
  const child = spawn(options.gridvigil, ['replay', ...args], {
    stdio: ['ignore', 'ignore', 'inherit']
  })
  const exit = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? -1))
  })
  const code = await withLimit(exit, options['limit-s'] * 1000, systemClock, 'replay').catch(error => {
    signalAll(processTree(child.pid ?? 0), 'SIGKILL')
    throw error
  })
  if (code !== 0) throw new Error(`replay ${args.join(' ')} ended with code ${code}`)
}

const seconds = (since: number): number => Math.round((systemClock.monotonic() - since) / 10) / 100

if (import.meta.main) {
  const { pass, figures } = await runRealInput(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
