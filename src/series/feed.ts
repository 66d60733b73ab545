import type { Clock } from '../clock.ts'
import { asError, ERRORS, isError } from '../errors.ts'
import type { DurableMark, LogReader, LogRecord } from '../log/port.ts'
import type { Logger } from '../logger.ts'
import { decodeJson, HISTORY_REQUESTS, type HeldRequest } from '../records/results-record.ts'
import { type Held, StepGatherer } from './feed-gather.ts'
import type { HistoryAnswer, SeriesPosition, SeriesStore } from './port.ts'

/** Records and bytes of one read: bounds how far a batch may exceed `flushRows`. */
const READ_RECORDS = 1000
const READ_BYTES = 1024 * 1024

/** Of a batch that is tried while the store refuses them, about. */
const TRIAL_ROWS = 5000

/** Requests that may wait for their answers in memory before commits wait too. */
const MAX_HELD_REQUESTS = 1_000_000

const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

export interface FeedOptions {
  /** A reader of the results log that nobody else uses. */
  readonly reader: LogReader
  /** How far the results log is durable; 0 until the thread that writes it has opened it. */
  readonly mark: DurableMark
  /** Open. */
  readonly store: SeriesStore
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Rows after which a batch is committed. */
  readonly flushRows: number
  /** Longest time a step waits for its commit, ms. */
  readonly flushMs: number
  /** Longest wait before a commit that failed is tried again; half a minute when absent. */
  readonly lastRetryMs?: number
  readonly onCommit: (position: SeriesPosition, rows: number) => void
  /** Undefined where another store answers what is asked about history. */
  readonly history: HistoryOptions | undefined
}

export interface HistoryOptions {
  /**
   * Results seq from which on requests to history may be unanswered, from the processor's checkpoint. Requests
   * between it and the store's position are asked again at the start; the processor ignores what it does not
   * wait for.
   */
  readonly replayFrom: number
  /** Answers in the order of the requests, once their step is stored. `resultsSeq` is that of their record. */
  readonly onAnswers: (
    requests: readonly HeldRequest[],
    answers: readonly HistoryAnswer[],
    resultsSeq: number
  ) => void | Promise<void>
}

/**
 * Carries the results log into a series store.
 *
 *   log -> whole steps -> batch -> (flushRows or flushMs?) commit -> onCommit -> requests -> history -> onAnswers
 *
 * The log is the buffer: a batch whose commit failed is dropped and read again from the store's position, so
 * nothing is lost and nothing waits in memory while a store is down. One turn at a time: the owner calls `pump`
 * in a loop and pauses when it did nothing.
 */
export class SeriesFeed {
  readonly #options: FeedOptions
  readonly #gatherer: StepGatherer
  readonly #commitRetry: Retry
  readonly #historyRetry: Retry
  /** Requests of stored steps, oldest first. */
  readonly #held: Held[] = []
  #heldRequests = 0
  /** Requests that need a part of the store that could not be read. */
  readonly #untold: Held[] = []
  #untoldAskedAt = 0
  /** Requests up to the position of the start are asked again first; undefined when that is done. */
  #replayTo: number | undefined
  #gatheredSince = 0
  /** Requests of records up to here have been held, or were answered before the start. */
  #askedUpTo = 0

  constructor(options: FeedOptions) {
    this.#options = options
    this.#gatherer = new StepGatherer(gap => {
      options.logger.error({ code: 'LOG_DAMAGED', ...gap }, ERRORS.LOG_DAMAGED.message)
    })
    const { clock, lastRetryMs = LAST_RETRY_MS } = options
    this.#commitRetry = new Retry(clock, lastRetryMs)
    this.#historyRetry = new Retry(clock, lastRetryMs)
  }

  /** Places the reader. The store must be open. */
  start(): void {
    const { reader, store, history } = this.#options
    const { resultsSeq } = store.position()
    this.#askedUpTo = resultsSeq
    if (history !== undefined && history.replayFrom < resultsSeq) {
      this.#replayTo = resultsSeq
      reader.seek(history.replayFrom)
    } else this.#readOn()
  }

  /** Places the reader where the store goes on: at its position, or before it where a part is made anew. */
  #readOn(): void {
    const { reader, store } = this.#options
    const { resultsSeq } = store.position()
    reader.seek(Math.min(store.rebuildFrom() ?? resultsSeq, resultsSeq))
    this.#gatherer.reset(reader.seq)
  }

  /** Where the store stands. */
  get position(): SeriesPosition {
    return this.#options.store.position()
  }

  /**
   * One turn: answers one record's requests, reads on, commits when due. Each turn does both, so that a backlog of
   * requests does not keep what is new from being seen. @returns false when there was nothing to do
   */
  async pump(): Promise<boolean> {
    const hasAnswered = await this.#answer()
    if (this.#replayTo !== undefined) return this.#replay(this.#replayTo) || hasAnswered
    // Requests are asked for faster than they are answered: what is not read waits in the log.
    if (this.#heldRequests > MAX_HELD_REQUESTS) return hasAnswered
    return (await this.#store()) || hasAnswered
  }

  async #store(): Promise<boolean> {
    if (!this.#commitRetry.isDue()) return false
    const hasRead = this.#gather()
    if (!this.#isCommitDue()) return hasRead
    await this.#commit()
    return true
  }

  /** Commits the whole steps gathered so far at once. For the stop: what is not committed stays in the log. */
  async flush(): Promise<void> {
    if (this.#replayTo === undefined && this.#gatherer.steps > 0) await this.#commit()
  }

  /** A store that refused the batch before is tried with a small one: of those that it refuses memory would fill up. */
  get #rowsWanted(): number {
    const { flushRows } = this.#options
    return this.#commitRetry.isFailing ? Math.min(flushRows, TRIAL_ROWS) : flushRows
  }

  #gather(): boolean {
    if (this.#gatherer.rows >= this.#rowsWanted) return false
    const records = this.#options.reader.read(READ_RECORDS, READ_BYTES)
    const wasEmpty = this.#gatherer.steps === 0
    for (const record of records) this.#gatherer.add(record)
    if (wasEmpty) this.#gatheredSince = this.#options.clock.monotonic()
    return records.length > 0
  }

  #isCommitDue(): boolean {
    const { flushMs, clock } = this.#options
    if (this.#gatherer.steps === 0) return false
    return this.#gatherer.rows >= this.#rowsWanted || clock.monotonic() - this.#gatheredSince >= flushMs
  }

  async #commit(): Promise<void> {
    const { store, onCommit, logger } = this.#options
    const { batch, held, rows } = this.#gatherer.take()
    try {
      await this.#gatherDuring(store.commit(batch))
    } catch (error) {
      const retryMs = this.#commitRetry.fail()
      logger.error({ ...describe(error), retryMs, rows }, 'the series store refused a batch')
      this.#readOn()
      return
    }
    this.#commitRetry.succeed()
    // What is read again, for a part of the store that is made anew, was asked before.
    this.#hold(held.filter(({ seq }) => seq > this.#askedUpTo))
    this.#askedUpTo = Math.max(this.#askedUpTo, batch.position.resultsSeq)
    // A step that was read in part goes on: only the whole ones were taken.
    this.#gatheredSince = this.#options.clock.monotonic()
    onCommit(store.position(), rows)
  }

  /** The store syncs in other threads: meanwhile the next batch is gathered, one read at a time. */
  async #gatherDuring(commit: Promise<void>): Promise<void> {
    let isUnderWay = true
    const ended = commit.finally(() => {
      isUnderWay = false
    })
    // Whether it failed is told by the await below.
    ended.catch(() => {})
    const { clock } = this.#options
    await clock.turn()
    while (isUnderWay && this.#gather()) await clock.turn()
    await ended
  }

  /** Answers the oldest requests. */
  async #answer(): Promise<boolean> {
    this.#askUntold()
    const held = this.#held[0]
    if (held === undefined || !this.#historyRetry.isDue()) return false
    try {
      const answers = await this.#options.store.history(held.requests)
      await this.#give(held, answers)
    } catch (error) {
      const retryMs = this.#historyRetry.fail()
      this.#options.logger.error({ ...describe(error), retryMs }, 'requests to history wait')
      return true
    }
    this.#historyRetry.succeed()
    this.#held.shift()
    this.#heldRequests -= held.requests.length
    return true
  }

  /** What cannot be told now is asked again later, and keeps nobody else waiting. */
  async #give({ seq, requests }: Held, answers: readonly (HistoryAnswer | undefined)[]): Promise<void> {
    const told = answers.filter(answer => answer !== undefined)
    const isTold = (_: unknown, i: number): boolean => answers[i] !== undefined
    if (told.length > 0) await this.#options.history?.onAnswers(requests.filter(isTold), told, seq)
    const untold = requests.filter((_, i) => answers[i] === undefined)
    if (untold.length === 0) return
    const { clock } = this.#options
    if (this.#untold.length === 0) this.#untoldAskedAt = clock.monotonic()
    this.#untold.push({ seq, requests: untold })
  }

  #askUntold(): void {
    const { clock } = this.#options
    if (this.#untold.length === 0 || clock.monotonic() - this.#untoldAskedAt < LAST_RETRY_MS) return
    this.#hold(this.#untold.splice(0))
  }

  #hold(held: readonly Held[]): void {
    if (this.#options.history === undefined) return
    for (const each of held) {
      this.#held.push(each)
      this.#heldRequests += each.requests.length
    }
  }

  /**
   * Reads the requests of stored steps again, up to the position, then goes on as usual. A position is durable in
   * the log by definition: while nothing can be read, its writer has not opened it yet. A log that is open and
   * ends below the position was shortened from outside; what it held is not to be waited for.
   */
  #replay(to: number): boolean {
    const { reader, mark, logger } = this.#options
    if (this.#held.length > 0) return false
    // Looked at before the read: what becomes durable in between is for the next turn.
    const durable = mark.get()
    const records = reader.read(READ_RECORDS, READ_BYTES)
    this.#hold(requestsUpTo(records, to))
    if (records.length === 0 && reader.seq < to) {
      if (durable === 0) return false
      logger.error({ code: 'LOG_DAMAGED', after: reader.seq, to }, 'the results log ends before the store')
    } else if (reader.seq < to) return true
    this.#replayTo = undefined
    this.#readOn()
    return true
  }
}

function requestsUpTo(records: readonly LogRecord[], to: number): Held[] {
  return records
    .filter(({ kind, seq }) => kind === HISTORY_REQUESTS && seq <= to)
    .map(({ seq, body }) => ({ seq, requests: decodeJson<HeldRequest[]>(body) }))
}

const describe = (thrown: unknown): { code: string; error: string } => ({
  code: isError(thrown) ? thrown.code : 'SERIES_COMMIT_FAILED',
  error: asError(thrown).message
})

/** Waits 1 s after a failure, twice as long after each further one, up to a longest wait. */
class Retry {
  readonly #clock: Clock
  readonly #lastMs: number
  #notBefore = Number.NEGATIVE_INFINITY
  #delayMs = FIRST_RETRY_MS

  constructor(clock: Clock, lastMs: number) {
    this.#clock = clock
    this.#lastMs = lastMs
  }

  /** Whether the last attempt failed. */
  get isFailing(): boolean {
    return this.#notBefore > Number.NEGATIVE_INFINITY
  }

  isDue(): boolean {
    return this.#clock.monotonic() >= this.#notBefore
  }

  /** @returns how long to wait, ms */
  fail(): number {
    const delayMs = this.#delayMs
    this.#notBefore = this.#clock.monotonic() + delayMs
    this.#delayMs = Math.min(this.#lastMs, delayMs * 2)
    return delayMs
  }

  succeed(): void {
    this.#notBefore = Number.NEGATIVE_INFINITY
    this.#delayMs = FIRST_RETRY_MS
  }
}
