import type { Clock } from '../../clock.ts'
import { GridvigilError } from '../../errors.ts'
import { asError } from '../../errors.ts'
import { nanoseconds, tagInLine, textInLine } from './line-text.ts'
import type { InfluxLink } from './link.ts'
import type { LineSink } from './points.ts'
import { refusalOf } from './refusals.ts'
import { MEASUREMENTS, POLICIES, type Policy, type Retention } from './schema.ts'

/** Lines and characters of one request: beyond, InfluxDB gains nothing. */
const REQUEST_LINES = 5000
const REQUEST_CHARS = 2_000_000
/** Requests under way: one is stored while the next is made. */
const REQUESTS_AT_ONCE = 2
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
 *   put -> request of a policy is full? -> at most two under way -> finish: `again` one by one -> all are stored, or it throws
 *
 * What is refused by its content is halved until the lines stand alone; all others are stored. Nothing is sent after a failure.
 */
export class LineWriter implements LineSink {
  readonly #options: WriterOptions
  readonly #waiting = new Map<Policy, { lines: string[]; chars: number }>(
    POLICIES.map(policy => [policy, { lines: [], chars: 0 }])
  )
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

  put(policy: Policy, line: string): void {
    const waiting = this.#waiting.get(policy)
    if (waiting === undefined) return
    waiting.lines.push(line)
    waiting.chars += line.length
    if (waiting.lines.length >= REQUEST_LINES || waiting.chars >= REQUEST_CHARS) this.#full = policy
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
    const lines = this.#waiting.get(policy)?.lines ?? []
    this.#waiting.set(policy, { lines: [], chars: 0 })
    if (lines.length === 0) return
    const sent = this.#send(policy, lines)
      .catch(thrown => {
        this.#failure ??= thrown
      })
      .finally(() => this.#underWay.delete(sent))
    this.#underWay.add(sent)
  }

  async #send(policy: Policy, lines: readonly string[]): Promise<void> {
    try {
      await this.#options.link.write(policy, lines)
    } catch (thrown) {
      await this.#takeRefusal(policy, lines, thrown)
    }
  }

  async #takeRefusal(policy: Policy, lines: readonly string[], thrown: unknown): Promise<void> {
    const refusal = refusalOf(thrown)
    if (refusal === 'limit')
      throw new GridvigilError('SERIES_INFLUX_LIMIT', asError(thrown).message, { cause: thrown })
    if (refusal === 'expired') {
      const kept = this.#unexpired(policy, lines)
      this.#options.onExpired(lines.length - kept.length)
      // The answer names the first reason alone: others may be refused for another.
      if (kept.length > 0 && kept.length < lines.length) await this.#send(policy, kept)
      if (kept.length < lines.length) return
    }
    if (refusal !== 'expired' && refusal !== 'lines') throw thrown
    const [line] = lines
    if (lines.length === 1 && line !== undefined) return this.#giveUp(line, asError(thrown).message)
    const middle = lines.length >> 1
    await this.#send(policy, lines.slice(0, middle))
    await this.#send(policy, lines.slice(middle))
  }

  #unexpired(policy: Policy, lines: readonly string[]): readonly string[] {
    const { retention, clock } = this.#options
    const oldest = clock.now() - retention[policy] * DAY_MS
    return lines.filter(line => Number(line.slice(line.lastIndexOf(' ') + 1)) / 1e6 >= oldest)
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
    await link.write('kept', [kept]).catch(() => undefined)
  }
}
