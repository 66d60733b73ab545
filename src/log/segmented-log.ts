import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { asError, GridvigilError } from '../errors.ts'
import { SharedMark } from './durable-mark.ts'
import type { DurableFile, FileLayer } from '../files.ts'
import { CommitGroup } from './commit-group.ts'
import { type LogWriter, MAX_RECORD_BODY, type OnDurable } from './port.ts'
import { encodeSegmentHeader, SEGMENT_HEADER } from './record-format.ts'
import { firstTimeOf, prepareSegment, sizeOf } from './segment-files.ts'
import { listSegments, recoverSegment, type Segment, segmentPath } from './segments.ts'

export interface LogOptions {
  readonly folder: string
  readonly name: string
  readonly files: FileLayer
  readonly clock: Clock
  readonly segmentBytes: number
  /** A group smaller than commitBytes waits this long for company before it is synced. */
  readonly commitDelayMs: number
  readonly commitBytes: number
  /** Pause after a failed write before the next attempt. */
  readonly retryMs: number
  /** Segments older than this, or beyond this many bytes, may be trimmed. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly mark?: SharedMark
  readonly onTrouble?: (trouble: LogTrouble) => void
}

/** What recovery found or what failed later, for the operator's log. A torn tail is no error: nobody was promised it. */
export type LogTrouble =
  | { readonly kind: 'torn'; readonly detail: string }
  | { readonly kind: 'damaged'; readonly code: 'LOG_DAMAGED'; readonly detail: string }
  | { readonly kind: 'failed'; readonly code: 'LOG_WRITE_FAILED'; readonly detail: string }

/**
 * The embedded log: segments of fixed size, one write and one sync for all records of a commit group, while the next
 * group gathers.
 *
 *   append ─> open group ─(commitBytes or commitDelayMs)─> write ─> fdatasync ─> mark ─> callbacks (PUBACK)
 *                 ^ next group fills meanwhile
 *
 * After any I/O error nothing of the group counts as durable, and the segment is never written again: a failed fsync
 * may have dropped pages that a second one would not report. The log goes on in a new segment after `retryMs`.
 */
export class SegmentedLog implements LogWriter {
  readonly mark: SharedMark
  readonly #options: LogOptions
  #segments: Segment[] = []
  #file: DurableFile | undefined
  #position = 0
  #size = 0
  #spare: Promise<DurableFile> | undefined
  #group: CommitGroup | undefined
  #idle: CommitGroup | undefined
  #nextSeq = 1
  #recoveredSeq = 0
  #lastAt = 0
  #committing: Promise<void> | undefined
  #cancelTimer: (() => void) | undefined
  #failure: Error | undefined
  #failures = 0
  #retryAt = 0
  #closed = true

  constructor(options: LogOptions) {
    this.#options = options
    this.mark = options.mark ?? new SharedMark()
  }

  get durableSeq(): number {
    return this.mark.get()
  }

  get nextSeq(): number {
    return this.#nextSeq
  }

  get lastAt(): number {
    return this.#lastAt
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  get failures(): number {
    return this.#failures
  }

  /** Seq of the last intact record that recovery found. Lower than `durableSeq` then: what lies between is lost. */
  get recoveredSeq(): number {
    return this.#recoveredSeq
  }

  /**
   * Recovers what is there and makes it durable.
   * @param floor highest seq that anybody is known to have read here. A log that ends below it has lost records, and
   *   goes on above it: a seq given twice would be taken for a record that is already processed.
   * @throws LOG_FORMAT, or the file system's error
   */
  async open(floor = 0): Promise<void> {
    const { files, folder } = this.#options
    files.makeFolder(folder)
    this.#segments = listSegments(files, folder)
    const lastSeq = this.#continueAbove(floor, await this.#recover())
    this.#nextSeq = lastSeq + 1
    this.#closed = false
    this.mark.rolled()
    this.mark.set(lastSeq)
  }

  append(kind: number, at: number, head: Uint8Array, payload: Uint8Array, onDurable: OnDurable): number {
    if (this.#closed) throw new GridvigilError('LOG_CLOSED', this.#options.name)
    if (head.length + payload.length > MAX_RECORD_BODY) {
      throw new GridvigilError('LOG_RECORD_TOO_LARGE', `${head.length + payload.length} bytes`)
    }
    if (this.#failure !== undefined && this.#options.clock.monotonic() < this.#retryAt) {
      throw new GridvigilError('LOG_WRITE_FAILED', this.#failure.message)
    }
    const seq = this.#nextSeq++
    this.#lastAt = Math.max(this.#lastAt, at)
    this.#group ??= this.#openGroup(seq)
    this.#group.add(kind, seq, this.#lastAt, head, payload, onDurable)
    this.#schedule()
    return seq
  }

  async flush(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (error: Error | undefined): void => (error ? reject(error) : resolve())
      if (this.#group !== undefined) this.#group.whenDone(settle)
      else if (this.#committing !== undefined) this.#committing.then(() => settle(this.#failure), reject)
      else settle(undefined)
      this.#startCommit()
    })
  }

  async trim(upToSeq: number): Promise<void> {
    const { files, folder, clock, retentionMs, retentionBytes } = this.#options
    let total = this.#segments.reduce((sum, segment) => sum + sizeOf(files, segment.path), 0)
    let removed = 0
    for (;;) {
      const [segment, next] = this.#segments
      if (segment === undefined || next === undefined || next.firstSeq - 1 > upToSeq) break
      const old = firstTimeOf(files, next) < clock.now() - retentionMs
      if (!old && total <= retentionBytes) break
      total -= sizeOf(files, segment.path)
      files.remove(segment.path)
      this.#segments.shift()
      removed++
    }
    if (removed === 0) return
    this.mark.rolled()
    await files.syncFolder(folder)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.flush()
      await this.#markClosed()
    } finally {
      this.#cancelTimer?.()
      const spare = await this.#spare?.catch(() => undefined)
      spare?.close()
      this.#file?.close()
      this.#file = undefined
    }
  }

  #openGroup(firstSeq: number): CommitGroup {
    const group = this.#idle ?? new CommitGroup()
    this.#idle = undefined
    group.begin(firstSeq, this.#options.clock.monotonic())
    return group
  }

  /** Commits now when the group is large or old enough, else when it will be. */
  #schedule(): void {
    const group = this.#group
    if (group === undefined || this.#committing !== undefined) return
    const { commitBytes, commitDelayMs, clock } = this.#options
    if (group.bytes >= commitBytes) {
      this.#startCommit()
      return
    }
    if (this.#cancelTimer !== undefined) return
    const wait = commitDelayMs - (clock.monotonic() - group.openedAt)
    this.#cancelTimer = clock.after(Math.max(0, Math.ceil(wait)), () => this.#startCommit())
  }

  #startCommit(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const group = this.#group
    if (group === undefined || this.#committing !== undefined) return
    this.#group = undefined
    this.#committing = this.#commit(group)
  }

  async #commit(group: CommitGroup): Promise<void> {
    try {
      const bytes = group.finish()
      await this.#makeRoom(bytes.length, group.firstSeq)
      const file = this.#file
      if (file === undefined) throw new Error('no segment is open')
      await file.write(bytes, this.#position)
      await file.sync()
      this.#position += bytes.length
      this.#failure = undefined
      this.mark.set(group.lastSeq)
      this.#committing = undefined
      group.settle(undefined)
      this.#idle = group
    } catch (thrown) {
      this.#committing = undefined
      this.#fail(group, asError(thrown))
    }
    this.#prepareSpare()
    this.#schedule()
  }

  /** Nothing of the group in flight, nor of the one that gathered behind it, is durable. */
  #fail(group: CommitGroup, cause: Error): void {
    const { name, clock, retryMs, onTrouble } = this.#options
    const error = new GridvigilError('LOG_WRITE_FAILED', `${name}: ${cause.message}`, { cause })
    const behind = this.#group
    this.#group = undefined
    this.#failure = error
    this.#failures++
    this.#retryAt = clock.monotonic() + retryMs
    this.#nextSeq = this.durableSeq + 1
    this.#file?.close()
    this.#file = undefined
    onTrouble?.({ kind: 'failed', code: 'LOG_WRITE_FAILED', detail: error.message })
    group.settle(error)
    behind?.settle(error)
  }

  async #makeRoom(bytes: number, firstSeq: number): Promise<void> {
    if (this.#file !== undefined && this.#position + bytes <= this.#size) return
    const { files, folder, name, segmentBytes } = this.#options
    const needed = Math.max(segmentBytes, SEGMENT_HEADER + bytes)
    const prepared = await (needed === segmentBytes ? this.#spare : undefined)?.catch(() => undefined)
    if (prepared !== undefined) this.#spare = undefined
    const spare = prepared ?? (await prepareSegment(files, folder, needed, 'direct'))
    await spare.write(encodeSegmentHeader(firstSeq, name), 0)
    await spare.sync()
    const path = segmentPath(folder, firstSeq)
    // A failed attempt may have left a segment of this name: nothing in it was ever acknowledged.
    this.#segments = this.#segments.filter(segment => segment.path !== path)
    files.rename(join(folder, prepared === undefined ? 'direct.tmp' : 'spare.tmp'), path)
    await files.syncFolder(folder)
    this.#file?.close()
    this.#file = spare
    this.#position = SEGMENT_HEADER
    this.#size = needed
    this.#segments.push({ path, firstSeq })
    this.mark.rolled()
  }

  /** The next segment is made ahead, so that rolling costs one rename and two syncs. */
  #prepareSpare(): void {
    const { files, folder, segmentBytes } = this.#options
    if (this.#closed || this.#spare !== undefined || this.#position < segmentBytes / 2) return
    this.#spare = prepareSegment(files, folder, segmentBytes, 'spare')
    this.#spare.catch(() => {
      this.#spare = undefined
    })
  }

  /** Notes in the header up to where all is synced: from then on a broken record there is no torn tail. */
  async #markClosed(): Promise<void> {
    const file = this.#file
    const firstSeq = this.#segments.at(-1)?.firstSeq
    if (file === undefined || firstSeq === undefined) return
    try {
      await file.write(encodeSegmentHeader(firstSeq, this.#options.name, this.durableSeq), 0)
      await file.sync()
    } catch (thrown) {
      // All records are durable: without the note the next start judges the tail as after a crash.
      const detail = `${this.#options.name}: ${asError(thrown).message}`
      this.#options.onTrouble?.({ kind: 'failed', code: 'LOG_WRITE_FAILED', detail })
    }
  }

  /** The last segment is left as it is: a new one begins behind the gap, so that its name tells where. */
  #continueAbove(floor: number, lastSeq: number): number {
    if (lastSeq >= floor) return lastSeq
    this.#damaged(`${this.#options.folder}: records ${lastSeq + 1} to ${floor} are missing at its end`)
    this.#file?.close()
    this.#file = undefined
    return floor
  }

  #damaged(detail: string): void {
    this.#options.onTrouble?.({ kind: 'damaged', code: 'LOG_DAMAGED', detail })
  }

  async #recover(): Promise<number> {
    const { files, folder, name, onTrouble } = this.#options
    for (const file of files.list(folder)) if (file.endsWith('.tmp')) files.remove(join(folder, file))
    for (;;) {
      const last = this.#segments.at(-1)
      if (last === undefined) return 0
      const file = files.open(last.path, 'write')
      const size = file.size()
      const found = recoverSegment(file, last)
      if (found === undefined) {
        // Nothing in it can be read; whether anything was acknowledged is for the floor to say.
        file.close()
        files.remove(last.path)
        await files.syncFolder(folder)
        this.#segments.pop()
        onTrouble?.({ kind: 'torn', detail: `${last.path}: segment without header and records removed` })
        continue
      }
      if (found.damaged > 0) this.#damaged(`${last.path}: ${found.damaged} records`)
      if (found.headerDamaged) {
        this.#damaged(`${last.path}: header, written again`)
        await file.write(encodeSegmentHeader(last.firstSeq, name), 0)
      }
      if (found.torn) {
        file.resizeSync(found.end)
        file.resizeSync(size)
        const detail = `${last.path}: unacknowledged bytes behind seq ${found.lastSeq} cut`
        if (found.intactSeq === found.lastSeq) onTrouble?.({ kind: 'torn', detail })
      }
      await file.sync()
      this.#file = file
      this.#position = found.end
      this.#size = size
      this.#lastAt = found.lastAt
      this.#recoveredSeq = found.intactSeq
      return found.lastSeq
    }
  }
}
