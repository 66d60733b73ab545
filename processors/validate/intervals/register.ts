import { REASON, SUSPECT, VALID } from '../../../src/model/quality.ts'

/** What is known of an energy register and of what its meter can deliver. */
export interface RegisterRules {
  /** 10^digits: where the register starts again from zero. Infinity when the width is unknown. */
  readonly width: number
  /** 10^-decimals: the smallest difference the register can show. */
  readonly step: number
  /** CT x PT: primary energy per shown unit. */
  readonly ratio: number
  /** Most the meter can register, kW or kvar, primary. Infinity when its rating is unknown. */
  readonly limitKw: number
  /** Differences below this many steps are never beyond the limit. */
  readonly minimumSteps: number
}

export interface Advance {
  /** Energy of the interval, primary, kWh or kvarh; NaN when it cannot be told. */
  readonly energy: number
  readonly quality: typeof VALID | typeof SUSPECT
  /** Bits of REASON. */
  readonly reasons: number
  /** Which base the energy was counted from: the reading before, or the one the register fell from. */
  readonly from: 'before' | 'fellFrom'
}

const HOUR_MS = 3_600_000

/** Most energy that `ms` of time can hold, primary: the rating, but never less than a few steps of the register. */
export function deliverable(rules: RegisterRules, ms: number): number {
  return withoutNoise(Math.max((rules.limitKw * ms) / HOUR_MS, rules.minimumSteps * rules.step * rules.ratio))
}

/** A shown value before an earlier fall, and the time since then. */
export interface FellFrom {
  readonly value: number
  readonly ms: number
}

/**
 * Judges how a register went from `before` to `now` (as shown) over `ms`. In order:
 *
 *   climbs the fall back at once     valid, REGISTER_RECOVERED: the fall was momentary, energy since then
 *   goes on, deliverable             valid; after a fall with REGISTER_RESET
 *   below, past its width            valid, REGISTER_ROLLOVER, where the energy is deliverable
 *   back above what it fell from     valid, REGISTER_RECOVERED, where going on was not deliverable
 *   goes on, too much                suspect, INCREMENT_LIMIT (the energy is kept beside the doubt)
 *   below                            suspect, REGISTER_FELL, energy unknown: never negative, never 0
 *
 * The checks are those of VEE practice (California VEE standards rev 2.0, EEI Uniform Business Practices): register
 * monotonic with roll-over at format width, increment against rating x time.
 * @param fellFrom where the register stood before a fall that is still open
 */
export function judgeAdvance(
  rules: RegisterRules,
  before: number,
  now: number,
  ms: number,
  fellFrom?: FellFrom
): Advance {
  const difference = withoutNoise(now - before)
  const energy = withoutNoise(difference * rules.ratio)
  const recovered = fellFrom === undefined ? undefined : judgeRecovery(rules, now, fellFrom)
  // A register that was reset passes half of what it had on its way up; only a momentary fault jumps over it.
  if (recovered !== undefined && fellFrom !== undefined && before < fellFrom.value / 2) return recovered
  if (difference >= 0 && energy <= deliverable(rules, ms)) {
    const reasons = fellFrom === undefined ? 0 : REASON.REGISTER_RESET
    return { energy, quality: VALID, reasons, from: 'before' }
  }
  if (difference < 0) {
    const rolled = judgeRollover(rules, before, difference, ms)
    if (rolled !== undefined) return rolled
  }
  if (recovered !== undefined) return recovered
  if (difference >= 0) return { energy, quality: SUSPECT, reasons: REASON.INCREMENT_LIMIT, from: 'before' }
  return { energy: Number.NaN, quality: SUSPECT, reasons: REASON.REGISTER_FELL, from: 'before' }
}

function judgeRecovery(rules: RegisterRules, now: number, fellFrom: FellFrom): Advance | undefined {
  const energy = withoutNoise(withoutNoise(now - fellFrom.value) * rules.ratio)
  if (!(energy >= 0 && energy <= deliverable(rules, fellFrom.ms))) return undefined
  return { energy, quality: VALID, reasons: REASON.REGISTER_RECOVERED, from: 'fellFrom' }
}

function judgeRollover(
  rules: RegisterRules,
  before: number,
  difference: number,
  ms: number
): Advance | undefined {
  if (!Number.isFinite(rules.width)) return undefined
  const energy = withoutNoise(withoutNoise(difference + rules.width) * rules.ratio)
  // Only a rating tells a rollover from a reset: without one the last tenth of the width must have been reached.
  const plausible = Number.isFinite(rules.limitKw)
    ? energy <= deliverable(rules, ms)
    : before >= rules.width * 0.9
  if (!(energy >= 0 && plausible)) return undefined
  return { energy, quality: VALID, reasons: REASON.REGISTER_ROLLOVER, from: 'before' }
}

/** Registers are decimal: 12345.67 - 12345.66 is one step, not 0.010000000000218279. */
export const withoutNoise = (value: number): number => Math.round(value * 1e9) / 1e9
