/**
 * The log port: an append-only sequence of checksummed records that survives kill -9 and power cuts.
 * Gateway and processors meet in it, processors and stores too; nobody else shares anything.
 *
 * What an adapter promises:
 * - `append` never blocks and never reorders: records get consecutive seq numbers from 1.
 * - `onDurable(undefined)` is called only after the record and all before it are on stable storage. After a
 *   crash every record that was called back is read again, once, in order, with equal bytes.
 * - A record that was not called back may or may not be there after a crash; if it is, so are all before it.
 * - `onDurable(error)`: the record will not be read, and the caller must not acknowledge it. Only when the process ends
 *   before another record is durable may it be there again, as one that was not called back.
 * - Readers see durable records only. The body they get is valid until their next `read`.
 * - `close` waits for everything appended; later appends fail.
 */

/** Largest body of a record, bytes: an MQTT packet of 1 MiB and its head fit, a results block too. */
export const MAX_RECORD_BODY = 16 * 1024 * 1024

export interface LogRecord {
  /** 1, 2, 3, ... without gaps, unless records were damaged on disk. */
  readonly seq: number
  /** Log time, epoch ms; never lower than that of the record before. */
  readonly at: number
  /** What the body holds; the rooms that write and read it agree in src/records/. 0..255. */
  readonly kind: number
  readonly body: Uint8Array
}

export type OnDurable = (error: Error | undefined) => void

export interface LogWriter {
  /** Seq of the last durable record, 0 when empty. */
  readonly durableSeq: number
  /** Seq that the next append will get. */
  readonly nextSeq: number
  /**
   * Copies `head` and `payload` into the open group; both may be reused at once.
   * @returns the record's seq. @throws LOG_CLOSED, LOG_RECORD_TOO_LARGE
   */
  append(kind: number, at: number, head: Uint8Array, payload: Uint8Array, onDurable: OnDurable): number
  /** Resolves when all records appended so far are durable. Rejects when one of them failed. */
  flush(): Promise<void>
  /** Undefined while healthy, else why appends fail at present. */
  readonly failure: Error | undefined
  /** How often records that were appended had to be given up. A writer that built on them sees it here at once. */
  readonly failures: number
  /** Drops whole segments that hold only records up to `seq` and exceed the budget. Never the last one. */
  trim(upToSeq: number): Promise<void>
  close(): Promise<void>
}

export interface LogReader {
  /** Seq of the last record returned (or sought past). */
  readonly seq: number
  /** How far it could read now: seq of the last durable record, 0 when the log is empty. */
  readonly durableSeq: number
  /** The next `read` starts at the first record after `seq`. */
  seek(seq: number): void
  /**
   * Up to `maxRecords` and about `maxBytes` of records in order, synchronously; empty when no durable record
   * is left. A hole (records damaged on disk, or trimmed) shows as a jump in seq.
   * @param upToSeq no record behind this one; a hole that reaches it is passed, and `seq` is then this
   */
  read(maxRecords: number, maxBytes: number, upToSeq?: number): LogRecord[]
  close(): void
}

/** How a reader learns how far it may read: shared between threads. */
export interface DurableMark {
  get(): number
}
