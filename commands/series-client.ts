import { GridvigilError } from '../src/errors.ts'
import { type ApiSeries, SERIES_QUERIES } from '../src/api/context.ts'
import type { FromSeries, ToSeries } from './threads/messages.ts'

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** The series store as the API sees it: each query travels to the store's thread and back. */
export class SeriesClient {
  readonly #send: (message: ToSeries) => void
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  readonly series: ApiSeries

  constructor(send: (message: ToSeries) => void) {
    this.#send = send
    const methods = SERIES_QUERIES.map(method => [method, (...given: unknown[]) => this.#ask(method, given)])
    this.series = Object.fromEntries(methods) as unknown as ApiSeries
  }

  /** Takes an answer from the thread. */
  settle(message: Extract<FromSeries, { type: 'answer' }>): void {
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error === undefined) waiting?.resolve(message.value)
    else waiting?.reject(new Error(message.error))
  }

  /** Nobody will answer what was asked so far: the thread began anew or stops. */
  abandon(): void {
    for (const { reject } of this.#waiting.values())
      reject(new GridvigilError('API_NOT_READY', 'the store restarts'))
    this.#waiting.clear()
  }

  #ask(method: keyof ApiSeries, given: readonly unknown[]): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#send({ type: 'ask', id, method, given })
    })
  }
}
