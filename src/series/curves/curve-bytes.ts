import { crc32 } from 'node:zlib'
import { FIELD_COUNT } from '../../model/fields.ts'
import type { ReadingRow } from '../port.ts'
import { HEAD_COLUMNS, NO_REASONS, rowsOfColumns } from '../row-columns.ts'
import { ColumnPacker, ColumnUnpacker } from './packed-column.ts'

/**
 * All rows of one meter on one day, by column (see packed-column.ts):
 *
 *   curve    u32 CRC-32 of day, meter and what follows | varint rows | varint length of each column, of the sparse part | columns | sparse
 *   columns  time, received, version, kind, quality low, quality high, ct, pt, primary, length of the interval that ends at
 *            the reading (NaN: none), then the fields in their order
 *   sparse   JSON text {"reasons":[[row,field,mask]...],"extras":[[row,text]...]}, nothing when there are none
 */
const LENGTH = HEAD_COLUMNS
const FIRST_FIELD = LENGTH + 1
/** Columns of a curve, in the order in which they stand. */
export const CURVE_COLUMNS = FIRST_FIELD + FIELD_COUNT
const CRC_BYTES = 4

/** Whose a curve is: another one's bytes are as wrong as damaged ones. */
export interface Whose {
  /** UTC day number. */
  readonly day: number
  readonly meter: number
}

/** What few rows have, by row of the curve. */
export interface SparseCells {
  readonly reasons: readonly (readonly [row: number, field: number, mask: number])[]
  readonly extras: readonly (readonly [row: number, text: string])[]
}

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Packs curves one after the other in buffers of its own. */
export class CurvePacker {
  readonly #columns = new ColumnPacker()
  readonly #whole = new ColumnPacker()

  /** @param columns CURVE_COLUMNS of them; rows [from, to) are those of one meter on one day, in order @returns a copy */
  pack(
    whose: Whose,
    columns: readonly Float64Array[],
    from: number,
    to: number,
    sparse: SparseCells
  ): Uint8Array {
    this.#columns.clear()
    const lengths = columns.map(column => this.#columns.column(column.subarray(from, to)))
    const rest = sparseBytes(sparse)
    const whole = this.#whole
    whole.clear()
    whole.raw(new Uint8Array(CRC_BYTES)).varint(to - from)
    for (const length of lengths) whole.varint(length)
    whole.varint(rest.length).raw(this.#columns.bytes).raw(rest)
    const bytes = whole.bytes.slice()
    new DataView(bytes.buffer).setUint32(0, checksum(whose, bytes), true)
    return bytes
  }
}

/** What of a curve is wanted. */
export interface CurveShape {
  readonly fields: readonly number[]
  readonly hasExtras: boolean
  readonly hasStarts: boolean
}

/** @throws RangeError when the bytes are not those that were packed */
export function unpackCurve(bytes: Uint8Array, whose: Whose, shape: CurveShape): ReadingRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < CRC_BYTES || view.getUint32(0, true) !== checksum(whose, bytes))
    throw new RangeError('the bytes of a curve are damaged')
  const reader = new ColumnUnpacker(bytes.subarray(CRC_BYTES))
  const rows = reader.varint()
  const lengths = Array.from({ length: CURVE_COLUMNS + 1 }, () => reader.varint())
  const places: number[] = []
  let at = reader.at
  for (const length of lengths) {
    places.push(at)
    at += length
  }
  const column = (index: number): Float64Array => reader.column(places[index] ?? 0, lengths[index] ?? 0, rows)
  const sparseAt = CRC_BYTES + (places[CURVE_COLUMNS] ?? 0)
  const { reasons, extras } = readSparse(bytes.subarray(sparseAt, CRC_BYTES + at), shape)
  const head = Array.from({ length: HEAD_COLUMNS }, (_, index) => column(index))
  const given = shape.fields.map(field => ({ field, of: column(FIRST_FIELD + field) }))
  const intervals = shape.hasStarts ? column(LENGTH) : undefined
  return rowsOfColumns(whose.meter, rows, head, given, (row, time) => ({
    reasons: reasons.get(row) ?? NO_REASONS,
    extras: extras.get(row) ?? '',
    ...(intervals === undefined ? {} : { start: time - (intervals[row] ?? Number.NaN) })
  }))
}

function checksum({ day, meter }: Whose, bytes: Uint8Array): number {
  const key = new Uint8Array(Uint32Array.of(day, meter).buffer)
  return crc32(bytes.subarray(CRC_BYTES), crc32(key))
}

function sparseBytes(sparse: SparseCells): Uint8Array {
  if (sparse.reasons.length + sparse.extras.length === 0) return new Uint8Array()
  return textEncoder.encode(JSON.stringify(sparse))
}

function readSparse(bytes: Uint8Array, { hasExtras }: CurveShape) {
  const reasons = new Map<number, Map<number, number>>()
  const none = { reasons, extras: new Map<number, string>() }
  if (bytes.length === 0) return none
  const sparse = JSON.parse(textDecoder.decode(bytes)) as SparseCells
  for (const [row, field, mask] of sparse.reasons) {
    const known = reasons.get(row) ?? new Map<number, number>()
    reasons.set(row, known.set(field, (known.get(field) ?? 0) | mask))
  }
  return { reasons, extras: hasExtras ? new Map(sparse.extras) : none.extras }
}
