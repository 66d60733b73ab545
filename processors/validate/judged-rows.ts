import { REGISTER_COUNT } from '../../src/model/fields.ts'
import { QUALITIES_PER_WORD, SUSPECT } from '../../src/model/quality.ts'
import type { StepOutput } from '../output.ts'
import { type Candidate, lowestBit } from './candidate.ts'
import { INSTANT, type MeterRules } from './meter-rules.ts'
import { type Judgement, judgeValue } from './plausibility.ts'
import type { RegisterJudgements } from './validation-state.ts'

/** Readings with the judgement of each of their values, on their way to the store. */
export class JudgedRows {
  readonly #judgement: Judgement = { quality: 0, reasons: 0 }

  /** Appends a reading as this version of it. @param registers their judgement, which is that of its interval */
  add(
    candidate: Candidate,
    version: number,
    registers: RegisterJudgements,
    rules: MeterRules,
    out: StepOutput
  ): void {
    const { meter, time, at, kind, ct, pt, primary, fields, values } = candidate
    const limits = primary ? rules.primaryLimits : rules.limits
    const row = out.readings.add(meter, time, at, version, kind, ct, pt, primary, fields)
    const judgement = this.#judgement
    let low = 0
    let high = 0
    for (let rest = fields; rest !== 0; rest &= rest - 1) {
      const field = lowestBit(rest)
      if (field < REGISTER_COUNT) {
        judgement.quality = registers[field]?.quality ?? SUSPECT
        judgement.reasons = registers[field]?.reasons ?? 0
      } else judgeValue(field, values, limits, kind === INSTANT, judgement)
      out.readings.setValue(row, field, values[field] ?? Number.NaN)
      if (field < QUALITIES_PER_WORD) low |= judgement.quality << (field * 3)
      else high |= judgement.quality << ((field - QUALITIES_PER_WORD) * 3)
      if (judgement.reasons !== 0) out.readings.addReason(row, field, judgement.reasons)
    }
    out.readings.setQuality(row, low, high)
    out.readings.setExtras(row, candidate.extras)
  }
}
