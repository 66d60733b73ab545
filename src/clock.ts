/**
 * Time and timers as a port. Everything that needs to know the time receives a Clock, so tests drive
 * it by hand and a replayed log never meets the wall clock. Only this file may call Date.now and
 * setTimeout (test/house.test.ts keeps that).
 */
export interface Clock {
  /** Wall clock, epoch milliseconds. May step backwards; never use it to measure durations. */
  now(): number
  /** Monotonic milliseconds with a fraction, for durations only. */
  monotonic(): number
  /** Runs `work` once after `ms`. Returns a function that cancels it. */
  after(ms: number, work: () => void): () => void
  /** Runs `work` every `ms` until the returned function is called. */
  every(ms: number, work: () => void): () => void
  /** Resolves after `ms`. */
  delay(ms: number): Promise<void>
  /** Resolves in the next turn of the event loop: what waits there goes first. */
  turn(): Promise<void>
}

/** The machine's clock. Timers started with `every` do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms)
    return () => clearTimeout(timer)
  },
  every(ms, work) {
    const timer = setInterval(work, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
  delay: ms => new Promise(resolve => setTimeout(resolve, ms)),
  turn: () => new Promise(resolve => setImmediate(resolve))
}
