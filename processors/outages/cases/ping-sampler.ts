import { type AskedTerminal, byTerminal, type PingWish } from '../../../src/model/pings.ts'
import { inTurns } from '../../../src/registry/lookup/in-turns.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { feedMeters } from '../../../src/registry/lookup/supply-path.ts'
import { isOnBackup } from '../evidence/terminal-book.ts'
import type { Books } from '../books.ts'
import { livingSpan } from '../explain/tally.ts'
import { figure } from '../likelihoods.ts'
import type { OutageCase } from './case.ts'
import { type Incident, incidentId } from '../incidents/incident.ts'

/** Meters that are looked at for those worth asking, of each device. */
const MOST_LOOKED_AT = 2000
/** Where nobody can be asked, it is looked again after so long. */
const NOBODY_MS = 10_000

interface Suspicion {
  readonly each: OutageCase
  readonly incident: Incident
}

/**
 * Whom to ask about what is suspected: meters of which nothing is known, some below the device and some beside it under the next one
 * above that feeds more; before them, and beside their number, the feeds of key customers below it. If those below do not answer it is confirmed, if they live it is not; if those beside live, nothing above has
 * failed.
 */
export class PingSampler {
  /** By incident: the device that was looked at last, and when it is looked at again. */
  readonly #looked = new Map<number, { readonly device: number; readonly nextAt: number }>()
  /** When each terminal was asked last, by id. */
  readonly #terminals = new Map<string, number>()
  #registry: Registry | undefined
  #feeds: readonly number[] = []

  /** @param now log time @returns whom to ask now */
  tick(books: Books, suspicions: Iterable<Suspicion>, now: number): PingWish[] {
    const wishes: PingWish[] = []
    const live = new Set<number>()
    for (const suspicion of suspicions) {
      const { each, incident } = suspicion
      live.add(incident.id)
      // An answer of before could be of before the loss, as clocks go.
      if (now <= each.start + figure('clockTolerance') || !this.#isDue(incident, now)) continue
      const asked = this.#choose(books, suspicion, now)
      const nextAt = now + (asked.length === 0 ? NOBODY_MS : figure('pingAgain'))
      this.#looked.set(incident.id, { device: incident.device, nextAt })
      if (asked.length === 0) continue
      for (const { terminal } of asked) this.#terminals.set(terminal, now)
      wishes.push({ at: now, incident: incidentId(incident.id), asked })
    }
    for (const incident of this.#looked.keys()) if (!live.has(incident)) this.#looked.delete(incident)
    for (const [terminal, at] of this.#terminals)
      if (now - at >= figure('pingSpacing')) this.#terminals.delete(terminal)
    return wishes
  }

  #isDue({ id, device }: Incident, now: number): boolean {
    const before = this.#looked.get(id)
    return before === undefined || before.device !== device || now >= before.nextAt
  }

  #choose(books: Books, { each, incident }: Suspicion, now: number): AskedTerminal[] {
    const { grid } = books
    const { device } = incident
    const isWorth = (meter: number): boolean => this.#isWorth(books, each, meter, now)
    const isBelow = (meter: number): boolean =>
      grid.placeOf[meter] >= 0 && grid.isAtOrBelow(grid.placeOf[meter], device) && isWorth(meter)
    const first = firstOf(this.#feedsOf(grid.registry), isBelow, figure('pingsBelow'))
    const isOther = (meter: number): boolean => isWorth(meter) && !first.includes(meter)
    const below = firstOf(metersBelow(grid, device), isOther, figure('pingsBelow'))
    const own = grid.meterCount(device)
    const above = grid.wayUp(device).find(at => grid.meterCount(at) > own)
    const most = figure('pingsBelow') + figure('pingsBeside') - below.length
    const isBeside = (meter: number): boolean =>
      isWorth(meter) && !grid.isAtOrBelow(grid.placeOf[meter], device)
    const beside = above === undefined ? [] : firstOf(metersBelow(grid, above), isBeside, most)
    const asked = [...first, ...below, ...beside].map(meter => ({
      terminal: grid.terminalIdOf(meter),
      meter: grid.meterId(meter)
    }))
    return byTerminal(asked)
  }

  /** Meters of key customers' feeds. */
  #feedsOf(registry: Registry): readonly number[] {
    if (this.#registry === registry) return this.#feeds
    this.#registry = registry
    this.#feeds = [...registry.keyCustomers.values()].flatMap(customer => feedMeters(registry, customer))
    return this.#feeds
  }

  /** Whether a meter can be asked and its answer says something new. */
  #isWorth({ grid, meters, terminals }: Books, each: OutageCase, meter: number, now: number): boolean {
    const { id, start } = each
    const terminal = grid.terminals[grid.terminalOf[meter]]
    if (terminal === undefined || meters.incident[meter] >= 0) return false
    const isClaimed = [meters.lostCase, meters.recordCase, meters.oddCase].some(of => of[meter] === id)
    const isKnown =
      isClaimed || meters.unansweredAt[meter] > start || meters.wasAlive(meter, ...livingSpan(each, now))
    if (isKnown || this.#terminals.has(terminal.id)) return false
    const state = terminals.of(terminal.id)
    return state.isLinked === true && !isOnBackup(state)
  }

  save(): object {
    return { looked: [...this.#looked], terminals: [...this.#terminals] }
  }

  load(saved: object): void {
    const { looked = [], terminals = [] } = saved as {
      looked?: [number, { device: number; nextAt: number }][]
      terminals?: [string, number][]
    }
    this.#looked.clear()
    for (const [incident, last] of looked) this.#looked.set(incident, last)
    this.#terminals.clear()
    for (const [terminal, at] of terminals) this.#terminals.set(terminal, at)
  }
}

/** Meters at or below a device of the present tree, its parts in turns: the first ones are spread over it. */
function* metersBelow(grid: Books['grid'], device: number): Generator<number> {
  const parts = Array.from(grid.children(device), child => metersBelow(grid, child))
  yield* inTurns([grid.metersAt.of(device).values(), ...parts])
}

function firstOf(meters: Iterable<number>, isWanted: (meter: number) => boolean, most: number): number[] {
  const found: number[] = []
  let looked = 0
  for (const meter of meters) {
    if (found.length >= most || looked++ >= MOST_LOOKED_AT) break
    if (isWanted(meter)) found.push(meter)
  }
  return found
}
