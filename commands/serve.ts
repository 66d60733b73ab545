import { join } from 'node:path'
import { createApi } from '../src/api/server.ts'
import { systemClock } from '../src/clock.ts'
import { type Config, printConfig } from '../src/config.ts'
import { asError, GridvigilError } from '../src/errors.ts'
import { createLogger, type Logger } from '../src/logger.ts'
import { configOf, type Flags, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { type DataLock, lockData } from './beside/data-lock.ts'
import { Demo, prepareDemo } from './demo.ts'
import { assemble } from './site/assembly.ts'
import type { Office } from './site/office.ts'
import { VERSION } from './version.ts'

export const SERVE_USAGE = `gridvigil serve [--data DIR] [--registry DIR] [--credentials FILE] [--mqtt-port N] [--http-port N]
                [--config FILE] [--demo] [--print-config]

Takes readings over MQTT, stores them and serves the API and the page. --demo adds a made-up city that publishes
over MQTT (its past days first). Ports 0 take free ones. Any setting is a flag: --print-config lists them all.
The chosen ports are printed as one JSON line on standard output.`

const PROJECT = join(import.meta.dirname, '..')

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
  const lock = lockData(config.data)
  try {
    await run(config, isDemo, logger, lock)
  } finally {
    lock.release()
  }
}

async function run(config: Config, isDemo: boolean, logger: Logger, lock: DataLock): Promise<void> {
  const demo = isDemo ? new Demo(config, systemClock, logger) : undefined
  const whole = await assemble(config, systemClock, logger, isDemo)
  const { site, office } = whole
  const stopped = stopSignal()
  const trusted = config['http.trustedProxies'].split(',').map(address => address.trim())
  const trustedProxies = trusted.filter(address => address !== '')
  const proxies = trustedProxies.length === 0 ? {} : { trustedProxies }
  const api = createApi(whole.context, { version: VERSION, documents: PROJECT, logger, ...proxies })
  try {
    await whole.start()
    await listen(api, config)
    const httpPort = portOf(api.server.address())
    const url = addressText(config['http.host'], httpPort)
    lock.publish({ url, secret: office.access.localSecret })
    const adminLink = await linkFor(office, url)
    const listening = { event: 'listening', mqttPort: site.mqttPort, httpPort, ...adminLink }
    process.stdout.write(`${JSON.stringify(listening)}\n`)
    greet(url, isDemo, adminLink.adminLink)
    await Promise.race([demo?.start(site), stopped])
    await stopped
    logger.info('stopping')
  } finally {
    await demo?.stop()
    whole.interrupt()
    await api.close()
    await whole.stop()
    logger.info('stopped')
  }
}

/** A link to the first session of an administrator, while the site has none. */
async function linkFor(office: Office, url: string): Promise<{ adminLink?: string }> {
  if (await office.access.hasAdmin()) return {}
  return { adminLink: `${url}/welcome?key=${office.access.makeLink()}` }
}

/** The address that a browser on this machine opens. */
function addressText(host: string, port: number): string {
  const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

async function listen(api: ReturnType<typeof createApi>, config: Config): Promise<void> {
  const [host, port] = [config['http.host'], config['http.port']]
  try {
    await api.listen({ host, port })
  } catch (thrown) {
    throw new GridvigilError('API_LISTEN', `${host}:${port}: ${asError(thrown).message}`)
  }
}

/** Demo settings are defaults: a file, the environment or a flag overrides them. */
function withDemo(flags: Flags): Config {
  const plain = configOf(flags)
  const demo = prepareDemo(plain)
  return configOf(flags, demo)
}

function greet(url: string, isDemo: boolean, adminLink: string | undefined): void {
  const text = `\n  Gridvigil${isDemo ? ' demo (a made-up city)' : ''} is at  ${url}/\n`
  const link =
    adminLink === undefined ? '' : `  It has no administrator yet. Become one, once, at\n  ${adminLink}\n`
  process.stderr.write(`${text}${link}\n`)
}

function stopSignal(): Promise<void> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
}

function portOf(address: string | { port: number } | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}
