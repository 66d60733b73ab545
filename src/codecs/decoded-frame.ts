import { FIELD_COUNT, FIELDS, READING_KINDS } from '../model/fields.ts'
import type { QuarantineCode } from '../model/quarantine.ts'

/** A reading or event set aside by a codec: its place in the frame, why, and its text. */
export interface RefusedReading {
  readonly index: number
  readonly code: QuarantineCode
  readonly meter: string
  readonly text: string
}

const FIRST_ROWS = 256
/** Meter ids that a scanner keeps, each at a place of its own. */
export const INTERNED = 1 << 16

/**
 * The readings of one frame, reused from frame to frame. Row r is one reading that could be read; `refused` holds the
 * others. A row's values stand side by side, because whoever looks at a reading looks at all of them:
 *
 *   fields   row 0: bits 0 2 4          values   row 0: 12345.67 - 234.5 - 0.71 …   ('-': left from before, no bit)
 */
export class DecodedFrame {
  rows = 0
  /** When the terminal read its meters, epoch ms; NaN when the message does not say so, or not readably. */
  collectedAt = Number.NaN
  /** Position of each row in the frame. */
  index: number[] = []
  meter: string[] = []
  /** Where the scanner keeps the row's meter id, below INTERNED; -1 when it does not. Another id may take the place. */
  place = new Int32Array(FIRST_ROWS)
  time = new Float64Array(FIRST_ROWS)
  /** Index into READING_KINDS. */
  kind = new Uint8Array(FIRST_ROWS)
  /** 1 when values are primary already. */
  primary = new Uint8Array(FIRST_ROWS)
  /** Which fields the row has: bit f for field f. */
  fields = new Uint32Array(FIRST_ROWS)
  /** Field f of row r at r x FIELD_COUNT + f, never -0; says something only where `fields` has the bit. */
  values = new Float64Array(FIRST_ROWS * FIELD_COUNT)
  /** JSON text of fields without a column, '' when none. */
  extras: string[] = []
  refused: RefusedReading[] = []
  /** Readings found in the frame, readable or not. */
  found = 0
  /** Fields nobody knows, counted. */
  unknownFields = 0

  reset(): void {
    this.rows = 0
    this.collectedAt = Number.NaN
    this.found = 0
    this.unknownFields = 0
    this.index.length = 0
    this.meter.length = 0
    this.extras.length = 0
    this.refused.length = 0
  }

  /** Opens row `rows`, empty, for writing; it counts once `rows` is raised. */
  openRow(): void {
    if (this.rows === this.time.length) this.#grow()
    this.fields[this.rows] = 0
    this.place[this.rows] = -1
  }

  /** Writes a value into the open row. */
  put(field: number, value: number): void {
    // -0 becomes 0: they are the same reading.
    this.values[this.rows * FIELD_COUNT + field] = value + 0
    this.fields[this.rows] = (this.fields[this.rows] ?? 0) | (1 << field)
  }

  /** NaN when the row does not have the field. */
  value(row: number, field: number): number {
    if ((((this.fields[row] ?? 0) >>> field) & 1) === 0) return Number.NaN
    return this.values[row * FIELD_COUNT + field] ?? Number.NaN
  }

  /** JSON text of a row's reading, for quarantine: as a terminal could have sent it, so that it can be decoded again. */
  describe(row: number): string {
    const reading: Record<string, unknown> = { meter: this.meter[row], time: this.time[row] }
    reading.kind = READING_KINDS[this.kind[row] ?? 0]
    if (this.primary[row] === 1) reading.scale = 'primary'
    for (const [payload, columns] of PAYLOADS) {
      const values = columns.map(column => this.value(row, column))
      if (values.every(Number.isNaN)) continue
      const isOne = values.slice(1).every(Number.isNaN)
      reading[payload] = isOne ? values[0] : values.map(value => (Number.isNaN(value) ? null : value))
    }
    const extras: unknown = JSON.parse(this.extras[row] || '{}')
    return JSON.stringify(typeof extras === 'object' ? { ...reading, ...extras } : reading)
  }

  #grow(): void {
    const capacity = this.time.length * 2
    this.time = grown(this.time, new Float64Array(capacity))
    this.kind = grown(this.kind, new Uint8Array(capacity))
    this.primary = grown(this.primary, new Uint8Array(capacity))
    this.place = grown(this.place, new Int32Array(capacity))
    this.fields = grown(this.fields, new Uint32Array(capacity))
    this.values = grown(this.values, new Float64Array(capacity * FIELD_COUNT))
  }
}

/** Columns of each payload name, in the order of its elements. */
const PAYLOADS = new Map<string, number[]>()
for (const [column, { payload }] of FIELDS.entries()) {
  PAYLOADS.set(payload, [...(PAYLOADS.get(payload) ?? []), column])
}

function grown<T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
