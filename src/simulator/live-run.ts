import type { Clock } from '../clock.ts'
import { decodeReadCommand } from '../codecs/json-command.ts'
import { asError } from '../errors.ts'
import { AckTimes } from './ack-times.ts'
import { readingTime, replyTo } from './collection/command-answers.ts'
import type { Line } from './collection/context.ts'
import { type Credentials, secretOf } from './credentials.ts'
import { Publisher, type PublisherOptions, topicOf } from './publisher.ts'
import type { Run } from './run.ts'

/**
 * A run over real MQTT, in wall-clock time. Every terminal has a connection of its own; one that dies in the run leaves without a word, so that
 * the gateway publishes its will. Terminals answer commands as the world of the run is just then.
 */
export interface LiveOptions {
  /** mqtt://host:port */
  readonly url: string
  readonly credentials: Credentials
  readonly onTrouble?: (message: string) => void
  /** PUBACKs count from then on, epoch ms: before that everybody connects. */
  readonly measuredFrom?: number
}

export interface LiveFigures {
  readonly messages: number
  readonly acknowledged: number
  /** Messages that were not sent because the run ended first. */
  readonly unsent: number
  /** How long PUBACKs took, ms, and how many were measured. */
  readonly acks: {
    readonly count: number
    readonly p50Ms: number
    readonly p99Ms: number
    readonly p999Ms: number
  }
}

/** Publishes without PUBACK of one terminal. */
const WINDOW = 16
/** Messages of one terminal that may wait for a broker. */
const MOST_WAITING = 2000
const STOP_GRACE_MS = 2000
/** Between two tries to get a session. */
const [SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS] = [1000, 30_000]
/** Parts of a run are made so long before they begin. */
const LEAD_MS = 200

const LEAVES = ['readings', 'events', 'status', 'backup', 'frames', 'replies'] as const
type Leaf = (typeof LEAVES)[number]

export class LiveRun {
  readonly #options: LiveOptions
  readonly #clock: Clock
  readonly #terminals = new Map<string, LiveTerminal>()
  readonly #acks = new AckTimes()
  /** Ends the waiting of replies that terminals are reading for. */
  readonly #reading = new Set<() => void>()
  #run: Run | undefined
  #messages = 0
  #acknowledged = 0

  constructor(options: LiveOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  get figures(): LiveFigures {
    const unsent = this.#messages - this.#acknowledged
    const within = (part: number): number => this.#acks.within(part)
    const acks = { count: this.#acks.count, p50Ms: within(0.5), p99Ms: within(0.99), p999Ms: within(0.999) }
    return { messages: this.#messages, acknowledged: this.#acknowledged, unsent, acks }
  }

  /**
   * Connects the terminal that a run connects first, which keeps that session: so a gateway that nobody reaches, or that refuses the
   * secrets, is told before anything is played, and nobody is heard of who leaves again at once.
   * @throws SENDER_CONNECT, GATEWAY_CREDENTIALS
   */
  async begin({ context }: Run): Promise<void> {
    const { terminals } = context.world.index.grid
    const connects = terminals.map(
      (_, number) => context.life(number).stretches.find(({ isLinked }) => isLinked)?.start ?? Infinity
    )
    const first = Math.min(...connects)
    const terminal = terminals[connects.indexOf(first)]
    if (terminal !== undefined && first < Infinity) await this.#terminalOf(terminal.id).begin()
  }

  /** Plays a run until it is over or `signal` aborts; sessions stay for the next one. @throws GATEWAY_CREDENTIALS */
  async play(run: Run, signal: AbortSignal): Promise<void> {
    this.#run = run
    for (let part = run.traffic.next(); part !== undefined && !signal.aborted; part = run.traffic.next()) {
      for (const line of part.lines) {
        await this.#until(line.at, signal)
        if (signal.aborted) return
        this.#take(line)
      }
      await this.#until(part.to - LEAD_MS, signal)
    }
  }

  /** Sends the readings of a run that is over, as fast as they are taken: a past that nobody watched. */
  async catchUp(run: Run, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
    for (const { terminal, topic, text } of run.lines()) {
      if (signal.aborted) return
      if (topic === 'session' && text.includes('"connected"')) this.#terminalOf(terminal).connect()
      if (topic !== 'readings' && topic !== 'backup') continue
      this.#messages++
      await Promise.race([this.#terminalOf(terminal).publish(topic, text), aborted])
    }
  }

  /** Waits for what is under way and ends all sessions. */
  async stop(): Promise<void> {
    for (const cancel of this.#reading) cancel()
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
      void terminal.publish(line.topic as Leaf, line.text)
    }
  }

  /** Reads the meters that a terminal is asked for, and replies. What is no read is passed over. */
  #command(id: string, payload: Uint8Array): void {
    const command = decodeReadCommand(payload)
    if (command === undefined) return
    const reply = (): void => {
      this.#reading.delete(cancel)
      const { context } = this.#run ?? {}
      const number = context?.world.index.grid.terminals.findIndex(terminal => terminal.id === id) ?? -1
      const text = context && replyTo(context, number, command, this.#clock.now())
      if (text !== undefined) this.#take({ at: this.#clock.now(), terminal: id, topic: 'replies', text })
    }
    const cancel = this.#clock.after(readingTime(command), reply)
    this.#reading.add(cancel)
  }

  /** @throws GATEWAY_CREDENTIALS */
  #terminalOf(id: string): LiveTerminal {
    let terminal = this.#terminals.get(id)
    if (terminal === undefined) {
      const { url, credentials, onTrouble = () => {} } = this.#options
      const options: PublisherOptions = {
        url,
        terminal: id,
        secret: secretOf(credentials, id),
        window: WINDOW,
        will: true,
        onCommand: payload => this.#command(id, payload),
        onTrouble,
        onAcked: (_size, ms) => {
          this.#acknowledged++
          if (this.#clock.now() >= (this.#options.measuredFrom ?? 0)) this.#acks.add(ms)
        }
      }
      terminal = new LiveTerminal(options, onTrouble, this.#clock)
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
  readonly #options: PublisherOptions
  readonly #onTrouble: (message: string) => void
  readonly #clock: Clock
  #publisher: Publisher | undefined
  #work: Promise<void> = Promise.resolve()
  #waiting = 0
  #isStopped = false
  /** Whether it has connected before it was told to. */
  #hasBegun = false
  #wake: () => void = () => {}

  constructor(options: PublisherOptions, onTrouble: (message: string) => void, clock: Clock) {
    this.#options = options
    this.#onTrouble = onTrouble
    this.#clock = clock
  }

  /** Takes the session of its first `connect`. @throws SENDER_CONNECT */
  async begin(): Promise<void> {
    const publisher = new Publisher(this.#options, this.#clock)
    await publisher.start()
    this.#publisher = publisher
    this.#hasBegun = true
  }

  /** Takes a new session, and tries until it has one. */
  connect(): void {
    void this.#then(async () => {
      if (this.#hasBegun) {
        this.#hasBegun = false
        return
      }
      await this.#publisher?.stop()
      let pauseMs = SHORTEST_PAUSE_MS
      while (!this.#isStopped) {
        this.#publisher = new Publisher(this.#options, this.#clock)
        try {
          await this.#publisher.start()
          return
        } catch (thrown) {
          this.#onTrouble(`${this.#options.terminal}: ${asError(thrown).message}`)
          await this.#pause(pauseMs)
          pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
        }
      }
    })
  }

  /** Leaves as one who has lost its link: without DISCONNECT. */
  drop(): void {
    void this.#then(async () => {
      this.#hasBegun = false
      const publisher = this.#publisher
      // What was sent before the link was lost has arrived.
      await withGrace(publisher?.drain() ?? Promise.resolve(), this.#clock)
      this.#publisher = undefined
      await publisher?.drop()
    })
  }

  /** Resolves when it is taken; its PUBACK is counted later. Too much that waits for a broker is thrown away. */
  publish(leaf: Leaf, text: string): Promise<void> {
    if (this.#waiting >= MOST_WAITING) return Promise.resolve()
    this.#waiting++
    return this.#then(async () => {
      this.#waiting--
      const { terminal } = this.#options
      await this.#publisher?.publish(topicOf(terminal, leaf), text, { retain: leaf === 'status' })
    })
  }

  /** Ends the session; gives what is under way a little time. */
  async stop(): Promise<void> {
    await withGrace(
      this.#work.then(() => this.#publisher?.drain()),
      this.#clock
    )
    this.#isStopped = true
    this.#wake()
    await this.#publisher?.stop()
  }

  /** Ends early when the terminal is stopped. */
  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#clock.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
      if (this.#isStopped) this.#wake()
    })
  }

  #then(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work
      .then(() => (this.#isStopped ? undefined : step()))
      .catch(thrown => this.#onTrouble(`${this.#options.terminal}: ${asError(thrown).message}`))
    return this.#work
  }
}

/** Waits for work that may never end, but not for long. */
function withGrace(work: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise(resolve => {
    const cancel = clock.after(STOP_GRACE_MS, resolve)
    work
      .catch(() => {})
      .finally(() => {
        cancel()
        resolve()
      })
  })
}
