import type { RecordedStep } from '../../processors/recorded-steps.ts'
import { type AuditCounters, completeAudit, emptyAudit } from '../../src/model/audit.ts'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../../src/model/columns.ts'
import type { SupplyLine } from '../../src/model/supply.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  INTERVALS,
  OUTAGES,
  type OutageTables,
  QUARANTINE,
  READINGS,
  type StepEnd,
  SUPPLY
} from '../../src/records/results-record.ts'
import { BacktestOutput } from '../backtest/output.ts'
import type { ReliabilityPeriod } from '../backtest/reliability.ts'
import { linesWithoutPersons } from './without-persons.ts'

/** What the processor wrote, in the files of a backtest: the same program writes both, so that they can be compared. */
export class RecordedResults {
  readonly #output: BacktestOutput
  readonly #base: AuditCounters | undefined
  #audit: AuditCounters | undefined
  /** Records of steps that cannot be read. */
  lost = 0

  /** @param before what the step before said of the counters; undefined when nobody knows */
  constructor(folder: string, meterIds: readonly string[], before: StepEnd | 'none' | undefined) {
    this.#output = new BacktestOutput(folder, true)
    this.#output.meterIds = meterIds
    this.#base = before === 'none' ? emptyAudit() : before && completeAudit(before.audit)
  }

  open(): void {
    this.#output.open()
  }

  take({ records, firstSeq, lastSeq, end }: RecordedStep): void {
    const readings: ReadingColumns[] = []
    const intervals: IntervalColumns[] = []
    const quarantine: QuarantineEntry[] = []
    const outages: OutageTables[] = []
    const supply: SupplyLine[] = []
    for (const { kind, body } of records.values()) {
      if (kind === READINGS) readings.push(decodeReadings(body))
      else if (kind === INTERVALS) intervals.push(decodeIntervals(body))
      else if (kind === QUARANTINE) quarantine.push(...decodeQuarantine(body))
      else if (kind === OUTAGES) outages.push(linesWithoutPersons(decodeJson(body)))
      else if (kind === SUPPLY) supply.push(...decodeJson<SupplyLine[]>(body))
    }
    this.#output.write({ readings, intervals, quarantine, outages, supply })
    this.#audit = end?.audit ?? this.#audit
    this.lost += lastSeq - firstSeq + 1 - records.size
  }

  /** @param lines of the exported file, as a backtest counts them @param period as a backtest has it */
  close(lines: number, lastAt: number, period: ReliabilityPeriod | undefined): void {
    const audit = this.#base && countedSince(this.#base, completeAudit(this.#audit ?? this.#base))
    this.#output.close({ lines, ignored: 0, lastAt, audit }, period)
  }
}

function countedSince(base: AuditCounters, audit: AuditCounters): AuditCounters {
  const less = <C extends object>(counters: C, before: C): C =>
    Object.fromEntries(
      Object.entries(counters).map(([name, count]) => [name, count - Number(before[name as keyof C])])
    ) as C
  return { frames: less(audit.frames, base.frames), readings: less(audit.readings, base.readings) }
}
