import type { Stored } from '../../processors/runner.ts'
import type { Config } from '../../src/config.ts'
import type { SharedMark } from '../../src/log/durable-mark.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { partsOf, type RegistryParts, shareRegistry } from '../../src/registry/lookup/registry-parts.ts'
import type { InfluxSettings, ProcessorData, SeriesCopyData, SeriesData } from '../threads/messages.ts'
import { logSettings, type OpenLogs, shareLog } from './logs.ts'
import { stageSettings } from './stage-settings.ts'

/** What the store's thread is given. @param influx undefined: DuckDB @param bell rung by every log that grows @param results how far that log is durable */
export function seriesData(
  config: Config,
  registry: Registry,
  influx: InfluxSettings | undefined,
  bell: SharedArrayBuffer,
  results: SharedMark
): Omit<SeriesData, 'latest'> {
  return {
    dataFolder: config.data,
    influx,
    registry: influx === undefined || registry.version === 0 ? undefined : sharedParts(registry),
    bell,
    results: shareLog(config, 'results', results),
    memoryMb: config['series.memoryMb'],
    threads: config['series.threads'],
    flushRows: config['series.flushRows'],
    flushMs: config['series.flushMs'],
    clusterQuietMs: config['series.clusterQuietMinutes'] * 60_000,
    curveDays: config['series.curveDays'],
    meters: registry.meters.count,
    logLevel: config['log.level']
  }
}

/** What the thread of InfluxDB beside the store is given. */
export const seriesCopyData = (
  config: Config,
  registry: Registry,
  influx: InfluxSettings,
  bell: SharedArrayBuffer,
  results: SharedMark
): SeriesCopyData => ({
  ...{ bell, influx },
  results: shareLog(config, 'results', results),
  registry: registry.version === 0 ? undefined : sharedParts(registry),
  flushRows: config['series.flushRows'],
  flushMs: config['series.flushMs'],
  logLevel: config['log.level']
})

/** In shared memory, where it stands already or is copied to. */
export const sharedParts = (registry: Registry): RegistryParts => partsOf(registry) ?? shareRegistry(registry)

/** Where the others stand when the processor begins. */
export interface ProcessorMarks {
  readonly results: SharedMark
  readonly stored: Stored
  readonly followedSeq: number | undefined
}

/** What the processor's thread is given. */
export function processorData(
  config: Config,
  registry: Registry,
  logs: OpenLogs,
  { results, stored, followedSeq }: ProcessorMarks
): ProcessorData {
  const { framesSeq, eventsSeq, resultsSeq } = stored
  return {
    isHeld: false,
    dataFolder: config.data,
    bell: logs.bell,
    frames: shareLog(config, 'frames', logs.frames.mark),
    events: shareLog(config, 'events', logs.events.mark),
    results: shareLog(config, 'results', results),
    log: logSettings(config),
    stored: { framesSeq, eventsSeq, resultsSeq },
    followedSeq,
    settings: stageSettings(config),
    registry: partsOf(registry),
    batchRecords: config['processor.batchRecords'],
    batchBytes: config['processor.batchBytes'],
    windowReadings: config['processor.windowReadings'],
    checkpointMs: config['processor.checkpointSeconds'] * 1000,
    logLevel: config['log.level']
  }
}
