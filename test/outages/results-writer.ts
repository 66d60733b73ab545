import type { SegmentedLog } from '../../src/log/segmented-log.ts'
import type { OutageTables } from '../../src/model/outages.ts'
import { encodeJson, OUTAGES, READINGS, STEP_BEGIN, STEP_END } from '../../src/records/results-record.ts'
import { T0 } from '../support/outage-lines.ts'

const EMPTY = new Uint8Array()

/** Appends records to a results log as the processor does; what is no matter of outages is empty. */
export class ResultsWriter {
  readonly #log: SegmentedLog

  constructor(log: SegmentedLog) {
    this.#log = log
  }

  /** A step with these records of lines. @returns seq of its last record */
  async step(tables: readonly OutageTables[], isWhole = true): Promise<number> {
    this.append(STEP_BEGIN)
    this.append(READINGS)
    for (const each of tables) this.append(OUTAGES, encodeJson(each))
    if (isWhole) this.append(STEP_END)
    await this.#log.flush()
    return this.#log.durableSeq
  }

  append(kind: number, body: Uint8Array = EMPTY): void {
    this.#log.append(kind, T0, EMPTY, body, () => {})
  }
}
