import { type Clock, systemClock } from '../src/clock.ts'
import { GridvigilError } from '../src/errors.ts'
import { readSecrets } from '../src/registry/read/secrets-file.ts'
import type { Grid } from '../src/simulator/grid/grid.ts'
import { secretOf } from '../src/simulator/credentials.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'
import { LiveRun } from '../src/simulator/live-run.ts'
import type { LoadPatterns } from '../src/simulator/load/load-patterns.ts'
import { recordedHomes } from '../src/simulator/load/recorded-patterns.ts'
import { replaySource } from '../src/simulator/replay-source.ts'
import { lineText, Run, withInterval } from '../src/simulator/run.ts'
import { readScenario } from '../src/simulator/scenario/read-scenario.ts'
import type { Scenario } from '../src/simulator/scenario/schema.ts'
import { parseFlags } from './arguments.ts'
import { TextFile } from './simulate/text-file.ts'

export const SIMULATE_USAGE = `gridvigil simulate --registry DIR --scenario FILE --url mqtt://HOST:PORT --credentials FILE [--truth OUT.ndjson]
gridvigil simulate --registry DIR --scenario FILE --frames OUT.ndjson[.gz] [--truth OUT.ndjson [--reference]] [--start TIME]

Plays a scenario (docs/scenarios.md) in the grid of a registry: over real MQTT in wall-clock time, or as the lines that \`backtest\`
reads, as fast as the machine allows (- is standard output). The registry is taken for true; \`gridvigil city\` makes one, and the utility's beside it.

  --seed TEXT      decides what queries pick, what arrives and what everybody draws (default 1)
  --interval S     all terminals read and send every S seconds instead of as the registry says; a server judges rounds by its
                   registry, so make that one with \`city --interval S\`
  --pace N         what is scripted and what people do goes N times as fast as written
  --start TIME     RFC 3339: when the lines begin (default: 2026-11-20T08:00:00+08:00)
  --warm S         PUBACKs are measured from S seconds on (default 10)
  --homes FILE     homes draw what recorded ones drew: week,VID,V001..V672 as \`replay --format swiss\` reads it
  --reference      the truth also says from when on each outage could be known: brute force, minutes for a thousand outages
  --truth FILE     one line for each true row, in the words of the backtest's outputs`

const USUAL_START = Date.parse('2026-11-20T08:00:00+08:00')
const USUAL_WARM_MS = 10_000
const PROGRESS_MS = 1000

interface Options {
  readonly registry: string
  readonly scenario: string
  readonly seed: string
  readonly intervalMs: number
  /** 0: as the scenario says. */
  readonly pace: number
  readonly start: number
  readonly warmMs: number
  readonly homes: string
  readonly isReferred: boolean
  readonly truth: string
  readonly frames: string
  readonly url: string
  readonly credentials: string
}

/** Runs \`gridvigil simulate\`. @throws CLI_USAGE, SIMULATOR_SCENARIO, REGISTRY_FATAL, REGISTRY_REJECTS, SENDER_FORMAT, GATEWAY_CREDENTIALS, SENDER_CONNECT */
export async function simulate(
  args: readonly string[],
  clock: Clock = systemClock,
  signal: AbortSignal = stopSignal()
): Promise<void> {
  const options = readOptions(args)
  const written = readScenario(options.scenario)
  const scenario = options.pace > 0 ? { ...written, pace: options.pace } : written
  const registered = readGrid(options.registry)
  const grid = options.intervalMs > 0 ? withInterval(registered, options.intervalMs) : registered
  warnOfInterval(registered, options.intervalMs)
  const homes = options.homes === '' ? undefined : await recordedHomes(replaySource('swiss', options.homes))
  if (options.frames === '') await playLive(options, scenario, grid, homes, clock, signal)
  else await writeFrames(options, scenario, grid, homes, clock)
}

/** Rounds, and so what is lost and back, are judged by the upload interval of the registry, which nobody tells of this one. */
function warnOfInterval({ terminals }: Grid, intervalMs: number): void {
  const other = terminals.find(({ uploadMs }) => intervalMs > 0 && uploadMs !== intervalMs)
  if (other === undefined) return
  const seconds = intervalMs / 1000
  process.stderr.write(
    `warning: --interval ${seconds}, but the registry says upload_interval_s ${other.uploadMs / 1000} for ${other.id}: whoever is given such a ` +
      `registry awaits rounds that often, and what is lost ends late; \`gridvigil city --interval ${seconds}\` makes one that agrees\n`
  )
}

async function writeFrames(
  options: Options,
  scenario: Scenario,
  grid: Grid,
  homes: LoadPatterns | undefined,
  clock: Clock
): Promise<void> {
  const begin = clock.monotonic()
  const run = new Run({
    grid,
    scenario,
    start: options.start,
    seed: options.seed,
    isReferred: options.isReferred,
    ...(homes !== undefined && { homes })
  })
  const file = new TextFile(options.frames)
  let lines = 0
  let shownAt = begin
  for (let part = run.traffic.next(); part !== undefined; part = run.traffic.next()) {
    for (const line of part.lines) {
      await file.write(lineText(line))
      lines++
    }
    if (clock.monotonic() - shownAt < PROGRESS_MS) continue
    shownAt = clock.monotonic()
    const share = Math.floor((100 * (part.to - options.start)) / (run.traffic.end - options.start))
    process.stderr.write(`\r${share} %  ${lines} lines, ${new Date(part.to).toISOString()}`)
  }
  await file.close()
  const rows = await writeTruth(options.truth, run)
  const seconds = (clock.monotonic() - begin) / 1000
  const result = { event: 'simulated', lines, truthRows: rows, seconds: Number(seconds.toFixed(3)) }
  const words = options.frames === '-' ? process.stderr : process.stdout
  words.write(`${JSON.stringify(result)}\n`)
}

async function playLive(
  { url, credentials, seed, truth, warmMs }: Options,
  scenario: Scenario,
  grid: Grid,
  homes: LoadPatterns | undefined,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  const secrets = readSecrets(credentials)
  for (const { id } of grid.terminals) secretOf(secrets, id)
  const live = new LiveRun(
    {
      url,
      credentials: secrets,
      measuredFrom: clock.now() + warmMs,
      onTrouble: message => process.stderr.write(`${message}\n`)
    },
    clock
  )
  const stopProgress = clock.every(PROGRESS_MS, () => {
    const { messages, acknowledged } = live.figures
    process.stderr.write(`\rsent ${messages}  acknowledged ${acknowledged}`)
  })
  let rows = 0
  try {
    let run = new Run({ grid, scenario, start: clock.now(), seed, ...(homes !== undefined && { homes }) })
    await live.begin(run)
    await live.play(run, signal)
    const brokenOff = (): number | undefined => (signal.aborted ? clock.now() : undefined)
    rows += await writeTruth(truth, run, 'w', brokenOff())
    while (scenario.loops && !signal.aborted) {
      run = run.again()
      await live.play(run, signal)
      rows += await writeTruth(truth, run, 'a', brokenOff())
    }
  } finally {
    stopProgress()
    // After an error nobody may be left connected, or the command never ends.
    await live.stop()
  }
  process.stderr.write('\n')
  process.stdout.write(`${JSON.stringify({ event: 'simulated', ...live.figures, truthRows: rows })}\n`)
}

/** @returns how many rows were written */
async function writeTruth(path: string, run: Run, flags = 'w', until?: number): Promise<number> {
  if (path === '') return 0
  const rows = run.truth(until)
  const file = new TextFile(path, flags)
  for (const row of rows) await file.write(`${JSON.stringify(row)}\n`)
  await file.close()
  return rows.length
}

const VALUES = [
  '--registry',
  '--scenario',
  '--seed',
  '--interval',
  '--pace',
  '--start',
  '--homes',
  '--warm',
  '--truth',
  '--frames',
  '--url',
  '--credentials'
] as const

/** @throws CLI_USAGE */
function readOptions(args: readonly string[]): Options {
  const flags = parseFlags(args, ['--reference'], VALUES)
  const text = (name: (typeof VALUES)[number]): string => flags.values.get(name) ?? ''
  const number = (name: (typeof VALUES)[number], least: number, most: number): number => {
    if (text(name) === '') return 0
    const value = Number(text(name))
    if (value >= least && value <= most) return value
    throw new GridvigilError('CLI_USAGE', `${name} is a number from ${least} to ${most}`)
  }
  const [registry, scenario, frames] = [text('--registry'), text('--scenario'), text('--frames')]
  const [url, credentials] = [text('--url'), text('--credentials')]
  if (registry === '' || scenario === '')
    throw new GridvigilError('CLI_USAGE', '--registry DIR and --scenario FILE are needed')
  const isLive = url !== '' && credentials !== ''
  if (isLive === (frames !== ''))
    throw new GridvigilError('CLI_USAGE', 'either --frames FILE, or --url and --credentials')
  if (url !== '' && !/^mqtt:\/\/.+/.test(url))
    throw new GridvigilError('CLI_USAGE', `--url ${url} is no mqtt://HOST:PORT`)
  const start = text('--start') === '' ? USUAL_START : Date.parse(text('--start'))
  if (Number.isNaN(start))
    throw new GridvigilError('CLI_USAGE', `--start ${text('--start')} is no RFC 3339 time`)
  return {
    registry,
    scenario,
    seed: text('--seed') || '1',
    intervalMs: number('--interval', 1, 86_400) * 1000,
    pace: number('--pace', 1, 1000),
    start,
    warmMs: text('--warm') === '' ? USUAL_WARM_MS : number('--warm', 0, 86_400) * 1000,
    homes: text('--homes'),
    isReferred: flags.switches.has('--reference'),
    truth: text('--truth'),
    frames,
    url,
    credentials
  }
}

function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  return stop.signal
}
