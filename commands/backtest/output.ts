import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { StepOutput } from '../../processors/output.ts'
import type { IntervalColumns, ReadingColumns } from '../../src/model/columns.ts'
import { FIELDS, ratioOf } from '../../src/model/fields.ts'
import { QUALITIES, qualityAt, reasonCodes } from '../../src/model/quality.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'

const CHUNK = 1 << 20

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
    this.#fd = openSync(this.#path, 'w')
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
  readonly #meterIds: readonly string[]
  readonly #reasons = new Map<string, number>()

  constructor(folder: string, meterIds: readonly string[], withReadings: boolean) {
    this.#folder = folder
    this.#meterIds = meterIds
    this.#readings = withReadings ? new LineFile(join(folder, 'readings.ndjson')) : undefined
    this.#quarantine = new LineFile(join(folder, 'quarantine.ndjson'))
  }

  open(): void {
    mkdirSync(this.#folder, { recursive: true })
    this.#readings?.open()
    this.#quarantine.open()
  }

  /** Writes what one record gave, and empties it. */
  write(out: StepOutput): void {
    if (this.#readings !== undefined && out.readings.rows + out.intervals.rows > 0) {
      this.#writeReadings(out.readings.columns(), out.intervals.columns(), this.#readings)
    }
    for (const { at, terminal, topic, reason, index, meter, log, seq } of out.quarantine) {
      const code = QUARANTINE_REASONS[reason]?.code ?? ''
      this.#reasons.set(code, (this.#reasons.get(code) ?? 0) + 1)
      this.#quarantine.write({ at, terminal, topic, reason: code, index, meter, log, seq })
    }
    out.reset()
  }

  /** @param summary counts, the same in every run @param timing elapsed and rates */
  close(summary: object, timing: object): void {
    this.#readings?.close()
    this.#quarantine.close()
    const reasons = Object.fromEntries([...this.#reasons].sort())
    writeFileSync(
      join(this.#folder, 'summary.json'),
      `${JSON.stringify({ ...summary, quarantine: reasons }, null, 2)}\n`
    )
    writeFileSync(join(this.#folder, 'timing.json'), `${JSON.stringify(timing, null, 2)}\n`)
  }

  /** A reading with the interval that ends at it; an interval alone restates that of an earlier line. */
  #writeReadings(readings: ReadingColumns, intervals: IntervalColumns, file: LineFile): void {
    const ending = new Map<string, number>()
    for (let i = 0; i < intervals.rows; i++) ending.set(`${intervals.meter[i]}/${intervals.end[i]}`, i)
    const joined = new Set<number>()
    for (let row = 0; row < readings.rows; row++) {
      const end = readings.time[row] ?? 0
      const interval = ending.get(`${readings.meter[row]}/${end}`)
      if (interval !== undefined) joined.add(interval)
      file.write({
        at: readings.at[row],
        meter: this.#meterIds[readings.meter[row] ?? 0],
        ...span(intervals, interval, end),
        values: valuesOf(readings, row)
      })
    }
    for (const i of ending.values()) {
      if (joined.has(i)) continue
      const meter = this.#meterIds[intervals.meter[i] ?? 0]
      file.write({ at: intervals.at[i], meter, ...span(intervals, i, intervals.end[i] ?? 0) })
    }
  }
}

function span(intervals: IntervalColumns, row: number | undefined, end: number): object {
  if (row === undefined) return { start: null, end, intervalKwh: null }
  const energy = intervals.energy[0]?.[row] ?? Number.NaN
  return { start: intervals.start[row], end, intervalKwh: Number.isNaN(energy) ? null : energy }
}

function valuesOf(readings: ReadingColumns, row: number): object {
  const values: Record<string, object> = {}
  const ct = readings.ct[row] ?? 1
  const pt = readings.pt[row] ?? 1
  const low = readings.qualityLow[row] ?? 0
  const high = readings.qualityHigh[row] ?? 0
  for (const [field, { name, scale }] of FIELDS.entries()) {
    const value = readings.values[field]?.[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const mask = readings.reasons.find(reason => reason.row === row && reason.field === field)?.mask ?? 0
    const q = QUALITIES[qualityAt(low, high, field)]
    values[name] = { v: value * ratioOf(scale, ct, pt), q, ...(mask !== 0 && { reasons: reasonCodes(mask) }) }
  }
  return values
}
