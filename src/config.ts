import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { asError, GridvigilError } from './errors.ts'

/**
 * Every setting in one table: key, default, unit, meaning. Defaults < YAML file < environment < flags.
 * A key `log.segmentBytes` is `log: {segmentBytes: …}` in YAML, GRIDVIGIL_LOG_SEGMENT_BYTES in the environment
 * and --log-segment-bytes on the command line. A default is a contract: changing one needs a changelog line
 * marked CHANGE. Only this file reads process.env. docs/configuration.md lists the table (a test keeps it true).
 */
interface Setting<T> {
  readonly value: T
  readonly unit: string
  readonly about: string
  readonly low?: number
  readonly high?: number
}

const number = (value: number, unit: string, low: number, high: number, about: string): Setting<number> => ({
  value,
  unit,
  low,
  high,
  about
})
const text = (value: string, about: string): Setting<string> => ({ value, unit: '', about })

export const SETTINGS = {
  data: text('data', 'folder of logs, stores and checkpoints'),
  registry: text('', 'folder of registry CSV files to import at start; empty keeps the imported one'),
  'registry.maxRejectsPercent': number(
    2,
    '%',
    0,
    100,
    'share of rejected rows up to which the rest of a registry is loaded'
  ),
  credentials: text('', 'CSV file with lines `id,secret` of the terminals that may connect'),
  timezone: text('Asia/Shanghai', 'IANA zone of the site; local dates and pages use it'),
  'http.host': text('127.0.0.1', 'address the API listens on'),
  'http.port': number(8080, 'port', 0, 65535, 'port of API and page; 0 takes a free one'),
  'http.anonymousRole': text(
    'none',
    'what callers may do who have not logged in: none, or viewer where everybody on the network may read'
  ),
  'http.maxRequestsPerSecond': number(500, 'requests', 1, 1000000, 'most requests of one caller a second'),
  'http.trustedProxies': text(
    '',
    'addresses of proxies before the API, with commas: what they say of address and TLS of a caller is believed'
  ),
  'http.maxStreams': number(100, 'streams', 1, 10000, 'listeners of the live stream at once'),
  'http.maxUploadMb': number(1024, 'MB', 1, 65536, 'largest file of a registry sent to the API'),
  'mqtt.host': text('127.0.0.1', 'address the gateway listens on'),
  'mqtt.port': number(1883, 'port', 0, 65535, 'port of the gateway; 0 takes a free one'),
  'mqtt.maxPacketBytes': number(
    1048576,
    'bytes',
    1024,
    2097152,
    'largest MQTT packet; a larger one closes the connection'
  ),
  'mqtt.connectTimeoutMs': number(
    10000,
    'ms',
    100,
    120000,
    'time to send CONNECT after opening a connection'
  ),
  'mqtt.drainTimeoutMs': number(
    10000,
    'ms',
    100,
    120000,
    'a client that does not read for this long is closed'
  ),
  'log.segmentBytes': number(
    67108864,
    'bytes',
    65536,
    1073741824,
    'size of one log segment; segments are sparse files'
  ),
  'log.commitDelayMs': number(
    1,
    'ms',
    0,
    100,
    'how long a small group waits for company before it is synced'
  ),
  'log.commitBytes': number(65536, 'bytes', 0, 16777216, 'a group of this size is synced at once'),
  'log.retryMs': number(1000, 'ms', 10, 600000, 'pause after a failed write before intake is tried again'),
  'log.retentionDays': number(
    7,
    'days',
    0,
    3650,
    'frames older than this may be dropped once everyone has read them'
  ),
  'log.retentionDiskPercent': number(
    20,
    '%',
    1,
    90,
    'share of the disk the frames may use before older ones are dropped'
  ),
  'processor.batchRecords': number(256, 'records', 1, 100000, 'most frames in one step'),
  'processor.batchBytes': number(4194304, 'bytes', 1024, 67108864, 'most bytes of frames in one step'),
  'processor.checkpointSeconds': number(
    10,
    's',
    1,
    3600,
    'least time between checkpoints of processor state; 20 times as long as writing one takes'
  ),
  'processor.windowReadings': number(
    32,
    'readings',
    4,
    100000,
    'readings per meter remembered to tell duplicates; older ones ask the store'
  ),
  'validation.pastDays': number(45, 'days', 1, 36500, 'readings older than this are quarantined'),
  'validation.futureMinutes': number(
    5,
    'min',
    0,
    1440,
    'readings further in the future than this are quarantined'
  ),
  'validation.maxReadings': number(
    10000,
    'readings',
    1,
    20000,
    'most readings in one frame; more quarantines it whole'
  ),
  'validation.limitFactor': number(1.2, 'x rating', 1, 100, 'factor on the rating before a value is suspect'),
  'validation.minimumSteps': number(
    5,
    'steps',
    1,
    1000,
    'differences below this many register steps are never suspect'
  ),
  'pings.metersPerMinute': number(
    12,
    'meters',
    1,
    1000,
    'most meters that one terminal is asked for within a minute, by people and by the outage stage together'
  ),
  'series.store': text(
    'duckdb',
    'who stores readings and answers for them: duckdb, embedded; or influxdb, the InfluxDB of influxdb.url'
  ),
  'influxdb.url': text(
    '',
    'InfluxDB 1.8, 2.x or 3 Core, such as http://127.0.0.1:8086; beside series.store duckdb it is filled too, for boards; empty: none'
  ),
  'influxdb.database': text(
    'gridvigil',
    'name of the database; of 2.x the beginning of the names of its buckets'
  ),
  'influxdb.organization': text('', 'organization of the buckets, of 2.x only'),
  'influxdb.tokenFile': text('', 'file with the token for InfluxDB 2.x or 3'),
  'influxdb.username': text('', 'user of InfluxDB 1.x; empty where it asks for none'),
  'influxdb.passwordFile': text('', 'file with the password of influxdb.username'),
  'influxdb.timeoutMs': number(30000, 'ms', 1000, 600000, 'longest silence of InfluxDB within a request'),
  'influxdb.rawDays': number(
    0,
    'days',
    0,
    36500,
    'how long InfluxDB keeps every version of readings and intervals, which the API reads; 0 = for ever, else more than validation.pastDays'
  ),
  'influxdb.finalDays': number(
    0,
    'days',
    0,
    36500,
    'how long InfluxDB keeps final readings and intervals, which boards read; 0 = for ever'
  ),
  'series.memoryMb': number(1024, 'MB', 64, 1048576, 'memory the series store may use'),
  'series.threads': number(1, 'threads', 1, 64, 'threads one query or commit of the series store may use'),
  'series.flushRows': number(
    200000,
    'rows',
    1,
    10000000,
    'rows gathered before a commit to the series store'
  ),
  'series.flushMs': number(
    1000,
    'ms',
    10,
    60000,
    'longest time a row waits for its commit to the series store'
  ),
  'series.clusterQuietMinutes': number(
    10,
    'minutes',
    0,
    10080,
    'how long a closed day must be quiet before its rows are put in order of meter and time'
  ),
  'series.curveDays': number(
    35,
    'days',
    0,
    400,
    'newest closed days whose readings are kept by meter too, for quick curves, at half as much disk again; 0 keeps none'
  ),
  'demo.meters': number(300, 'meters', 40, 100000, 'size of the made-up city of `--demo`'),
  'demo.historyDays': number(7, 'days', 1, 45, 'days of history the demo sends before it goes live'),
  'log.level': text('info', 'least level that is logged: debug, info, warn, error')
} as const satisfies Record<string, Setting<number> | Setting<string>>

export type SettingKey = keyof typeof SETTINGS
export type Config = {
  readonly [K in SettingKey]: (typeof SETTINGS)[K] extends Setting<number> ? number : string
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent']

/** Settings as given by one layer: key -> text or number. */
export type Layer = Readonly<Record<string, unknown>>

/** The configuration from its layers, lowest first. @throws CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE */
export function buildConfig(...layers: readonly Layer[]): Config {
  const result: Record<string, number | string> = {}
  for (const [key, setting] of Object.entries(SETTINGS)) result[key] = setting.value
  for (const layer of layers) {
    for (const [key, given] of Object.entries(layer)) {
      if (given !== undefined) result[key] = checkSetting(key, given)
    }
  }
  return result as Config
}

/** The layer of a YAML file: nested maps become dotted keys. @throws CONFIG_FILE */
export function readConfigFile(path: string): Layer {
  try {
    const layer: Record<string, unknown> = {}
    flatten(parse(readFileSync(path, 'utf8')) ?? {}, '', layer)
    return layer
  } catch (thrown) {
    throw new GridvigilError('CONFIG_FILE', `${path}: ${asError(thrown).message}`)
  }
}

/** The layer of environment variables GRIDVIGIL_*. Unknown ones are left alone: others may use the prefix. */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): Layer {
  const layer: Record<string, unknown> = {}
  for (const key of Object.keys(SETTINGS)) layer[key] = environment[environmentName(key)]
  return layer
}

/** What else of the environment is used: where shared test data lies, and whether servers must be there. */
export function testEnvironment(environment: NodeJS.ProcessEnv = process.env): {
  shared: string
  requireServers: boolean
} {
  return {
    shared: environment.GRIDVIGIL_SHARED ?? '../shared',
    requireServers: environment.REQUIRE_SERVERS === '1'
  }
}

/** GRIDVIGIL_HTTP_PORT for http.port. */
export function environmentName(key: string): string {
  return `GRIDVIGIL_${kebab(key).replaceAll('-', '_').toUpperCase()}`
}

/** --http-port for http.port. */
export function flagName(key: string): string {
  return `--${kebab(key)}`
}

/** The configuration as text for people. No setting holds a secret. */
export function printConfig(config: Config): string {
  return Object.entries(SETTINGS)
    .map(([key, setting]) => {
      const shown = String(config[key as SettingKey])
      return `${key}: ${shown === '' ? "''" : shown}  # ${setting.about}${setting.unit ? ` [${setting.unit}]` : ''}`
    })
    .join('\n')
}

const kebab = (key: string): string =>
  key.replaceAll('.', '-').replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

function checkSetting(key: string, given: unknown): number | string {
  const setting: Setting<number | string> | undefined = (
    SETTINGS as Record<string, Setting<number | string>>
  )[key]
  if (setting === undefined) throw new GridvigilError('CONFIG_UNKNOWN_KEY', key)
  if (typeof setting.value === 'string') return checkText(key, String(given))
  const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new GridvigilError('CONFIG_BAD_VALUE', `${key} must be a number, got ${JSON.stringify(given)}`)
  }
  if (value < (setting.low ?? -Infinity) || value > (setting.high ?? Infinity)) {
    throw new GridvigilError(
      'CONFIG_BAD_VALUE',
      `${key} must be ${setting.low}..${setting.high} ${setting.unit}, got ${value}`
    )
  }
  return value
}

/** Texts of which only some make sense. */
function checkText(key: string, given: string): string {
  if (key === 'log.level' && !LOG_LEVELS.includes(given)) {
    throw new GridvigilError(
      'CONFIG_BAD_VALUE',
      `${key} must be one of ${LOG_LEVELS.join(', ')}, got ${given}`
    )
  }
  if (key === 'http.anonymousRole' && !['none', 'viewer'].includes(given)) {
    throw new GridvigilError('CONFIG_BAD_VALUE', `${key} must be none or viewer, got ${given}`)
  }
  if (key === 'series.store' && !['duckdb', 'influxdb'].includes(given)) {
    throw new GridvigilError('CONFIG_BAD_VALUE', `${key} must be duckdb or influxdb, got ${given}`)
  }
  if (key === 'influxdb.url' && given !== '' && !/^https?:\/\/[^/]/.test(given)) {
    throw new GridvigilError('CONFIG_BAD_VALUE', `${key} must be such as http://127.0.0.1:8086, got ${given}`)
  }
  if (key === 'timezone' && !isTimeZone(given)) {
    throw new GridvigilError(
      'CONFIG_BAD_VALUE',
      `${key} must be an IANA zone such as Asia/Shanghai, got ${given}`
    )
  }
  return given
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

function flatten(node: unknown, prefix: string, into: Record<string, unknown>): void {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    into[prefix] = node
    return
  }
  for (const [key, child] of Object.entries(node)) flatten(child, prefix ? `${prefix}.${key}` : key, into)
}
