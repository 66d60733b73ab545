import type { FileLayer } from '../files.ts'
import type { LogReader } from './port.ts'
import { SegmentedReader } from './segmented-reader.ts'
import { listSegments, recoverSegment, type Segment } from './segments.ts'

/**
 * A segmented log as somebody sees it who only reads its files: no lock is taken and nothing is written, so it may lie in
 * the folder of a running server. How far it goes is settled when it is opened:
 *
 *   nobody writes     up to where a start would recover it: the last commit up to its first broken record
 *   somebody writes   up to the last commit that a later one, or a clean close, proves to have been synced: nothing
 *                     is read that a power cut could still take away
 */
export interface LogView {
  /** Seq of the first record that may be there: 1 as long as nothing was dropped. */
  readonly firstSeq: number
  /** Seq of the last record that counts, 0 when there is none. */
  readonly lastSeq: number
  /**
   * A reader at the beginning that sees records up to `lastSeq`. @param isTrusted it sees what it is asked for: for one
   * who knows from elsewhere that it is durable
   */
  reader(isTrusted?: boolean): LogReader
  /** Seq of the first record whose log time is not before `time`, one behind the last when all are older. */
  firstFrom(time: number): number
}

const BATCH_RECORDS = 1000
const BATCH_BYTES = 1 << 20

/** Looks at a log folder; one that is not there is an empty log. @throws LOG_FORMAT */
export function viewLog(files: FileLayer, folder: string, isWritten: boolean): LogView {
  const layer = { ...files, list: (path: string) => namesIn(files, path) }
  const segments = listSegments(layer, folder)
  const lastSeq = lastSeqOf(files, segments, isWritten)
  const reader = (isTrusted = false): LogReader =>
    new SegmentedReader({
      folder,
      files: layer,
      mark: { get: () => (isTrusted ? Infinity : lastSeq), rolls: 0 }
    })
  return {
    firstSeq: segments[0]?.firstSeq ?? 1,
    lastSeq,
    reader,
    firstFrom(time) {
      const own = reader()
      try {
        own.seek((lastOlder(segments, own, time)?.firstSeq ?? 1) - 1)
        return firstIn(own, time) ?? lastSeq + 1
      } finally {
        own.close()
      }
    }
  }
}

function namesIn(files: FileLayer, folder: string): string[] {
  try {
    return files.list(folder)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
}

function lastSeqOf(files: FileLayer, segments: readonly Segment[], isWritten: boolean): number {
  for (const segment of segments.toReversed()) {
    const file = files.open(segment.path, 'read')
    try {
      // One without header and records was being made when power went: nothing in it counts.
      const found = recoverSegment(file, segment)
      if (found !== undefined) return isWritten ? found.syncedSeq : found.lastSeq
    } finally {
      file.close()
    }
  }
  return 0
}

/** The last segment that begins before `time`: the first record of that time stands in it or right behind it. */
function lastOlder(segments: readonly Segment[], reader: LogReader, time: number): Segment | undefined {
  let [low, high] = [0, segments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    reader.seek((segments[middle]?.firstSeq ?? 1) - 1)
    const [first] = reader.read(1, 1)
    if (first !== undefined && first.at < time) low = middle + 1
    else high = middle
  }
  return segments[Math.max(0, low - 1)]
}

function firstIn(reader: LogReader, time: number): number | undefined {
  for (;;) {
    const records = reader.read(BATCH_RECORDS, BATCH_BYTES)
    if (records.length === 0) return undefined
    const found = records.find(({ at }) => at >= time)
    if (found !== undefined) return found.seq
  }
}
