import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { ERRORS } from '../../src/errors.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import { nodeFiles } from '../../src/files.ts'
import { type LogTrouble, SegmentedLog } from '../../src/log/segmented-log.ts'
import type { LogReader } from '../../src/log/port.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import type { Logger } from '../../src/logger.ts'
import { type LogName, readOrdinal } from '../../src/records/gateway-record.ts'
import { framesAtLastTick, NOTHING_SEEN, type Seen } from './seen.ts'
import type { LogSettings, SharedLog } from '../threads/messages.ts'

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

/** The two logs that the gateway writes; the processor writes `results` in its own thread. */
export interface OpenLogs {
  readonly bell: SharedArrayBuffer
  readonly frames: SegmentedLog
  readonly events: SegmentedLog
  readonly ordinals: Record<LogName, number>
}

/** Opens frames and events; recovers what a crash left. @param seen how far anybody has read them */
export async function openLogs(
  config: Config,
  settings: LogSettings,
  clock: Clock,
  logger: Logger,
  seen: Seen = NOTHING_SEEN,
  bell = new SharedArrayBuffer(4)
): Promise<OpenLogs> {
  const open = async (name: LogName, floor: number): Promise<SegmentedLog> => {
    const log = new SegmentedLog({
      ...settings,
      folder: logFolder(config.data, name),
      name,
      files: nodeFiles,
      clock,
      mark: new SharedMark(bell),
      onTrouble: trouble => reportTrouble(logger, name, trouble)
    })
    await log.open(floor)
    return log
  }
  const events = await open('events', seen.eventsSeq)
  const framesSeq = withReader(config, 'events', events, it => framesAtLastTick(it, events.recoveredSeq))
  const frames = await open('frames', Math.max(seen.framesSeq, framesSeq))
  const last = withReader(config, 'frames', frames, it => lastOrdinal(it, frames.recoveredSeq))
  const lastEvent = withReader(config, 'events', events, it => lastOrdinal(it, events.recoveredSeq))
  const ordinals = {
    // Every record of the frames log is a publish: so are those that its end has lost.
    frames: last.ordinal + frames.durableSeq - last.seq,
    events: Math.max(lastEvent.ordinal, seen.eventsOrdinal)
  }
  return { bell, frames, events, ordinals }
}

/** Damage and failed writes are errors with their code; a torn tail is what a crash leaves. */
export function reportTrouble(logger: Logger, log: string, trouble: LogTrouble): void {
  if (trouble.kind === 'torn') logger.warn({ log, ...trouble }, 'log')
  else logger.error({ log, ...trouble }, ERRORS[trouble.code].message)
}

export const logFolder = (data: string, name: string): string => join(data, 'logs', name)

/** A log as another thread opens it. */
export function shareLog(config: Config, name: string, mark: SharedMark): SharedLog {
  return { folder: logFolder(config.data, name), mark: mark.buffer }
}

/** Seq of the last intact record, and the publishes up to it, which it tells. */
function lastOrdinal(reader: LogReader, lastSeq: number): { seq: number; ordinal: number } {
  for (let seq = lastSeq - 1; seq >= -1; seq--) {
    reader.seek(Math.max(0, seq))
    const [record] = reader.read(1, 1)
    if (record !== undefined) return { seq: record.seq, ordinal: readOrdinal(record.body) }
  }
  return { seq: 0, ordinal: 0 }
}

function withReader<T>(config: Config, name: LogName, log: SegmentedLog, use: (reader: LogReader) => T): T {
  const reader = new SegmentedReader({
    folder: logFolder(config.data, name),
    files: nodeFiles,
    mark: log.mark
  })
  try {
    return use(reader)
  } finally {
    reader.close()
  }
}
