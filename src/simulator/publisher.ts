import { Socket } from 'node:net'
import { connect, type MqttClient } from 'mqtt'
import type { Clock } from '../clock.ts'
import { asError, GridvigilError } from '../errors.ts'

/**
 * One terminal's MQTT 3.1.1 session as a sender: QoS 1 with a bounded window.
 *
 *   publish ──waits for a place──> unacknowledged, in order (at most `window`) ──PUBACK──> acked
 *                                      └─ link lost: connect again, send all of them again in order
 *
 * A message that was under way when the link broke may arrive twice; that is what QoS 1 means, and the server tells
 * duplicates by meter and time. Reconnecting is done here, with one client per connection: mqtt.js fails publishes
 * made while it re-sends its own store if the link breaks once more (5.16, checked by test).
 */
export interface PublisherOptions {
  /** mqtt://host:port */
  readonly url: string
  /** Client id and user name. */
  readonly terminal: string
  readonly secret: string
  /** Most publishes without PUBACK. */
  readonly window: number
  readonly keepaliveS?: number
  /** How long `start` tries before it gives up. */
  readonly connectTimeoutMs?: number
  /** Announces `offline`, retained, on the status topic when the link is lost. */
  readonly will?: boolean
  /** Hears of lost links and refused connections after `start`; sending goes on by itself. */
  readonly onTrouble?: (message: string) => void
  /** Hears what is sent down to the terminal; it subscribes to that with each connection. */
  readonly onCommand?: (payload: Uint8Array) => void
  /** Called for each PUBACK with the `size` its message was given, and how long after it was taken, ms. */
  readonly onAcked?: (size: number, ms: number) => void
  /** Called after the link was taken up again, before anything new is sent. */
  readonly onReconnect?: () => void
}

const DEFAULT_KEEPALIVE_S = 60
const DEFAULT_CONNECT_TIMEOUT_MS = 10000
const RECONNECT_MS = 500
/** How long `stop` waits for the broker to take the DISCONNECT. */
const END_TIMEOUT_MS = 2000

/** Topic of a terminal's messages, `gv1/{terminal}/{leaf}`. */
export function topicOf(
  terminal: string,
  leaf: 'readings' | 'events' | 'status' | 'backup' | 'frames' | 'replies' | 'commands'
): string {
  return `gv1/${terminal}/${leaf}`
}

interface Message {
  readonly topic: string
  readonly payload: string | Buffer
  readonly retain: boolean
  readonly size: number
  /** Of the monotonic clock. */
  readonly takenAt: number
}

export interface PublishOptions {
  readonly retain?: boolean
  /** What the message counts for in `onAcked`, for example its readings; 1 when not given. */
  readonly size?: number
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #clock: Clock
  readonly #unacknowledged: Message[] = []
  readonly #waiting: (() => void)[] = []
  #client: MqttClient | undefined
  #acked = 0
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(options: PublisherOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Publishes acknowledged so far. */
  get acked(): number {
    return this.#acked
  }

  /** Publishes taken and not yet acknowledged. */
  get inFlight(): number {
    return this.#unacknowledged.length
  }

  /** Connects. @throws SENDER_CONNECT at once when refused, after the timeout when nobody answers */
  async start(): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#connectTimeoutMs
    for (;;) {
      if (this.#state === 'stopped') throw this.#connectError('the publisher is stopped')
      try {
        this.#use(await this.#connect())
        if (this.#state === 'new') this.#state = 'started'
        else await this.stop()
        return
      } catch (thrown) {
        const late = this.#clock.monotonic() + RECONNECT_MS > deadline
        if (late || isRefusal(thrown)) throw this.#connectError(describe(asError(thrown)))
      }
      await this.#clock.delay(RECONNECT_MS)
    }
  }

  /**
   * Takes a message as soon as the window has a place; its PUBACK is counted later.
   * @throws SENDER_CONNECT when the publisher is stopped
   */
  async publish(topic: string, payload: string | Buffer, options: PublishOptions = {}): Promise<void> {
    while (this.#state === 'started' && this.#unacknowledged.length >= this.#options.window) {
      await this.#change()
    }
    if (this.#state !== 'started') throw this.#connectError('the publisher is stopped')
    const { retain = false, size = 1 } = options
    const message = { topic, payload, retain, size, takenAt: this.#clock.monotonic() }
    this.#unacknowledged.push(message)
    if (this.#client !== undefined) this.#send(this.#client, message)
  }

  /** Resolves when everything taken is acknowledged. @throws SENDER_CONNECT when it was stopped before that */
  async drain(): Promise<void> {
    while (this.#state === 'started' && this.#unacknowledged.length > 0) await this.#change()
    if (this.#unacknowledged.length > 0) {
      throw this.#connectError(`stopped with ${this.#unacknowledged.length} messages unacknowledged`)
    }
  }

  /** Ends the session with DISCONNECT, so that no will is published. What is unacknowledged stays so. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#wake()
    const client = this.#client
    this.#client = undefined
    if (client === undefined) return
    await new Promise<void>(resolve => {
      const cancel = this.#clock.after(END_TIMEOUT_MS, resolve)
      client.end(false, {}, () => {
        cancel()
        resolve()
      })
    })
    client.end(true)
  }

  /** Leaves without a word, as when power or link are lost: the broker publishes the will. */
  async drop(): Promise<void> {
    this.#state = 'stopped'
    this.#wake()
    const client = this.#client
    this.#client = undefined
    client?.end(true)
    client?.stream.destroy()
  }

  get #connectTimeoutMs(): number {
    return this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS
  }

  #connect(): Promise<MqttClient> {
    const { url, terminal, secret, will } = this.#options
    const status = topicOf(terminal, 'status')
    const client = connect(url, {
      clientId: terminal,
      username: terminal,
      password: secret,
      protocolVersion: 4,
      clean: true,
      keepalive: this.#options.keepaliveS ?? DEFAULT_KEEPALIVE_S,
      connectTimeout: this.#connectTimeoutMs,
      reconnectPeriod: 0,
      ...(will ? { will: { topic: status, payload: OFFLINE, qos: 1, retain: true } as const } : {})
    })
    return new Promise((resolve, reject) => {
      let failure = new Error('the connection was closed')
      // Always listened to: an error without a listener would be thrown into the process.
      client.on('error', error => {
        failure = error
        if (isRefusal(error)) client.end(true)
      })
      client.once('close', () => {
        client.end(true)
        reject(failure)
      })
      client.once('connect', () => {
        // Nagle's algorithm and delayed acknowledgements would hold a small window for 40 ms at a time.
        if (client.stream instanceof Socket) client.stream.setNoDelay(true)
        resolve(client)
      })
    })
  }

  /** Makes a fresh connection the current one and sends again what the last one left unacknowledged. */
  #use(client: MqttClient): void {
    this.#client = client
    client.once('close', () => {
      if (this.#client !== client) return
      this.#client = undefined
      this.#options.onTrouble?.(`${this.#options.terminal}: connection lost, trying again`)
      void this.#reconnect()
    })
    this.#listen(client)
    for (const message of this.#unacknowledged) this.#send(client, message)
  }

  #listen(client: MqttClient): void {
    const { terminal, onCommand, onTrouble } = this.#options
    if (onCommand === undefined) return
    client.on('message', (_topic, payload) => onCommand(payload))
    client.subscribe(topicOf(terminal, 'commands'), { qos: 0 }, error => {
      // A link that is lost is told of by itself, and the next one subscribes again.
      if (error && this.#client === client) onTrouble?.(`${terminal}: no commands: ${error.message}`)
    })
  }

  async #reconnect(): Promise<void> {
    while (this.#state === 'started') {
      await this.#clock.delay(RECONNECT_MS)
      try {
        const client = await this.#connect()
        if (this.#state !== 'started') {
          client.end(true)
          return
        }
        this.#use(client)
        this.#options.onReconnect?.()
        return
      } catch (thrown) {
        this.#options.onTrouble?.(`${this.#options.terminal}: ${describe(asError(thrown))}, trying again`)
      }
    }
  }

  #send(client: MqttClient, message: Message): void {
    client.publish(message.topic, message.payload, { qos: 1, retain: message.retain }, error => {
      // A connection that ends fails its publishes; the next connection sends them again.
      const place = error ? -1 : this.#unacknowledged.indexOf(message)
      if (place < 0) return
      this.#unacknowledged.splice(place, 1)
      this.#acked++
      this.#options.onAcked?.(message.size, this.#clock.monotonic() - message.takenAt)
      this.#wake()
    })
  }

  #change(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #connectError(why: string): GridvigilError {
    return new GridvigilError('SENDER_CONNECT', `${this.#options.url} as ${this.#options.terminal}: ${why}`)
  }
}

const OFFLINE = Buffer.from('{"state":"offline"}')

/** A numeric code is the broker's answer to CONNECT: it will say the same again. */
const isRefusal = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number'

/** Node gives connection errors to several addresses an empty message; the code says it then. */
function describe(error: Error): string {
  if (error.message !== '') return error.message
  return 'code' in error ? String(error.code) : error.name
}
