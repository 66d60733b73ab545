import { connect, type Socket } from 'node:net'
import type { Clock } from '../src/clock.ts'
import type { Fleet } from './fleet.ts'
import { connectPacket, createTemplate, type FrameTemplate } from './payload.ts'

export interface PublisherOptions {
  readonly host: string
  readonly port: number
  readonly fleet: Fleet
  readonly terminal: number
  readonly window: number
  /** Number of its first frame and how many follow at most. */
  readonly firstFrame: number
  readonly frames: number
  readonly clock: Clock
  /** Asked before a new frame is sent; after a false the publisher waits for `pump`. */
  readonly permits: () => boolean
  readonly onConnected: () => void
  readonly onAcknowledged: (frame: number, latencyMs: number) => void
  /** CONNACK with a code other than 0: nothing will be sent. */
  readonly onRefused: (code: number) => void
}

/** A message in flight: its packet buffer belongs to the socket until it is acknowledged. */
interface Slot {
  readonly packetId: number
  readonly packet: Uint8Array
  frame: number
  sentAt: number
}

const FREE = -1
const RECONNECT_MS = 20
const DUP = 0x08

/**
 * One terminal that publishes its frames in order with at most `window` unacknowledged. It survives the death of
 * its server: it connects again and sends what was not acknowledged, with the DUP flag, before anything new.
 * Packet ids are slot numbers, so an acknowledgement finds its frame without a search.
 */
export class Publisher {
  resent = 0
  reconnects = 0
  readonly #options: PublisherOptions
  readonly #template: FrameTemplate
  readonly #slots: Slot[]
  readonly #connect: Uint8Array
  #next: number
  #inFlight = 0
  #socket: Socket | undefined
  #live = false
  #wasLive = false
  #closed = false
  #rest: Uint8Array = new Uint8Array(0)

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#template = createTemplate(options.fleet, options.terminal)
    this.#slots = Array.from({ length: options.window }, (_, index) => ({
      packetId: index + 1,
      packet: this.#template.blank(),
      frame: FREE,
      sentAt: 0
    }))
    this.#connect = connectPacket(options.fleet, options.terminal)
    this.#next = options.firstFrame
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Everything it was to send is acknowledged. */
  get isDone(): boolean {
    return this.#inFlight === 0 && this.#next >= this.#options.firstFrame + this.#options.frames
  }

  start(): void {
    if (this.#closed) return
    const socket = connect({ host: this.#options.host, port: this.#options.port, noDelay: true })
    this.#socket = socket
    this.#rest = new Uint8Array(0)
    socket.on('connect', () => socket.write(this.#connect))
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('error', () => {})
    socket.on('close', () => this.#lost(socket))
  }

  /** Sends new frames while there is room and permission. */
  pump(): void {
    const socket = this.#socket
    if (!this.#live || socket === undefined) return
    const end = this.#options.firstFrame + this.#options.frames
    socket.cork()
    for (const slot of this.#slots) {
      if (slot.frame !== FREE) continue
      if (this.#next >= end || !this.#options.permits()) break
      slot.frame = this.#next++
      this.#template.fill(slot.packet, slot.frame, slot.packetId)
      slot.sentAt = this.#options.clock.monotonic()
      this.#inFlight++
      socket.write(slot.packet)
    }
    socket.uncork()
  }

  /** Ends the connection with DISCONNECT. */
  stop(): void {
    this.#closed = true
    this.#socket?.end(Uint8Array.of(0xe0, 0))
  }

  #lost(socket: Socket): void {
    if (socket !== this.#socket) return
    this.#live = false
    this.#socket = undefined
    if (!this.#closed) this.#options.clock.after(RECONNECT_MS, () => this.start())
  }

  #receive(chunk: Uint8Array): void {
    let bytes = chunk
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, chunk])
    let at = 0
    // Everything a server sends to a publisher is short: one byte of remaining length.
    while (at + 2 <= bytes.length) {
      const end = at + 2 + (bytes[at + 1] ?? 0)
      if (end > bytes.length) break
      this.#packet(bytes[at] ?? 0, bytes, at + 2)
      at = end
    }
    this.#rest = at === bytes.length ? new Uint8Array(0) : Uint8Array.from(bytes.subarray(at))
    this.pump()
  }

  #packet(type: number, bytes: Uint8Array, at: number): void {
    if (type === 0x40) this.#acknowledge(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0))
    if (type === 0x20) this.#welcome(bytes[at + 1] ?? 0)
  }

  #acknowledge(packetId: number): void {
    const slot = this.#slots[packetId - 1]
    if (slot === undefined || slot.frame === FREE) return
    const frame = slot.frame
    slot.frame = FREE
    this.#inFlight--
    this.#options.onAcknowledged(frame, this.#options.clock.monotonic() - slot.sentAt)
  }

  #welcome(code: number): void {
    if (code !== 0) {
      this.#closed = true
      this.#options.onRefused(code)
      return
    }
    this.#live = true
    if (this.#wasLive) this.reconnects++
    this.#wasLive = true
    const waiting = this.#slots.filter(slot => slot.frame !== FREE).sort((a, b) => a.frame - b.frame)
    for (const slot of waiting) {
      slot.packet[0] = (slot.packet[0] ?? 0) | DUP
      this.resent++
      this.#socket?.write(slot.packet)
    }
    this.#options.onConnected()
  }
}
