import type { ApiPingDesk, WantedPing } from '../../src/api/context.ts'
import type { Clock } from '../../src/clock.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import {
  byTerminal,
  type Ping,
  type PingedMeter,
  type PingLines,
  type PingWish,
  type ReadCommand
} from '../../src/model/pings.ts'
import type { PingRecord } from '../../src/records/gateway-record.ts'
import { PingAllowance } from './ping-allowance.ts'
import { PingMemory } from './ping-memory.ts'

/** The way to terminals, and to the log. */
export interface PingWay {
  /** Whether a terminal is connected and takes commands. */
  hears(terminal: string): boolean
  ask(terminal: string, command: ReadCommand): void
  /** Rises over restarts; while the log fails it may be given twice. */
  risingNumber(): number
  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  storePing(record: PingRecord): Promise<void>
}

/** Terminals are given so long for a reply. */
const ANSWER_MS = 30_000
/** A wish that waited so long behind a backlog is of a suspicion that is settled. */
const WISH_MS = 30_000
/** Audit trail. */
const ASKED = 'ping.ask'

type About = Pick<Ping, 'device' | 'incident' | 'by'>

/**
 * Who is asked whether he has supply: what people want to know, and what the outage stage does.
 *
 *   wanted ─> whose terminal hears, and has not been asked for too many ─> record, durable ─> commands ─> audit row
 *
 * A kill after the record leaves an ask that nobody heard: it times out and says nothing.
 */
export class PingDesk implements ApiPingDesk {
  readonly #way: PingWay
  readonly #ledger: Pick<LedgerCalls, 'note'>
  readonly #clock: Clock
  readonly #allowance: PingAllowance
  readonly #memory = new PingMemory()
  #lastNumber = 0

  constructor(way: PingWay, ledger: Pick<LedgerCalls, 'note'>, clock: Clock, metersPerMinute: number) {
    this.#way = way
    this.#ledger = ledger
    this.#clock = clock
    this.#allowance = new PingAllowance(metersPerMinute)
  }

  async ask({ meters, most, device, incident }: WantedPing, by: Actor): Promise<Ping> {
    const wanted = most === undefined ? [...meters] : this.#whoHear(meters, most)
    const ping = await this.#begin(wanted, { device, incident, by: by.name })
    const asked = wanted.map(({ meter }) => meter)
    await this.#ledger.note(
      ASKED,
      ping.id,
      { ...(device && { device }), ...(incident && { incident }), meters: asked },
      by
    )
    return ping
  }

  find(id: string): Ping | undefined {
    return this.#memory.find(id, this.#clock.now())
  }

  newest(): Ping[] {
    return this.#memory.list(this.#clock.now())
  }

  /** What the outage stage makes of replies, and whom it would ask. */
  take({ answers, wishes }: PingLines): void {
    for (const answer of answers) this.#memory.answer(answer)
    for (const wish of wishes) void this.#wish(wish)
  }

  /** Nobody waits for it: where it cannot be asked now, the stage wishes again. */
  async #wish({ at, incident, asked }: PingWish): Promise<void> {
    if (this.#clock.now() - at > WISH_MS) return
    const wanted = asked.flatMap(({ terminal, meters }) => meters.map(meter => ({ meter, terminal })))
    await this.#begin(wanted, { device: '', incident, by: '' }).catch(() => {})
  }

  #whoHear(meters: WantedPing['meters'], most: number): { meter: string; terminal: string }[] {
    const heard: { meter: string; terminal: string }[] = []
    for (const each of usualFirst(meters)) {
      if (!this.#way.hears(each.terminal)) continue
      heard.push(each)
      if (heard.length === most) break
    }
    return heard
  }

  /** @throws API_PING_UNREACHABLE, API_PING_LIMIT when nobody can be asked, or what `storePing` throws */
  async #begin(wanted: readonly { meter: string; terminal: string }[], about: About): Promise<Ping> {
    const askedAt = this.#clock.now()
    const deadline = askedAt + ANSWER_MS
    const meters = wanted.map(each => ({
      ...NOT_READ,
      ...each,
      state: this.#stateOf(each.terminal, askedAt)
    }))
    const asked = byTerminal(meters.filter(({ state }) => state === 'asked'))
    if (asked.length === 0) throw this.#refusal(meters)
    const id = this.#nextId()
    await this.#way.storePing({ id, deadline, asked })
    const ping = { id, askedAt, deadline, ...about, meters }
    // Before anything is sent: an answer finds it.
    this.#memory.add(ping)
    for (const each of asked) this.#way.ask(each.terminal, { id, meters: each.meters, deadline })
    return ping
  }

  #nextId(): string {
    this.#lastNumber = Math.max(this.#way.risingNumber(), this.#lastNumber + 1)
    return `P${this.#lastNumber}`
  }

  #stateOf(terminal: string, now: number): PingedMeter['state'] {
    if (!this.#way.hears(terminal)) return 'unreachable'
    return this.#allowance.take(terminal, now) ? 'asked' : 'limited'
  }

  #refusal(meters: readonly PingedMeter[]): GridvigilError {
    const limited = meters.find(({ state }) => state === 'limited')
    if (limited !== undefined) return new GridvigilError('API_PING_LIMIT', limited.terminal)
    const [first] = meters
    if (first === undefined) return new GridvigilError('API_PING_UNREACHABLE', 'none of its terminals')
    return new GridvigilError('API_PING_UNREACHABLE', first.terminal || `${first.meter} has no terminal`)
  }
}

/** Of the meters that the busiest terminal reads, a terminal with a smaller share of them reads here by a wrong record as likely as not. */
const USUAL_SHARE = 0.1

/** So many are looked at for that, the first ones: they are spread over the device. */
const MOST_LOOKED_AT = 5000

/** Those whose terminals read many of them, then the others, each in their order. */
function* usualFirst(meters: WantedPing['meters']): Generator<{ meter: string; terminal: string }> {
  const rest = meters[Symbol.iterator]()
  const looked = Iterator.from({ next: () => rest.next() })
    .take(MOST_LOOKED_AT)
    .toArray()
  const counts = new Map<string, number>()
  for (const { terminal } of looked) counts.set(terminal, (counts.get(terminal) ?? 0) + 1)
  const most = [...counts.values()].reduce((a, b) => Math.max(a, b), 0)
  const isUsual = ({ terminal }: { terminal: string }): boolean =>
    (counts.get(terminal) ?? 0) >= USUAL_SHARE * most
  yield* looked.filter(isUsual)
  yield* looked.filter(each => !isUsual(each))
  for (let each = rest.next(); each.done !== true; each = rest.next()) yield each.value
}

const NOT_READ = { reason: '', readAt: Number.NaN, voltageV: [] } as const
