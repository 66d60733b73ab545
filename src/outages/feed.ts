import type { Clock } from '../clock.ts'
import { asError, ERRORS } from '../errors.ts'
import type { OutageLedger, OutagePlaces } from '../ledger/outage-port.ts'
import type { LogReader } from '../log/port.ts'
import type { Logger } from '../logger.ts'
import { OutageGatherer } from './gather.ts'

/** Records and bytes of one look at the log: who asks the ledger meanwhile waits no longer than one takes. */
const READ_RECORDS = 1000
const READ_BYTES = 1 << 20
/** A cursor that only moved over steps without lines is stored after so many records or so long: that costs a sync. */
const IDLE_RECORDS = 20_000
const IDLE_MS = 20_000
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

export interface OutageFeedOptions {
  /** A reader of the results log that nobody else uses. */
  readonly reader: LogReader
  /** Open. */
  readonly store: Pick<OutageLedger, 'takeLines'>
  readonly places: OutagePlaces
  /** Where the store stands. */
  readonly cursor: number
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
}

/**
 * Carries what the results log says about outages into the ledger: a consumer with a cursor of its own, beside the series
 * feed. The log is the buffer: what could not be stored is read again from the cursor, so nothing is lost while the ledger
 * cannot write, and a restart goes on where the last commit was. One turn at a time: the owner calls `pump` in a loop and
 * pauses when it did nothing.
 */
export class OutageFeed {
  readonly #options: OutageFeedOptions
  readonly #gatherer: OutageGatherer
  #cursor: number
  #storedAt: number
  #isHeld = false
  #notBefore = Number.NEGATIVE_INFINITY
  #retryMs = FIRST_RETRY_MS
  #failure = ''

  constructor(options: OutageFeedOptions) {
    this.#options = options
    this.#cursor = options.cursor
    this.#storedAt = options.clock.monotonic()
    this.#gatherer = new OutageGatherer((after, next) => this.#reportGap(after, next))
    this.#readOn()
  }

  /** Stored up to here: before it, the log is needed by nobody here. */
  get cursor(): number {
    return this.#cursor
  }

  /** Read up to here. */
  get seq(): number {
    return this.#gatherer.seq
  }

  /** Why it cannot go on at present, '' when it can. */
  get failure(): string {
    return this.#failure
  }

  /** While held, nothing is stored: somebody copies the log first and the ledger after it. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
  }

  /** @returns lines that were stored; undefined when there was nothing to do */
  async pump(): Promise<number | undefined> {
    const { reader, clock } = this.#options
    if (this.#isHeld || clock.monotonic() < this.#notBefore) return undefined
    const records = reader.read(READ_RECORDS, READ_BYTES)
    for (const record of records) this.#gatherer.add(record)
    if (this.#gatherer.parts > 0 || this.#isCursorDue()) return this.#store()
    return records.length === 0 ? undefined : 0
  }

  /** Stores what has been passed. For the stop. */
  async flush(): Promise<void> {
    if (!this.#isHeld && this.#gatherer.seq > this.#cursor) await this.#store()
  }

  #isCursorDue(): boolean {
    const passed = this.#gatherer.seq - this.#cursor
    return passed > IDLE_RECORDS || (passed > 0 && this.#options.clock.monotonic() - this.#storedAt > IDLE_MS)
  }

  async #store(): Promise<number> {
    const { store, places, clock, logger } = this.#options
    const { seq } = this.#gatherer
    try {
      const taken = await store.takeLines({ seq, parts: this.#gatherer.take() }, places)
      this.#cursor = seq
      this.#storedAt = clock.monotonic()
      this.#retryMs = FIRST_RETRY_MS
      this.#failure = ''
      return taken
    } catch (thrown) {
      this.#failure = asError(thrown).message
      const retryMs = this.#retryMs
      logger.error({ detail: this.#failure, retryMs }, 'what is said about outages could not be stored')
      this.#notBefore = clock.monotonic() + retryMs
      this.#retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
      this.#readOn()
      return 0
    }
  }

  #readOn(): void {
    this.#options.reader.seek(this.#cursor)
    this.#gatherer.reset(this.#cursor)
  }

  /** A ledger that has read nothing yet begins where the log does: what lay before was trimmed in an earlier release. */
  #reportGap(after: number, next: number): void {
    if (after === 0) this.#options.logger.info({ next }, 'lines about outages are read from here on')
    else this.#options.logger.error({ code: 'LOG_DAMAGED', after, next }, ERRORS.LOG_DAMAGED.message)
  }
}
