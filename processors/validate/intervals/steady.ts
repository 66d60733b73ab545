import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import { VALID } from '../../../src/model/quality.ts'
import type { StepOutput } from '../../output.ts'
import { type Candidate, ratioIn } from '../candidate.ts'
import type { RegisterJudgements, ValidationState } from '../validation-state.ts'
import { enter } from '../window/window-points.ts'
import { deliverable, type RegisterRules, withoutNoise } from './register.ts'

/**
 * The short way of nearly all readings, without an object on it: a meter's next reading, whose registers go on as its
 * rating allows. Anything else is left, untouched, to the whole way (window-intervals.ts), which gives the same for
 * these too: test/processors/validate/steady.test.ts holds both against each other.
 */
export class SteadyWay {
  readonly #energy = new Float64Array(REGISTER_COUNT)

  /**
   * Enters the reading and states its interval when it is steady.
   * @returns the judgement of its registers; undefined when the whole way must be taken
   */
  take(
    state: ValidationState,
    rules: RegisterRules,
    candidate: Candidate,
    out: StepOutput
  ): RegisterJudgements | undefined {
    const { window, falls, late } = state
    const { meter, time, at, values } = candidate
    const last = window.count(meter) - 1
    // Two entries at least: the last is then no ring's oldest, behind which something might be unknown.
    if (last < 1) return undefined
    const start = window.time(meter, last)
    if (start >= time || window.time(meter, last - 1) === start) return undefined
    if (falls.has(meter) || late.heldUntil(meter) !== -Infinity) return undefined
    if (window.ratio(meter, last) !== ratioIn(candidate)) return undefined
    const limit = deliverable(rules, time - start)
    let measured = 0
    for (let register = 0; register < REGISTER_COUNT; register++) {
      const now = values[register] ?? Number.NaN
      const before = window.register(meter, last, register)
      const isMissing = Number.isNaN(now)
      if (isMissing !== Number.isNaN(before)) return undefined
      this.#energy[register] = isMissing ? Number.NaN : withoutNoise(withoutNoise(now - before) * rules.ratio)
      if (isMissing) continue
      if (now < 0 || now < before || !((this.#energy[register] ?? 0) <= limit)) return undefined
      measured |= VALID << (register * 3)
    }
    if (measured === 0) return undefined
    enter(window, candidate, -1, 1)
    out.intervals.add(meter, start, time, at, ++state.revision, this.#energy, measured, 0)
    return STEADY
  }
}

const STEADY: RegisterJudgements = Array.from({ length: REGISTER_COUNT }, () => ({
  quality: VALID,
  reasons: 0
}))
