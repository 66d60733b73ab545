import { join } from 'node:path'
import { OUTAGE_TABLES } from '../../src/model/outages.ts'
import type { OutageTables } from '../../src/records/results-record.ts'
import { LineFile } from './line-file.ts'

/** What is said about outages: a file a table, also where nothing was said. */
export class OutageFiles {
  readonly #files: Readonly<Record<keyof OutageTables, LineFile>>
  /** Ids that were open once: suspicions and what was withdrawn before are none. */
  readonly #opened = { incidents: new Set<string>(), communication: new Set<string>() }
  #findings = 0
  #alarms = 0
  #decisions = 0

  constructor(folder: string) {
    const file = (table: string): LineFile => new LineFile(join(folder, `${table}.ndjson`))
    this.#files = {
      incidents: file('incidents'),
      communication: file('communication'),
      findings: file('findings'),
      alarms: file('alarms'),
      decisions: file('decisions')
    }
  }

  /** Ids of incidents and lost communications that were open, and lines of the others. */
  get counts(): Readonly<Record<keyof OutageTables, number>> {
    const { incidents, communication } = this.#opened
    return {
      incidents: incidents.size,
      communication: communication.size,
      findings: this.#findings,
      alarms: this.#alarms,
      decisions: this.#decisions
    }
  }

  open(): void {
    for (const table of OUTAGE_TABLES) this.#files[table].open()
  }

  write(tables: OutageTables): void {
    for (const table of OUTAGE_TABLES) for (const line of tables[table] ?? []) this.#files[table].write(line)
    for (const table of ['incidents', 'communication'] as const)
      for (const { id, state } of tables[table] ?? []) if (state === 'open') this.#opened[table].add(id)
    this.#findings += tables.findings?.length ?? 0
    this.#alarms += tables.alarms?.length ?? 0
    this.#decisions += tables.decisions?.length ?? 0
  }

  close(): void {
    for (const table of OUTAGE_TABLES) this.#files[table].close()
  }
}
