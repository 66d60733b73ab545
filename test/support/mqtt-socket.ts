import { connect, type Socket } from 'node:net'
import { parser as createParser, generate, type IConnectPacket, type Packet } from 'mqtt-packet'
import { until } from './until.ts'

export interface Will {
  readonly topic: string
  readonly payload: string
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
}

/** One MQTT connection whose every byte the test decides. */
export class MqttSocket {
  readonly received: Packet[] = []
  isClosed = false
  readonly #socket: Socket

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const parser = createParser()
    parser.on('packet', packet => this.received.push(packet))
    this.#socket.on('data', (chunk: Buffer) => parser.parse(chunk))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(...packets: Packet[]): void {
    this.#socket.write(Buffer.concat(packets.map(packet => generate(packet))))
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Ends the connection as a lost link does: without DISCONNECT. */
  cut(): void {
    this.#socket.destroy()
  }

  count(cmd: Packet['cmd']): number {
    return this.received.filter(packet => packet.cmd === cmd).length
  }

  /** Message ids acknowledged, in order of arrival. */
  get acknowledged(): number[] {
    return this.received.flatMap(packet => (packet.cmd === 'puback' ? [packet.messageId ?? 0] : []))
  }

  async closed(what = 'connection closed'): Promise<void> {
    await until(() => this.isClosed, what)
  }

  /** The CONNACK's code; -1 when the connection was closed without one. */
  async connackCode(): Promise<number> {
    await until(() => this.isClosed || this.count('connack') > 0, 'CONNACK or close')
    const connack = this.received.find(packet => packet.cmd === 'connack')
    return connack?.cmd === 'connack' ? (connack.returnCode ?? -1) : -1
  }
}

/** CONNECT of a terminal with its own secret; parts can be replaced. */
export function connectOf(terminal: string, parts: Partial<IConnectPacket> = {}): IConnectPacket {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId: terminal,
    keepalive: 0,
    username: terminal,
    password: Buffer.from(`secret-${terminal}`),
    ...parts
  }
}

/** PUBLISH with QoS 1 and an id, or QoS 0 without one. */
export function publishOf(topic: string, payload: string | Buffer, messageId?: number): Packet {
  const qos = messageId === undefined ? 0 : 1
  const packet = { cmd: 'publish' as const, topic, payload, qos: qos as 0 | 1, dup: false, retain: false }
  return messageId === undefined ? packet : { ...packet, messageId }
}
