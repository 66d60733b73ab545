import type { ToldPart } from '../ledger/outage-port.ts'
import type { LogRecord } from '../log/port.ts'
import type { OutageTables } from '../model/outages.ts'
import type { SupplyLine } from '../model/supply.ts'
import { decodeJson, OUTAGES, STEP_BEGIN, STEP_END, SUPPLY } from '../records/results-record.ts'

/**
 * Lines about outages and the supply of key customers of whole steps of the results log. A step counts from its STEP_END on; one that begins anew without an
 * end counts for nothing, unless its end was lost on the disk (as src/series/feed-gather.ts says it for rows). Records of
 * other kinds are passed over undecoded.
 */
export class OutageGatherer {
  readonly #onGap: (after: number, next: number) => void
  #whole: ToldPart[] = []
  #open: ToldPart[] = []
  #hasBegun = false
  #hasGap = false
  #seq = 0
  #wholeSeq = 0

  /** @param onGap records between the two are missing: damaged on disk, or not kept any more */
  constructor(onGap: (after: number, next: number) => void) {
    this.#onGap = onGap
  }

  /** Seq at which the last whole step ended. */
  get seq(): number {
    return this.#wholeSeq
  }

  /** Records with lines among the whole steps. */
  get parts(): number {
    return this.#whole.length
  }

  /** Forgets everything: the next record is the one after `seq`. */
  reset(seq: number): void {
    this.#whole = []
    this.#drop()
    this.#seq = seq
    this.#wholeSeq = seq
  }

  add({ seq, kind, body }: LogRecord): void {
    if (seq !== this.#seq + 1) {
      this.#onGap(this.#seq, seq)
      this.#hasGap = true
    }
    this.#seq = seq
    if (kind === STEP_BEGIN) {
      if (!(this.#hasBegun && this.#hasGap)) this.#open = []
      this.#hasBegun = true
      this.#hasGap = false
    } else if (kind === OUTAGES) this.#open.push({ seq, tables: decodeJson<OutageTables>(body) })
    else if (kind === SUPPLY) this.#open.push({ seq, tables: {}, supply: decodeJson<SupplyLine[]>(body) })
    else if (kind === STEP_END) {
      this.#whole.push(...this.#open)
      this.#wholeSeq = seq
      this.#drop()
    }
  }

  /** The lines of the whole steps. What belongs to an open step stays. */
  take(): ToldPart[] {
    const parts = this.#whole
    this.#whole = []
    return parts
  }

  #drop(): void {
    this.#open = []
    this.#hasBegun = false
    this.#hasGap = false
  }
}
