import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import { MISSING, REASON, SUSPECT, UNCHECKED, VALID } from '../../../src/model/quality.ts'
import { inUnitsOf, isRatioChanged, type RegisterPoint } from './ratios.ts'
import { type Advance, deliverable, judgeAdvance, type RegisterRules, withoutNoise } from './register.ts'

/** A stated interval: energies over [start, end) and what is known of them. */
export interface StatedInterval {
  readonly start: number
  readonly end: number
  readonly energy: readonly number[]
  /** Three bits per register. */
  readonly quality: number
  readonly reasons: number
  /** Judgement of each register value at `end`: quality and reasons. */
  readonly registers: readonly { readonly quality: number; readonly reasons: number }[]
  /** Some register fell below what it was. */
  readonly fell: boolean
  /** Some register is back above what it fell from: the energy is counted from there. */
  readonly recovered: boolean
}

const NOT_MEASURED = { quality: UNCHECKED, reasons: 0 }

/**
 * States the interval between two readings of one meter.
 * @param rules those of `now`
 * @param fellFrom the reading before an open fall of the registers
 * @param cause reason bits to add to the interval: why it is restated
 */
export function stateInterval(
  rules: RegisterRules,
  before: RegisterPoint,
  now: RegisterPoint,
  fellFrom: RegisterPoint | undefined,
  cause: number
): StatedInterval {
  const bases = inUnitsOf(now, before)
  const tops = fellFrom && inUnitsOf(now, fellFrom)
  const advances = now.registers.map((shown, register) => {
    const base = bases[register] ?? Number.NaN
    if (Number.isNaN(shown) || Number.isNaN(base)) return undefined
    const top = tops?.[register] ?? Number.NaN
    const open =
      fellFrom === undefined || Number.isNaN(top) ? undefined : { value: top, ms: now.time - fellFrom.time }
    return judgeAdvance(rules, base, shown, now.time - before.time, open)
  })
  const recovered = advances.some(advance => advance?.from === 'fellFrom')
  const start = recovered && fellFrom !== undefined ? fellFrom : before
  const isChanged = isRatioChanged(now, start)
  const energy: number[] = []
  let quality = 0
  let reasons = cause
  for (let register = 0; register < REGISTER_COUNT; register++) {
    const advance = advances[register]
    const value =
      recovered && fellFrom !== undefined
        ? sinceFall(rules, now.time - fellFrom.time, tops?.[register], now.registers[register], advance)
        : advance?.energy
    energy.push(value ?? Number.NaN)
    const found = isLostAtEnd(before, now, register) ? MISSING : qualityOf(advance, value)
    quality |= (isChanged && found === VALID ? SUSPECT : found) << (register * 3)
    reasons |= advance?.reasons ?? 0
    if (isChanged && (found === VALID || found === SUSPECT)) reasons |= REASON.RATIO_CHANGED
  }
  return {
    start: start.time,
    end: now.time,
    energy,
    quality,
    reasons,
    registers: now.registers.map((shown, register) => judgeShown(shown, advances[register])),
    fell: advances.some(advance => advance !== undefined && (advance.reasons & REASON.REGISTER_FELL) !== 0),
    recovered
  }
}

/** The registry knows the import register alone: of the others nobody can tell what they showed at a binding's end. */
function isLostAtEnd(before: RegisterPoint, now: RegisterPoint, register: number): boolean {
  if (before.zone === undefined && now.zone === undefined) return false
  const isAbsent = ({ registers }: RegisterPoint): boolean => Number.isNaN(registers[register] ?? Number.NaN)
  return isAbsent(before) !== isAbsent(now)
}

/** All registers of a recovered meter count from before the fall, whichever of them showed it. */
function sinceFall(
  rules: RegisterRules,
  ms: number,
  top = Number.NaN,
  shown = 0,
  advance?: Advance
): number | undefined {
  if (advance === undefined || advance.from === 'fellFrom') return advance?.energy
  const energy = withoutNoise(shown - top) * rules.ratio
  return energy >= 0 && energy <= deliverable(rules, ms) ? energy : Number.NaN
}

function qualityOf(advance: Advance | undefined, energy: number | undefined): number {
  if (advance === undefined) return UNCHECKED
  return energy === undefined || Number.isNaN(energy) ? MISSING : advance.quality
}

function judgeShown(shown: number, advance: Advance | undefined): { quality: number; reasons: number } {
  if (Number.isNaN(shown)) return NOT_MEASURED
  if (shown < 0) return { quality: SUSPECT, reasons: REASON.NEGATIVE_VALUE | (advance?.reasons ?? 0) }
  if (advance === undefined) return { quality: UNCHECKED, reasons: REASON.REGISTER_FIRST }
  return { quality: advance.quality === VALID ? VALID : SUSPECT, reasons: advance.reasons }
}

/** Judgement of registers that have nothing before them. */
export function judgeFirst(registers: readonly number[]): readonly { quality: number; reasons: number }[] {
  return registers.map(shown => judgeShown(shown, undefined))
}

/** Whether the point says anything: only then does it bound intervals. */
export const hasAny = (point: RegisterPoint): boolean => point.registers.some(value => !Number.isNaN(value))

/** Whether both say the same about every register, under the same ratio. */
export function areEqual(a: RegisterPoint | undefined, b: RegisterPoint | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a.ratio !== b.ratio) return false
  return a.registers.every((value, register) => Object.is(value, b.registers[register]))
}
