import type { EventEmitter } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { Aedes, type Client, type PublishPacket, type Subscription } from 'aedes'
import type { Clock } from '../src/clock.ts'
import { GridvigilError, isError } from '../src/errors.ts'
import type { Logger } from '../src/logger.ts'
import { encodeReadCommand } from '../src/codecs/json-command.ts'
import type { ReadCommand } from '../src/model/pings.ts'
import { FLAG_RETAIN, FLAG_SHUTDOWN, FLAG_WILL } from '../src/records/gateway-record.ts'
import { isTerminalId } from '../src/registry/read/secrets-file.ts'
import { type Credentials, isOwnSecret } from './credentials.ts'
import type { Intake } from './intake.ts'
import { limitPacketSize } from './packet-limit.ts'
import { Sessions } from './sessions.ts'
import { commandsOf, decidePublish, maySubscribe } from './topics.ts'

export interface GatewayOptions {
  readonly host: string
  readonly port: number
  readonly credentials: Credentials
  readonly maxPacketBytes: number
  readonly connectTimeoutMs: number
  readonly drainTimeoutMs: number
}

/** What the gateway counts, since it started. */
export interface GatewayCounters {
  connections: number
  connects: number
  refusedLogins: number
  refusedPublishes: number
  failedAppends: number
}

/** A connect storm queues here instead of being refused by the kernel. */
const LISTEN_BACKLOG = 4096
/** aedes' own hand-over of packets to subscribers; nobody subscribes to what terminals send. */
const EMITTER_CONCURRENCY = 1000
const TICK_MS = 1000
/** aedes watches other brokers of a cluster by it and publishes the wills of silent ones. We are alone: a pause of the
 * machine must not make us one. */
const CLUSTER_HEARTBEAT_MS = 86_400_000
/** A peer that vanished without a word is found by the kernel, also when its keepalive is 0. */
const TCP_KEEPALIVE_MS = 60_000

/**
 * What terminals talk to. It decides who may speak and under which topic, stores the bytes and acknowledges: nothing
 * is decoded here.
 *
 *   CONNECT ─ authenticate ─> session record        PUBLISH ─ authorizePublish ─> log ─ durable ─> PUBACK
 *   close   ─ will, session record                  tick every second while accepting
 *
 * aedes 1.2 writes the PUBACK before it hands a packet on; only its authorizePublish hook runs earlier, so the hook's
 * callback waits for the log. Setting the hook removes aedes' guard of $SYS topics: decidePublish refuses them.
 */
export class Gateway {
  readonly counters: GatewayCounters = {
    connections: 0,
    connects: 0,
    refusedLogins: 0,
    refusedPublishes: 0,
    failedAppends: 0
  }
  readonly #options: GatewayOptions
  readonly #intake: Intake
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #sessions: Sessions
  readonly #sockets = new Set<Socket>()
  #broker: Aedes | undefined
  #server: Server | undefined
  #stopTicks: (() => void) | undefined
  #stopping = false

  constructor(options: GatewayOptions, intake: Intake, clock: Clock, logger: Logger) {
    this.#options = options
    this.#intake = intake
    this.#clock = clock
    this.#logger = logger
    this.#sessions = new Sessions(intake)
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.#server?.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Terminals with an open session. */
  get sessions(): number {
    return this.#sessions.size
  }

  isConnected(terminal: string): boolean {
    return this.#sessions.clientOf(terminal) !== undefined
  }

  /** Whether a terminal is connected and takes commands. */
  hears(terminal: string): boolean {
    return this.#sessions.listenerOf(terminal) !== undefined
  }

  /** Has a terminal read meters, the only command there is. At QoS 0: what comes late is worth nothing. */
  ask(terminal: string, command: ReadCommand): void {
    const packet = { cmd: 'publish', topic: commandsOf(terminal), qos: 0, dup: false, retain: false } as const
    const client = this.#sessions.listenerOf(terminal)
    client?.publish({ ...packet, payload: encodeReadCommand(command) }, () => {})
  }

  /** Closes the connection of a terminal, if it has one: its secret is no longer the one it logged in with. */
  disconnect(terminal: string): void {
    this.#sessions.clientOf(terminal)?.close()
  }

  /** Opens the port. @throws GATEWAY_LISTEN */
  async start(): Promise<void> {
    const broker = await this.#createBroker()
    const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS }
    const server = createServer(options, socket => this.#accept(broker, socket))
    try {
      await this.#listen(server)
    } catch (thrown) {
      await closeBroker(broker)
      throw thrown
    }
    this.#broker = broker
    this.#server = server
    this.#intake.storeGateway({ state: 'started' })
    this.#intake.storeTick()
    this.#stopTicks = this.#clock.every(TICK_MS, () => this.#intake.storeTick())
  }

  /**
   * Closes the port and every connection. Wills published by our own closing are marked as such. `stopped` is the
   * last record.
   */
  async stop(): Promise<void> {
    const broker = this.#broker
    if (broker === undefined) return
    this.#broker = undefined
    this.#stopping = true
    this.#stopTicks?.()
    this.#sessions.stopping()
    this.#server?.close()
    await closeBroker(broker)
    await Promise.all([...this.#sockets].map(destroySocket))
    this.#intake.storeGateway({ state: 'stopped' })
  }

  async #createBroker(): Promise<Aedes> {
    const broker = await Aedes.createBroker({
      concurrency: EMITTER_CONCURRENCY,
      connectTimeout: this.#options.connectTimeoutMs,
      drainTimeout: this.#options.drainTimeoutMs,
      heartbeatInterval: CLUSTER_HEARTBEAT_MS,
      maxClientsIdLength: 64,
      preConnect: (_client, packet, done) => {
        // Nothing is kept for a terminal that is away: a command is worth nothing later, and of a persistent session
        // aedes keeps refused filters beside granted ones and would queue what other terminals publish.
        packet.clean = true
        // The parser lets it pass; it would be published as it is [MQTT-3.1.2-14].
        const isRefused = (packet.will?.qos ?? 0) > 2
        done(isRefused ? new Error('will at QoS 3') : null, !isRefused)
      },
      authenticate: (client, user, secret, done) => this.#authenticate(client, user, secret, done),
      authorizePublish: (client, packet, done) => this.#authorizePublish(client, packet, done),
      authorizeSubscribe: (client, subscription, done) =>
        this.#authorizeSubscribe(client, subscription, done),
      authorizeForward: (client, packet) => (maySubscribe(client.id, packet.topic) ? packet : null)
    })
    broker.on('unsubscribe', (topics, client) => {
      if (topics.includes(commandsOf(client.id))) this.#sessions.listens(client, false)
    })
    broker.on('clientError', (client, error) => this.#reportClosed(client.id, error))
    broker.on('connectionError', (_client, error) => this.#reportClosed('', error))
    const emitter: EventEmitter = broker
    emitter.on('error', (error: Error) => this.#logger.error({ reason: error.message }, 'broker'))
    return broker
  }

  #accept(broker: Aedes, socket: Socket): void {
    if (this.#stopping) {
      socket.destroy()
      return
    }
    this.counters.connections++
    this.#sockets.add(socket)
    const client = broker.handle(socket)
    limitPacketSize(client, this.#options.maxPacketBytes)
    socket.once('close', () => {
      this.counters.connections--
      this.#sockets.delete(socket)
      this.#sessions.closed(client)
    })
  }

  #authenticate(
    client: Client,
    user: Readonly<string | undefined>,
    secret: Readonly<Buffer | undefined>,
    done: (error: null, accepted: boolean) => void
  ): void {
    // Its end has been seen already: a session opened now would never end.
    if (client.closed) {
      done(null, false)
      return
    }
    const id = client.id
    const accepted =
      isTerminalId(id) &&
      user === id &&
      secret !== undefined &&
      isOwnSecret(this.#options.credentials, id, secret)
    if (!accepted) {
      this.counters.refusedLogins++
      this.#logger.warn({ terminal: id.slice(0, 64) }, 'login refused')
      done(null, false)
      return
    }
    this.counters.connects++
    this.#sessions.opened(client)
    done(null, true)
  }

  #authorizePublish(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void
  ): void {
    const session = client === null ? undefined : this.#sessions.of(client)
    if (client === null || session === undefined) {
      done(new GridvigilError('GATEWAY_TOPIC', 'no session'))
      return
    }
    const isWill = packet === willOf(client)
    const topic = topicOf(session.terminal, packet, isWill)
    if (typeof topic !== 'number') {
      this.counters.refusedPublishes++
      this.#logger.warn(
        { terminal: session.terminal, code: topic.code, detail: topic.detail },
        'publish refused'
      )
      done(topic)
      return
    }
    const flags =
      (isWill ? FLAG_WILL : 0) |
      (isWill && this.#stopping ? FLAG_SHUTDOWN : 0) |
      (packet.retain ? FLAG_RETAIN : 0)
    const frame = {
      terminal: session.terminal,
      generation: session.generation,
      topic,
      qos: packet.qos,
      flags,
      payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    }
    // The log keeps the last status of a terminal; a second copy in the broker's memory would serve nobody.
    packet.retain = false
    if (packet.qos === 0 || isWill) {
      // Waiting for the log keeps a fast sender in its socket. QoS 0 is not promised: a failure is counted, no more.
      this.#intake.storeFrame(frame, error => {
        this.#countFailure(error)
        done(isWill ? (error ?? null) : null)
      })
      return
    }
    const settle = session.acks.hold(error => done(error ?? null))
    this.#intake.storeFrame(frame, error => {
      this.#countFailure(error)
      settle(error)
    })
  }

  #authorizeSubscribe(
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void
  ): void {
    const session = this.#sessions.of(client)
    const isGranted = session !== undefined && maySubscribe(session.terminal, subscription.topic)
    if (isGranted) this.#sessions.listens(client, true)
    done(null, isGranted ? subscription : null)
  }

  #reportClosed(terminal: string, error: Error): void {
    const level = isError(error, 'GATEWAY_PACKET_TOO_LARGE') ? 'warn' : 'debug'
    this.#logger[level]({ terminal, reason: error.message }, 'connection closed')
  }

  #countFailure(error: Error | undefined): void {
    if (error !== undefined) this.counters.failedAppends++
  }

  async #listen(server: Server): Promise<void> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      // Stays for the server's life: accepting fails when the process runs out of files, and must not end it.
      server.on('error', error => {
        this.#logger.error({ reason: error.message }, 'mqtt port')
        reject(new GridvigilError('GATEWAY_LISTEN', `${host}:${port}: ${error.message}`))
      })
      server.listen({ host, port, backlog: LISTEN_BACKLOG }, resolve)
    })
  }
}

/** Number of the publish's topic class, or why it is refused. */
function topicOf(terminal: string, packet: PublishPacket, isWill: boolean): GridvigilError | number {
  if (packet.qos === 2 && !isWill) return new GridvigilError('GATEWAY_QOS2', terminal)
  // No PUBACK could be told from another's [MQTT-2.3.1-1].
  if (packet.qos === 1 && !isWill && packet.messageId === 0)
    return new GridvigilError('GATEWAY_PACKET_ID', terminal)
  const decision = decidePublish(terminal, packet.topic)
  if (decision.kind === 'accept') return decision.topic
  const used = `${terminal} used ${decision.reason} topic ${packet.topic.slice(0, 100)}`
  return new GridvigilError('GATEWAY_TOPIC', used)
}

/** The will aedes is about to publish; internal to aedes: test/gateway/internals.test.ts pins it. */
const willOf = (client: Client): unknown => (client as unknown as { will?: unknown }).will

const closeBroker = (broker: Aedes): Promise<void> => new Promise(resolve => broker.close(() => resolve()))

/** Resolves when the socket's end has been told to all who listen. */
function destroySocket(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve())
    socket.destroy()
  })
}
