import { play } from '../../../support/outage-feed.ts'
import { MINUTE, OutageTape, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import type { OutageLines } from '../../../../src/model/outages.ts'
import type { Registry } from '../../../../src/registry/lookup/registry.ts'
import { READ } from '../busy-town.ts'

/** What a meter shows instead of the usual; null when it is not read. */
export type Shown = Readonly<Record<string, object | null>>

const QUARTER = 15 * MINUTE

/** A town whose meters show voltage, current, power and a register that goes on, quarter by quarter. */
export class WatchedTown {
  readonly tape = new OutageTape()
  /** Rounds so far. */
  rounds = 0

  readonly #every: number

  /** @param every time between its rounds, ms */
  constructor(every = QUARTER) {
    this.#every = every
    for (const terminal of Object.keys(READ)) this.tape.connect(terminal).status(terminal, { bootCount: 1 })
  }

  /** Log time of the latest round. */
  get at(): number {
    return T0 + this.rounds * this.#every
  }

  /** Rounds of KA, one after the other. @param shown by meter @param more rows of meters that are none of its own */
  read(rounds: number, shown: Shown = {}, more: readonly object[] = [], terminal = 'KA'): this {
    for (let round = 0; round < rounds; round++) {
      this.rounds++
      this.tape.until(this.at)
      const readings = READ[terminal]!.flatMap(meter => {
        const own = shown[meter]
        return own === null ? [] : [{ meter, ...this.usual(meter), ...own }]
      })
      const frame = { kind: 'curve', time: this.at, collectedAt: this.at }
      this.tape.publish(terminal, 'readings', { ...frame, readings: [...readings, ...more] })
    }
    return this
  }

  usual(meter: string): object {
    const kwh = 100 + meter.charCodeAt(1) + this.rounds * 0.1
    return { importKwh: Math.round(kwh * 100) / 100, activePowerKw: 0.4, voltageV: 229, currentA: 1.8 }
  }

  /** Something is told a little after the latest round. */
  tell(event: object, terminal = 'KA'): this {
    this.tape.pass(5 * SECOND).events(terminal, { origin: 'meter', time: this.tape.now, ...event })
    return this
  }

  /** All that is said when two minutes have passed. */
  said(registry: Registry = drawRegistry(TOWN)): OutageLines {
    return play(this.tape.pass(2 * MINUTE), [registry])
  }
}

/** Findings as kind, subject and the quarter in which they were said. */
export const findingsOf = ({ findings }: OutageLines): string[] =>
  findings.map(({ kind, subject, at }) => `${kind} ${subject} ${Math.floor((at - T0) / QUARTER)}`)
