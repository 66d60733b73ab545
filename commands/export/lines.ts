import type { LogName } from '../../src/records/gateway-record.ts'
import { headLine, LineWriter } from '../backtest/line.ts'
import type { PrefaceLine } from './preface.ts'
import { type Placed, type TakenRecords, TakenReader, type LogViews } from './steps.ts'

export interface LinesOptions {
  readonly views: LogViews
  readonly taken: Iterable<TakenRecords>
  readonly preface: readonly PrefaceLine[]
  /** Whether the logs begin with it. */
  readonly isFromStart: boolean
  /** Told of each step whose records were given out. */
  readonly onStep: (taken: TakenRecords) => void
}

/** Makes the lines of an export and counts what they hold. */
export class ExportLines {
  readonly #options: LinesOptions
  readonly #reader: TakenReader
  readonly records: Record<LogName, number> = { frames: 0, events: 0 }
  lines = 0
  firstAt = 0
  lastAt = 0

  constructor(options: LinesOptions) {
    this.#options = options
    this.#reader = new TakenReader(options.views)
  }

  /** Records that were taken and cannot be read any more. */
  get missing(): Readonly<Record<LogName, number>> {
    return this.#reader.missing
  }

  *make(): Generator<string> {
    const { taken, preface, isFromStart, onStep } = this.#options
    const writer = new LineWriter(isFromStart)
    try {
      for (const each of taken) {
        for (const placed of this.#reader.read(each)) {
          const { log, record, isFirst } = placed
          if (this.lines === 0) yield this.#begin(placed, preface)
          this.lines++
          this.records[log]++
          this.lastAt = Math.max(this.lastAt, record.at)
          yield writer.line(log, record, isFirst)
        }
        onStep(each)
      }
    } finally {
      this.#reader.close()
    }
  }

  #begin({ record }: Placed, preface: readonly PrefaceLine[]): string {
    this.firstAt = record.at
    this.lines = preface.length
    return preface.map(({ topic, payload }) => headLine(record.at, topic, payload)).join('')
  }
}
