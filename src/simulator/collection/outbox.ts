import { type Chance, within } from '../city/chance.ts'
import type { Line } from './context.ts'
import type { TerminalLife } from './terminal-life.ts'

/** Something that will arrive: its text is made when its turn comes. */
export interface Item {
  readonly at: number
  readonly make: () => Line
}

export interface SendOptions {
  /** Whether it is kept over a loss of power. */
  readonly isLasting?: boolean
  /** Whether it goes its own way, without the terminal's link. */
  readonly isDirect?: boolean
  /** Told when it arrives. */
  readonly onArrival?: (at: number) => void
}

export const LATENCY_MS: readonly [least: number, most: number] = [40, 400]
/** What waited for a link goes out one after the other. */
const SPACING_MS = 250
const AGAIN_MS: readonly [least: number, most: number] = [1_000, 20_000]

/**
 * What a terminal sends: at once while it has a link; later, one after the other, when it has one again; twice now and then, as QoS 1
 * may. Half of the terminals send what waited newest first.
 */
export class Outbox {
  readonly #terminal: string
  readonly #life: TerminalLife
  readonly #chance: { latency: Chance; twice: Chance; again: Chance }
  readonly #duplicates: number
  readonly #isNewestFirst: boolean
  readonly #items: Item[] = []
  /** By the time at which a link comes back: how many wait for it. */
  readonly #waiting = new Map<number, number>()
  #sent = 0

  constructor(terminal: string, life: TerminalLife, chance: Chance, duplicates: number) {
    this.#terminal = terminal
    this.#life = life
    this.#chance = {
      latency: chance.named('latency'),
      twice: chance.named('twice'),
      again: chance.named('again')
    }
    this.#duplicates = duplicates
    this.#isNewestFirst = chance.named('newest first').at(0) < 0.5
  }

  /** @param ready when the terminal would send it @param text made when it arrives */
  send(ready: number, topic: string, text: (at: number) => string, options: SendOptions = {}): void {
    const number = this.#sent++
    const latency = within(LATENCY_MS, this.#chance.latency.at(number))
    const { isLasting = false, isDirect = false } = options
    const at = isDirect ? ready + latency : this.#arrival(ready, latency, isLasting)
    if (at === undefined) return
    this.#push(at, topic, text)
    options.onArrival?.(at)
    if (this.#chance.twice.at(number) >= this.#duplicates) return
    const again = at + within(AGAIN_MS, this.#chance.again.at(number))
    if (this.#life.at(again).isLinked) this.#push(again, topic, () => text(at))
  }

  /** Something that is no message of the terminal but is recorded of it. */
  record(at: number, topic: string, text: string): void {
    this.#push(at, topic, () => text)
  }

  /** What was put in since the last time. */
  take(): Item[] {
    return this.#items.splice(0)
  }

  /** When something arrives: what is under way when the link goes is sent again with the next one. */
  #arrival(ready: number, latency: number, isLasting: boolean): number | undefined {
    for (let from = ready; ; ) {
      const linked = this.#life.nextLinked(from, isLasting)
      if (linked === undefined) return undefined
      const late = linked > ready ? this.#place(linked) * SPACING_MS : 0
      const at = Math.round(linked + late) + latency
      if (this.#life.at(at).isLinked) return at
      from = at
    }
  }

  /** The n-th to wait for a link; where the newest goes first, those before it are overtaken by a fraction of their spacing. */
  #place(linked: number): number {
    const before = this.#waiting.get(linked) ?? 0
    this.#waiting.set(linked, before + 1)
    return this.#isNewestFirst ? 1 + 40 / (1 + before) : 1 + before
  }

  #push(at: number, topic: string, text: (at: number) => string): void {
    const terminal = this.#terminal
    this.#items.push({ at, make: () => ({ at, terminal, topic, text: text(at) }) })
  }
}
