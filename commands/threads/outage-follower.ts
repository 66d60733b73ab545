import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { asError } from '../../src/errors.ts'
import { NO_FIGURES, type OutageFigures } from '../../src/ledger/outage-port.ts'
import type { Ledger } from '../../src/ledger/port.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger, type Logger } from '../../src/logger.ts'
import { OutageFeed } from '../../src/outages/feed.ts'
import { placesOf } from '../../src/outages/registry-places.ts'
import { MonthBook } from '../../src/outages/reliability/month-book.ts'
import { ReliabilityDesk, type ReliabilityParts } from '../../src/outages/reliability/reliability-desk.ts'
import { emptyRegistry, type Registry } from '../../src/registry/lookup/registry.ts'
import { openRegistryParts, type RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { FollowData, Followed } from './messages.ts'

const IDLE_MS = 1000
/** After a wait, so that what comes within it is one commit. */
const GATHER_MS = 50
const TELL_MS = 1000

/** So often published months of reliability are looked after, when the log has nothing new. */
const MONTHS_MS = 10_000
/** After a failure, which is not over in a moment: the disk is full, or a month has more interruptions than can be computed with. */
const FAILED_MONTHS_MS = 600_000

/** Runs the feed of outages, and the months of reliability made of it, beside whoever asks the ledger. */
export class OutageFollower {
  readonly #ledger: Pick<Ledger, 'outages' | 'reliability'>
  readonly #onFollowed: (followed: Followed) => void
  #registry: Registry = emptyRegistry()
  #feed: OutageFeed | undefined
  #running: Promise<void> | undefined
  #isStopping = false
  readonly #stopped = Promise.withResolvers<void>()
  #isHeld = false
  #figures: OutageFigures = NO_FIGURES
  /** As told last, and when. */
  #told = ''
  #toldAt = Number.NEGATIVE_INFINITY

  /** Of the site, once it follows. */
  #zone = 'UTC'
  readonly desk: ReliabilityDesk
  /** When months are looked after next. */
  #monthsAt = Number.NEGATIVE_INFINITY

  constructor(ledger: Pick<Ledger, 'outages' | 'reliability'>, onFollowed: (followed: Followed) => void) {
    this.#ledger = ledger
    this.#onFollowed = onFollowed
    this.desk = new ReliabilityDesk(this.#reliabilityParts())
  }

  follow(data: FollowData): void {
    this.#zone = data.timezone
    this.#isHeld = data.isHeld
    if (data.registry !== undefined) this.setRegistry(data.registry)
    this.#running ??= this.#run(data)
  }

  setRegistry(parts: RegistryParts): void {
    this.#registry = openRegistryParts(parts)
  }

  async holdOutages(isHeld: boolean): Promise<void> {
    this.#isHeld = isHeld
    this.#feed?.hold(isHeld)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopped.resolve()
    await this.#running
  }

  async #run({ bell: memory, results, logLevel }: FollowData): Promise<void> {
    const { outages } = this.#ledger
    const logger = createLogger(logLevel, 'outages')
    const months = new MonthBook(this.#reliabilityParts())
    const bell = new Int32Array(memory)
    const onDamage = (from: number, to: number): void =>
      logger.error({ code: 'LOG_DAMAGED', log: 'results', from, to }, 'records lost on disk')
    const reader = new SegmentedReader({
      folder: results.folder,
      files: nodeFiles,
      mark: new SharedMark(memory, results.mark),
      onDamage
    })
    const feed = new OutageFeed({
      ...{ reader, logger, clock: systemClock, store: outages },
      places: placesOf(() => this.#registry),
      cursor: await outages.cursor()
    })
    this.#feed = feed
    feed.hold(this.#isHeld)
    this.#figures = await outages.figures()
    while (!this.#isStopping) {
      const seen = Atomics.load(bell, 0)
      const taken = await feed.pump()
      const hasLines = taken !== undefined && taken > 0
      if (hasLines) this.#figures = await outages.figures()
      this.#tell(feed, hasLines)
      if (taken !== undefined) await systemClock.turn()
      else if (!(await this.#lookAfter(months, logger))) {
        await Promise.race([listen(bell, seen, IDLE_MS), this.#stopped.promise])
        await Promise.race([systemClock.delay(GATHER_MS), this.#stopped.promise])
      }
    }
    await feed.flush()
    reader.close()
  }

  #reliabilityParts(): ReliabilityParts {
    return {
      ledger: this.#ledger.reliability,
      registry: () => this.#registry,
      clock: systemClock,
      zone: () => this.#zone
    }
  }

  /** @returns whether there may be more to do */
  async #lookAfter(months: MonthBook, logger: Logger): Promise<boolean> {
    const now = systemClock.monotonic()
    if (this.#isHeld || now < this.#monthsAt) return false
    this.#monthsAt = now + MONTHS_MS
    try {
      if (!(await months.turn())) return false
      this.#monthsAt = now
      return true
    } catch (thrown) {
      this.#monthsAt = now + FAILED_MONTHS_MS
      logger.error({ detail: asError(thrown).message }, 'months of reliability could not be computed')
      return false
    }
  }

  /** Lines are told at once, progress without any once a second. */
  #tell({ cursor, seq, failure }: OutageFeed, hasLines: boolean): void {
    const told = `${cursor} ${seq} ${failure}`
    const now = systemClock.monotonic()
    if (told === this.#told || (!hasLines && now - this.#toldAt < TELL_MS)) return
    this.#told = told
    this.#toldAt = now
    this.#onFollowed({ cursor, seq, figures: this.#figures, trouble: failure })
  }
}
