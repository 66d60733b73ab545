import { GridvigilError } from '../../errors.ts'

/** Queries that may run in the store at once: more would only take memory and threads from ingestion. */
export const MAX_QUERIES = 4
/** Requests that may wait for their turn; the next one is asked to come again. */
export const MAX_WAITING = 256

/** Lets a bounded number of queries run, in order of arrival, and refuses what exceeds the waiting line. */
export class QueryGate {
  readonly #atOnce: number
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnce: number = MAX_QUERIES, mostWaiting: number = MAX_WAITING) {
    this.#atOnce = atOnce
    this.#mostWaiting = mostWaiting
  }

  /** Runs `work` when it is its turn. @throws API_BUSY when too many wait already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#mostWaiting) throw new GridvigilError('API_BUSY')
      // The one that leaves hands its place over, so `#running` stays as it is.
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
