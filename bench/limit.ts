import type { Clock } from '../src/clock.ts'

/** The promise's value, or an error after `ms`. The timer does not outlive the promise. */
export function withLimit<T>(promise: Promise<T>, ms: number, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new Error(`${what} took longer than ${ms} ms`)))
    promise.then(resolve, reject).finally(cancel)
  })
}
