import type { CollectionContext } from './context.ts'
import type { Outbox } from './outbox.ts'
import type { Stretch, TerminalLife } from './terminal-life.ts'

/** A lost link is noticed after so many heartbeats, least and most (DESIGN section 7). */
export const NOTICED_HEARTBEATS: readonly [least: number, most: number] = [0.2, 1.5]

/** Rounds are made a window ahead, and of short intervals there are many in one. */
const MOST_ROUNDS = 1200

/** Sessions and what a terminal says of itself: online with its supply, when it connects, when that changes, and at every heartbeat. */
export class StatusSender {
  readonly #context: CollectionContext
  readonly #number: number
  readonly #life: TerminalLife
  readonly #outbox: Outbox
  readonly #customers: readonly number[]
  readonly #signalDbm: number
  readonly #phase: number
  /** The last rounds of readings and how many meters they missed. */
  readonly #rounds: { readonly collectedAt: number; readonly missed: number }[] = []

  constructor(
    context: CollectionContext,
    number: number,
    life: TerminalLife,
    outbox: Outbox,
    customers: readonly number[]
  ) {
    this.#context = context
    this.#number = number
    this.#life = life
    this.#outbox = outbox
    this.#customers = customers
    this.#signalDbm = -78 - context.chance.named('signal').integer(number, 30)
    this.#phase = context.chance.named('heartbeat').at(number)
  }

  /** Notes how many meters a round of readings missed. */
  round(collectedAt: number, missed: number): void {
    this.#rounds.push({ collectedAt, missed })
    if (this.#rounds.length > MOST_ROUNDS) this.#rounds.shift()
  }

  add(from: number, to: number): void {
    const { start } = this.#context.world.happenings
    const { heartbeatMs } = this.#terminal
    this.#life.stretches.forEach((stretch, place) => {
      const before = this.#life.stretches[place - 1]
      if (stretch.start >= from && stretch.start < to) this.#change(stretch.start, before, stretch)
    })
    const first = Math.ceil((from - start) / heartbeatMs - this.#phase)
    for (let beat = Math.max(1, first); ; beat++) {
      const at = Math.round(start + (beat + this.#phase) * heartbeatMs)
      if (at >= to) break
      if (at >= from && this.#life.at(at).isLinked) this.#send(at)
    }
  }

  get #terminal(): CollectionContext['world']['index']['grid']['terminals'][number] {
    const terminal = this.#context.world.index.grid.terminals[this.#number]
    if (terminal === undefined) throw new RangeError(`no terminal ${this.#number}`)
    return terminal
  }

  #change(at: number, before: Stretch | undefined, now: Stretch): void {
    if (before?.isLinked && !now.isLinked) this.#lose(at, now)
    else if (!before?.isLinked && now.isLinked) {
      this.#outbox.record(at, 'session', '{"state":"connected"}')
      this.#send(at)
    } else if (now.isLinked) this.#send(at)
  }

  /** When we notice that a link is gone: at once where we closed it ourselves, else late, and never after the next one stands. */
  #lose(at: number, now: Stretch): void {
    if (now.lostBy === 'gateway') {
      this.#outbox.record(at, 'session', '{"state":"disconnected","cause":"shutdown"}')
      return
    }
    const share = this.#context.chance
      .named('noticed')
      .at(this.#number * 4096 + (Math.floor(at / 1000) % 4096))
    const [least, most] = NOTICED_HEARTBEATS
    const noticed = at + (least + (most - least) * share) * this.#terminal.heartbeatMs
    const next = this.#life.nextLinked(at, true) ?? Number.POSITIVE_INFINITY
    const lostAt = Math.round(Math.min(noticed, next - 1))
    this.#context.evidence?.of(this.#number).lostAt.push(lostAt)
    this.#outbox.record(lostAt, 'session', '{"state":"disconnected"}')
  }

  #send(at: number): void {
    this.#outbox.send(at, 'status', () => this.#text(at))
  }

  #text(at: number): string {
    const { power, boots } = this.#life.at(at)
    const { cell, backup } = this.#terminal
    // What a terminal knows of its meters is what its last round of readings told it.
    const missed = this.#rounds.findLast(({ collectedAt }) => collectedAt <= at)?.missed ?? 0
    return JSON.stringify({
      state: 'online',
      time: at,
      supply: power === 'mains' ? 'mains' : 'battery',
      rsrpDbm: this.#signalDbm,
      cell,
      ...(backup === 'battery' && { batteryPct: power === 'mains' ? 100 : 80 }),
      metersKnown: this.#customers.length,
      metersOnline: power === 'mains' ? this.#customers.length - missed : 0,
      bootCount: boots + (this.#context.before.boots[this.#number] ?? 0),
      firmware: 'simulated'
    })
  }
}
