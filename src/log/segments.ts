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
  /** Seq up to which the segment counts: the last record kept, or one behind it that was synced and is damaged now. */
  readonly lastSeq: number
  /** Seq up to which all was synced for certain: a later commit or a clean close says so. */
  readonly syncedSeq: number
  /** Seq of the last record that is intact; the one before the first when none is. */
  readonly intactSeq: number
  /** Log time of the last record kept, 0 when none. */
  readonly lastAt: number
  /** Byte position after the last record kept. */
  readonly end: number
  /** Whether bytes stand behind `end`: of a commit that was never synced, or of damaged records. They must go. */
  readonly torn: boolean
  /** Records that were synced once and fail their checksum now. */
  readonly damaged: number
  /** Whether the header is damaged. Its first seq is known from the file's name, and records carry their own. */
  readonly headerDamaged: boolean
}

/**
 * What of the last segment is to be kept. All commits but the last were synced before the next one was written, and so
 * was all up to a clean close: what is broken there is damage, skipped and reported. Behind that the last commit counts
 * up to its first broken record: its sync may not have completed, and then nothing of it was acknowledged.
 * @returns undefined when neither the header nor any record is intact (the segment was being made when power went)
 */
export function recoverSegment(file: DurableFile, segment: Segment): Recovered | undefined {
  const bytes = readWhole(file)
  const header = decodeSegmentHeader(bytes, segment.path)
  const headerDamaged = header?.firstSeq !== segment.firstSeq
  const before = segment.firstSeq - 1
  const intact = intactRecords(bytes, before)
  if (headerDamaged && intact.length === 0) return undefined
  const lastCommit = intact.reduce((highest, record) => Math.max(highest, record.commit), segment.firstSeq)
  const syncedSeq = Math.max(lastCommit - 1, headerDamaged ? 0 : (header?.closedSeq ?? 0))
  const synced = intact.filter(record => record.seq <= syncedSeq)
  const lastSynced = synced.at(-1)
  let kept = {
    lastSeq: syncedSeq,
    intactSeq: lastSynced?.seq ?? before,
    lastAt: lastSynced?.at ?? 0,
    end: lastSynced?.end ?? SEGMENT_HEADER
  }
  for (const { seq, at, end } of intact.slice(synced.length)) {
    if (seq !== kept.lastSeq + 1) break
    kept = { lastSeq: seq, intactSeq: seq, lastAt: at, end }
  }
  return {
    ...kept,
    syncedSeq,
    torn: bytes.subarray(kept.end).some(byte => byte !== 0),
    damaged: syncedSeq - before - synced.length,
    headerDamaged
  }
}

/** Byte position after a record and all before it, or after the last one in front of it that is intact. */
export function endOfRecord(bytes: Uint8Array, segment: Segment, seq: number): number {
  const last = intactRecords(bytes, segment.firstSeq - 1).findLast(record => record.seq <= seq)
  return last?.end ?? SEGMENT_HEADER
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
