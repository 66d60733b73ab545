import type {
  IntervalColumns,
  QuarantineEntry,
  ReadingColumns,
  RowText,
  ValueReason
} from '../src/model/columns.ts'
import { FIELD_COUNT, REGISTER_COUNT } from '../src/model/fields.ts'
import { noOutageLines, OUTAGE_TABLES, type OutageLines } from '../src/model/outages.ts'
import { noPingLines, type PingLines } from '../src/model/pings.ts'
import type { QuarantineMark } from '../src/model/quarantine.ts'
import type { SupplyLine } from '../src/model/supply.ts'
import type { HeldRequest } from '../src/records/results-record.ts'

/** What one step of the processor gives: columns that grow, reused from step to step. */
export class StepOutput {
  readonly readings = new ReadingsBuilder()
  readonly intervals = new IntervalsBuilder()
  quarantine: QuarantineEntry[] = []
  /** What became of entries that were judged again. */
  marks: QuarantineMark[] = []
  requests: HeldRequest[] = []
  /** What is said of outages: push to its tables. */
  readonly outages: OutageLines = noOutageLines()
  /** How key customers are supplied. */
  readonly supply: SupplyLine[] = []
  /** What became of pings, and whom to ask next: told beside the results and not among them. */
  pings: PingLines = noPingLines()

  reset(): void {
    this.dropRows()
    this.requests = []
  }

  /** Forgets all but what is asked of history. */
  dropRows(): void {
    this.readings.reset()
    this.intervals.reset()
    this.quarantine = []
    this.marks = []
    for (const table of OUTAGE_TABLES) this.outages[table].length = 0
    this.supply.length = 0
    this.pings = noPingLines()
  }
}

/** Appends readings row by row and hands them out as ReadingColumns. */
export class ReadingsBuilder {
  rows = 0
  /** Length of all extras so far: the only part of a row without a fixed size. */
  extrasLength = 0
  #fieldMask = 0
  #meter = new Uint32Array(1024)
  #time = new Float64Array(1024)
  #at = new Float64Array(1024)
  #version = new Uint32Array(1024)
  #kind = new Uint8Array(1024)
  #ct = new Float64Array(1024)
  #pt = new Float64Array(1024)
  #primary = new Uint8Array(1024)
  #qualityLow = new Uint32Array(1024)
  #qualityHigh = new Uint32Array(1024)
  readonly #values: Float64Array[] = Array.from({ length: FIELD_COUNT }, () =>
    new Float64Array(1024).fill(Number.NaN)
  )
  #reasons: ValueReason[] = []
  #extras: RowText[] = []

  reset(): void {
    this.#values.forEach((column, field) => {
      if ((this.#fieldMask >>> field) & 1) column.fill(Number.NaN, 0, this.rows)
    })
    this.rows = 0
    this.#fieldMask = 0
    this.#reasons = []
    this.#extras = []
    this.extrasLength = 0
  }

  /** Begins a row; its values and qualities follow. @param fields bits of the values to come @returns its number */
  add(
    meter: number,
    time: number,
    at: number,
    version: number,
    kind: number,
    ct: number,
    pt: number,
    primary: boolean,
    fields: number
  ): number {
    if (this.rows === this.#meter.length) this.#grow()
    const row = this.rows++
    this.#meter[row] = meter
    this.#time[row] = time
    this.#at[row] = at
    this.#version[row] = version
    this.#kind[row] = kind
    this.#ct[row] = ct
    this.#pt[row] = pt
    this.#primary[row] = primary ? 1 : 0
    this.#fieldMask |= fields
    return row
  }

  setValue(row: number, field: number, value: number): void {
    const column = this.#values[field]
    if (column !== undefined) column[row] = value
  }

  /** @param low @param high three bits per field, as in ReadingColumns */
  setQuality(row: number, low: number, high: number): void {
    this.#qualityLow[row] = low
    this.#qualityHigh[row] = high
  }

  addReason(row: number, field: number, mask: number): void {
    this.#reasons.push({ row, field, mask })
  }

  setExtras(row: number, text: string): void {
    if (text === '') return
    this.#extras.push({ row, text })
    this.extrasLength += text.length
  }

  /** The rows so far. Columns are views: encode them before the next `reset`. */
  columns(): ReadingColumns {
    return {
      rows: this.rows,
      meter: this.#meter,
      time: this.#time,
      at: this.#at,
      version: this.#version,
      kind: this.#kind,
      fieldMask: this.#fieldMask,
      values: this.#values.map((column, field) => ((this.#fieldMask >>> field) & 1 ? column : undefined)),
      qualityLow: this.#qualityLow,
      qualityHigh: this.#qualityHigh,
      ct: this.#ct,
      pt: this.#pt,
      primary: this.#primary,
      reasons: this.#reasons,
      extras: this.#extras
    }
  }

  #grow(): void {
    const capacity = this.#meter.length * 2
    this.#meter = grown(this.#meter, new Uint32Array(capacity))
    this.#time = grown(this.#time, new Float64Array(capacity))
    this.#at = grown(this.#at, new Float64Array(capacity))
    this.#version = grown(this.#version, new Uint32Array(capacity))
    this.#kind = grown(this.#kind, new Uint8Array(capacity))
    this.#ct = grown(this.#ct, new Float64Array(capacity))
    this.#pt = grown(this.#pt, new Float64Array(capacity))
    this.#primary = grown(this.#primary, new Uint8Array(capacity))
    this.#qualityLow = grown(this.#qualityLow, new Uint32Array(capacity))
    this.#qualityHigh = grown(this.#qualityHigh, new Uint32Array(capacity))
    this.#values.forEach((column, field) => {
      this.#values[field] = grown(column, new Float64Array(capacity).fill(Number.NaN))
    })
  }
}

/** Appends interval energies and hands them out as IntervalColumns. */
export class IntervalsBuilder {
  rows = 0
  #meter = new Uint32Array(1024)
  #start = new Float64Array(1024)
  #end = new Float64Array(1024)
  #at = new Float64Array(1024)
  #revision = new Float64Array(1024)
  #quality = new Uint32Array(1024)
  #reasons = new Uint32Array(1024)
  readonly #energy: Float64Array[] = Array.from({ length: REGISTER_COUNT }, () => new Float64Array(1024))

  reset(): void {
    this.rows = 0
  }

  /** @param energy primary, NaN missing @param quality three bits per register */
  add(
    meter: number,
    start: number,
    end: number,
    at: number,
    revision: number,
    energy: ArrayLike<number>,
    quality: number,
    reasons: number
  ): void {
    if (this.rows === this.#meter.length) this.#grow()
    const row = this.rows++
    this.#meter[row] = meter
    this.#start[row] = start
    this.#end[row] = end
    this.#at[row] = at
    this.#revision[row] = revision
    this.#quality[row] = quality
    this.#reasons[row] = reasons
    for (let register = 0; register < REGISTER_COUNT; register++) {
      const column = this.#energy[register]
      if (column !== undefined) column[row] = energy[register] ?? Number.NaN
    }
  }

  columns(): IntervalColumns {
    return {
      rows: this.rows,
      meter: this.#meter,
      start: this.#start,
      end: this.#end,
      at: this.#at,
      revision: this.#revision,
      energy: this.#energy,
      quality: this.#quality,
      reasons: this.#reasons
    }
  }

  #grow(): void {
    const capacity = this.#meter.length * 2
    this.#meter = grown(this.#meter, new Uint32Array(capacity))
    this.#start = grown(this.#start, new Float64Array(capacity))
    this.#end = grown(this.#end, new Float64Array(capacity))
    this.#at = grown(this.#at, new Float64Array(capacity))
    this.#revision = grown(this.#revision, new Float64Array(capacity))
    this.#quality = grown(this.#quality, new Uint32Array(capacity))
    this.#reasons = grown(this.#reasons, new Uint32Array(capacity))
    this.#energy.forEach((column, register) => {
      this.#energy[register] = grown(column, new Float64Array(capacity))
    })
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}
