import { FIELD_COUNT } from '../model/fields.ts'
import type { QuarantineCode } from '../model/quality.ts'

/** A reading set aside by a codec: its place in the frame, why, and its text. */
export interface RefusedReading {
  readonly index: number
  readonly code: QuarantineCode
  readonly meter: string
  readonly text: string
}

/**
 * The readings of one frame as columns, reused from frame to frame. Row r of every column is one reading that could
 * be read; `refused` holds the others. NaN means absent.
 */
export class DecodedFrame {
  rows = 0
  /** Position of each row in the frame. */
  index: number[] = []
  meter: string[] = []
  time = new Float64Array(256)
  /** Index into READING_KINDS. */
  kind = new Uint8Array(256)
  /** 1 when values are primary already. */
  primary = new Uint8Array(256)
  values: Float64Array[] = Array.from({ length: FIELD_COUNT }, () => new Float64Array(256).fill(Number.NaN))
  /** JSON text of fields without a column, '' when none. */
  extras: string[] = []
  refused: RefusedReading[] = []
  /** Readings found in the frame, readable or not. */
  found = 0
  /** Fields nobody knows, counted. */
  unknownFields = 0

  reset(): void {
    for (const column of this.values) column.fill(Number.NaN, 0, this.rows)
    this.rows = 0
    this.found = 0
    this.unknownFields = 0
    this.index.length = 0
    this.meter.length = 0
    this.extras.length = 0
    this.refused.length = 0
  }

  /** Opens row `rows` for writing; it counts once `rows` is raised. */
  reserve(): void {
    if (this.rows < this.time.length) return
    const capacity = this.time.length * 2
    this.time = grow(this.time, new Float64Array(capacity))
    this.kind = grow(this.kind, new Uint8Array(capacity))
    this.primary = grow(this.primary, new Uint8Array(capacity))
    this.values = this.values.map(column => grow(column, new Float64Array(capacity).fill(Number.NaN)))
  }

  /** Forgets what was written into the open row. */
  abandonRow(): void {
    for (const column of this.values) column[this.rows] = Number.NaN
  }

  /** JSON text of a row's reading, for quarantine: the values as they were understood. */
  describe(row: number, fieldNames: readonly string[]): string {
    const values: Record<string, number> = {}
    this.values.forEach((column, field) => {
      const value = column[row]
      const name = fieldNames[field]
      if (value !== undefined && name !== undefined && !Number.isNaN(value)) values[name] = value
    })
    return JSON.stringify({ meter: this.meter[row], time: this.time[row], ...values })
  }
}

function grow<T extends Float64Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
