import { FIELDS, READING_KINDS } from '../model/fields.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import type { DecodedFrame } from './decoded-frame.ts'
import { parseTime, type ParsedTime, timeOrNaN } from './time-text.ts'

/**
 * The JSON forms of `gv1/{terminal}/readings` (docs/mqtt.md).
 *
 *   rows     {"time"?, "collectedAt"?, "kind"?, "scale"?, "seq"?,
 *             "readings": [{"meter", "time"?, "kind"?, <field>: number | [a,b,c] | null, …}, …]}
 *   columns  {"time"?: t | [t…], "kind"?, "scale"?, "meters": [id…], <field>: [number | [a,b,c] | null, …], …}
 *
 * A message is one or the other: of one with both nobody can tell whether the columns belong to the readings.
 *
 *   field    a name of FIELDS or of EXTRA_FIELDS; any other name is counted and ignored
 *   number   finite, inside the field's bounds
 *   time     of the reading, else of the message (src/codecs/time-text.ts)
 *   collectedAt   of the message; one that cannot be read is taken as absent
 *
 * This is the plain decoder: the oracle for any faster one.
 */

/** Fields without a column of their own; kept as JSON beside the reading. */
const EXTRA_FIELDS = new Set([
  'importKwhByTariff',
  'exportKwhByTariff',
  'quadrantKvarh',
  'phaseActivePowerKw',
  'phaseReactivePowerKvar',
  'phasePowerFactor',
  'maxDemandKw',
  'statusWords',
  'relay',
  'temperatureC',
  'errors'
])
const ENVELOPE = new Set(['meter', 'time', 'kind', 'scale', 'collectedAt', 'seq'])
const MESSAGE = new Set(['time', 'kind', 'scale', 'collectedAt', 'seq', 'readings', 'meters'])

/** Columns of a payload name: one for a number, three for elements a, b, c. */
const COLUMNS = new Map<string, number[]>()
for (const [column, { payload }] of FIELDS.entries()) {
  COLUMNS.set(payload, [...(COLUMNS.get(payload) ?? []), column])
}
const KINDS = new Map<string, number>(READING_KINDS.map((kind, number) => [kind, number]))

/** First byte of tag 55799, with which CBOR may say what it is (RFC 8949, 3.4.6). */
const SELF_DESCRIBED_CBOR = 0xd9

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Why the whole frame is set aside; undefined when its readings are in `into`. */
export type FrameRefusal = QuarantineCode | undefined

export type Json = Record<string, unknown>

/** JSON text of a payload as an object. @returns the refusal when it is none */
export function parseObject(payload: Uint8Array): Json | QuarantineCode {
  const first = payload.find(byte => byte > 0x20)
  // CBOR maps begin with 0xa0..0xbf; no JSON text begins so.
  if (first !== undefined && ((first >= 0xa0 && first <= 0xbf) || first === SELF_DESCRIBED_CBOR))
    return 'NO_CODEC'
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(payload))
  } catch {
    return 'NOT_JSON'
  }
  return isObject(value) ? value : 'BAD_SHAPE'
}

/**
 * Decodes a payload into columns. One bad reading is refused alone; only what cannot be told apart refuses the frame.
 * @param maxReadings more readings than this refuse the frame
 */
export function decodeJsonReadings(
  payload: Uint8Array,
  maxReadings: number,
  into: DecodedFrame
): FrameRefusal {
  into.reset()
  const message = parseObject(payload)
  if (typeof message === 'string') return message
  if (isGiven(message.readings) && isGiven(message.meters)) return 'BAD_SHAPE'
  into.collectedAt = timeOrNaN(message.collectedAt)
  if (Array.isArray(message.readings)) return decodeRows(message, message.readings, maxReadings, into)
  if (Array.isArray(message.meters)) return decodeColumns(message, message.meters, maxReadings, into)
  return 'BAD_SHAPE'
}

function decodeRows(
  message: Json,
  readings: unknown[],
  maxReadings: number,
  into: DecodedFrame
): FrameRefusal {
  if (readings.length > maxReadings) return 'TOO_MANY_READINGS'
  for (const name in message) if (!MESSAGE.has(name)) into.unknownFields++
  const time = parseTime(message.time)
  into.found = readings.length
  for (let index = 0; index < readings.length; index++) {
    const reading = readings[index]
    const code = isObject(reading) ? readRow(message, reading, time, into) : 'READING_SHAPE'
    if (code === undefined) {
      into.index.push(index)
      into.rows++
      continue
    }
    refuse(into, index, code, isObject(reading) ? reading.meter : undefined, withShared(reading, message))
  }
  return undefined
}

function readRow(message: Json, reading: Json, messageTime: ParsedTime, into: DecodedFrame): FrameRefusal {
  into.openRow()
  const row = into.rows
  const { meter } = reading
  if (typeof meter !== 'string' || meter === '') return 'METER_MISSING'
  const time = reading.time === undefined ? messageTime : parseTime(reading.time)
  if ('refused' in time) return time.refused
  const scale = reading.scale ?? message.scale ?? 'secondary'
  if (scale !== 'primary' && scale !== 'secondary') return 'SCALE_UNKNOWN'
  const kind = kindOf(reading.kind ?? message.kind)
  if (kind === undefined) return 'KIND_UNKNOWN'
  let extras: Json | undefined
  let values = 0
  for (const name in reading) {
    const columns = COLUMNS.get(name)
    if (columns !== undefined) {
      const read = readValue(reading[name], columns, into)
      if (read < 0) return 'VALUE_TYPE'
      values += read
    } else if (EXTRA_FIELDS.has(name)) {
      // null is absent, as for other fields: in the columns form every reading has every column.
      if (reading[name] !== null) extras = { ...extras, [name]: reading[name] }
    } else if (!ENVELOPE.has(name)) into.unknownFields++
  }
  if (values === 0 && extras === undefined) return 'NO_VALUES'
  into.meter[row] = meter
  into.time[row] = time.ms
  into.kind[row] = kind
  into.primary[row] = scale === 'primary' ? 1 : 0
  into.extras[row] = extras === undefined ? '' : safeText(extras)
  return undefined
}

/** Values written into `columns` of the open row; -1 when the value is none. */
function readValue(value: unknown, columns: readonly number[], into: DecodedFrame): number {
  if (typeof value === 'number') return put(value, columns[0] ?? 0, into) ? 1 : -1
  if (value === null || value === undefined) return 0
  if (!Array.isArray(value) || columns.length !== 3 || value.length !== 3) return -1
  let count = 0
  for (let element = 0; element < 3; element++) {
    const part: unknown = value[element]
    if (part === null) continue
    if (typeof part !== 'number' || !put(part, columns[element] ?? 0, into)) return -1
    count++
  }
  return count
}

function put(value: number, column: number, into: DecodedFrame): boolean {
  const field = FIELDS[column]
  // JSON.parse turns 1e999 into Infinity: the bounds refuse it, and NaN cannot be written in JSON.
  if (field === undefined || !(value >= field.low && value <= field.high)) return false
  into.put(column, value)
  return true
}

function decodeColumns(
  message: Json,
  meters: unknown[],
  maxReadings: number,
  into: DecodedFrame
): FrameRefusal {
  if (meters.length > maxReadings) return 'TOO_MANY_READINGS'
  const names: string[] = []
  for (const name in message) {
    if (MESSAGE.has(name) && !(name === 'time' && Array.isArray(message.time))) continue
    const known = name === 'time' || COLUMNS.has(name) || EXTRA_FIELDS.has(name)
    if (!known) into.unknownFields++
    const column = message[name]
    if (known && (!Array.isArray(column) || column.length !== meters.length)) return 'COLUMN_LENGTH'
    if (known) names.push(name)
  }
  const shared: Json = { kind: message.kind, scale: message.scale }
  const time = Array.isArray(message.time) ? parseTime(undefined) : parseTime(message.time)
  into.found = meters.length
  for (let index = 0; index < meters.length; index++) {
    const reading: Json = { meter: meters[index] }
    for (const name of names) reading[name] = (message[name] as unknown[])[index]
    const code = readRow(shared, reading, time, into)
    if (code === undefined) {
      into.index.push(index)
      into.rows++
      continue
    }
    refuse(into, index, code, reading.meter, withShared(reading, message))
  }
  return undefined
}

function refuse(
  into: DecodedFrame,
  index: number,
  code: QuarantineCode,
  meter: unknown,
  reading: unknown
): void {
  const id = typeof meter === 'string' ? meter.slice(0, 64) : ''
  into.refused.push({ index, code, meter: id, text: safeText(reading) })
}

/** What a reading takes over from its message, and how long a text may be for each reading to hold a copy of it. */
const SHARED = ['time', 'kind', 'scale'] as const
const LONGEST_SHARED = 64

/** The reading as it would be sent alone: one set aside can be decoded again without its message. */
function withShared(reading: unknown, message: Json): unknown {
  if (!isObject(reading)) return reading
  const shared: Json = {}
  for (const name of SHARED) {
    const value = message[name]
    const isShort = typeof value === 'number' || (typeof value === 'string' && value.length <= LONGEST_SHARED)
    if (reading[name] === undefined && isShort) shared[name] = value
  }
  return { ...reading, ...shared }
}

/** JSON text; nesting too deep for the stack is legal JSON and must not end the processor. */
export function safeText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return '"nested too deeply"'
  }
}

function kindOf(kind: unknown): number | undefined {
  if (kind === undefined || kind === null) return 0
  return typeof kind === 'string' ? KINDS.get(kind) : undefined
}

/** As for fields, null means the same as leaving it out. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
