import { systemClock } from '../src/clock.ts'
import { GridvigilError } from '../src/errors.ts'
import { configOf, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { readLines } from './backtest/input.ts'
import { exportHead } from './backtest/line.ts'
import { BacktestOutput } from './backtest/output.ts'
import { readPlanned } from './backtest/planned.ts'
import { BacktestRegistries } from './backtest/registries.ts'
import { BacktestRun, type RunParts } from './backtest/run.ts'
import { stageLayer, stageSettings } from './site/stage-settings.ts'

export const BACKTEST_USAGE = `gridvigil backtest --registry DIR --frames FILE.ndjson[.gz] --out DIR [--config FILE] [--planned FILE] [--readings]
    [--SETTING VALUE…]

Runs the pipeline of \`serve\` over recorded traffic, without servers and as fast as the machine allows. FILE has one
record a line in order of \`at\` (epoch ms): {"at","terminal","topic","payload"}; payload is JSON, or base64 text. Of a
file that \`gridvigil export\` wrote, settings and registry versions are taken over; what --config, environment or flags
set is set for the whole run. --planned is a CSV of planned outages (the columns of planned_outages.csv) that are known
before the first line. Writes incidents.ndjson, communication.ndjson, findings.ndjson, alarms.ndjson, decisions.ndjson,
quarantine.ndjson, summary.json, timing.json and, with --readings, readings.ndjson into DIR.

Any setting of docs/configuration.md is a flag: --validation-past-days 800 --validation-limit-factor 1.5.`

const PROGRESS_MS = 1000

/** Runs \`gridvigil backtest\`. @throws CLI_USAGE, SENDER_FORMAT, REGISTRY_FATAL, REGISTRY_REJECTS */
export async function backtest(args: readonly string[]): Promise<void> {
  const flags = parseFlags(
    args,
    ['--readings'],
    ['--frames', '--out', '--config', '--planned', ...SETTING_FLAGS]
  )
  const frames = flags.values.get('--frames')
  const out = flags.values.get('--out')
  const planned = flags.values.get('--planned')
  const config = configOf(flags)
  if (frames === undefined || out === undefined || config.registry === '') {
    throw new GridvigilError('CLI_USAGE', '--registry, --frames and --out are needed')
  }
  const output = new BacktestOutput(out, flags.switches.has('--readings'))
  await run(frames, config.timezone, {
    registries: new BacktestRegistries(config),
    output,
    settings: stageSettings(config),
    settingsOver: recorded => stageSettings(configOf(flags, stageLayer(recorded))),
    ...(planned !== undefined && { planned: registry => readPlanned(planned, config.timezone, registry) })
  })
}

async function run(frames: string, zone: string, parts: RunParts): Promise<void> {
  const { output } = parts
  const startedAt = systemClock.monotonic()
  let shownAt = startedAt
  let begun: BacktestRun | undefined
  // Nothing is written before registry and first line are known to be good.
  const begin = (line: string): BacktestRun => {
    const run = new BacktestRun(parts, exportHead(line))
    output.open()
    return run
  }
  for await (const line of readLines(frames)) {
    begun ??= begin(line)
    begun.take(line)
    if (begun.lines % 1000 === 0 && systemClock.monotonic() - shownAt > PROGRESS_MS) {
      shownAt = systemClock.monotonic()
      process.stderr.write(`\r${begun.lines} lines, ${new Date(begun.lastAt).toISOString()}`)
    }
  }
  begun ??= begin('{}')
  const summary = begun.finish()
  const seconds = (systemClock.monotonic() - startedAt) / 1000
  const { lines, isAsRecorded } = begun
  const { decoded } = begun.audit.readings
  output.close(summary, begun.reliabilityPeriod(zone), {
    seconds,
    linesPerSecond: lines / seconds,
    readingsPerSecond: decoded / seconds
  })
  const added = parts.planned === undefined ? '' : ' but for --planned'
  const how = isAsRecorded ? `, as recorded${added}` : ''
  process.stderr.write(`\r${lines} lines, ${decoded} readings in ${seconds.toFixed(1)} s${how}\n`)
}
