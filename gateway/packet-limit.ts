import type { Client } from 'aedes'

/** The parts of aedes' parser this needs. They are internal: test/gateway/packet-limit.test.ts pins them. */
interface ParserInside {
  parse(chunk: Uint8Array): number
  /** `length` is the announced length of the packet being received, -1 between packets. */
  readonly packet: { readonly length: number }
}

/**
 * Calls `onTooLarge` as soon as a packet announces more than `limit` bytes, before its body is gathered in memory:
 * mqtt-packet itself would wait for up to 256 MB.
 */
export function limitPacketSize(client: Client, limit: number, onTooLarge: () => void): void {
  const parser = (client as unknown as { _parser: ParserInside })._parser
  const parse = parser.parse.bind(parser)
  parser.parse = chunk => {
    const left = parse(chunk)
    if (parser.packet.length > limit) onTooLarge()
    return left
  }
}
