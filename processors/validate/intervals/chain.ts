import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import { MISSING, REASON } from '../../../src/model/quality.ts'
import type { FallenFrom } from '../validation-state.ts'
import type { MeterBindings } from './bindings.ts'
import { stateInterval } from './interval-rules.ts'
import type { RegisterPoint } from './ratios.ts'

/** How long a meter remembers what its registers fell from. A momentary fault mends itself in less. */
export const FALL_MEMORY_MS = 2 * 86_400_000

/** What is said of an interval: energies over [start, end). */
export interface IntervalStatement {
  readonly start: number
  readonly end: number
  readonly energy: readonly number[]
  /** Three bits per register. */
  readonly quality: number
  /** Bits of REASON. */
  readonly reasons: number
}

export interface Chain {
  readonly intervals: readonly IntervalStatement[]
  /** The last fall of the registers on the way, open or recovered. */
  readonly fall: FallenFrom | undefined
}

/**
 * States the intervals between successive points of a binding, oldest first, and follows falls of the registers through them.
 * @param causeOf why the interval that ends at `points[index]` is stated (bits of REASON); undefined when it stands as
 * it is, which also ends what was known of a fall
 * @param fallBefore a fall that is open at the first point
 */
export function stateChain(
  bindings: MeterBindings,
  points: readonly RegisterPoint[],
  causeOf: (index: number) => number | undefined,
  fallBefore: FallenFrom | undefined
): Chain {
  const intervals: IntervalStatement[] = []
  let fall = fallBefore
  for (let index = 1; index < points.length; index++) {
    const [before, now] = [points[index - 1], points[index]]
    const cause = causeOf(index)
    if (before === undefined || now === undefined) continue
    if (cause === undefined || bindings.isApart(before, now)) {
      fall = undefined
      continue
    }
    const open = openFall(fall, now.time)
    const stated = stateInterval(bindings.rulesOf(now), before, now, open, cause)
    if (open !== undefined && stated.recovered) {
      intervals.push(...voidInside(points, open.time, now.time))
      fall = { ...open, recoveredAt: now.time }
    } else if (open === undefined && stated.fell) fall = before
    intervals.push(stated)
  }
  return { intervals, fall }
}

/** The fall, while it may still prove momentary. */
export function openFall(fall: FallenFrom | undefined, now: number): FallenFrom | undefined {
  if (fall === undefined || fall.recoveredAt !== undefined) return undefined
  return now - fall.time <= FALL_MEMORY_MS ? fall : undefined
}

/** The intervals between points inside (since, until) are void: one over the whole fall holds their energy. */
export function voidInside(
  points: readonly RegisterPoint[],
  since: number,
  until: number
): IntervalStatement[] {
  const statements: IntervalStatement[] = []
  let start = since
  for (const { time } of points) {
    if (time <= since || time >= until) continue
    statements.push(voidInterval(start, time, REASON.REGISTER_FELL))
    start = time
  }
  return statements
}

/** An interval whose energy is counted elsewhere, or nowhere any more. */
export function voidInterval(start: number, end: number, reasons: number): IntervalStatement {
  let quality = 0
  for (let register = 0; register < REGISTER_COUNT; register++) quality |= MISSING << (register * 3)
  return { start, end, energy: NOTHING, quality, reasons }
}

const NOTHING: readonly number[] = new Array<number>(REGISTER_COUNT).fill(Number.NaN)
