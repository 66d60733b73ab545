import { MOST_PING_ID, PING_FAILURES, type PingFailure, type PingReply } from '../model/pings.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import type { DecodedFrame } from './decoded-frame.ts'
import { decodeJsonReadings, isGiven, isObject, parseObject } from './json-readings.ts'

/**
 * The JSON form of `gv1/{terminal}/replies` (docs/mqtt.md): what a terminal read when it was asked. Readings have the forms
 * of `readings`, rows or columns.
 *
 *   {"id", "collectedAt"?, "readings"?: [row, …], "failures"?: [{"meter", "reason": one of PING_FAILURES}, …]}
 */

const REASONS = new Map<unknown, PingFailure>(PING_FAILURES.map(reason => [reason, reason]))

/**
 * Decodes a payload. A bad reading is refused alone, as in `readings`; a bad failure refuses the frame.
 * @param maxReadings more readings or failures than this refuse the frame @param into has the readings afterwards
 */
export function decodeJsonReply(
  payload: Uint8Array,
  maxReadings: number,
  into: DecodedFrame
): PingReply | QuarantineCode {
  into.reset()
  const message = parseObject(payload)
  if (typeof message === 'string') return message
  const { id, failures } = message
  const hasReadings = isGiven(message.readings) || isGiven(message.meters)
  if (typeof id !== 'string' || id === '' || id.length > MOST_PING_ID) return 'REPLY_SHAPE'
  if (!hasReadings && !isGiven(failures)) return 'REPLY_SHAPE'
  const given = failures ?? []
  if (!Array.isArray(given)) return 'REPLY_SHAPE'
  if (given.length > maxReadings) return 'TOO_MANY_READINGS'
  const read: { meter: string; reason: PingFailure }[] = []
  for (const failure of given) {
    const reason = isObject(failure) ? REASONS.get(failure.reason) : undefined
    if (reason === undefined || typeof failure.meter !== 'string' || failure.meter === '')
      return 'REPLY_SHAPE'
    read.push({ meter: failure.meter, reason })
  }
  const refusal = hasReadings ? decodeJsonReadings(payload, maxReadings, into) : undefined
  return refusal ?? { id, failures: read }
}
