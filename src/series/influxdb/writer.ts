import type { Clock } from '../../clock.ts'
import { asError, GridvigilError } from '../../errors.ts'
import { nanoseconds, tagInLine, textInLine } from './line-text.ts'
import { Lines } from './lines.ts'
import type { InfluxLink } from './link.ts'
import type { LineSink } from './points.ts'
import { refusalOf } from './refusals.ts'
import { MEASUREMENTS, POLICIES, type Policy, type Retention } from './schema.ts'

/** Lines and bytes of one request: beyond, InfluxDB gains nothing. */
const REQUEST_LINES = 5000
const REQUEST_BYTES = 2_000_000
/** Requests under way: some are stored while the next is made. */
const REQUESTS_AT_ONCE = 4
/** More lines refused for good within a batch are no fault of single lines: nothing of it is given up. */
const MOST_REFUSED = 100
/** Of a refused line as much is kept: text fields end at 64 KB. */
const KEPT_CHARS = 16_000
const DAY_MS = 86_400_000

/** Lines that were not stored, and never will be. */
export interface Refused {
  readonly line: string
  readonly reason: string
}

export interface WriterOptions {
  readonly link: InfluxLink
  readonly retention: Retention
  readonly clock: Clock
  readonly onRefused: (refused: Refused) => void
  /** So many points were older than their policy keeps. */
  readonly onExpired: (points: number) => void
}

/**
 * Sends the lines of one batch:
 *
 *   lines, wrote -> request of a policy is full? -> a few under way -> finish: `again` one by one -> all are stored, or it throws
 *
 * What is refused by its content is halved until the lines stand alone; all others are stored. Nothing is sent after a failure.
 */
export class LineWriter implements LineSink {
  readonly #options: WriterOptions
  readonly #waiting = new Map<Policy, Lines>()
  /** Emptied, to be filled again. */
  readonly #spare: Lines[] = []
  readonly #underWay = new Set<Promise<void>>()
  /** Lines of points that were put already. */
  readonly #again: { readonly policy: Policy; readonly line: string }[] = []
  /** Whose request is full; undefined while there is room. */
  #full: Policy | undefined
  #failure: unknown
  #refused = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  lines(policy: Policy): Lines {
    let lines = this.#waiting.get(policy)
    if (lines === undefined) {
      lines = this.#spare.pop() ?? new Lines()
      this.#waiting.set(policy, lines)
    }
    return lines
  }

  wrote(policy: Policy): void {
    const { count, size } = this.lines(policy)
    if (count >= REQUEST_LINES || size >= REQUEST_BYTES) this.#full = policy
  }

  put(policy: Policy, line: string): void {
    this.lines(policy).add(line)
    this.wrote(policy)
  }

  again(policy: Policy, line: string): void {
    this.#again.push({ policy, line })
  }

  room(): Promise<void> | undefined {
    const policy = this.#full
    if (policy === undefined) return undefined
    this.#full = undefined
    return this.#dispatch(policy)
  }

  /** Resolves when every line that was put is stored, or was refused for good. @throws the first failure */
  async finish(): Promise<void> {
    await this.#settle()
    for (const { policy, line } of this.#again) {
      this.put(policy, line)
      // Within one request the order is that of its lines.
      if (this.#full !== undefined) await this.#settle()
    }
    await this.#settle()
  }

  /** Resolves when nothing is under way, whatever became of it. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #settle(): Promise<void> {
    for (const policy of POLICIES) await this.#dispatch(policy)
    await Promise.all(this.#underWay)
    if (this.#failure !== undefined) throw this.#failure
    this.#full = undefined
  }

  /** Waits for room, then lets the request go. @throws what failed before, when nothing is under way any more */
  async #dispatch(policy: Policy): Promise<void> {
    while (this.#underWay.size >= REQUESTS_AT_ONCE) await Promise.race(this.#underWay)
    if (this.#failure !== undefined) {
      await Promise.all(this.#underWay)
      throw this.#failure
    }
    const lines = this.#waiting.get(policy)
    if (lines === undefined || lines.count === 0) return
    this.#waiting.delete(policy)
    const sent = this.#send(policy, lines, 0, lines.count)
      .then(() => {
        lines.clear()
        this.#spare.push(lines)
      })
      .catch(thrown => {
        this.#failure ??= thrown
      })
      .finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  /** Lines [from, to). */
  async #send(policy: Policy, lines: Lines, from: number, to: number): Promise<void> {
    try {
      await this.#options.link.write(policy, lines.read(from, to))
    } catch (thrown) {
      await this.#takeRefusal(policy, lines, from, to, thrown)
    }
  }

  async #takeRefusal(policy: Policy, lines: Lines, from: number, to: number, thrown: unknown): Promise<void> {
    const refusal = refusalOf(thrown)
    if (refusal === 'limit')
      throw new GridvigilError('SERIES_INFLUX_LIMIT', asError(thrown).message, { cause: thrown })
    if (refusal === 'expired') {
      const kept = this.#unexpired(policy, lines, from, to)
      const expired = to - from - kept.count
      this.#options.onExpired(expired)
      // The answer names the first reason alone: others may be refused for another.
      if (kept.count > 0 && expired > 0) await this.#send(policy, kept, 0, kept.count)
      if (expired > 0) return
    }
    if (refusal !== 'expired' && refusal !== 'lines') throw thrown
    if (to - from === 1) return this.#giveUp(lines.read(from, to), asError(thrown).message)
    const middle = (from + to) >> 1
    await this.#send(policy, lines, from, middle)
    await this.#send(policy, lines, middle, to)
  }

  #unexpired(policy: Policy, lines: Lines, from: number, to: number): Lines {
    const { retention, clock } = this.#options
    const oldest = clock.now() - retention[policy] * DAY_MS
    const kept = new Lines()
    for (let at = from; at < to; at++) {
      const line = lines.read(at, at + 1)
      if (Number(line.slice(line.lastIndexOf(' ') + 1)) / 1e6 >= oldest) kept.add(line)
    }
    return kept
  }

  /** A line that was refused alone: it is kept as text where people find it, at its own time. */
  async #giveUp(line: string, reason: string): Promise<void> {
    this.#refused++
    if (this.#refused > MOST_REFUSED)
      throw new GridvigilError(
        'SERIES_INFLUX_REFUSES',
        `more than ${MOST_REFUSED} of a batch, the last: ${reason}`
      )
    const { link, onRefused, clock } = this.#options
    onRefused({ line, reason })
    const measurement = line.slice(0, line.search(/[, ]/))
    const kept =
      `${MEASUREMENTS.refused},measurement=${tagInLine(measurement)} ` +
      `line=${textInLine(line.slice(0, KEPT_CHARS))},reason=${textInLine(reason)} ${nanoseconds(clock.now())}`
    await link.write('kept', kept).catch(() => undefined)
  }
}
