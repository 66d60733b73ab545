import { type LogOptions, SegmentedLog } from '../../src/log/segmented-log.ts'
import type { FileLayer } from '../../src/files.ts'
import { promptClock } from './manual-clock.ts'

/** An open log in the folder of its name: small segments, nothing waits, nothing is trimmed. */
export async function openLog(
  files: FileLayer,
  name: string,
  more: Partial<LogOptions> = {},
  floor = 0
): Promise<SegmentedLog> {
  const log = new SegmentedLog({
    folder: `/${name}`,
    name,
    files,
    clock: promptClock,
    segmentBytes: 65_536,
    commitDelayMs: 0,
    commitBytes: 4000,
    retryMs: 0,
    retentionMs: Infinity,
    retentionBytes: Infinity,
    ...more
  })
  await log.open(floor)
  return log
}
