/** A round of readings that a terminal took: who was read, and when we had it. */
export interface Upload {
  /** Undefined when it never arrived. */
  readonly arrivedAt: number | undefined
  /** Customers that were not read. */
  readonly missed: ReadonlySet<number>
}

/** Something a meter or a terminal told at a time. */
export interface Told {
  readonly customer: number
  readonly arrivedAt: number
}

/** What reached us of one terminal. */
export interface TerminalEvidence {
  /** By the time at which they were taken. */
  readonly uploads: Map<number, Upload>
  readonly gasps: Told[]
  /** Times at which we noticed that its session was gone. */
  readonly lostAt: number[]
  /** Times at which it said that its own supply is gone. */
  readonly selfDownAt: number[]
}

/** Everything that reached us which speaks for or against an outage, by terminal: what the reference explanation reads. */
export class Evidence {
  readonly #terminals = new Map<number, TerminalEvidence>()

  of(terminal: number): TerminalEvidence {
    let evidence = this.#terminals.get(terminal)
    if (evidence === undefined) {
      evidence = { uploads: new Map(), gasps: [], lostAt: [], selfDownAt: [] }
      this.#terminals.set(terminal, evidence)
    }
    return evidence
  }
}
