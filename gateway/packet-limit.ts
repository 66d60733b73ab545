import type { Client } from 'aedes'
import { GridvigilError } from '../src/errors.ts'

/** The parts of aedes' parser this needs. They are internal: test/gateway/internals.test.ts pins them. */
interface ParserInside {
  /** Called when the announced length is known, and again with every chunk until the packet is whole. */
  _parsePayload(): boolean
  _emitError(error: Error): void
  /** `length` is the announced length behind the fixed header. */
  readonly packet: { readonly length: number }
}

/**
 * Closes the connection as soon as a packet announces more than `limit` bytes in all, before its body is gathered in
 * memory: mqtt-packet itself would wait for up to 256 MB.
 */
export function limitPacketSize(client: Client, limit: number): void {
  const parser = (client as unknown as { _parser: ParserInside })._parser
  const parsePayload = parser._parsePayload.bind(parser)
  parser._parsePayload = () => {
    const bytes = packetBytes(parser.packet.length)
    if (bytes <= limit) return parsePayload()
    parser._emitError(new GridvigilError('GATEWAY_PACKET_TOO_LARGE', `${bytes} bytes announced`))
    return false
  }
}

/** Size of a whole packet: one byte, the length in groups of seven bits, and what follows [MQTT-2.2.3]. */
function packetBytes(length: number): number {
  const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
  return 1 + lengthBytes + length
}
