import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../../src/model/columns.ts'
import { FIELD_COUNT, FIELDS, ratioOf } from '../../src/model/fields.ts'
import { QUALITIES, qualityAt, reasonCodes } from '../../src/model/quality.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'

const CHUNK = 1 << 20

/** What came out together: of one record, or of one step of the processor. Blocks follow each other. */
export interface Given {
  readonly readings: readonly ReadingColumns[]
  readonly intervals: readonly IntervalColumns[]
  readonly quarantine: readonly QuarantineEntry[]
}

/** Appends lines to a file through a buffer. */
class LineFile {
  readonly #path: string
  #fd = -1
  #pending = ''
  lines = 0

  constructor(path: string) {
    this.#path = path
  }

  open(): void {
    this.#fd = openSync(this.#path, 'w', 0o600)
  }

  write(line: object): void {
    this.#pending += `${JSON.stringify(line)}\n`
    this.lines++
    if (this.#pending.length >= CHUNK) this.#flush()
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
  }

  #flush(): void {
    writeSync(this.#fd, this.#pending)
    this.#pending = ''
  }
}

/** The output folder of a backtest (docs/backtest.md): one JSON object a line, times in epoch ms. */
export class BacktestOutput {
  readonly #folder: string
  readonly #readings: LineFile | undefined
  readonly #quarantine: LineFile
  readonly #reasons = new Map<string, number>()
  /** Ids of meters by number. */
  meterIds: readonly string[] = []

  constructor(folder: string, withReadings: boolean) {
    this.#folder = folder
    this.#readings = withReadings ? new LineFile(join(folder, 'readings.ndjson')) : undefined
    this.#quarantine = new LineFile(join(folder, 'quarantine.ndjson'))
  }

  open(): void {
    mkdirSync(this.#folder, { recursive: true })
    this.#readings?.open()
    this.#quarantine.open()
  }

  write({ readings, intervals, quarantine }: Given): void {
    if (this.#readings !== undefined) this.#writeReadings(readings, intervals, this.#readings)
    for (const { at, terminal, topic, reason, index, meter, log, seq } of quarantine) {
      const code = QUARANTINE_REASONS[reason]?.code ?? ''
      this.#reasons.set(code, (this.#reasons.get(code) ?? 0) + 1)
      this.#quarantine.write({ at, terminal, topic, reason: code, index, meter, log, seq })
    }
  }

  /** @param summary counts, the same in every run @param timing elapsed and rates, where something ran */
  close(summary: object, timing?: object): void {
    this.#readings?.close()
    this.#quarantine.close()
    const reasons = Object.fromEntries([...this.#reasons].sort())
    this.#writeJson('summary.json', { ...summary, quarantine: reasons })
    if (timing !== undefined) this.#writeJson('timing.json', timing)
  }

  #writeJson(name: string, content: object): void {
    writeFileSync(join(this.#folder, name), `${JSON.stringify(content, null, 2)}\n`)
  }

  /**
   * A reading with the first interval that ends at it; the others restate what was said of it, or of an earlier line, and
   * stand alone behind.
   */
  #writeReadings(
    blocks: readonly ReadingColumns[],
    intervals: readonly IntervalColumns[],
    file: LineFile
  ): void {
    const ending = new EndingIntervals(intervals)
    for (const readings of blocks) {
      const masks = masksOf(readings)
      for (let row = 0; row < readings.rows; row++) {
        const end = readings.time[row] ?? 0
        const meter = readings.meter[row] ?? 0
        const span = ending.take(meter, end)
        const values = valuesOf(readings, row, masks)
        file.write({ at: readings.at[row], meter: this.meterIds[meter], ...spanOf(span, end), values })
      }
    }
    for (const place of ending.rest()) {
      const { columns, row } = place
      const meter = this.meterIds[columns.meter[row] ?? 0]
      file.write({ at: columns.at[row], meter, ...spanOf(place, columns.end[row] ?? 0) })
    }
  }
}

interface Place {
  readonly columns: IntervalColumns
  readonly row: number
}

/** Intervals by where they end, each to be taken once. */
class EndingIntervals {
  /** In the order in which they were stated. */
  readonly #waiting = new Map<string, Place[]>()
  readonly #all: readonly Place[]
  readonly #taken = new Set<Place>()

  constructor(blocks: readonly IntervalColumns[]) {
    this.#all = blocks.flatMap(columns =>
      Array.from({ length: columns.rows }, (_, row): Place => ({ columns, row }))
    )
    for (const place of this.#all) {
      const key = `${place.columns.meter[place.row]}/${place.columns.end[place.row]}`
      const same = this.#waiting.get(key)
      if (same === undefined) this.#waiting.set(key, [place])
      else same.push(place)
    }
  }

  take(meter: number, end: number): Place | undefined {
    const place = this.#waiting.get(`${meter}/${end}`)?.shift()
    if (place !== undefined) this.#taken.add(place)
    return place
  }

  *rest(): Generator<Place> {
    for (const place of this.#all) if (!this.#taken.has(place)) yield place
  }
}

function spanOf(place: Place | undefined, end: number): object {
  if (place === undefined) return { start: null, end, intervalKwh: null }
  const { columns, row } = place
  const energy = columns.energy[0]?.[row] ?? Number.NaN
  return { start: columns.start[row], end, intervalKwh: Number.isNaN(energy) ? null : energy }
}

/** Reasons of a block by row and field. */
function masksOf({ reasons }: ReadingColumns): ReadonlyMap<number, number> {
  return new Map(reasons.map(({ row, field, mask }) => [row * FIELD_COUNT + field, mask]))
}

function valuesOf(readings: ReadingColumns, row: number, masks: ReadonlyMap<number, number>): object {
  const values: Record<string, object> = {}
  const ct = readings.ct[row] ?? 1
  const pt = readings.pt[row] ?? 1
  const low = readings.qualityLow[row] ?? 0
  const high = readings.qualityHigh[row] ?? 0
  for (const [field, { name, scale }] of FIELDS.entries()) {
    const value = readings.values[field]?.[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const mask = masks.get(row * FIELD_COUNT + field) ?? 0
    const q = QUALITIES[qualityAt(low, high, field)]
    values[name] = { v: value * ratioOf(scale, ct, pt), q, ...(mask !== 0 && { reasons: reasonCodes(mask) }) }
  }
  return values
}
