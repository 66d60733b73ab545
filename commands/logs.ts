import { join } from 'node:path'
import type { Clock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { SharedMark } from '../src/log/durable-mark.ts'
import { nodeFiles } from '../src/files.ts'
import { SegmentedLog } from '../src/log/segmented-log.ts'
import { SegmentedReader } from '../src/log/segmented-reader.ts'
import type { Logger } from '../src/logger.ts'
import { type LogName, readOrdinal } from '../src/records/gateway-record.ts'
import type { LogSettings, SharedLog } from './threads/messages.ts'

const DAY_MS = 86_400_000

/** The log settings of a configuration, as all threads use them. */
export function logSettings(config: Config): LogSettings {
  const folder = config.data
  nodeFiles.makeFolder(folder)
  return {
    segmentBytes: config['log.segmentBytes'],
    commitDelayMs: config['log.commitDelayMs'],
    commitBytes: config['log.commitBytes'],
    retryMs: config['log.retryMs'],
    retentionMs: config['log.retentionDays'] * DAY_MS,
    retentionBytes: (nodeFiles.diskBytes(folder) * config['log.retentionDiskPercent']) / 100
  }
}

/** The three logs of a data folder: the gateway writes two, the processor writes `results` in its own thread. */
export interface OpenLogs {
  readonly bell: SharedArrayBuffer
  readonly frames: SegmentedLog
  readonly events: SegmentedLog
  readonly results: SharedMark
  readonly ordinals: Record<LogName, number>
}

/** Opens frames and events; recovers what a crash left. */
export async function openLogs(
  config: Config,
  settings: LogSettings,
  clock: Clock,
  logger: Logger
): Promise<OpenLogs> {
  const bell = new SharedArrayBuffer(4)
  const open = async (name: LogName): Promise<SegmentedLog> => {
    const log = new SegmentedLog({
      ...settings,
      folder: logFolder(config.data, name),
      name,
      files: nodeFiles,
      clock,
      mark: new SharedMark(bell),
      onTrouble: trouble => logger.warn({ log: name, ...trouble }, 'log')
    })
    await log.open()
    return log
  }
  // The store's thread may look before the processor's has begun to write.
  nodeFiles.makeFolder(logFolder(config.data, 'results'))
  const frames = await open('frames')
  const events = await open('events')
  const ordinals = {
    frames: lastOrdinal(config, 'frames', frames),
    events: lastOrdinal(config, 'events', events)
  }
  return { bell, frames, events, results: new SharedMark(bell), ordinals }
}

export const logFolder = (data: string, name: string): string => join(data, 'logs', name)

/** A log as another thread opens it. */
export function shareLog(config: Config, name: string, mark: SharedMark): SharedLog {
  return { folder: logFolder(config.data, name), mark: mark.buffer }
}

/** Publishes in the log, which its last record tells. */
function lastOrdinal(config: Config, name: LogName, log: SegmentedLog): number {
  const reader = new SegmentedReader({
    folder: logFolder(config.data, name),
    files: nodeFiles,
    mark: log.mark
  })
  try {
    for (let seq = log.durableSeq - 1; seq >= -1; seq--) {
      reader.seek(Math.max(0, seq))
      const [record] = reader.read(1, 1)
      if (record !== undefined) return readOrdinal(record.body)
    }
    return 0
  } finally {
    reader.close()
  }
}
