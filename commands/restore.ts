import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { buildConfig, type Config } from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'
import { createLogger, type Logger } from '../src/logger.ts'
import { createDuckdbStore } from '../src/series/duckdb/store.ts'
import { InfluxSeriesStore } from '../src/series/influxdb/store.ts'
import type { SeriesStore } from '../src/series/port.ts'
import type { ApiAudit } from '../src/api/context.ts'
import { configOf, parseFlags } from './arguments.ts'
import { checkBackup, copyBackup, type Marks } from './backup/files.ts'
import { lockData } from './beside/data-lock.ts'
import { openRegistry } from './registry/start.ts'
import { influxSettings } from './site/influx-settings.ts'
import { Site } from './site/site.ts'

export const RESTORE_USAGE = `gridvigil restore FOLDER --data DIR

Makes a data folder out of a backup: checks every file against its sum, copies it, processes what the logs hold beyond the
store, and says yes only if both audit equations hold and the rows in the store are as many as the counters say. DIR must be
new or empty. Then \`gridvigil serve --data DIR\` goes on from there.`

const POLL_MS = 200
/** What the logs hold beyond the store is processed far faster than it came in; a standstill of this length is an error. */
const STANDSTILL_MS = 120_000

/** @throws CLI_USAGE, BACKUP_DAMAGED, BACKUP_FAILED, BACKUP_UNPROVEN */
export async function restore(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, [], ['--data', '--config'])
  const [folder, ...more] = flags.words
  const data = flags.values.get('--data')
  if (folder === undefined || more.length > 0 || data === undefined)
    throw new GridvigilError('CLI_USAGE', 'say which backup and --data DIR')
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  mkdirSync(data, { recursive: true })
  if (readdirSync(data).length > 0) throw new GridvigilError('CLI_USAGE', `${data} is not empty`)
  const lock = lockData(data)
  try {
    say('checking the backup')
    const manifest = await checkBackup(folder)
    say(`copying ${manifest.files.length} files of ${manifest.takenAt}`)
    await copyBackup(folder, manifest, data)
    say('processing what the logs hold beyond the store')
    const audit = await proveFolder(configOf(flags), manifest.marks)
    const { frames, readings } = audit
    say(`restored: ${frames.acknowledged} frames, ${readings.stored} readings stored; both equations hold`)
    process.stdout.write(`${JSON.stringify({ takenAt: manifest.takenAt, marks: manifest.marks, audit })}\n`)
  } finally {
    lock.release()
  }
}

/**
 * Runs the site on a data folder with nobody let in until all is processed, then counts.
 * @throws BACKUP_UNPROVEN
 */
export async function proveFolder(given: Config, marks: Marks): Promise<ApiAudit> {
  const errors: string[] = []
  const logger = listening(createLogger('warn', 'restore'), errors)
  // No registry is imported, nobody can connect, and it is not found on a port.
  const closed = { registry: '', credentials: '', 'mqtt.host': '127.0.0.1', 'mqtt.port': 0 }
  const config = buildConfig(given, closed)
  const { registry } = await openRegistry(config, logger)
  const clock = systemClock
  const site = new Site({ config, registry, credentials: new Map(), clock, logger, simulated: false })
  try {
    // Nobody follows the results yet: all of them stay.
    await site.start(0)
    await settled(site)
    const { frames, events, results } = site.backupSource().marks()
    if (frames < marks.frames || events < marks.events || results < marks.results)
      errors.push(
        `the logs end before the point of the backup: ${JSON.stringify({ frames, events, results })}`
      )
  } finally {
    await site.stop()
  }
  const audit = site.context().audit()
  await check(config, audit, errors)
  return audit
}

/** The logger, telling also which errors it was told of. */
function listening(logger: Logger, errors: string[]): Logger {
  return new Proxy(logger, {
    get(target, name: keyof Logger) {
      if (name !== 'error') return target[name]
      return (entry: { code?: string; detail?: string }, text: string) => {
        errors.push([entry.code, entry.detail ?? text].filter(Boolean).join(' '))
        target.error(entry, text)
      }
    }
  })
}

/** Waits until nothing is pending. @throws BACKUP_UNPROVEN when it stands still before */
async function settled(site: Site): Promise<void> {
  const context = site.context()
  let last = ''
  let movedAt = systemClock.monotonic()
  for (;;) {
    const { pending } = context.audit().frames
    if (context.ready() && pending === 0 && (await isQuiet(context))) return
    const now = JSON.stringify(context.audit())
    if (now !== last) {
      last = now
      movedAt = systemClock.monotonic()
    }
    const bad = context.health().filter(({ ok, room }) => !ok && room !== 'gateway')
    if (systemClock.monotonic() - movedAt > STANDSTILL_MS) {
      const why = bad.map(({ room, detail }) => `${room}: ${detail}`).join('; ')
      throw new GridvigilError('BACKUP_UNPROVEN', `${pending} frames are still pending; ${why}`)
    }
    await systemClock.delay(POLL_MS)
  }
}

/** Nothing more is stored for a while: answers of history, too, have come. */
async function isQuiet(context: ReturnType<Site['context']>): Promise<boolean> {
  const before = JSON.stringify(context.audit().readings)
  await systemClock.delay(3 * POLL_MS)
  const { readings } = context.audit()
  return readings.held === 0 && JSON.stringify(readings) === before
}

/** @throws BACKUP_UNPROVEN */
async function check(
  config: Config,
  { frames, readings }: ApiAudit,
  errors: readonly string[]
): Promise<void> {
  // Records that are gone may have been processed before: the equations hold then, and the backup is not whole.
  const wrong = [...errors]
  const isEqual = (name: string, left: number, right: number): void => {
    if (left !== right) wrong.push(`${name}: ${left} is not ${right}`)
  }
  isEqual('frames', frames.acknowledged, frames.decoded + frames.quarantined + frames.pending)
  const { decoded, ...terms } = readings
  isEqual(
    'readings',
    decoded,
    Object.values(terms).reduce((sum, term) => sum + term, 0)
  )
  const store = storeOf(config)
  await store.open()
  try {
    const { first, corrections } = await store.countReadings()
    isEqual('rows stored', first, readings.stored)
    isEqual('corrections', corrections, readings.corrections)
  } finally {
    await store.close()
  }
  if (wrong.length > 0) throw new GridvigilError('BACKUP_UNPROVEN', wrong.join('; '))
}

/** The store that the site has, to be counted. */
function storeOf(config: Config): SeriesStore {
  const influx = config['series.store'] === 'influxdb' ? influxSettings(config) : undefined
  return influx === undefined
    ? createDuckdbStore({ folder: join(config.data, 'series'), memoryMb: 512, threads: 1 })
    : new InfluxSeriesStore({ ...influx, names: () => undefined })
}
