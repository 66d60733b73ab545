import { join } from 'node:path'
import type { DurableFile, FileLayer } from '../files.ts'
import {
  decodeRecord,
  decodeSegmentHeader,
  RECORD_MARK,
  RECORD_MARK_OFFSET,
  SEGMENT_HEADER
} from './record-format.ts'

/** A segment file by the seq of its first record. */
export interface Segment {
  readonly path: string
  readonly firstSeq: number
}

const SUFFIX = '.seg'

/** Path of the segment that begins with `firstSeq`. */
export const segmentPath = (folder: string, firstSeq: number): string =>
  join(folder, `${String(firstSeq).padStart(16, '0')}${SUFFIX}`)

/** Segments of a folder, oldest first. */
export function listSegments(files: FileLayer, folder: string): Segment[] {
  return files
    .list(folder)
    .filter(name => name.endsWith(SUFFIX))
    .map(name => ({ path: join(folder, name), firstSeq: Number(name.slice(0, -SUFFIX.length)) }))
}

export interface Recovered {
  /** Seq of the last record kept. */
  readonly lastSeq: number
  /** Log time of the last record kept, 0 when none. */
  readonly lastAt: number
  /** Byte position after the last record kept. */
  readonly end: number
  /** Whether bytes after `end` were found that belong to a commit that was never synced. */
  readonly torn: boolean
  /** Records that were synced once and fail their checksum now. */
  readonly damaged: number
}

/**
 * What of the last segment is to be kept. All commits but the last were synced before the next one was written, so what
 * is broken there is damage: skipped and reported. The last commit counts up to its first broken record: its sync may
 * not have completed, and then nothing of it was acknowledged.
 * @returns undefined when the header itself is not intact (the segment was being made when power went)
 */
export function recoverSegment(file: DurableFile, segment: Segment): Recovered | undefined {
  const bytes = readWhole(file)
  if (decodeSegmentHeader(bytes, segment.path) !== segment.firstSeq) return undefined
  const intact = intactRecords(bytes, segment.firstSeq - 1)
  const lastCommit = intact.reduce((highest, record) => Math.max(highest, record.commit), segment.firstSeq)
  const synced = intact.filter(record => record.seq < lastCommit)
  let kept = {
    lastSeq: lastCommit - 1,
    lastAt: synced.at(-1)?.at ?? 0,
    end: synced.at(-1)?.end ?? SEGMENT_HEADER
  }
  for (const record of intact.slice(synced.length)) {
    if (record.seq !== kept.lastSeq + 1) break
    kept = { lastSeq: record.seq, lastAt: record.at, end: record.end }
  }
  return {
    ...kept,
    torn: bytes.subarray(kept.end).some(byte => byte !== 0),
    damaged: lastCommit - segment.firstSeq - synced.length
  }
}

interface IntactRecord {
  readonly seq: number
  readonly at: number
  readonly commit: number
  readonly end: number
}

function intactRecords(bytes: Uint8Array, after: number): IntactRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: IntactRecord[] = []
  let seq = after
  let offset = findRecord(bytes, view, SEGMENT_HEADER, seq)
  while (offset !== undefined) {
    const record = decodeRecord(bytes, view, offset, true)
    if (typeof record !== 'object') throw new Error('findRecord returned a record that is none')
    seq = record.seq
    records.push({ seq, at: record.at, commit: record.commit, end: offset + record.span })
    offset = findRecord(bytes, view, offset + record.span, seq)
  }
  return records
}

/** Offset of the next intact record with a seq above `after`, at or behind `from`. Records stand at multiples of 8. */
export function findRecord(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  after: number
): number | undefined {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = from; ; at += 8) {
    const magic = haystack.indexOf(RECORD_MARK, at + RECORD_MARK_OFFSET)
    if (magic < 0) return undefined
    at = magic - RECORD_MARK_OFFSET
    if (at % 8 !== 0) {
      at -= at % 8
      continue
    }
    const record = decodeRecord(bytes, view, at, true)
    if (typeof record === 'object' && record.seq > after) return at
  }
}

function readWhole(file: DurableFile): Uint8Array {
  const bytes = new Uint8Array(file.size())
  for (let at = 0; at < bytes.length; ) {
    const read = file.readSync(bytes.subarray(at), at)
    if (read === 0) break
    at += read
  }
  return bytes
}
