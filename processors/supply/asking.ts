import type { PingWish } from '../../src/model/pings.ts'
import type { SessionRecord } from '../../src/records/gateway-record.ts'
import type { CustomerIndex } from './customer-index.ts'

/** A terminal that has just connected has to subscribe first. */
const SUBSCRIBES_MS = 2_000
/** One whose link comes and goes is no reason to ask the others each time. */
const SPACING_MS = 60_000

/**
 * Whom to ask when a key customer's terminal loses its link or has it again: lost, the feeds that other terminals read, for it may be its supply that went; back,
 * its own feeds, which nobody has read meanwhile. Nothing is kept over a restart: who was to be asked then reads by himself soon enough.
 */
export class Asking {
  /** By terminal: from when on to ask, log time. */
  readonly #due = new Map<string, { readonly at: number; readonly isBack: boolean }>()
  /** When it was asked last because of a terminal, about a place, and by which of both. */
  readonly #askedAt = new Map<string, number>()

  session({ terminal, state }: SessionRecord, index: CustomerIndex, now: number): void {
    if (index.placesOf(terminal).size === 0) return
    const isBack = state === 'connected'
    this.#due.set(terminal, { at: isBack ? now + SUBSCRIBES_MS : now, isBack })
  }

  /** @param now log time @returns whom to ask now */
  tick(index: CustomerIndex, now: number): PingWish[] {
    const wishes: PingWish[] = []
    for (const [terminal, { at, isBack }] of this.#due) {
      if (at > now) continue
      this.#due.delete(terminal)
      for (const place of index.placesOf(terminal)) {
        const key = `${terminal} ${place} ${isBack}`
        if (now - (this.#askedAt.get(key) ?? Number.NEGATIVE_INFINITY) < SPACING_MS) continue
        this.#askedAt.set(key, now)
        const asked = index.readersOf(place).filter(reader => (reader.terminal === terminal) === isBack)
        if (asked.length > 0) wishes.push({ at: now, incident: '', asked })
      }
    }
    return wishes
  }

  /** Another registry counts its customers otherwise. */
  reset(): void {
    this.#due.clear()
    this.#askedAt.clear()
  }
}
