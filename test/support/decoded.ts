import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings, type FrameRefusal } from '../../src/codecs/json-readings.ts'
import { FIELDS, READING_KINDS } from '../../src/model/fields.ts'

/** A reading as a test states it: only what is there. */
export interface Row {
  meter: string
  time: number
  kind: string
  primary?: true
  extras?: unknown
  /** By column name. */
  [column: string]: unknown
}

export interface Decoded {
  refusal: FrameRefusal
  found: number
  /** NaN when it is not said. */
  collectedAt: number
  rows: Row[]
  /** Position in the frame of each row. */
  index: number[]
  refused: { index: number; code: string; meter: string }[]
  unknown: number
}

const frame = new DecodedFrame()

/** Decodes into one frame that all tests share, as the processor does. */
export function decode(payload: string | Uint8Array | object, maxReadings = 10_000): Decoded {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const refusal = decodeJsonReadings(bytes, maxReadings, frame)
  return {
    refusal,
    found: frame.found,
    collectedAt: frame.collectedAt,
    rows: Array.from({ length: frame.rows }, (_, row) => rowOf(frame, row)),
    index: [...frame.index],
    refused: frame.refused.map(({ index, code, meter }) => ({ index, code, meter })),
    unknown: frame.unknownFields
  }
}

/** Texts of the refused readings of the frame decoded last. */
export const refusedTexts = (): string[] => frame.refused.map(({ text }) => text)

export function rowOf(from: DecodedFrame, row: number): Row {
  const kind = READING_KINDS[from.kind[row]!]!
  const stated: Row = { meter: from.meter[row]!, time: from.time[row]!, kind }
  if (from.primary[row] === 1) stated.primary = true
  if (from.extras[row] !== '') stated.extras = JSON.parse(from.extras[row]!) as unknown
  for (const [column, { name }] of FIELDS.entries()) {
    const value = from.value(row, column)
    if (!Number.isNaN(value)) stated[name] = value
  }
  return stated
}
