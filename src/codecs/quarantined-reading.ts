import { FIELDS } from '../model/fields.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import type { DecodedFrame } from './decoded-frame.ts'
import { decodeJsonReadings } from './json-readings.ts'

/** Names of columns that are not names of payloads: what was set aside before 0.1 has these. */
const ELEMENTS = FIELDS.filter(({ name, payload }) => name !== payload)
const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Decodes one reading of the quarantine again: JSON text as `refuse` and `describe` leave it.
 * @param index its position in the frame it came from
 * @param into has one row afterwards, unless it is refused
 */
export function decodeQuarantinedReading(
  bytes: Uint8Array,
  index: number,
  into: DecodedFrame
): QuarantineCode | undefined {
  const text = decoder.decode(bytes)
  let reading: unknown
  try {
    reading = JSON.parse(text)
  } catch {
    return 'READING_SHAPE'
  }
  const payload = encoder.encode(`{"readings":[${withPayloadNames(reading) ?? text}]}`)
  const refusal = decodeJsonReadings(payload, 1, into) ?? into.refused[0]?.code
  if (refusal === undefined) into.index[0] = index
  return refusal
}

/** The reading with elements put together under their payload's name; undefined where none stands alone. */
function withPayloadNames(reading: unknown): string | undefined {
  if (typeof reading !== 'object' || reading === null) return undefined
  const given = new Map(Object.entries(reading))
  if (!ELEMENTS.some(({ name }) => given.has(name))) return undefined
  for (const { name, payload, element } of ELEMENTS) {
    const value = given.get(name)
    if (value === undefined) continue
    const phases = (given.get(payload) as unknown[] | undefined) ?? [null, null, null]
    given.set(payload, phases.with(element, value))
    given.delete(name)
  }
  return JSON.stringify(Object.fromEntries(given))
}
