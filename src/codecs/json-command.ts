import { MOST_PING_ID, type ReadCommand } from '../model/pings.ts'
import { parseObject } from './json-readings.ts'

/**
 * The JSON form of `gv1/{terminal}/commands` (docs/mqtt.md), which goes down to a terminal:
 *
 *   {"type": "read", "id", "meters": [id, …], "deadline": epoch ms}
 */
export function encodeReadCommand({ id, meters, deadline }: ReadCommand): string {
  return JSON.stringify({ type: 'read', id, meters, deadline })
}

/** As a terminal takes it. @returns undefined for anything else than a read */
export function decodeReadCommand(payload: Uint8Array): ReadCommand | undefined {
  const message = parseObject(payload)
  if (typeof message === 'string' || message.type !== 'read') return undefined
  const { id, meters, deadline } = message
  const isRead =
    typeof id === 'string' &&
    id !== '' &&
    id.length <= MOST_PING_ID &&
    Array.isArray(meters) &&
    meters.every(meter => typeof meter === 'string') &&
    typeof deadline === 'number'
  return isRead ? { id, meters, deadline } : undefined
}
