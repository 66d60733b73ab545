/**
 * Accepted readings as columns: what the processor produces, the results log carries and the series
 * store appends. One row is one version of one reading.
 *
 *   row      meter  time  at  version  kind | values[field] | quality | ct pt primary
 *    0        17    ...   ...    1     curve   12345.67 ...    valid     80 1    0
 *
 * Rows are in the order in which the processor accepted them. Typed arrays may be longer than `rows`.
 */
export interface ReadingColumns {
  readonly rows: number
  /** Dense meter number of the registry. */
  readonly meter: Uint32Array
  /** The meter's data time, epoch ms UTC. */
  readonly time: Float64Array
  /** When the gateway received the frame, epoch ms UTC. */
  readonly at: Float64Array
  /** 1 for the first values of (meter, time, kind), then 2, 3, ... for corrections. */
  readonly version: Uint32Array
  /** Index into READING_KINDS. */
  readonly kind: Uint8Array
  /** Bit f is set when column f of `values` exists at all. */
  readonly fieldMask: number
  /** One column per field of FIELDS; absent values are NaN; undefined when no row has the field. As sent. */
  readonly values: readonly (Float64Array | undefined)[]
  /** Three bits per field (QUALITIES_PER_WORD fields a word): fields 0-9 low, 10-19 high. */
  readonly qualityLow: Uint32Array
  readonly qualityHigh: Uint32Array
  /** Transformer ratios to apply; 1 where the payload said that values are primary. */
  readonly ct: Float64Array
  readonly pt: Float64Array
  /** 1 where the payload said so: ratios of 1 alone may also mean that the meter had no transformers then. */
  readonly primary: Uint8Array
  /** Reasons of single values, sparse, in row order. */
  readonly reasons: readonly ValueReason[]
  /** Fields without a column of their own, as JSON text, sparse, in row order. */
  readonly extras: readonly RowText[]
}

export interface ValueReason {
  readonly row: number
  readonly field: number
  /** Bits of REASON. */
  readonly mask: number
}

export interface RowText {
  readonly row: number
  readonly text: string
}

/**
 * Interval energies: register differences over [start, end), primary units (kWh, kvarh), multiplied by CT x PT.
 * A later row for the same (meter, end) restates an earlier one: the highest `revision` counts.
 */
export interface IntervalColumns {
  readonly rows: number
  readonly meter: Uint32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** When the gateway received the frame that caused this statement, epoch ms UTC. */
  readonly at: Float64Array
  /** Rises with every statement of the processor; unique, the same in every replay. */
  readonly revision: Float64Array
  /** importKwh, exportKwh, importKvarh, exportKvarh; NaN = missing or not measured. */
  readonly energy: readonly Float64Array[]
  /** Quality of each energy, three bits per register, register r at bits 3r. */
  readonly quality: Uint32Array
  /** Bits of REASON, for the whole interval. */
  readonly reasons: Uint32Array
}

/** A frame, a reading or an event set aside, with its bytes. */
export interface QuarantineEntry {
  /** Which log and record it came from. */
  readonly log: 'frames' | 'events'
  readonly seq: number
  readonly at: number
  readonly terminal: string
  readonly topic: string
  /** Index into QUARANTINE_REASONS. */
  readonly reason: number
  /** Position of the reading or event in its frame, -1 for the whole frame. */
  readonly index: number
  readonly meter: string
  /** The frame's payload, or the reading or event as JSON text. Empty when the bytes themselves are lost. */
  readonly bytes: Uint8Array
}
