import { crc32 } from 'node:zlib'
import { GridvigilError } from '../errors.ts'

/**
 * The bytes of a log segment. Little endian.
 *
 *   segment   64 bytes of header, then records, then nothing (a sparse file) up to its full size
 *
 *   header    0 "GVLOGSEG"   8 u32 format version   12 u32 zero   16 f64 first seq   24 16 bytes of log name
 *             40 f64 seq of the last record when the log was closed cleanly while this was its last segment, 0 before
 *             60 u32 crc32 of bytes 0..59
 *
 *   record    0 u32 crc32 of bytes 4..40+length   4 u32 length of the body
 *             8 u16 magic   10 u8 record version   11 u8 kind   12 u32 zero
 *            16 f64 seq   24 f64 at   32 f64 seq of the first record of its commit
 *            40 body, padded with zeros to a multiple of 8
 *
 * All records of one commit are written together and synced once; the next commit is written only after that sync.
 * So any intact record of a later commit proves that all earlier commits were synced: recovery can tell a torn
 * tail (never acknowledged, cut off) from damage (was acknowledged, reported and skipped). What stands up to the seq of a
 * clean close was synced too: there a broken record is damage even in the last commit.
 */
export const SEGMENT_VERSION = 1
export const SEGMENT_HEADER = 64
export const RECORD_HEADER = 40
const RECORD_VERSION = 1
const RECORD_MAGIC = 0x5647
/** The bytes by which a search finds records: magic and version. */
export const RECORD_MARK = Uint8Array.of(0x47, 0x56, RECORD_VERSION)
export const RECORD_MARK_OFFSET = 8
const SEGMENT_MAGIC = new TextEncoder().encode('GVLOGSEG')

export interface RecordHeader {
  readonly length: number
  readonly kind: number
  readonly seq: number
  readonly at: number
  /** Seq of the first record of the commit this one belongs to. */
  readonly commit: number
  /** Bytes from this record's start to the next one's. */
  readonly span: number
}

export interface SegmentHeader {
  readonly firstSeq: number
  /** Seq of the last record at a clean close, 0 when there was none: all up to it was synced. */
  readonly closedSeq: number
}

export const spanOf = (bodyLength: number): number => (RECORD_HEADER + bodyLength + 7) & ~7

export function encodeSegmentHeader(firstSeq: number, name: string, closedSeq = 0): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER)
  const view = new DataView(bytes.buffer)
  bytes.set(SEGMENT_MAGIC)
  view.setUint32(8, SEGMENT_VERSION, true)
  view.setFloat64(16, firstSeq, true)
  new TextEncoder().encodeInto(name, bytes.subarray(24, 40))
  view.setFloat64(40, closedSeq, true)
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true)
  return bytes
}

/** Undefined when the header is not intact. @throws LOG_FORMAT for a newer version */
export function decodeSegmentHeader(bytes: Uint8Array, path: string): SegmentHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < SEGMENT_HEADER || !SEGMENT_MAGIC.every((byte, i) => bytes[i] === byte)) return undefined
  if (view.getUint32(60, true) !== crc32(bytes.subarray(0, 60))) return undefined
  const version = view.getUint32(8, true)
  if (version !== SEGMENT_VERSION) {
    throw new GridvigilError(
      'LOG_FORMAT',
      `${path} has format ${version}, this version reads ${SEGMENT_VERSION}`
    )
  }
  return { firstSeq: view.getFloat64(16, true), closedSeq: view.getFloat64(40, true) }
}

/** Writes a record at `offset` of `into`, which must have room for spanOf(head + payload) zeroed bytes. */
export function encodeRecord(
  into: Uint8Array,
  view: DataView,
  offset: number,
  record: { kind: number; seq: number; at: number; commit: number },
  head: Uint8Array,
  payload: Uint8Array
): number {
  const length = head.length + payload.length
  const end = offset + RECORD_HEADER + length
  view.setUint32(offset + 4, length, true)
  view.setUint16(offset + 8, RECORD_MAGIC, true)
  into[offset + 10] = RECORD_VERSION
  into[offset + 11] = record.kind
  view.setUint32(offset + 12, 0, true)
  view.setFloat64(offset + 16, record.seq, true)
  view.setFloat64(offset + 24, record.at, true)
  view.setFloat64(offset + 32, record.commit, true)
  into.set(head, offset + RECORD_HEADER)
  into.set(payload, offset + RECORD_HEADER + head.length)
  view.setUint32(offset, crc32(into.subarray(offset + 4, end)), true)
  const span = spanOf(length)
  into.fill(0, end, offset + span)
  return span
}

/**
 * Why there is no record at `offset`: `short` means that the bytes end before it does (read more), `invalid` that it
 * is not one, whatever the reason.
 */
export type DecodedRecord = RecordHeader | 'short' | 'invalid'

/** @param checked whether to verify the checksum (always, except when hopping over records already verified) */
export function decodeRecord(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  checked: boolean
): DecodedRecord {
  if (offset + RECORD_HEADER > bytes.length) return 'short'
  if (view.getUint16(offset + 8, true) !== RECORD_MAGIC || bytes[offset + 10] !== RECORD_VERSION)
    return 'invalid'
  const length = view.getUint32(offset + 4, true)
  const span = spanOf(length)
  if (checked) {
    if (offset + span > bytes.length) return 'short'
    const crc = crc32(bytes.subarray(offset + 4, offset + RECORD_HEADER + length))
    if (crc !== view.getUint32(offset, true)) return 'invalid'
  }
  return {
    length,
    kind: bytes[offset + 11] ?? 0,
    seq: view.getFloat64(offset + 16, true),
    at: view.getFloat64(offset + 24, true),
    commit: view.getFloat64(offset + 32, true),
    span
  }
}
