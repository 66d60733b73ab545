import { type AuditCounters, completeAudit, emptyAudit, type ReadingCounters } from '../src/model/audit.ts'

const OUTCOMES = Object.keys(emptyAudit().readings) as readonly (keyof ReadingCounters)[]

/** Audit counters in total and per terminal; knows which terminals a step touched. */
export class AuditBook {
  #total = emptyAudit()
  #terminals = new Map<string, AuditCounters>()
  #touched = new Set<string>()

  get total(): AuditCounters {
    return this.#total
  }

  /** @param terminal '' when the frame's sender is lost with its bytes */
  frame(terminal: string, outcome: 'decoded' | 'quarantined', count = 1): void {
    this.#total.frames[outcome] += count
    if (terminal !== '') this.#of(terminal).frames[outcome] += count
  }

  readings(terminal: string, counts: Readonly<ReadingCounters>): void {
    const of = this.#of(terminal).readings
    for (const outcome of OUTCOMES) {
      this.#total.readings[outcome] += counts[outcome]
      of[outcome] += counts[outcome]
    }
  }

  /** Cumulative counters of the terminals touched since the last call. */
  takeTouched(): Record<string, AuditCounters> {
    const touched = [...this.#touched].map(terminal => [terminal, this.#of(terminal)] as const)
    this.#touched.clear()
    return Object.fromEntries(touched)
  }

  /** Takes over what a recorded step has counted. */
  adopt(total: AuditCounters, terminals: Readonly<Record<string, AuditCounters>>): void {
    this.#total = completeAudit(total)
    for (const [id, counters] of Object.entries(terminals)) this.#terminals.set(id, completeAudit(counters))
  }

  save(): object {
    return { total: this.#total, terminals: [...this.#terminals] }
  }

  load(saved: object): void {
    const { total, terminals } = saved as { total: AuditCounters; terminals: [string, AuditCounters][] }
    this.#total = completeAudit(total)
    this.#terminals = new Map(terminals.map(([id, counters]) => [id, completeAudit(counters)]))
    this.#touched.clear()
  }

  #of(terminal: string): AuditCounters {
    let counters = this.#terminals.get(terminal)
    if (counters === undefined) {
      counters = emptyAudit()
      this.#terminals.set(terminal, counters)
    }
    this.#touched.add(terminal)
    return counters
  }
}
