import type { Clock } from '../src/clock.ts'
import type { SupplyState } from '../src/model/supply.ts'

/** A line of the event `supply` of the live stream, as far as it is looked at. */
interface SupplyItem {
  readonly keyCustomer: string
  readonly state: SupplyState
  /** Of a stretch that is over. */
  readonly end?: string
}

/** What was heard of a customer: the state that holds from then on, and when it arrived by the monotonic clock. */
export interface Heard {
  readonly state: SupplyState
  readonly at: number
}

/** A client of `/v1/stream` that keeps what it is told of the supply of key customers. */
export class SupplyListener {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #heard = new Map<string, Heard[]>()
  /** Resolves when the stream ends, with its error if it was not ended here. */
  #ended: Promise<Error | undefined> = Promise.resolve(undefined)
  /** Events by their kind. */
  readonly events = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @throws Error when the server does not let it listen */
  async start(httpPort: number, secret: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/stream`, {
      headers: { authorization: `Bearer ${secret}` },
      signal: this.#abort.signal
    })
    if (answer.status !== 200 || answer.body === null)
      throw new Error(`the stream answered ${answer.status}: ${await answer.text()}`)
    this.#ended = this.#read(answer.body).catch(error =>
      this.#abort.signal.aborted ? undefined : (error as Error)
    )
  }

  /** All that was heard of a customer, in order. */
  of(keyCustomer: string): readonly Heard[] {
    return this.#heard.get(keyCustomer) ?? []
  }

  /** The state that was heard last of each of them. */
  stateOf(keyCustomer: string): SupplyState | undefined {
    return this.of(keyCustomer).at(-1)?.state
  }

  /** @throws Error when the stream had ended by itself */
  async stop(): Promise<void> {
    this.#abort.abort()
    const error = await this.#ended
    if (error !== undefined) throw error
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<Error> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of body) {
      // What one piece of the answer brings has arrived with it.
      const at = this.#clock.monotonic()
      const frames = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
      rest = frames.pop() ?? ''
      for (const frame of frames) this.#take(frame, at)
    }
    return new Error('the stream ended')
  }

  #take(frame: string, at: number): void {
    const kind = /^event: (.*)$/m.exec(frame)?.[1]
    if (kind === undefined) return
    this.events.set(kind, (this.events.get(kind) ?? 0) + 1)
    if (kind !== 'supply') return
    const { items } = JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '') as { items: SupplyItem[] }
    for (const { keyCustomer, state, end } of items) {
      if (end !== undefined) continue
      const heard = this.#heard.get(keyCustomer) ?? []
      this.#heard.set(keyCustomer, heard)
      heard.push({ state, at })
    }
  }
}
