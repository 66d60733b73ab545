import { GridvigilError } from '../src/errors.ts'
import type { LogReader, LogWriter } from '../src/log/port.ts'
import type { ResultRecord } from './pipeline.ts'
import { type RecordedStep, RecordedSteps } from './recorded-steps.ts'

/**
 * The results log as the processor sees it: what it wrote before a crash comes first, and is not written again.
 *
 *   checkpoint ──> recorded steps (read again from the same inputs, compared) ──> new steps (appended)
 *
 * The recorded merge order is binding, because consumers may have acted on it. A recorded step stands even if it is
 * computed differently today (records damaged on the disk, another version of the program); that is reported.
 */
export class ResultsJournal {
  readonly #writer: LogWriter
  readonly #steps: RecordedSteps
  readonly #onDiverged: (seq: number) => void
  #recorded: RecordedStep | undefined
  #seq = 0
  #failures = 0

  constructor(writer: LogWriter, reader: LogReader, onDiverged: (seq: number) => void) {
    this.#writer = writer
    this.#steps = new RecordedSteps(reader)
    this.#onDiverged = onDiverged
  }

  /** Seq of the last record of the last step. */
  get seq(): number {
    return this.#seq
  }

  /** The next recorded step; undefined when all that was recorded has been passed. */
  get recorded(): RecordedStep | undefined {
    return this.#recorded
  }

  /** Starts behind the results that the checkpoint covers. */
  open(seq: number): void {
    this.#failures = this.#writer.failures
    this.#seq = seq
    this.#steps.seek(seq)
    this.#advance()
  }

  /**
   * Puts a step's records in their place: compares with what is recorded, appends what is not.
   * @returns whether a recorded step differs: it stands
   * @throws LOG_WRITE_FAILED when the writer gave up something since `open`: then what the processor remembers was never
   * recorded, and nothing computed from it may be
   */
  put(records: readonly ResultRecord[], at: number): boolean {
    const recorded = this.#recorded
    const already = recorded === undefined ? 0 : recorded.lastSeq - recorded.firstSeq + 1
    const isWhole = recorded !== undefined && !recorded.isOpen
    const differs = recorded !== undefined && isDifferent(recorded, records)
    if (differs) this.#onDiverged(recorded.firstSeq)
    if (isWhole) {
      this.#advance()
      return differs
    }
    if (this.#writer.failures !== this.#failures)
      throw new GridvigilError('LOG_WRITE_FAILED', 'results that were computed could not be written')
    // The end at least: it may have come out shorter than what was cut off.
    for (const { kind, body } of records.slice(Math.min(already, records.length - 1)))
      this.#seq = this.#writer.append(kind, at, body, NOTHING, ignore)
    this.#recorded = undefined
    return differs
  }

  /** Waits until everything put so far is durable. */
  flush(): Promise<void> {
    return this.#writer.flush()
  }

  /** What is recorded up to here has been passed. */
  #advance(): void {
    this.#seq = this.#steps.lastSeq
    this.#recorded = this.#steps.next()
    if (this.#recorded === undefined) this.#seq = this.#steps.lastSeq
  }
}

const NOTHING = new Uint8Array()
/** A failed append shows in `failures`: the processor stops at its next step and starts again from its checkpoint. */
const ignore = (): void => {}

function isDifferent(recorded: RecordedStep, records: readonly ResultRecord[]): boolean {
  for (const [at, record] of recorded.records) if (!equal(record, records[at])) return true
  return !recorded.isOpen && recorded.lastSeq - recorded.firstSeq + 1 !== records.length
}

function equal(a: ResultRecord, b: ResultRecord | undefined): boolean {
  return b !== undefined && a.kind === b.kind && Buffer.compare(a.body, b.body) === 0
}
