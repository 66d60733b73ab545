import type { AuditCounters } from '../../src/model/audit.ts'
import { FIELD_COUNT, REGISTER_FIELDS } from '../../src/model/fields.ts'
import {
  QUARANTINE_REASONS,
  type QuarantineKey,
  type QuarantineMark,
  quarantineState
} from '../../src/model/quarantine.ts'
import {
  EMPTY_POSITION,
  type HistoryAnswer,
  type HistoryNeighbour,
  type HistoryRequest,
  type IntervalRow,
  type QuarantineFilter,
  type QuarantineQuery,
  type QuarantineRow,
  type ReadingQuery,
  type ReadingRow,
  type ReplayQuery,
  type SeriesBatch,
  type SeriesPosition,
  type SeriesStore,
  type IntervalQuery,
  type LoadQuery,
  type LoadSteps,
  type SlotQuery,
  type StoredSlots
} from '../../src/series/port.ts'
import { energySteps } from '../../src/series/energy-steps.ts'

/** The series port said as plainly as possible: arrays and loops. The oracle that stores are compared with. */
export class MemorySeries implements SeriesStore {
  #position = EMPTY_POSITION
  #readings: ReadingRow[] = []
  #intervals: IntervalRow[] = []
  #quarantine: QuarantineRow[] = []
  readonly #marks = new Map<string, QuarantineMark>()
  #terminals = new Map<string, AuditCounters>()

  async open(): Promise<SeriesPosition> {
    return this.#position
  }

  async commit(batch: SeriesBatch): Promise<void> {
    const stood = this.#position.resultsSeq
    if (batch.position.resultsSeq <= stood) return
    for (const { seq, columns } of batch.readings) {
      if (seq > stood) this.#readings.push(...readingRows(columns))
    }
    for (const { seq, columns } of batch.intervals) {
      if (seq > stood) this.#intervals.push(...intervalRows(columns))
    }
    for (const { seq, entries } of batch.quarantine) {
      if (seq <= stood) continue
      for (const entry of entries)
        this.#quarantine.push({ ...entry, id: this.#quarantine.length + 1, mark: undefined })
    }
    for (const { seq, marks } of batch.marks) {
      if (seq > stood) for (const mark of marks) this.#marks.set(keyOf(mark), mark)
    }
    for (const [id, counters] of batch.terminals) this.#terminals.set(id, counters)
    this.#position = batch.position
  }

  position(): SeriesPosition {
    return this.#position
  }

  async readings(query: ReadingQuery): Promise<ReadingRow[]> {
    const { meter, from, to, after, allVersions, limit, fields } = query
    const span = this.#readings.filter(row => row.meter === meter && row.time >= from && row.time < to)
    return (allVersions === true ? span : highest(span))
      .sort(byPlace)
      .filter(row => after === undefined || byPlace(row, after) > 0)
      .slice(0, limit)
      .map(row => (fields === undefined ? row : withFields(row, fields)))
  }

  async intervals({ meter, from, to, boundsOnly }: IntervalQuery): Promise<IntervalRow[]> {
    const ends = new Map<number, IntervalRow>()
    for (const row of this.#intervals) {
      if (row.meter !== meter) continue
      if (row.revision >= (ends.get(row.end)?.revision ?? 0)) ends.set(row.end, row)
    }
    const found = [...ends.values()].filter(row => row.start >= from && row.end <= to)
    const nothing = { at: 0, energy: [NaN, NaN, NaN, NaN] as const, quality: 0, reasons: 0 }
    return found
      .map(row => (boundsOnly === true ? { ...row, ...nothing } : row))
      .sort((a, b) => a.end - b.end)
  }

  async load({ members, bounds }: LoadQuery): Promise<LoadSteps> {
    const steps = bounds.length - 1
    const known = {
      importKwh: new Float64Array(steps).fill(Number.NaN),
      exportKwh: new Float64Array(steps).fill(Number.NaN)
    }
    const [expected, complete] = [new Uint32Array(steps), new Uint32Array(steps)]
    for (let step = 0; step < steps; step++) {
      const [from = 0, to = 0] = bounds.slice(step)
      for (const member of new Set(members.map(span => span.member))) {
        let [boundMs, coveredMs] = [0, 0]
        for (const span of members.filter(it => it.member === member)) {
          const part = { from: Math.max(from, span.from), to: Math.min(to, span.to) }
          if (part.from >= part.to) continue
          boundMs += part.to - part.from
          const rows = await this.intervals({ meter: span.meter, ...part })
          const [sums] = energySteps(rows, part.from, part.to, { kind: 'fixed', stepMs: part.to - part.from })
          for (const register of ['importKwh', 'exportKwh'] as const) {
            const { sum, coverage } = sums![register]
            if (sum === null) continue
            known[register][step] = (Number.isNaN(known[register][step]!) ? 0 : known[register][step]!) + sum
            if (register === 'importKwh') coveredMs += coverage * (part.to - part.from)
          }
        }
        if (boundMs === 0) continue
        expected[step]!++
        if (Math.abs(coveredMs - boundMs) < 0.5) complete[step]!++
      }
    }
    return { ...known, expected, complete }
  }

  async storedSlots({ meters, from, to, slotMs }: SlotQuery): Promise<StoredSlots> {
    const slots = Math.ceil((to - from) / slotMs)
    const has = Uint8Array.from({ length: meters.length * slots }, (_, at) => {
      const begin = from + (at % slots) * slotMs
      const end = Math.min(to, begin + slotMs)
      const meter = meters[Math.floor(at / slots)]
      return this.#readings.some(row => row.meter === meter && row.time >= begin && row.time < end) ? 1 : 0
    })
    return { slots, has }
  }

  async latest(meters: readonly number[]): Promise<Map<number, ReadingRow>> {
    const latest = new Map<number, ReadingRow>()
    for (const row of highest(this.#readings).sort((a, b) => a.time - b.time || b.kind - a.kind)) {
      if (meters.includes(row.meter)) latest.set(row.meter, row)
    }
    return latest
  }

  async history(requests: readonly HistoryRequest[]): Promise<HistoryAnswer[]> {
    const rows = highest(this.#readings)
    return requests.map(({ meter, time, kind }) => {
      const own = rows.filter(row => row.meter === meter)
      const stored = own.find(row => row.time === time && row.kind === kind)
      const near = own.filter(row => REGISTER_FIELDS.some(field => !Number.isNaN(row.values[field])))
      const beside = near
        .filter(row => row.time === time && row.kind !== kind)
        .sort((a, b) => a.kind - b.kind)
        .flatMap(row => ({ ...neighbour(row)!, kind: row.kind }))
      const before = near.filter(row => row.time < time).sort((a, b) => b.time - a.time || a.kind - b.kind)[0]
      const after = near.filter(row => row.time > time).sort((a, b) => a.time - b.time || a.kind - b.kind)[0]
      return {
        meter,
        time,
        kind,
        version: stored?.version ?? 0,
        values: stored === undefined ? undefined : [...stored.values],
        ratio: stored === undefined ? undefined : ratioOf(stored),
        extras: stored?.extras ?? '',
        before: neighbour(before),
        after: neighbour(after),
        ...(beside.length > 0 && { beside })
      }
    })
  }

  async countReadings(): Promise<{ first: number; corrections: number }> {
    const first = this.#readings.filter(row => row.version === 1).length
    return { first, corrections: this.#readings.length - first }
  }

  async terminals(): Promise<Map<string, AuditCounters>> {
    return new Map(this.#terminals)
  }

  async quarantine(query: QuarantineQuery): Promise<QuarantineRow[]> {
    const { limit, before = Number.POSITIVE_INFINITY, state } = query
    return this.#entries(query)
      .filter(row => row.id < before)
      .filter(({ mark }) => state === undefined || quarantineState(mark?.outcome) === state)
      .toReversed()
      .slice(0, limit)
  }

  async replayable(query: ReplayQuery): Promise<QuarantineRow[]> {
    const { limit, after = 0, maxBytes } = query
    const rows = this.#entries(query)
      .filter(row => row.id > after && QUARANTINE_REASONS[row.reason].code !== 'LOG_DAMAGED')
      .filter(({ mark }) => quarantineState(mark?.outcome) === 'open')
      .slice(0, limit)
    let bytes = 0
    return rows.filter(row => {
      const isIn = bytes < Math.max(1, maxBytes)
      bytes += row.bytes.length
      return isIn
    })
  }

  #entries({ ids, reason, terminal, from = -Infinity, to = Infinity }: QuarantineFilter): QuarantineRow[] {
    return this.#quarantine
      .map(row => {
        const mark = this.#marks.get(keyOf(row))
        if (mark === undefined) return row
        const { at, by, outcome } = mark
        return {
          ...row,
          reason: outcome === 'quarantined' ? mark.reason : row.reason,
          mark: { at, by, outcome }
        }
      })
      .filter(row => ids === undefined || ids.includes(row.id))
      .filter(row => reason === undefined || row.reason === reason)
      .filter(row => terminal === undefined || row.terminal === terminal)
      .filter(row => row.at >= from && row.at < to)
  }

  trouble(): string {
    return ''
  }

  rebuildFrom(): number | undefined {
    return undefined
  }

  async statistics(): Promise<{ files: number; bytes: number }> {
    return { files: 0, bytes: 0 }
  }

  async close(): Promise<void> {}
}

const keyOf = ({ log, seq, index }: QuarantineKey): string => `${log}/${seq}/${index}`

type Place = { readonly time: number; readonly kind: number; readonly version: number }
const byPlace = (a: Place, b: Place): number => a.time - b.time || a.kind - b.kind || a.version - b.version

function highest(rows: readonly ReadingRow[]): ReadingRow[] {
  const found = new Map<string, ReadingRow>()
  for (const row of rows) {
    const key = `${row.meter}/${row.time}/${row.kind}`
    if (row.version > (found.get(key)?.version ?? 0)) found.set(key, row)
  }
  return [...found.values()]
}

function neighbour(row: ReadingRow | undefined): HistoryNeighbour | undefined {
  if (row === undefined) return undefined
  const [a, b, c, d] = REGISTER_FIELDS.map(field => row.values[field])
  return { time: row.time, registers: [a, b, c, d], ratio: ratioOf(row) }
}

/** As in HistoryNeighbour. */
const ratioOf = ({ ct, pt, isPrimary }: ReadingRow): number => (isPrimary ? 0 : ct * pt)

function readingRows(block: SeriesBatch['readings'][number]['columns']): ReadingRow[] {
  return Array.from({ length: block.rows }, (_, row) => ({
    meter: block.meter[row],
    time: block.time[row],
    at: block.at[row],
    version: block.version[row],
    kind: block.kind[row],
    values: Float64Array.from({ length: FIELD_COUNT }, (_, f) => block.values[f]?.[row] ?? Number.NaN),
    qualityLow: block.qualityLow[row],
    qualityHigh: block.qualityHigh[row],
    ct: block.ct[row],
    pt: block.pt[row],
    isPrimary: block.primary[row] === 1,
    reasons: new Map(
      block.reasons.filter(reason => reason.row === row).map(({ field, mask }) => [field, mask])
    ),
    extras: block.extras.find(extra => extra.row === row)?.text ?? ''
  }))
}

function intervalRows(block: SeriesBatch['intervals'][number]['columns']): IntervalRow[] {
  const [a, b, c, d] = block.energy
  return Array.from({ length: block.rows }, (_, row) => ({
    meter: block.meter[row],
    start: block.start[row],
    end: block.end[row],
    at: block.at[row],
    revision: block.revision[row],
    energy: [a[row], b[row], c[row], d[row]],
    quality: block.quality[row],
    reasons: block.reasons[row]
  }))
}

const withFields = (row: ReadingRow, fields: readonly number[]): ReadingRow => ({
  ...row,
  values: row.values.map((value, field) => (fields.includes(field) ? value : Number.NaN)),
  extras: ''
})
