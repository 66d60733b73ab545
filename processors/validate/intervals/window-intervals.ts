import { REASON } from '../../../src/model/quality.ts'
import type { StepOutput } from '../../output.ts'
import type { Candidate } from '../candidate.ts'
import type { FallenFrom, RegisterJudgements, ValidationState } from '../validation-state.ts'
import { ownPoint, pointAfter, pointBefore, pointOf, pointsBetween } from '../window/window-points.ts'
import type { MeterBindings } from './bindings.ts'
import {
  FALL_MEMORY_MS,
  type IntervalStatement,
  openFall,
  stateChain,
  voidInside,
  voidInterval
} from './chain.ts'
import { areEqual, hasAny, judgeFirst, stateInterval } from './interval-rules.ts'
import type { RegisterPoint } from './ratios.ts'

/**
 * States the intervals that a reading in the window closes or changes, and watches for falls of the registers.
 * @param stood the point at the reading's time before it came: another kind's, or its own former version's
 * @param cause why intervals are stated anew, if they are
 */
export function stateReading(
  state: ValidationState,
  bindings: MeterBindings,
  candidate: Candidate,
  stood: RegisterPoint | undefined,
  cause: number,
  out: StepOutput
): RegisterJudgements {
  const { window } = state
  const { meter, time } = candidate
  const own = ownPoint(candidate)
  if (stood === undefined && !hasAny(own)) return judgeFirst(own.registers)
  const newer = pointAfter(window, meter, time)
  const before = bindings.before(own, pointBefore(window, meter, time))
  const after = bindings.after(own, newer)
  if (stood === undefined && newer === undefined)
    return stateNewest(state, bindings, candidate, before, own, after, out)
  if (!areEqual(stood, pointOf(window, meter, time))) {
    restate(state, bindings, candidate, before, after, cause, out)
  }
  if (before === undefined) return judgeFirst(own.registers)
  return stateInterval(bindings.rulesOf(own), before, own, undefined, 0).registers
}

/** Appends a stated interval under the next revision. */
export function emit(
  state: ValidationState,
  candidate: { readonly meter: number; readonly at: number },
  interval: IntervalStatement,
  out: StepOutput
): void {
  const { start, end, energy, quality, reasons } = interval
  out.intervals.add(candidate.meter, start, end, candidate.at, ++state.revision, energy, quality, reasons)
}

/** The way of nearly all readings: one interval, from the point before; where its binding has ended, up to there. */
function stateNewest(
  state: ValidationState,
  bindings: MeterBindings,
  candidate: Candidate,
  before: RegisterPoint | undefined,
  now: RegisterPoint,
  closing: RegisterPoint | undefined,
  out: StepOutput
): RegisterJudgements {
  if (closing !== undefined)
    emit(state, candidate, stateInterval(bindings.rulesOf(closing), now, closing, undefined, 0), out)
  if (before === undefined) return judgeFirst(now.registers)
  const { falls, window } = state
  const { meter, time } = candidate
  const recent = openFall(recentFall(state, meter, time), time)
  const open = recent !== undefined && bindings.isApart(recent, now) ? undefined : recent
  const stated = stateInterval(bindings.rulesOf(now), before, now, open, 0)
  if (open !== undefined && stated.recovered) {
    const inside = pointsBetween(window, meter, open.time, time)
    for (const interval of voidInside(inside, open.time, time)) emit(state, candidate, interval, out)
    falls.set(meter, { ...open, recoveredAt: time })
  } else if (open === undefined && stated.fell) falls.set(meter, before)
  emit(state, candidate, stated, out)
  return stated.registers
}

/**
 * States anew what a point that came between others, changed or went has touched: the intervals on both its sides,
 * and while a fall of the registers is remembered all from there on, because each was judged in its light.
 */
function restate(
  state: ValidationState,
  bindings: MeterBindings,
  candidate: Candidate,
  before: RegisterPoint | undefined,
  after: RegisterPoint | undefined,
  cause: number,
  out: StepOutput
): void {
  const { window, falls } = state
  const { meter, time } = candidate
  const from = before?.time ?? time
  const fall = recentFall(state, meter, window.time(meter, window.count(meter) - 1))
  const isInside = fall !== undefined && fall.time >= window.time(meter, 0)
  const pointsOf = (start: number, end: number) =>
    bindings.withEnds(pointsBetween(window, meter, start, end), start, end)
  const chainOf = (start: number, end: number) =>
    stateChain(bindings, pointsOf(start, end), () => cause, fallAt(fall, start))
  let chain = isInside
    ? chainOf(Math.min(from, fall.time), Infinity)
    : chainOf(from, fall === undefined ? (after?.time ?? Infinity) : Infinity)
  if (fall === undefined && chain.fall !== undefined) chain = chainOf(from, Infinity)
  if (pointOf(window, meter, time) === undefined) {
    for (const interval of voidAround(before, time, after)) emit(state, candidate, interval, out)
  }
  for (const interval of chain.intervals) emit(state, candidate, interval, out)
  if (chain.fall !== undefined) falls.set(meter, chain.fall)
  else if (isInside) falls.delete(meter)
}

/** A point that lost its registers bounds nothing any more. */
function voidAround(
  before: RegisterPoint | undefined,
  time: number,
  after: RegisterPoint | undefined
): IntervalStatement[] {
  if (before !== undefined) return [voidInterval(before.time, time, REASON.CORRECTED)]
  return after === undefined ? [] : [voidInterval(time, after.time, REASON.CORRECTED)]
}

/** The fall as it stood at `time`: one that began before and had not been made good. */
function fallAt(fall: FallenFrom | undefined, time: number): FallenFrom | undefined {
  if (fall === undefined || fall.time >= time) return undefined
  const { recoveredAt = Infinity } = fall
  return recoveredAt > time ? { time: fall.time, registers: fall.registers, ratio: fall.ratio } : undefined
}

/** The meter's last fall, as long as it matters for readings up to `newest`. */
function recentFall(state: ValidationState, meter: number, newest: number): FallenFrom | undefined {
  const fall = state.falls.get(meter)
  if (fall === undefined || newest - fall.time <= FALL_MEMORY_MS) return fall
  state.falls.delete(meter)
  return undefined
}
