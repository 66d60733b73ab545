import type { StepOutput } from '../../processors/output.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import type { AuditCounters } from '../../src/model/audit.ts'
import type { QuarantineEntry } from '../../src/model/columns.ts'
import { OUTAGE_TABLES } from '../../src/model/outages.ts'
import type { QuarantineKey } from '../../src/model/quarantine.ts'
import {
  PLANNED_OUTAGE,
  type PlannedOutageRecord,
  REGISTRY,
  SETTINGS_CHANGED,
  type SettingsRecord
} from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { RecordedInput } from './input.ts'
import type { ExportHead } from './line.ts'
import type { BacktestOutput, Given } from './output.ts'
import type { BacktestRegistries } from './registries.ts'
import type { ReliabilityPeriod } from './reliability.ts'

export interface RunParts {
  readonly registries: BacktestRegistries
  readonly output: BacktestOutput
  /** Settings in force where the file says nothing. */
  readonly settings: SettingsRecord
  /** Recorded settings, under what this run was told. */
  readonly settingsOver: (recorded: SettingsRecord) => SettingsRecord
  /** Planned outages that the file does not have, by the first registry. */
  readonly planned?: (registry: Registry) => readonly PlannedOutageRecord[]
}

/**
 * One backtest. How it remembers depends on what it runs over:
 *
 *   plain file            memory of all readings, output by record
 *   export, as recorded   the memory of `serve`, the answers of its store as they were recorded, output by step: gives
 *                         what was written then, line by line
 *   export, something     memory of all readings, because the answers fit to other questions; output by step
 *   changed, or no whole
 */
export class BacktestRun {
  readonly isAsRecorded: boolean
  readonly #output: BacktestOutput
  readonly #registries: BacktestRegistries
  readonly #pipeline: Pipeline
  readonly #input: RecordedInput
  readonly #hasSteps: boolean
  #registry: Registry
  #firstAt: number | undefined
  /** Entries that a recorded replay may take out, where it may find others than it found then. */
  readonly #setAside = new Set<string>()

  constructor(
    { registries, output, settings, settingsOver, planned }: RunParts,
    head: ExportHead | undefined
  ) {
    registries.open(head?.registries ?? [])
    const isSame = head?.settings.every(recorded => isEqual(settingsOver(recorded), recorded)) === true
    this.isAsRecorded = head?.whole === true && registries.isAsRecorded && isSame
    this.#output = output
    this.#registries = registries
    this.#registry = registries.first
    this.#hasSteps = head !== undefined
    const [first = settings] = head?.settings ?? []
    this.#pipeline = new Pipeline({
      settings: settingsOver(first),
      windowReadings: first.windowReadings ?? settings.windowReadings ?? 0,
      growWindow: !this.isAsRecorded,
      loadRegistry: record => {
        this.#registry = registries.of(record)
        return this.#registry
      }
    })
    this.#input = new RecordedInput(
      {
        settings: settingsOver,
        hasRegistry: record => registries.has(record),
        takesAnswers: this.isAsRecorded,
        isSetAside: entry => this.isAsRecorded || this.#setAside.has(keyOf(entry))
      },
      head !== undefined
    )
    if (head === undefined) this.#rule(SETTINGS_CHANGED, settings)
    if ((head?.registries.length ?? 0) === 0 && !this.isAsRecorded) {
      const { version, hash } = registries.first
      this.#rule(REGISTRY, { version, hash })
    }
    for (const plan of planned?.(registries.first) ?? []) this.#rule(PLANNED_OUTAGE, plan)
  }

  get lines(): number {
    return this.#input.lines
  }

  get lastAt(): number {
    return this.#pipeline.lastAt
  }

  /** The time of the file, over the accounts of its last registry. */
  reliabilityPeriod(zone: string): ReliabilityPeriod {
    return { registry: this.#registry, zone, from: this.#firstAt ?? this.lastAt, to: this.lastAt }
  }

  get audit(): AuditCounters {
    return this.#pipeline.audit.total
  }

  /** @throws SENDER_FORMAT naming the line */
  take(line: string): void {
    for (const { log, record, isFirst } of this.#input.take(line)) {
      if (isFirst || !this.#hasSteps) this.#give()
      this.#pipeline.take(log, record)
      this.#firstAt ??= record.at
    }
  }

  /** Gives the rest. @returns what is the same in every run */
  finish(): object {
    this.#give()
    const { lines, ignored } = this.#input
    return { lines, ignored, lastAt: this.lastAt, audit: this.audit }
  }

  /** A record that the file does not have. */
  #rule(kind: number, content: object): void {
    const { log, record } = this.#input.control(kind, 0, content)
    this.#pipeline.take(log, record)
  }

  #give(): void {
    const { out } = this.#pipeline
    if (hasRows(out)) {
      this.#output.meterIds = this.#registries.meterIds
      this.#output.write(given(out))
      if (this.#hasSteps && !this.isAsRecorded) this.#remember(out.quarantine)
    }
    out.reset()
  }

  #remember(entries: readonly QuarantineEntry[]): void {
    for (const entry of entries) this.#setAside.add(keyOf(entry))
  }
}

const hasRows = ({ readings, intervals, quarantine, outages, supply }: StepOutput): boolean =>
  readings.rows + intervals.rows + quarantine.length + supply.length > 0 ||
  OUTAGE_TABLES.some(table => outages[table].length > 0)

const given = ({ readings, intervals, quarantine, outages, supply }: StepOutput): Given => ({
  readings: [readings.columns()],
  intervals: [intervals.columns()],
  quarantine,
  outages: [outages],
  supply
})

const keyOf = ({ log, seq, index }: QuarantineKey): string => `${log}/${seq}/${index}`

/** Settings that a record of before leaves out are what they are. */
function isEqual(one: SettingsRecord, recorded: SettingsRecord): boolean {
  return Object.entries(recorded).every(([name, value]) => one[name as keyof SettingsRecord] === value)
}
