import { crc32 } from 'node:zlib'
import { FIELD_COUNT } from '../../model/fields.ts'
import type { ReadingRow } from '../port.ts'
import { ColumnPacker, ColumnUnpacker } from './packed-column.ts'

/**
 * All rows of one meter on one day, by column (see packed-column.ts):
 *
 *   curve    u32 CRC-32 of what follows | varint rows | varint length of each column, of the sparse part | columns | sparse
 *   columns  time, received, version, kind, quality low, quality high, ct, pt, primary, length of the interval that ends at
 *            the reading (NaN: none), then the fields in their order
 *   sparse   JSON text {"reasons":[[row,field,mask]...],"extras":[[row,text]...]}, nothing when there are none
 */
const HEAD_COLUMNS = 10
const COLUMNS = HEAD_COLUMNS + FIELD_COUNT
const CRC_BYTES = 4

interface Sparse {
  readonly reasons: readonly (readonly [row: number, field: number, mask: number])[]
  readonly extras: readonly (readonly [row: number, text: string])[]
}

const textEncoder = new TextEncoder()
const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
const NO_REASONS: ReadonlyMap<number, number> = new Map()

/** Packs curves one after the other in buffers of its own. */
export class CurvePacker {
  readonly #columns = new ColumnPacker()
  readonly #whole = new ColumnPacker()

  /** @param rows of one meter, all with `start` @returns a copy */
  pack(rows: readonly ReadingRow[]): Uint8Array {
    this.#columns.clear()
    const lengths: number[] = []
    const values = new Float64Array(rows.length)
    for (let column = 0; column < COLUMNS; column++) {
      rows.forEach((row, at) => {
        values[at] = cellOf(row, column)
      })
      lengths.push(this.#columns.column(values))
    }
    const sparse = sparseOf(rows)
    lengths.push(sparse.length)
    const whole = this.#whole
    whole.clear()
    whole.raw(new Uint8Array(CRC_BYTES)).varint(rows.length)
    for (const length of lengths) whole.varint(length)
    whole.raw(this.#columns.bytes).raw(sparse)
    const bytes = whole.bytes.slice()
    new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(CRC_BYTES)), true)
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
export function unpackCurve(bytes: Uint8Array, meter: number, shape: CurveShape): ReadingRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < CRC_BYTES || view.getUint32(0, true) !== crc32(bytes.subarray(CRC_BYTES)))
    throw new RangeError('the bytes of a curve are damaged')
  const reader = new ColumnUnpacker(bytes.subarray(CRC_BYTES))
  const rows = reader.varint()
  const lengths = Array.from({ length: COLUMNS + 1 }, () => reader.varint())
  const places: number[] = []
  let at = reader.at
  for (const length of lengths) {
    places.push(at)
    at += length
  }
  const column = (index: number): Float64Array => reader.column(places[index] ?? 0, lengths[index] ?? 0, rows)
  const sparseAt = CRC_BYTES + (places[COLUMNS] ?? 0)
  const { reasons, extras } = readSparse(bytes.subarray(sparseAt, CRC_BYTES + at), shape)
  return toRows(meter, rows, column, shape, reasons, extras)
}

function toRows(
  meter: number,
  rows: number,
  column: (index: number) => Float64Array,
  { fields, hasStarts }: CurveShape,
  reasons: ReadonlyMap<number, ReadonlyMap<number, number>>,
  extras: ReadonlyMap<number, string>
): ReadingRow[] {
  const head = Array.from({ length: HEAD_COLUMNS }, (_, index) => column(index))
  const given = fields.map(field => ({ field, of: column(HEAD_COLUMNS + field) }))
  const cell = (index: number, row: number): number => head[index]?.[row] ?? Number.NaN
  const all = new Float64Array(rows * FIELD_COUNT).fill(Number.NaN)
  return Array.from({ length: rows }, (_, row) => {
    const values = all.subarray(row * FIELD_COUNT, (row + 1) * FIELD_COUNT)
    for (const { field, of } of given) values[field] = of[row] ?? Number.NaN
    const time = cell(0, row)
    return {
      meter,
      time,
      at: cell(1, row),
      version: cell(2, row),
      kind: cell(3, row),
      qualityLow: cell(4, row),
      qualityHigh: cell(5, row),
      ct: cell(6, row),
      pt: cell(7, row),
      isPrimary: cell(8, row) === 1,
      values,
      reasons: reasons.get(row) ?? NO_REASONS,
      extras: extras.get(row) ?? '',
      ...(hasStarts ? { start: time - cell(9, row) } : {})
    }
  })
}

function cellOf(row: ReadingRow, column: number): number {
  switch (column) {
    case 0:
      return row.time
    case 1:
      return row.at
    case 2:
      return row.version
    case 3:
      return row.kind
    case 4:
      return row.qualityLow
    case 5:
      return row.qualityHigh
    case 6:
      return row.ct
    case 7:
      return row.pt
    case 8:
      return row.isPrimary ? 1 : 0
    case 9:
      return row.time - (row.start ?? Number.NaN)
    default:
      return row.values[column - HEAD_COLUMNS] ?? Number.NaN
  }
}

function sparseOf(rows: readonly ReadingRow[]): Uint8Array {
  const reasons = rows.flatMap((row, at) =>
    [...row.reasons].map(([field, mask]) => [at, field, mask] as const)
  )
  const extras = rows.flatMap((row, at) => (row.extras === '' ? [] : [[at, row.extras] as const]))
  if (reasons.length + extras.length === 0) return new Uint8Array()
  return textEncoder.encode(JSON.stringify({ reasons, extras } satisfies Sparse))
}

function readSparse(bytes: Uint8Array, { hasExtras }: CurveShape) {
  const reasons = new Map<number, Map<number, number>>()
  const none = { reasons, extras: new Map<number, string>() }
  if (bytes.length === 0) return none
  const sparse = JSON.parse(textDecoder.decode(bytes)) as Sparse
  for (const [row, field, mask] of sparse.reasons) {
    reasons.set(row, (reasons.get(row) ?? new Map<number, number>()).set(field, mask))
  }
  return { reasons, extras: hasExtras ? new Map(sparse.extras) : none.extras }
}
