import { GridvigilError, isError } from '../src/errors.ts'
import { type ApiSeries, SERIES_QUERIES } from '../src/api/context.ts'
import type { LatestTable } from '../src/series/latest-table.ts'
import type { ReadingRow } from '../src/series/port.ts'
import type { FromSeries, ToSeries } from './threads/messages.ts'
import { unpackError } from './threads/thrown.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The series store as the API sees it: each query travels to the store's thread and back. */
export class SeriesClient {
  readonly #send: (message: ToSeries) => void
  readonly #failure: () => Error | undefined
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  readonly series: ApiSeries
  readonly #table: LatestTable

  /** @param table where newest readings may stand already
   * @param failure why the thread cannot be asked now, undefined when it can */
  constructor(send: (message: ToSeries) => void, failure: () => Error | undefined, table: LatestTable) {
    this.#table = table
    this.#send = send
    this.#failure = failure
    const methods = SERIES_QUERIES.map(method => [method, (...given: unknown[]) => this.#ask(method, given)])
    const asked = Object.fromEntries(methods) as unknown as ApiSeries
    this.series = { ...asked, latest: meters => this.#latest(asked, meters) }
  }

  /** Whether the newest reading of a meter is known without asking the store. */
  remembers(meter: number): boolean {
    return this.#table.read(meter) !== undefined
  }

  /** Out of the table what stands there, the rest from the store. */
  async #latest(store: ApiSeries, meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    const found = new Map<number, ReadingRow>()
    const unknown: number[] = []
    for (const meter of meters) {
      const row = this.#table.read(meter)
      if (row === undefined) unknown.push(meter)
      else if (row !== null) found.set(meter, row)
    }
    if (unknown.length === 0) return found
    return new Map([...found, ...(await store.latest(unknown))])
  }

  /** Takes an answer from the thread. */
  settle(message: Extract<FromSeries, { type: 'answer' }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error === undefined) waiting?.resolve(message.value)
    else waiting?.reject(unpackError(message.error, new Error(message.error.message)))
  }

  /** Nobody will answer what was asked so far: the thread began anew or stops. */
  abandon(why: Error | undefined): void {
    for (const { reject } of this.#waiting.values()) reject(whyNot(why))
    this.#waiting.clear()
  }

  #ask(method: keyof ApiSeries, given: readonly unknown[]): Promise<unknown> {
    const failure = this.#failure()
    if (failure !== undefined) return Promise.reject(whyNot(failure))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send({ type: 'ask', id, method, given })
    })
  }
}

/** What a caller is told while nobody can answer: the reason itself when it is one of the table. */
export function whyNot(failure: Error | undefined): GridvigilError {
  if (isError(failure)) return failure
  return new GridvigilError('API_NOT_READY', failure?.message ?? 'the store restarts')
}
