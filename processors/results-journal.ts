import type { LogReader, LogWriter } from '../src/log/port.ts'
import { decodeJson, STEP_BEGIN, STEP_END, type StepBegin } from '../src/records/results-record.ts'
import type { ResultRecord } from './pipeline.ts'

interface RecordedStep {
  readonly begin: StepBegin
  readonly records: readonly ResultRecord[]
  readonly complete: boolean
}

/**
 * The results log as the processor sees it: what it wrote before a crash comes first, and is not written again.
 *
 *   checkpoint ──> recorded steps (read again from the same inputs, compared) ──> new steps (appended)
 *
 * The recorded merge order is binding, because consumers may have acted on it. A recorded step stands even if it is
 * computed differently today (another version of the program); that is reported.
 */
export class ResultsJournal {
  readonly #writer: LogWriter
  readonly #reader: LogReader
  readonly #onDiverged: (seq: number) => void
  #recorded: RecordedStep | undefined
  #seq = 0

  constructor(writer: LogWriter, reader: LogReader, onDiverged: (seq: number) => void) {
    this.#writer = writer
    this.#reader = reader
    this.#onDiverged = onDiverged
  }

  /** Seq of the last record of the last step. */
  get seq(): number {
    return this.#seq
  }

  /** Starts behind the results that the checkpoint covers. */
  open(seq: number): void {
    this.#seq = seq
    this.#reader.seek(seq)
    this.#recorded = this.#readStep()
  }

  /** The inputs of the next recorded step; undefined when all that was recorded has been passed. */
  get recordedRange(): StepBegin | undefined {
    return this.#recorded?.begin
  }

  /** Puts a step's records in their place: compares with what is recorded, appends what is not. */
  put(records: readonly ResultRecord[], at: number): void {
    const recorded = this.#recorded
    const already = recorded?.records ?? []
    const diverged =
      already.some((record, i) => !equal(record, records[i])) ||
      (recorded?.complete === true && already.length !== records.length)
    if (diverged) this.#onDiverged(this.#seq)
    this.#seq += already.length
    if (recorded?.complete !== true) {
      for (const { kind, body } of records.slice(already.length)) {
        this.#seq = this.#writer.append(kind, at, body, NOTHING, ignore)
      }
    }
    this.#recorded = recorded === undefined ? undefined : this.#readStep()
  }

  /** Waits until everything put so far is durable. */
  flush(): Promise<void> {
    return this.#writer.flush()
  }

  #readStep(): RecordedStep | undefined {
    const records: ResultRecord[] = []
    for (;;) {
      const [record] = this.#reader.read(1, 1)
      if (record === undefined) break
      records.push({ kind: record.kind, body: record.body.slice() })
      if (record.kind === STEP_END) break
    }
    const [first] = records
    if (first === undefined || first.kind !== STEP_BEGIN) return undefined
    return { begin: decodeJson<StepBegin>(first.body), records, complete: records.at(-1)?.kind === STEP_END }
  }
}

const NOTHING = new Uint8Array()
/** A failed append shows when the step is flushed: the processor stops there and starts again from its checkpoint. */
const ignore = (): void => {}

function equal(a: ResultRecord, b: ResultRecord | undefined): boolean {
  return b !== undefined && a.kind === b.kind && Buffer.compare(a.body, b.body) === 0
}
