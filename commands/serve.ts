import { join } from 'node:path'
import { createApi } from '../src/api/server.ts'
import { systemClock } from '../src/clock.ts'
import { type Config, printConfig } from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'
import { createLogger, type Logger } from '../src/logger.ts'
import { describeIssue, rejectsCsv } from '../src/registry/issues.ts'
import { emptyRegistry, type Registry } from '../src/registry/registry.ts'
import { importInto, latestSnapshot, loadSnapshot } from '../src/registry/snapshot.ts'
import { configOf, type Flags, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { lockData } from './data-lock.ts'
import { Demo, prepareDemo } from './demo.ts'
import { Site } from './site.ts'

export const SERVE_USAGE = `gridvigil serve [--data DIR] [--registry DIR] [--credentials FILE] [--mqtt-port N] [--http-port N]
                [--config FILE] [--demo] [--print-config]

Takes readings over MQTT, stores them and serves the API and the page. --demo adds a simulated district that publishes
over MQTT (its past days first). Ports 0 take free ones. Any setting is a flag: --print-config lists them all.
The chosen ports are printed as one JSON line on standard output.`

const PROJECT = join(import.meta.dirname, '..')
const VERSION = '0.1.0'

/** Runs the server until SIGTERM or SIGINT. @throws GridvigilError when it cannot start */
export async function serve(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, ['--demo', '--print-config'], ['--config', ...SETTING_FLAGS])
  if (flags.words.length > 0) throw new GridvigilError('CLI_USAGE', `unexpected ${flags.words[0]}`)
  const isDemo = flags.switches.has('--demo')
  const config = isDemo ? withDemo(flags) : configOf(flags)
  if (flags.switches.has('--print-config')) {
    process.stdout.write(`${printConfig(config)}\n`)
    return
  }
  const logger = createLogger(config['log.level'], 'serve')
  const unlock = lockData(config.data)
  try {
    await run(config, isDemo, logger)
  } finally {
    unlock()
  }
}

async function run(config: Config, isDemo: boolean, logger: Logger): Promise<void> {
  const demo = isDemo ? new Demo(config, systemClock, logger) : undefined
  const registry = openRegistry(config, logger)
  const site = new Site({ config, registry, clock: systemClock, logger, simulated: isDemo })
  const stopped = stopSignal()
  await site.start()
  const api = createApi(site.context(), { version: VERSION, documents: PROJECT, logger })
  try {
    await api.listen({ host: config['http.host'], port: config['http.port'] })
    const httpPort = portOf(api.server.address())
    const listening = { event: 'listening', mqttPort: site.mqttPort, httpPort }
    process.stdout.write(`${JSON.stringify(listening)}\n`)
    greet(config, httpPort, isDemo)
    await demo?.start(site)
    await stopped
    logger.info('stopping')
  } finally {
    await demo?.stop()
    await api.close()
    await site.stop()
  }
}

/** Demo settings are defaults: a file, the environment or a flag overrides them. */
function withDemo(flags: Flags): Config {
  const plain = configOf(flags)
  const demo = prepareDemo(plain)
  return configOf(flags, demo)
}

/** The registry to serve with: the folder's when one is given, else the one imported last, else an empty one. */
function openRegistry(config: Config, logger: Logger): Registry {
  if (config.registry !== '') {
    const { result, registry, changed } = importInto(config.data, config.registry, {
      timezone: config.timezone
    })
    for (const issue of result.issues.slice(0, 20)) logger.warn(describeIssue(issue))
    if (result.issues.length > 0)
      logger.warn(
        { rejected: result.issues.length, csv: rejectsCsv(result.issues).split('\n').length },
        'registry rows rejected'
      )
    logger.info({ version: registry.version, meters: registry.meters.count, changed }, 'registry')
    return registry
  }
  const latest = latestSnapshot(config.data)
  if (latest !== undefined) return loadSnapshot(config.data, latest.hash)
  logger.warn('no registry is imported: all readings are quarantined (--registry DIR)')
  return emptyRegistry()
}

function greet(config: Config, httpPort: number, isDemo: boolean): void {
  const url = `http://${config['http.host']}:${httpPort}/`
  process.stderr.write(`\n  Gridvigil ${isDemo ? 'demo (simulated district)' : ''} is at  ${url}\n\n`)
}

function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

function portOf(address: string | { port: number } | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
