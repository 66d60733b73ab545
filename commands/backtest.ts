import { Pipeline } from '../processors/pipeline.ts'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'
import { REGISTRY, SETTINGS_CHANGED } from '../src/records/gateway-record.ts'
import { buildRegistry } from '../src/registry/version/build.ts'
import { importRegistry } from '../src/registry/read/import.ts'
import { describeIssue } from '../src/registry/read/issues.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import { sourceOf } from '../src/registry/source.ts'
import { configOf, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { type InputRecord, RecordedInput, readLines } from './backtest/input.ts'
import { BacktestOutput } from './backtest/output.ts'
import { stageSettings } from './site/stage-settings.ts'

export const BACKTEST_USAGE = `gridvigil backtest --registry DIR --frames FILE.ndjson[.gz] --out DIR [--config FILE] [--readings]

Runs the pipeline of \`serve\` over recorded traffic, without servers and as fast as the machine allows. FILE has one
record a line in order of \`at\` (epoch ms): {"at","terminal","topic","payload"}; payload is JSON, or base64 text.
Writes summary.json, timing.json, quarantine.ndjson and, with --readings, readings.ndjson into DIR.`

const PROGRESS_MS = 1000

/** Runs \`gridvigil backtest\`. @throws CLI_USAGE, SENDER_FORMAT, REGISTRY_FATAL, REGISTRY_REJECTS */
export async function backtest(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, ['--readings'], ['--frames', '--out', '--config', ...SETTING_FLAGS])
  const frames = flags.values.get('--frames')
  const out = flags.values.get('--out')
  const config = configOf(flags)
  if (frames === undefined || out === undefined || config.registry === '') {
    throw new GridvigilError('CLI_USAGE', '--registry, --frames and --out are needed')
  }
  const registry = readRegistry(config)
  const output = new BacktestOutput(out, [...registry.meters.id], flags.switches.has('--readings'))
  output.open()
  await run(config, registry, frames, output)
}

async function run(
  config: Config,
  registry: Registry,
  frames: string,
  output: BacktestOutput
): Promise<void> {
  const settings = stageSettings(config)
  const pipeline = new Pipeline({
    settings,
    windowReadings: config['processor.windowReadings'],
    growWindow: true,
    loadRegistry: () => registry
  })
  const input = new RecordedInput()
  const take = ({ log, record }: InputRecord): void => {
    pipeline.take(log, record)
    output.write(pipeline.out)
  }
  const startedAt = systemClock.monotonic()
  let shownAt = startedAt
  take(input.control(SETTINGS_CHANGED, 0, settings))
  take(input.control(REGISTRY, 0, { version: registry.version, hash: registry.hash }))
  for await (const line of readLines(frames)) {
    for (const record of input.take(line)) take(record)
    if (input.lines % 1000 === 0 && systemClock.monotonic() - shownAt > PROGRESS_MS) {
      shownAt = systemClock.monotonic()
      process.stderr.write(`\r${input.lines} lines, ${new Date(pipeline.lastAt).toISOString()}`)
    }
  }
  const seconds = (systemClock.monotonic() - startedAt) / 1000
  const { total } = pipeline.audit
  output.close(
    { lines: input.lines, ignored: input.ignored, lastAt: pipeline.lastAt, audit: total },
    { seconds, linesPerSecond: input.lines / seconds, readingsPerSecond: total.readings.decoded / seconds }
  )
  process.stderr.write(
    `\r${input.lines} lines, ${total.readings.decoded} readings in ${seconds.toFixed(1)} s\n`
  )
}

function readRegistry(config: Config): Registry {
  const result = importRegistry(config.registry, undefined, {
    timezone: config.timezone,
    maxRejects: config['registry.maxRejectsPercent'] / 100
  })
  for (const issue of result.issues.slice(0, 20)) process.stderr.write(`${describeIssue(issue)}\n`)
  return buildRegistry(sourceOf(result.tables, result.book), 1, 'backtest')
}
