import type { OutageFinding, OutageLines } from '../../../src/model/outages.ts'
import type { Books } from '../books.ts'
import type { MeterKind, MeterMarks } from './meter-marks.ts'

/** What a rule is given: who is who, what was said before, and where to say more. */
export interface Round {
  readonly books: Books
  /** Log time. */
  readonly now: number
  readonly out: OutageLines
}

/** A finding as it is said. Its id is made of kind, subject and when it was said, so that it is the same in every replay. */
export const findingOf = (now: number, kind: string, subject: string, evidence: string): OutageFinding => ({
  ...{ at: now, id: `${kind}:${subject}:${now}`, kind, subject, evidence }
})

/** Says findings, each once when it begins. */
export class Teller {
  readonly #marks: MeterMarks

  constructor(marks: MeterMarks) {
    this.#marks = marks
  }

  /** @param evidence one sentence for people, with its figures */
  say({ now, out }: Round, kind: string, subject: string, evidence: string): void {
    out.findings.push(findingOf(now, kind, subject, evidence))
  }

  /** Of a meter: nothing while it has been said and has not ended. */
  sayOfMeter(round: Round, kind: MeterKind, meter: number, evidence: string): void {
    if (this.#marks.has(meter, kind)) return
    this.#marks.set(meter, kind)
    this.say(round, kind, round.books.grid.meterId(meter), evidence)
  }
}

/** Number of a meter that a terminal may speak of and that measures a customer, else -1. */
export function boundMeter({ grid }: Books, terminal: string, id: string): number {
  const meter = grid.registry.meterNumbers.get(id)
  if (meter === undefined || !(grid.placeOf[meter] >= 0)) return -1
  return grid.terminalOf[meter] === grid.terminalNumbers.get(terminal) ? meter : -1
}

export const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`
/** A time as people read it in a sentence. */
export const clockText = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`
/** A value with at most so many decimals. */
export const rounded = (value: number, decimals = 1): string => String(Number(value.toFixed(decimals)))
