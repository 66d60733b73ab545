import type { AuditCounters } from '../../src/model/audit.ts'
import { emptyAudit } from '../../src/model/audit.ts'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../../src/model/columns.ts'
import { FIELD, FIELD_COUNT, type FieldName } from '../../src/model/fields.ts'
import type { QuarantineMark } from '../../src/model/quarantine.ts'
import type { SeriesBatch, SeriesPosition } from '../../src/series/port.ts'

/** One reading as a test writes it; what is left out has a plain value. */
export interface GivenReading {
  readonly meter: number
  readonly time: number
  readonly kind?: number
  readonly version?: number
  readonly at?: number
  readonly values?: Partial<Record<FieldName, number>>
  readonly ct?: number
  readonly pt?: number
  readonly isPrimary?: boolean
  readonly quality?: readonly [number, number]
  readonly reasons?: Partial<Record<FieldName, number>>
  readonly extras?: string
}

export interface GivenInterval {
  readonly meter: number
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly energy?: readonly [number, number, number, number]
  readonly quality?: number
  readonly reasons?: number
}

/** Columns are longer than the rows, as the processor's are. */
const SPARE = 3

function column<Row>(rows: readonly Row[], of: (row: Row) => number): Float64Array {
  const values = new Float64Array(rows.length + SPARE).fill(-1)
  rows.forEach((row, index) => {
    values[index] = of(row)
  })
  return values
}

export function readingColumns(rows: readonly GivenReading[]): ReadingColumns {
  const names = Object.keys(FIELD) as FieldName[]
  const present = names.filter(name => rows.some(row => row.values?.[name] !== undefined))
  const values = Array.from({ length: FIELD_COUNT }, (_, field) =>
    present.includes(names[field]) ? column(rows, row => row.values?.[names[field]] ?? Number.NaN) : undefined
  )
  return {
    rows: rows.length,
    meter: Uint32Array.from(column(rows, row => row.meter)),
    time: column(rows, row => row.time),
    at: column(rows, row => row.at ?? row.time + 60_000),
    version: Uint32Array.from(column(rows, row => row.version ?? 1)),
    kind: Uint8Array.from(column(rows, row => row.kind ?? 1)),
    fieldMask: present.reduce((mask, name) => mask + 2 ** FIELD[name], 0),
    values,
    qualityLow: Uint32Array.from(column(rows, row => row.quality?.[0] ?? 0)),
    qualityHigh: Uint32Array.from(column(rows, row => row.quality?.[1] ?? 0)),
    ct: column(rows, row => row.ct ?? 1),
    pt: column(rows, row => row.pt ?? 1),
    primary: Uint8Array.from(column(rows, row => (row.isPrimary === true ? 1 : 0))),
    reasons: rows.flatMap((given, row) =>
      Object.entries(given.reasons ?? {}).map(([name, mask]) => ({
        row,
        field: FIELD[name as FieldName],
        mask: mask ?? 0
      }))
    ),
    extras: rows.flatMap((given, row) => (given.extras === undefined ? [] : [{ row, text: given.extras }]))
  }
}

export function intervalColumns(rows: readonly GivenInterval[]): IntervalColumns {
  return {
    rows: rows.length,
    meter: Uint32Array.from(column(rows, row => row.meter)),
    start: column(rows, row => row.start),
    end: column(rows, row => row.end),
    at: column(rows, row => row.end + 60_000),
    revision: column(rows, row => row.revision),
    energy: [0, 1, 2, 3].map(register => column(rows, row => row.energy?.[register] ?? Number.NaN)),
    quality: Uint32Array.from(column(rows, row => row.quality ?? 0)),
    reasons: Uint32Array.from(column(rows, row => row.reasons ?? 0))
  }
}

export const quarantineEntry = (seq: number, index: number, bytes: Uint8Array): QuarantineEntry => ({
  log: seq % 2 === 0 ? 'frames' : 'events',
  seq,
  at: 1_000_000 + seq,
  terminal: `T${seq}`,
  topic: `gv1/T${seq}/readings`,
  reason: 3,
  index,
  meter: index < 0 ? '' : `M${index}`,
  bytes
})

/** An audit that is told apart from others by one number. */
export function audit(decoded: number): AuditCounters {
  const counters = emptyAudit()
  return { ...counters, readings: { ...counters.readings, decoded, stored: decoded } }
}

export const positionAt = (resultsSeq: number): SeriesPosition => ({
  resultsSeq,
  framesSeq: resultsSeq * 2,
  eventsSeq: resultsSeq * 3,
  framesConsumed: resultsSeq * 4,
  audit: audit(resultsSeq)
})

/** A batch up to `resultsSeq`; blocks are keyed by their seq. */
export function batchOf(
  resultsSeq: number,
  parts: {
    readonly readings?: Readonly<Record<number, readonly GivenReading[]>>
    readonly intervals?: Readonly<Record<number, readonly GivenInterval[]>>
    readonly quarantine?: Readonly<Record<number, readonly QuarantineEntry[]>>
    readonly marks?: Readonly<Record<number, readonly QuarantineMark[]>>
    readonly terminals?: Readonly<Record<string, AuditCounters>>
  } = {}
): SeriesBatch {
  const blocks = <Rows, Block>(
    given: Readonly<Record<number, Rows>> | undefined,
    make: (rows: Rows) => Block
  ) => Object.entries(given ?? {}).map(([seq, rows]) => ({ seq: Number(seq), ...make(rows) }))
  return {
    position: positionAt(resultsSeq),
    readings: blocks(parts.readings, rows => ({ columns: readingColumns(rows) })),
    intervals: blocks(parts.intervals, rows => ({ columns: intervalColumns(rows) })),
    quarantine: blocks(parts.quarantine, entries => ({ entries })),
    marks: blocks(parts.marks, marks => ({ marks })),
    terminals: new Map(Object.entries(parts.terminals ?? {}))
  }
}
