import type { Clock } from '../../clock.ts'

/**
 * Lets answers of milliseconds pass what takes longer. Whoever works for long, a commit or the load of a large device, works in
 * parts and asks before each: as long as somebody is in the lane it waits, but never longer than the lane's patience, so
 * that a stream of quick questions slows it down and does not stop it.
 */
export class QuickLane {
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #waiting = new Set<() => void>()
  #inside = 0

  constructor(clock: Clock, patienceMs = 10) {
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  /** Runs what is to be quick. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    this.#inside++
    try {
      return await work()
    } finally {
      this.#inside--
      if (this.#inside === 0) for (const go of [...this.#waiting]) go()
    }
  }

  /** Before the next part of what takes long: a turn of the event loop, then until the lane is free or patience ends. */
  async yield(): Promise<void> {
    await this.#clock.turn()
    if (this.#inside === 0) return
    await new Promise<void>(resolve => {
      const go = (): void => {
        cancel()
        this.#waiting.delete(go)
        resolve()
      }
      const cancel = this.#clock.after(this.#patienceMs, go)
      this.#waiting.add(go)
    })
  }
}
