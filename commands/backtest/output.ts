import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../../src/model/columns.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import type { SupplyLine } from '../../src/model/supply.ts'
import type { OutageTables } from '../../src/records/results-record.ts'
import { LineFile } from './line-file.ts'
import { OutageFiles } from './outage-files.ts'
import { writeReadings } from './reading-lines.ts'
import { IncidentBook, type ReliabilityPeriod } from './reliability.ts'

/** What came out together: of one record, or of one step of the processor. Blocks follow each other. */
export interface Given {
  readonly readings: readonly ReadingColumns[]
  readonly intervals: readonly IntervalColumns[]
  readonly quarantine: readonly QuarantineEntry[]
  readonly outages: readonly OutageTables[]
  readonly supply: readonly SupplyLine[]
}

/** The output folder of a backtest (docs/backtest.md): one JSON object a line, times in epoch ms. */
export class BacktestOutput {
  readonly #folder: string
  readonly #readings: LineFile | undefined
  readonly #quarantine: LineFile
  readonly #outages: OutageFiles
  readonly #supply: LineFile
  readonly #incidents = new IncidentBook()
  readonly #reasons = new Map<string, number>()
  /** Ids of meters by number. */
  meterIds: readonly string[] = []

  constructor(folder: string, withReadings: boolean) {
    this.#folder = folder
    this.#readings = withReadings ? new LineFile(join(folder, 'readings.ndjson')) : undefined
    this.#quarantine = new LineFile(join(folder, 'quarantine.ndjson'))
    this.#outages = new OutageFiles(folder)
    this.#supply = new LineFile(join(folder, 'supply.ndjson'))
  }

  open(): void {
    mkdirSync(this.#folder, { recursive: true })
    this.#readings?.open()
    this.#quarantine.open()
    this.#outages.open()
    this.#supply.open()
  }

  write({ readings, intervals, quarantine, outages, supply }: Given): void {
    if (this.#readings !== undefined) writeReadings(readings, intervals, this.meterIds, this.#readings)
    for (const { at, terminal, topic, reason, index, meter, log, seq } of quarantine) {
      const code = QUARANTINE_REASONS[reason]?.code ?? ''
      this.#reasons.set(code, (this.#reasons.get(code) ?? 0) + 1)
      this.#quarantine.write({ at, terminal, topic, reason: code, index, meter, log, seq })
    }
    for (const line of supply) this.#supply.write(line)
    for (const tables of outages) {
      this.#outages.write(tables)
      this.#incidents.take(tables)
    }
  }

  /**
   * @param summary counts, the same in every run
   * @param period of which indices of reliability are made; left out where there is no registry
   * @param timing elapsed and rates, where something ran
   */
  close(summary: object, period?: ReliabilityPeriod, timing?: object): void {
    this.#readings?.close()
    this.#quarantine.close()
    this.#outages.close()
    this.#supply.close()
    const quarantine = Object.fromEntries([...this.#reasons].sort())
    const reliability = period && this.#incidents.indices(period)
    const { counts } = this.#outages
    this.#writeJson('summary.json', { ...summary, quarantine, outages: counts, reliability })
    if (timing !== undefined) this.#writeJson('timing.json', timing)
  }

  #writeJson(name: string, content: object): void {
    writeFileSync(join(this.#folder, name), `${JSON.stringify(content, null, 2)}\n`)
  }
}
