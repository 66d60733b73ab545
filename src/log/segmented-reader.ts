import type { DurableFile, FileLayer } from '../files.ts'
import type { LogReader, LogRecord } from './port.ts'
import { decodeRecord, RECORD_HEADER, type RecordHeader, SEGMENT_HEADER } from './record-format.ts'
import { findRecord, listSegments, type Segment } from './segments.ts'

export interface ReaderOptions {
  readonly folder: string
  readonly files: FileLayer
  /** How far records are durable, and how often the writer began a segment: nothing behind it is looked at. */
  readonly mark: { get(): number; readonly rolls: number }
  /** Told of records that are lost on the disk: first and last seq. */
  readonly onDamage?: (from: number, to: number) => void
}

const SMALL_READ = 65536

/** Reads a segmented log from the page cache, synchronously: made for a thread that does nothing else. */
export class SegmentedReader implements LogReader {
  readonly #options: ReaderOptions
  #segments: Segment[] = []
  #rolls = -1
  #index = -1
  #file: DurableFile | undefined
  #offset = 0
  #seq = 0
  /** Bytes asked for at once: grows while much is waiting, shrinks while little is. */
  #want = SMALL_READ
  #buffer = new Uint8Array(1 << 20)
  #view = new DataView(this.#buffer.buffer)

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  get seq(): number {
    return this.#seq
  }

  get durableSeq(): number {
    return this.#options.mark.get()
  }

  seek(seq: number): void {
    this.#seq = seq
    this.#relist()
    this.#enter(this.#segmentOf(seq + 1))
  }

  read(maxRecords: number, maxBytes: number, upToSeq = Infinity): LogRecord[] {
    const durable = Math.min(this.#options.mark.get(), upToSeq)
    while (this.#seq < durable) {
      this.#relist()
      if (this.#index < 0) this.#enter(this.#segmentOf(this.#seq + 1))
      const limit = Math.min(durable, this.#lastSeqOfSegment())
      if (this.#seq < limit) {
        const records = this.#readSegment(limit, maxRecords, maxBytes)
        if (records.length > 0) return records
        this.#skipDamage(limit)
        continue
      }
      if (this.#index + 1 >= this.#segments.length) return []
      this.#enter(this.#index + 1)
      this.#expectFirst()
    }
    return []
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
    this.#index = -1
  }

  #readSegment(limit: number, maxRecords: number, maxBytes: number): LogRecord[] {
    this.#reserve(maxBytes)
    const records: LogRecord[] = []
    let filled = this.#fill(this.#want)
    let offset = 0
    while (records.length < maxRecords && offset < maxBytes) {
      const record = this.#decode(filled, offset)
      if (record === 'short' && records.length === 0 && this.#isCut(filled, offset)) {
        this.#want = Math.max(this.#want, filled) * 2
        this.#reserve(this.#want)
        filled = this.#fill(this.#want)
        continue
      }
      if (typeof record === 'string' || record.seq !== this.#seq + 1 || record.seq > limit) break
      const start = offset + RECORD_HEADER
      const body = this.#buffer.subarray(start, start + record.length)
      records.push({ seq: record.seq, at: record.at, kind: record.kind, body })
      this.#seq = record.seq
      offset += record.span
    }
    this.#offset += offset
    if (offset > this.#want / 2) this.#want = Math.min(this.#want * 2, Math.max(maxBytes, SMALL_READ))
    else if (offset < this.#want / 4) this.#want = Math.max(SMALL_READ, this.#want / 2)
    return records
  }

  /** Whether the record at `offset` goes on behind what the buffer holds, and not behind the end of the file. */
  #isCut(filled: number, offset: number): boolean {
    const size = this.#file?.size() ?? 0
    if (this.#offset + filled >= size) return false
    const header = decodeRecord(this.#buffer.subarray(0, filled), this.#view, offset, false)
    return header === 'short' || (typeof header === 'object' && this.#offset + offset + header.span <= size)
  }

  /** The next durable record is not intact: go on at the next one that is, in this segment or behind it. */
  #skipDamage(limit: number): void {
    const rest = new Uint8Array(Math.max(0, (this.#file?.size() ?? 0) - this.#offset))
    this.#file?.readSync(rest, this.#offset)
    const found = findRecord(rest, new DataView(rest.buffer), 0, this.#seq)
    const record =
      found === undefined ? undefined : decodeRecord(rest, new DataView(rest.buffer), found, true)
    if (found !== undefined && typeof record === 'object' && record.seq <= limit) {
      // A hole that was passed up to the end of an earlier read has been told already.
      if (record.seq > this.#seq + 1) this.#options.onDamage?.(this.#seq + 1, record.seq - 1)
      this.#seq = record.seq - 1
      this.#offset += found
      return
    }
    this.#options.onDamage?.(this.#seq + 1, limit)
    this.#seq = limit
  }

  /** On entering a segment: what lies before its first record is gone (trimmed or damaged). */
  #expectFirst(): void {
    const segment = this.#segments[this.#index]
    if (segment !== undefined && segment.firstSeq > this.#seq + 1) this.#seq = segment.firstSeq - 1
  }

  #relist(): void {
    const { rolls } = this.#options.mark
    if (rolls === this.#rolls) return
    const current = this.#segments[this.#index]
    this.#segments = listSegments(this.#options.files, this.#options.folder)
    this.#rolls = rolls
    // A segment in which nothing became durable may have been begun again under its name: it is opened again.
    const isRead = current !== undefined && current.firstSeq <= this.#seq
    this.#index = isRead ? this.#segments.findIndex(segment => segment.path === current.path) : -1
  }

  /** Records behind the next segment's first were never acknowledged: a failed write ended this segment early. */
  #lastSeqOfSegment(): number {
    return (this.#segments[this.#index + 1]?.firstSeq ?? Infinity) - 1
  }

  #segmentOf(seq: number): number {
    const index = this.#segments.findLastIndex(segment => segment.firstSeq <= seq)
    return index < 0 ? Math.min(0, this.#segments.length - 1) : index
  }

  #enter(index: number): void {
    this.#file?.close()
    this.#file = undefined
    const segment = this.#segments[index]
    this.#index = segment === undefined ? -1 : index
    if (segment === undefined) return
    this.#file = this.#options.files.open(segment.path, 'read')
    this.#offset = SEGMENT_HEADER
    this.#expectFirst()
    this.#hop(segment.firstSeq)
  }

  /** Hops over headers up to the record after #seq. Their checksums were verified when they were first read. */
  #hop(firstSeq: number): void {
    let seq = firstSeq - 1
    while (seq < this.#seq) {
      const filled = this.#fill()
      let offset = 0
      let record = this.#decode(filled, offset, false)
      while (typeof record === 'object' && record.seq > seq && record.seq <= this.#seq) {
        seq = record.seq
        offset += record.span
        record = this.#decode(filled, offset, false)
      }
      if (offset === 0) return
      this.#offset += offset
    }
  }

  #decode(filled: number, offset: number, checked = true): RecordHeader | 'short' | 'invalid' {
    return decodeRecord(this.#buffer.subarray(0, filled), this.#view, offset, checked)
  }

  #fill(bytes = this.#buffer.length): number {
    return this.#file?.readSync(this.#buffer.subarray(0, bytes), this.#offset) ?? 0
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return
    this.#buffer = new Uint8Array(bytes)
    this.#view = new DataView(this.#buffer.buffer)
  }
}
