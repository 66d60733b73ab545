import { REGISTER_COUNT } from '../../src/model/fields.ts'
import type { StepOutput } from '../output.ts'
import type { Candidate } from './candidate.ts'
import {
  judgeFirst,
  type RegisterPoint,
  type StatedInterval,
  stateInterval,
  voidInterval
} from './interval-rules.ts'
import type { RegisterRules } from './register.ts'
import type { RegisterJudgements, ValidationState } from './validation-state.ts'

/** How long a meter remembers what its registers fell from. A momentary fault mends itself in less. */
const FALL_MEMORY_MS = 2 * 86_400_000

/** States the interval that the newest reading of a meter closes, and watches for falls of its registers. */
export function stateNewest(
  state: ValidationState,
  rules: RegisterRules,
  candidate: Candidate,
  position: number,
  out: StepOutput
): RegisterJudgements {
  const { meter } = candidate
  const now = pointAt(state, candidate, position)
  const before = neighbour(state, candidate, position, -1)
  if (before === undefined || !hasAny(now)) return judgeFirst(now.registers)
  const open = openFall(state, meter, now.time)
  const stated = stateInterval(rules, before, now, open, 0)
  if (stated.recovered && open !== undefined) voidSince(state, candidate, open.time, out)
  if (stated.recovered) state.falls.delete(meter)
  else if (stated.fell && open === undefined) state.falls.set(meter, before)
  if (!sameTimeBefore(state, candidate, position)) emit(state, candidate, stated, out)
  return stated.registers
}

/** States anew the intervals on both sides of a reading that came between others, or changed. */
export function stateRestated(
  state: ValidationState,
  rules: RegisterRules,
  candidate: Candidate,
  position: number,
  cause: number,
  out: StepOutput
): RegisterJudgements {
  const now = pointAt(state, candidate, position)
  const before = neighbour(state, candidate, position, -1)
  const after = neighbour(state, candidate, position, 1)
  if (!hasAny(now)) return judgeFirst(now.registers)
  const stated = before === undefined ? undefined : stateInterval(rules, before, now, undefined, cause)
  if (stated !== undefined) emit(state, candidate, stated, out)
  if (after !== undefined) emit(state, candidate, stateInterval(rules, now, after, undefined, cause), out)
  return stated?.registers ?? judgeFirst(now.registers)
}

/** Appends a stated interval under the next revision. */
export function emit(
  state: ValidationState,
  candidate: { readonly meter: number; readonly at: number },
  interval: Pick<StatedInterval, 'start' | 'end' | 'energy' | 'quality' | 'reasons'>,
  out: StepOutput
): void {
  const { start, end, energy, quality, reasons } = interval
  out.intervals.add(candidate.meter, start, end, candidate.at, ++state.revision, energy, quality, reasons)
}

/** The nearest entry with registers at another time, on the given side. */
function neighbour(
  state: ValidationState,
  candidate: Candidate,
  position: number,
  side: -1 | 1
): RegisterPoint | undefined {
  const { window } = state
  const { meter, time } = candidate
  for (let p = position + side; p >= 0 && p < window.count(meter); p += side) {
    if (window.time(meter, p) !== time && window.hasRegisters(meter, p)) return pointAt(state, candidate, p)
  }
  return undefined
}

/** Registers of a window entry in the units of the candidate: an entry sent as primary is scaled back. */
export function pointAt(state: ValidationState, candidate: Candidate, position: number): RegisterPoint {
  const { window } = state
  const { meter } = candidate
  const scale = window.ratio(meter, position) / (candidate.ct * candidate.pt)
  const registers: number[] = []
  for (let r = 0; r < REGISTER_COUNT; r++) registers.push(window.register(meter, position, r) * scale)
  return { time: window.time(meter, position), registers }
}

/** A reading of another kind at the same time has stated this interval already. */
function sameTimeBefore(state: ValidationState, candidate: Candidate, position: number): boolean {
  const { window } = state
  for (let p = position - 1; p >= 0 && window.time(candidate.meter, p) === candidate.time; p--) {
    if (window.hasRegisters(candidate.meter, p)) return true
  }
  return false
}

function openFall(state: ValidationState, meter: number, time: number): RegisterPoint | undefined {
  const fall = state.falls.get(meter)
  if (fall === undefined || time - fall.time <= FALL_MEMORY_MS) return fall
  state.falls.delete(meter)
  return undefined
}

/** The intervals stated during a fall that proved momentary are void: the recovered one holds their energy. */
function voidSince(state: ValidationState, candidate: Candidate, since: number, out: StepOutput): void {
  const { window } = state
  const { meter, time } = candidate
  let start = since
  for (let p = 0; p < window.count(meter); p++) {
    const end = window.time(meter, p)
    if (end <= since || end >= time || !window.hasRegisters(meter, p)) continue
    emit(state, candidate, voidInterval(start, end), out)
    start = end
  }
}

const hasAny = (point: RegisterPoint): boolean => point.registers.some(value => !Number.isNaN(value))
