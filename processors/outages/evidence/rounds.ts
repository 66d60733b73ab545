import type { Books } from '../books.ts'
import type { TerminalState } from './terminal-book.ts'

/** After the first message of a round its others come within so long. */
const ROUND_MS = 30_000
const [LEAST_MISS, MOST_MISS] = [0.002, 0.9]

/** A round of readings that is complete: who was missed in it. */
export interface ClosedRound {
  readonly terminal: number
  readonly collectedAt: number
  /** Meters that were missed, by the device they hang on; and how many were asked there. */
  readonly missed: ReadonlyMap<number, readonly number[]>
  readonly asked: ReadonlyMap<number, number>
}

/**
 * Rounds of readings: a terminal that reads its meters does so at its interval, and whoever it does not hear was missed. Messages
 * of one round come together; what is asked again later belongs to the round that is under way.
 */
export class Rounds {
  /** Terminals with a round that is not closed. */
  readonly #open = new Set<number>()

  /** A message with readings that were collected at a time. @returns the round before, when this begins another */
  take(books: Books, number: number, collectedAt: number, now: number): ClosedRound | undefined {
    const terminal = books.grid.terminals[number]
    const state = books.terminals.of(terminal.id)
    if (this.#open.has(number)) {
      if (collectedAt < state.roundAt + terminal.uploadMs / 2) {
        // Messages of one round may change places on their way: it began with the earliest.
        if (collectedAt > state.roundAt - terminal.uploadMs / 2)
          state.roundAt = Math.min(state.roundAt, collectedAt)
        return undefined
      }
      // What waited for a link comes all at once and in any order: of such rounds the latest is judged, when all have come.
      const isHurried = now < state.roundBeganAt + Math.min(ROUND_MS, terminal.uploadMs / 2)
      const closed = isHurried ? undefined : this.#close(books, number, state)
      this.#begin(number, state, collectedAt, now)
      return closed
    }
    if (!(collectedAt < state.lastRoundAt + terminal.uploadMs / 2))
      this.#begin(number, state, collectedAt, now)
    return undefined
  }

  /** Rounds that are complete by now. */
  *tick(books: Books, now: number): Generator<ClosedRound> {
    for (const number of this.#open) {
      const terminal = books.grid.terminals[number]
      const state = books.terminals.of(terminal.id)
      if (now >= state.roundBeganAt + ROUND_MS) yield this.#close(books, number, state)
    }
  }

  /** Nobody is missed in the rounds that come in: what else comes of them begins none. */
  drop({ grid, terminals }: Books): void {
    for (const number of this.#open) {
      const state = terminals.of(grid.terminals[number].id)
      state.lastRoundAt = state.roundAt
      state.roundAt = Number.NaN
      state.roundBeganAt = Number.NaN
    }
    this.#open.clear()
  }

  /** Ids of terminals with a round that is not closed, in the order in which they began. */
  ids({ grid }: Pick<Books, 'grid'>): string[] {
    return [...this.#open].map(number => grid.terminals[number].id)
  }

  /** After a load, or under another registry: numbers of terminals are others. */
  reopen({ grid }: Pick<Books, 'grid'>, ids: readonly string[]): void {
    this.#open.clear()
    for (const id of ids) {
      const number = grid.terminalNumbers.get(id)
      if (number !== undefined) this.#open.add(number)
    }
  }

  #begin(number: number, state: TerminalState, collectedAt: number, now: number): void {
    state.roundAt = collectedAt
    state.roundBeganAt = now
    this.#open.add(number)
  }

  #close({ grid, meters }: Books, number: number, state: TerminalState): ClosedRound {
    const { roundAt, roundBeganAt } = state
    // A meter with a supply of its own is read though its feed is dead.
    const isHeard = (meter: number): boolean =>
      meters.aliveAt(meter) >= roundAt || meters.heardAt[meter] >= roundBeganAt
    state.lastRoundAt = roundAt
    state.roundAt = Number.NaN
    state.roundBeganAt = Number.NaN
    this.#open.delete(number)
    const missed = new Map<number, number[]>()
    /** By device: who was asked there, and how many of them are missed as a rule. */
    const usual = new Map<number, { asked: number; misses: number }>()
    const own = grid.metersRead.of(number)
    let [place, here, misses, failed] = [-1, { asked: 0, misses: 0 }, 0, 0]
    for (const meter of own) {
      // Who never spoke cannot fall silent.
      if (Number.isNaN(meters.heardAt[meter])) continue
      // Meters of a device follow each other for the most part.
      if (grid.placeOf[meter] !== place) {
        place = grid.placeOf[meter]
        here = usual.get(place) ?? { asked: 0, misses: 0 }
        usual.set(place, here)
      }
      here.asked++
      here.misses += meters.missRate[meter]
      misses += meters.missRate[meter]
      if (isHeard(meter)) continue
      failed++
      const list = missed.get(place)
      if (list === undefined) missed.set(place, [meter])
      else list.push(meter)
    }
    for (const meter of own) {
      if (Number.isNaN(meters.heardAt[meter])) continue
      if (isHeard(meter)) {
        meters.heardRound(meter)
        continue
      }
      // How bad this round was, as the others of the terminal tell.
      const at = grid.placeOf[meter]
      const silent = missed.get(at)?.length ?? 0
      const there = usual.get(at) ?? { asked: 0, misses: 0 }
      const factor = (failed - silent + 1) / (misses - there.misses + 1)
      const chance = Math.min(MOST_MISS, Math.max(LEAST_MISS, meters.missRate[meter] * Math.max(1, factor)))
      const isAlone = silent * 2 < there.asked
      meters.missRound(meter, -Math.log(chance), roundAt, isAlone && meters.incident[meter] < 0)
    }
    const asked = new Map([...usual].map(([device, each]) => [device, each.asked]))
    return { terminal: number, collectedAt: roundAt, missed, asked }
  }
}
