import { GridvigilError, isError } from '../../src/errors.ts'
import { type PackedError, unpackError } from '../threads/thrown.ts'

/** A call of a port's method, as it travels to the thread that has the port. */
export interface Ask {
  readonly type: 'ask'
  readonly id: number
  readonly method: string
  readonly given: readonly unknown[]
}

export interface Answered {
  readonly type: 'answer'
  readonly id: number
  readonly value?: unknown
  readonly error?: PackedError
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** A port that lives in another thread: each call travels there and its answer back. */
export class PortClient<Port extends object> {
  readonly #send: (message: Ask) => void
  readonly #failure: () => Error | undefined
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  readonly port: Port

  /** @param failure why the thread cannot be asked now, undefined when it can */
  constructor(
    methods: readonly (keyof Port & string)[],
    send: (message: Ask) => void,
    failure: () => Error | undefined
  ) {
    this.#send = send
    this.#failure = failure
    const calls = methods.map(method => [method, (...given: unknown[]) => this.#ask(method, given)])
    this.port = Object.fromEntries(calls) as Port
  }

  /** Takes an answer from the thread. */
  settle(message: Answered): void {
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

  #ask(method: string, given: readonly unknown[]): Promise<unknown> {
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
  return new GridvigilError('API_NOT_READY', failure?.message ?? 'the part that answers this restarts')
}
