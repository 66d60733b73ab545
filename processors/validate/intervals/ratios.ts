import type { MeterRules } from '../meter-rules.ts'
import type { RegisterRules } from './register.ts'

/** Registers of a reading at a time; NaN absent. */
export interface RegisterPoint {
  readonly time: number
  /** As sent. */
  readonly registers: readonly number[]
  /** CT x PT that applied to the reading; 0 when its values were sent as primary. */
  readonly ratio: number
  /** Set for the end of a binding, which the registry knows: on which side of its cut it lies (bindings.ts). */
  readonly zone?: number
}

/*
 * With which ratio an interval counts: the later reading's. Another ratio in the registry does not move a register:
 * what it shows goes on.
 *
 *   earlier     later        energy
 *   shown a     shown b      (b - a) x ratio of b     suspect with RATIO_CHANGED when a's ratio was another
 *   primary a   shown b      (b - a / ratio of b) x ratio of b
 *   shown a     primary b    b - a x ratio of a
 *   primary a   primary b    b - a
 *
 * Where the registry says what the register showed when the ratio changed, no interval reaches across (bindings.ts).
 *
 * A reading keeps the ratio that the registry gave for its data time when it arrived, in the window and in the store.
 * So an interval depends on its two readings alone, whatever the order in which they came and wherever they are
 * remembered.
 */

/** The registers of `point` in the units of a later reading. */
export function inUnitsOf(later: RegisterPoint, point: RegisterPoint): readonly number[] {
  const scale = scaleBetween(later.ratio, point.ratio)
  return scale === 1 ? point.registers : point.registers.map(value => value * scale)
}

function scaleBetween(later: number, earlier: number): number {
  if (later === 0) return earlier === 0 ? 1 : earlier
  return earlier === 0 ? 1 / later : 1
}

/** Whether nobody can tell how much of the difference counts with which ratio. */
export const isRatioChanged = (later: RegisterPoint, earlier: RegisterPoint): boolean =>
  later.ratio !== earlier.ratio && later.ratio !== 0 && earlier.ratio !== 0

/** The rules of a meter for a reading under `ratio`, which an earlier registry may have given. */
export function rulesUnder({ register, primary }: MeterRules, ratio: number): RegisterRules {
  if (ratio === 0) return primary
  if (ratio === register.ratio) return register
  return { ...register, ratio, limitKw: (register.limitKw / register.ratio) * ratio }
}
