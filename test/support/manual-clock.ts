import type { Clock } from '../../src/clock.ts'

/** A clock that moves only when told. Timers run in order of their time while `advance` passes them. */
export class ManualClock implements Clock {
  #now: number
  #start: number
  #timers: { due: number; everyMs: number; work: () => void }[] = []

  constructor(now = Date.UTC(2026, 10, 20)) {
    this.#now = now
    this.#start = now
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(ms: number, work: () => void): () => void {
    return this.#add(ms, 0, work)
  }

  every(ms: number, work: () => void): () => void {
    return this.#add(ms, ms, work)
  }

  delay(ms: number): Promise<void> {
    return new Promise(resolve => this.after(ms, resolve))
  }

  turn(): Promise<void> {
    return new Promise(resolve => setImmediate(resolve))
  }

  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = this.#timers.filter(timer => timer.due <= until).sort((a, b) => a.due - b.due)[0]
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.due)
      if (next.everyMs > 0) next.due += next.everyMs
      else this.#timers = this.#timers.filter(timer => timer !== next)
      next.work()
    }
    this.#now = until
  }

  #add(ms: number, everyMs: number, work: () => void): () => void {
    const timer = { due: this.#now + ms, everyMs, work }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }
}

/** Timers fire in the next turn of the event loop whatever their time: the order of events is the seed's alone. */
export const promptClock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  after(_ms, work) {
    const immediate = setImmediate(work)
    return () => clearImmediate(immediate)
  },
  every: () => () => {},
  delay: () => new Promise(resolve => setImmediate(resolve)),
  turn: () => new Promise(resolve => setImmediate(resolve))
}
