import type { Client } from 'aedes'
import type { SessionRecord } from '../src/records/gateway-record.ts'
import { AckOrder } from './ack-order.ts'

export interface Session {
  readonly terminal: string
  /** Rises over restarts; whatever an older generation says changes nothing. */
  readonly generation: number
  readonly acks: AckOrder
}

/** What sessions need of the intake. */
interface SessionLog {
  readonly nextGeneration: number
  storeSession(record: SessionRecord): void
}

/**
 * Who is connected, as records. A session is opened when its login is accepted, before aedes closes the session it
 * takes over: so the old one's will carries an older generation than the log already knows, and changes nothing.
 */
export class Sessions {
  readonly #log: SessionLog
  /** Kept after the end: a will is published after its connection is gone. */
  readonly #byClient = new WeakMap<Client, Session>()
  readonly #ended = new WeakSet<Client>()
  /** Who has subscribed to its commands. */
  readonly #listening = new WeakSet<Client>()
  readonly #current = new Map<string, { generation: number; client: Client }>()
  #lastGeneration = 0
  #stopping = false

  constructor(log: SessionLog) {
    this.#log = log
  }

  /** Terminals with an open session. */
  get size(): number {
    return this.#current.size
  }

  /** The open connection of a terminal, undefined when it has none. */
  clientOf(terminal: string): Client | undefined {
    return this.#current.get(terminal)?.client
  }

  /** The same of a terminal that takes commands. */
  listenerOf(terminal: string): Client | undefined {
    const client = this.clientOf(terminal)
    return client !== undefined && this.#listening.has(client) ? client : undefined
  }

  /** A terminal takes commands from now on, or does not any more. */
  listens(client: Client, isListening: boolean): void {
    if (isListening) this.#listening.add(client)
    else this.#listening.delete(client)
  }

  of(client: Client): Session | undefined {
    return this.#byClient.get(client)
  }

  opened(client: Client): void {
    // A failing log gives the same number again; two sessions never share one.
    const generation = Math.max(this.#log.nextGeneration, this.#lastGeneration + 1)
    this.#lastGeneration = generation
    const terminal = client.id
    this.#byClient.set(client, { terminal, generation, acks: new AckOrder() })
    this.#current.set(terminal, { generation, client })
    this.#log.storeSession({ terminal, state: 'connected', generation, cause: '' })
  }

  closed(client: Client): void {
    const session = this.#byClient.get(client)
    if (session === undefined || this.#ended.has(client)) return
    this.#ended.add(client)
    const { terminal, generation } = session
    const current = this.#current.get(terminal)?.generation === generation
    if (current) this.#current.delete(terminal)
    const cause = this.#causeOf(client, current)
    this.#log.storeSession({ terminal, state: 'disconnected', generation, cause })
  }

  /** From now on sessions end because we stop. */
  stopping(): void {
    this.#stopping = true
  }

  #causeOf(client: Client, current: boolean): SessionRecord['cause'] {
    if (this.#stopping) return 'shutdown'
    if (!current) return 'takeover'
    // Internal to aedes: set by a DISCONNECT packet only. test/gateway/internals.test.ts pins it.
    const { _disconnected } = client as unknown as { _disconnected?: boolean }
    return _disconnected === true ? 'clean' : 'lost'
  }
}
