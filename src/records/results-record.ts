import type { AuditCounters } from '../model/audit.ts'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../model/columns.ts'
import { FIELD_COUNT, REGISTER_COUNT } from '../model/fields.ts'
import type { OutageTables } from '../model/outages.ts'
import type { SupplyLine } from '../model/supply.ts'
import type { QuarantineMark } from '../model/quarantine.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { LogName } from './gateway-record.ts'

/**
 * What stands in the results log. One step of the processor writes, in this order:
 *
 *   STEP_BEGIN  which records of which log it read: the merge order, journalled
 *   READINGS, INTERVALS, QUARANTINE, QUARANTINE_MARKS, HISTORY_REQUESTS, OUTAGES, SUPPLY   what came out, in this order
 *               within a part of the step; a step with very many rows has several parts
 *   STEP_END    where the processor stands, cumulative counters
 *
 * Consumers act on whole steps only: a step without its end is not there yet. Bodies are little endian, each
 * section of columns padded to 8 bytes:
 *
 *   READINGS    u32 rows, fieldMask, reasons n, extras m | f64 time[] at[] ct[] pt[] | u32 meter[] version[]
 *               qualityLow[] qualityHigh[] | u8 kind[] primary[] | f64 values[] per bit of fieldMask, low bit first
 *               | n x u32 row, field, mask | m x u32 row, text
 *   INTERVALS   u32 rows, zero | f64 start[] end[] at[] revision[] | f64 energy[] x 4 | u32 meter[] quality[] reasons[]
 *   QUARANTINE  u32 entries | per entry: u32 log (0 frames, 1 events), reason, f64 seq, at, index, texts terminal, topic,
 *               meter, bytes
 *   OUTAGES     JSON text: { incidents?, communication?, findings?, alarms? }, lines of src/model/outages.ts; none is empty
 *   SUPPLY      JSON text: lines of src/model/supply.ts
 *   others      JSON text
 *   texts and bytes: u32 length, content
 */

/** Record kinds, numbered as stored: append, never reorder. */
export const STEP_BEGIN = 1
export const READINGS = 2
export const INTERVALS = 3
export const QUARANTINE = 4
export const HISTORY_REQUESTS = 5
export const STEP_END = 6
export const QUARANTINE_MARKS = 7
export const OUTAGES = 8
export const SUPPLY = 9

/** First and last seq read of each log, both inside; events were read before frames. */
export interface StepBegin {
  readonly events?: readonly [number, number]
  readonly frames?: readonly [number, number]
}

export interface StepEnd {
  readonly framesSeq: number
  readonly eventsSeq: number
  /** Publishes in both logs up to these positions. */
  readonly framesConsumed: number
  /** The same for each log. */
  readonly ordinals: Readonly<Record<LogName, number>>
  readonly audit: AuditCounters
  /** Cumulative counters of terminals this step touched. */
  readonly terminals: Readonly<Record<string, AuditCounters>>
}

/** A question about one reading that waits for history. */
export interface HeldRequest {
  readonly id: number
  readonly meter: number
  readonly time: number
  readonly kind: number
}

/** What an OUTAGES record holds. */
export type { OutageTables } from '../model/outages.ts'

/** @param writer whose buffer to use; the body is valid until it is used again */
export function encodeReadings(
  block: ReadingColumns,
  writer = new ByteWriter(64 + block.rows * (60 + 8 * FIELD_COUNT))
): Uint8Array {
  const { rows } = block
  writer.u32(rows, block.fieldMask, block.reasons.length, block.extras.length)
  writer.f64s(block.time, rows).f64s(block.at, rows).f64s(block.ct, rows).f64s(block.pt, rows)
  writer.u32s(block.meter, rows).u32s(block.version, rows)
  writer.u32s(block.qualityLow, rows).u32s(block.qualityHigh, rows)
  writer.u8s(block.kind, rows).u8s(block.primary, rows)
  for (const column of block.values) if (column !== undefined) writer.f64s(column, rows)
  for (const reason of block.reasons) writer.u32(reason.row, reason.field, reason.mask)
  for (const extra of block.extras) writer.u32(extra.row).text(extra.text)
  return writer.finish()
}

/** Columns are views of one copy of the body: they outlive the record. */
export function decodeReadings(body: Uint8Array): ReadingColumns {
  const reader = new ByteReader(body)
  const rows = reader.u32()
  const fieldMask = reader.u32()
  const reasonCount = reader.u32()
  const extraCount = reader.u32()
  const time = reader.f64s(rows)
  const at = reader.f64s(rows)
  const ct = reader.f64s(rows)
  const pt = reader.f64s(rows)
  const meter = reader.u32s(rows)
  const version = reader.u32s(rows)
  const qualityLow = reader.u32s(rows)
  const qualityHigh = reader.u32s(rows)
  const kind = reader.u8s(rows)
  const primary = reader.u8s(rows)
  const values = Array.from({ length: FIELD_COUNT }, (_, field) =>
    (fieldMask >>> field) & 1 ? reader.f64s(rows) : undefined
  )
  const reasons = Array.from({ length: reasonCount }, () => ({
    row: reader.u32(),
    field: reader.u32(),
    mask: reader.u32()
  }))
  const extras = Array.from({ length: extraCount }, () => ({ row: reader.u32(), text: reader.text() }))
  return {
    rows,
    meter,
    time,
    at,
    version,
    kind,
    fieldMask,
    values,
    qualityLow,
    qualityHigh,
    ct,
    pt,
    primary,
    reasons,
    extras
  }
}

/** @param writer whose buffer to use; the body is valid until it is used again */
export function encodeIntervals(
  block: IntervalColumns,
  writer = new ByteWriter(32 + block.rows * 80)
): Uint8Array {
  const { rows } = block
  writer.u32(rows, 0)
  writer.f64s(block.start, rows).f64s(block.end, rows).f64s(block.at, rows).f64s(block.revision, rows)
  for (const energy of block.energy) writer.f64s(energy, rows)
  writer.u32s(block.meter, rows).u32s(block.quality, rows).u32s(block.reasons, rows)
  return writer.finish()
}

/** Columns are views of one copy of the body: they outlive the record. */
export function decodeIntervals(body: Uint8Array): IntervalColumns {
  const reader = new ByteReader(body)
  const rows = reader.u32()
  reader.u32()
  const start = reader.f64s(rows)
  const end = reader.f64s(rows)
  const at = reader.f64s(rows)
  const revision = reader.f64s(rows)
  const energy = Array.from({ length: REGISTER_COUNT }, () => reader.f64s(rows))
  const meter = reader.u32s(rows)
  const quality = reader.u32s(rows)
  const reasons = reader.u32s(rows)
  return { rows, meter, start, end, at, revision, energy, quality, reasons }
}

export function encodeQuarantine(entries: readonly QuarantineEntry[]): Uint8Array {
  const writer = new ByteWriter(1024)
  writer.u32(entries.length)
  for (const entry of entries) {
    writer.u32(entry.log === 'frames' ? 0 : 1, entry.reason).f64(entry.seq, entry.at, entry.index)
    writer.text(entry.terminal).text(entry.topic).text(entry.meter).bytes(entry.bytes)
  }
  return writer.finish()
}

/** Entries are copies: they outlive the record's body. */
export function decodeQuarantine(body: Uint8Array): QuarantineEntry[] {
  const reader = new ByteReader(body)
  return Array.from({ length: reader.u32() }, () => ({
    log: reader.u32() === 0 ? ('frames' as const) : ('events' as const),
    reason: reader.u32(),
    seq: reader.f64(),
    at: reader.f64(),
    index: reader.f64(),
    terminal: reader.text(),
    topic: reader.text(),
    meter: reader.text(),
    bytes: reader.bytes()
  }))
}

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder()

/** STEP_BEGIN, STEP_END, HISTORY_REQUESTS, QUARANTINE_MARKS, OUTAGES, SUPPLY: JSON text. */
export function encodeJson(
  value:
    | StepBegin
    | StepEnd
    | readonly HeldRequest[]
    | readonly QuarantineMark[]
    | OutageTables
    | readonly SupplyLine[]
): Uint8Array {
  return textEncoder.encode(JSON.stringify(value))
}

/** The value of a JSON body, by the type its kind stands for. */
export function decodeJson<T>(body: Uint8Array): T {
  return JSON.parse(textDecoder.decode(body)) as T
}
