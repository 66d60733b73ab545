import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Line } from './collection/context.ts'
import { type Credentials, secretOf } from './credentials.ts'
import { Publisher, topicOf } from './publisher.ts'
import type { Run } from './run.ts'

/**
 * A run over real MQTT, in wall-clock time. Every terminal has a connection of its own; one that dies in the run leaves without a word, so that
 * the gateway publishes its will.
 */
export interface LiveOptions {
  /** mqtt://host:port */
  readonly url: string
  readonly credentials: Credentials
  readonly onTrouble?: (message: string) => void
  /** Told of each PUBACK with how long it took, ms. */
  readonly onAcked?: (ms: number) => void
}

export interface LiveFigures {
  readonly messages: number
  readonly acknowledged: number
  /** Messages that were not sent because the run ended first. */
  readonly unsent: number
}

/** Publishes without PUBACK of one terminal. */
const WINDOW = 16
/** Parts of a run are made so long before they begin. */
const LEAD_MS = 200

const LEAVES = ['readings', 'events', 'status', 'backup', 'frames'] as const
type Leaf = (typeof LEAVES)[number]

export class LiveRun {
  readonly #options: LiveOptions
  readonly #clock: Clock
  readonly #terminals = new Map<string, LiveTerminal>()
  #messages = 0
  #acknowledged = 0

  constructor(options: LiveOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  get figures(): LiveFigures {
    const unsent = this.#messages - this.#acknowledged
    return { messages: this.#messages, acknowledged: this.#acknowledged, unsent }
  }

  /** Plays a run until it is over or `signal` aborts; sessions stay for the next one. @throws GATEWAY_CREDENTIALS */
  async play(run: Run, signal: AbortSignal): Promise<void> {
    for (let part = run.traffic.next(); part !== undefined && !signal.aborted; part = run.traffic.next()) {
      for (const line of part.lines) {
        await this.#until(line.at, signal)
        if (signal.aborted) return
        this.#take(line)
      }
      await this.#until(part.to - LEAD_MS, signal)
    }
  }

  /** Waits for what is under way and ends all sessions. */
  async stop(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map(terminal => terminal.stop()))
  }

  #take(line: Line): void {
    // What no terminal sends is recorded by others: by dispatchers, by the network's automation, by the gateway itself.
    if (line.terminal === '') return
    const terminal = this.#terminalOf(line.terminal)
    if (line.topic === 'session') {
      if (line.text.includes('"connected"')) terminal.connect()
      else terminal.drop()
    } else if ((LEAVES as readonly string[]).includes(line.topic)) {
      this.#messages++
      terminal.publish(line.topic as Leaf, line.text)
    }
  }

  #terminalOf(id: string): LiveTerminal {
    let terminal = this.#terminals.get(id)
    if (terminal === undefined) {
      const onAcked = (ms: number): void => {
        this.#acknowledged++
        this.#options.onAcked?.(ms)
      }
      terminal = new LiveTerminal(id, this.#options, onAcked, this.#clock)
      this.#terminals.set(id, terminal)
    }
    return terminal
  }

  async #until(time: number, signal: AbortSignal): Promise<void> {
    const ms = time - this.#clock.now()
    if (ms <= 0) return
    await new Promise<void>(resolve => {
      const wake = (): void => {
        cancel()
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const cancel = this.#clock.after(ms, wake)
      signal.addEventListener('abort', wake)
      if (signal.aborted) wake()
    })
  }
}

/** One terminal: what it is told is done one after the other. */
class LiveTerminal {
  readonly #id: string
  readonly #options: LiveOptions
  readonly #onAcked: (ms: number) => void
  readonly #clock: Clock
  #publisher: Publisher | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(id: string, options: LiveOptions, onAcked: (ms: number) => void, clock: Clock) {
    this.#id = id
    this.#options = options
    this.#onAcked = onAcked
    this.#clock = clock
  }

  connect(): void {
    this.#then(async () => {
      await this.#publisher?.stop()
      const { url, credentials, onTrouble } = this.#options
      const publisher = new Publisher(
        {
          url,
          terminal: this.#id,
          secret: secretOf(credentials, this.#id),
          window: WINDOW,
          will: true,
          onAcked: (_size, ms) => this.#onAcked(ms),
          ...(onTrouble !== undefined && { onTrouble })
        },
        this.#clock
      )
      await publisher.start()
      this.#publisher = publisher
    })
  }

  /** Leaves as one who has lost its link: without DISCONNECT. */
  drop(): void {
    this.#then(async () => {
      const publisher = this.#publisher
      this.#publisher = undefined
      await publisher?.drop()
    })
  }

  publish(leaf: Leaf, text: string): void {
    this.#then(async () => {
      await this.#publisher?.publish(topicOf(this.#id, leaf), text, { retain: leaf === 'status' })
    })
  }

  async stop(): Promise<void> {
    await this.#work
    await this.#publisher?.stop()
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch(thrown => {
      this.#options.onTrouble?.(`${this.#id}: ${asError(thrown).message}`)
    })
  }
}
