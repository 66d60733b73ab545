import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import { ERRORS } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import { emptyRegistry, type Registry } from '../../src/registry/lookup/registry.ts'
import { openRegistryParts, type RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { InfluxSeriesStore } from '../../src/series/influxdb/store.ts'
import type { ReadingRow, SeriesStore } from '../../src/series/port.ts'
import type { InfluxSettings, SeriesData } from './messages.ts'

/** A store as its thread uses it: what each adapter has beside the port. */
export interface ThreadStore {
  readonly store: SeriesStore
  /** Days, ascending, from whose newest ones the newest reading of every meter is taken after a start. */
  days(): readonly number[]
  /** The newest reading on a day of each meter of [fromMeter, toMeter) that has one then. */
  latestOfDay(day: number, fromMeter: number, toMeter: number): Promise<ReadingRow[]>
  /** Copies what lies in the data folder into a new folder. @returns days that cannot be used and are left out */
  copyTo(folder: string): Promise<number[]>
  setRegistry(parts: RegistryParts): void
  /** What is done beside everything else, until nothing is due: each gives the day it has done. */
  readonly upkeep: readonly { readonly step: () => Promise<number | undefined>; readonly done: string }[]
}

type Log = Pick<Logger, 'warn'>

/** A database that was down is back at any moment, and asking costs it nothing. */
export const INFLUX_RETRY_MS = 5000

export const makeStore = (data: SeriesData, clock: Clock, logger: Log): ThreadStore =>
  data.influx === undefined
    ? duckdbStore(data, logger)
    : makeInfluxStore(data.influx, data.registry, clock, logger)

function duckdbStore(data: SeriesData, logger: Log): ThreadStore {
  const store = createDuckdbStore({
    folder: join(data.dataFolder, 'series'),
    memoryMb: data.memoryMb,
    threads: data.threads,
    clusterQuietMs: data.clusterQuietMs,
    curveDays: data.curveDays,
    onCurveDamage: (path, detail) => logger.warn({ path, detail }, 'curves of a day are made anew')
  })
  return {
    store,
    days: () => store.days(),
    latestOfDay: (day, fromMeter, toMeter) => store.latestOfDay(day, fromMeter, toMeter),
    copyTo: folder => store.copyTo(folder),
    setRegistry: () => {},
    // Order comes before curves.
    upkeep: [
      { step: () => store.clusterNext(), done: 'rows of a day are in order of meter and time' },
      { step: () => store.curvesNext(), done: 'curves of a day are kept by meter' }
    ]
  }
}

const DAY_MS = 86_400_000
/** Of the days before now that are looked at after a start. */
const RECENT_DAYS = 3

export function makeInfluxStore(
  { address, retention }: InfluxSettings,
  parts: RegistryParts | undefined,
  clock: Clock,
  logger: Log
): ThreadStore {
  let registry: Registry = parts === undefined ? emptyRegistry() : openRegistryParts(parts)
  const code = 'SERIES_INFLUX_REFUSES'
  const store = new InfluxSeriesStore({
    ...{ address, retention, clock },
    names: meter => (meter < registry.meters.count ? registry.meters.id.get(meter) : undefined),
    onRefused: ({ line, reason }) =>
      logger.warn(
        { code, line: line.slice(0, 200), reason, remedy: ERRORS[code].remedy },
        'a point was refused'
      ),
    onExpired: points => logger.warn({ points }, 'points older than InfluxDB keeps them were not stored')
  })
  return {
    store,
    days: () => {
      const today = Math.floor(clock.now() / DAY_MS)
      return Array.from({ length: RECENT_DAYS }, (_, i) => today - RECENT_DAYS + 1 + i)
    },
    latestOfDay: async (day, fromMeter, toMeter) => {
      const meters = Array.from({ length: toMeter - fromMeter }, (_, i) => fromMeter + i)
      return [...(await store.latestWithin(meters, day * DAY_MS, (day + 1) * DAY_MS)).values()]
    },
    // Its files are its own: it has a backup of its own.
    copyTo: async () => [],
    setRegistry: parts => {
      registry = openRegistryParts(parts)
    },
    upkeep: []
  }
}
