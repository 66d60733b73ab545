import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import type { Candidate } from '../candidate.ts'
import type { RegisterPoint } from '../intervals/interval-rules.ts'
import type { ReadingWindow } from './window.ts'

/**
 * A meter's window seen as points: what its registers were at successive times, in the units of a candidate.
 *
 *   entries   10:00 curve   10:15 instant (no registers)   10:30 curve   10:30 daily-freeze
 *   points    10:00         -                              10:30 (of the curve: the lowest kind speaks)
 */
export type Unit = Pick<Candidate, 'meter' | 'ct' | 'pt' | 'primary'>

/** What turns a value sent under `ratio` (CT x PT, 0 for a primary one) into the candidate's units. */
export function scaleTo(unit: Unit, ratio: number): number {
  if (unit.primary) return ratio === 0 ? 1 : ratio
  // A new ratio does not move the register: as shown it goes on.
  return ratio === 0 ? 1 / (unit.ct * unit.pt) : 1
}

/** The point at `time`, undefined when no reading of that time has registers. */
export function pointOf(window: ReadingWindow, unit: Unit, time: number): RegisterPoint | undefined {
  const { meter } = unit
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0 && window.time(meter, p) >= time; p--) {
    if (window.time(meter, p) === time && window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, unit, found)
}

/** The last point before `time`. */
export function pointBefore(window: ReadingWindow, unit: Unit, time: number): RegisterPoint | undefined {
  const { meter } = unit
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0; p--) {
    const at = window.time(meter, p)
    if (found >= 0 && at < window.time(meter, found)) break
    if (at < time && window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, unit, found)
}

/** The first point after `time`. */
export function pointAfter(window: ReadingWindow, unit: Unit, time: number): RegisterPoint | undefined {
  const { meter } = unit
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0 && window.time(meter, p) > time; p--) {
    if (window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, unit, found)
}

/** The points of [from, to], oldest first. */
export function pointsBetween(window: ReadingWindow, unit: Unit, from: number, to: number): RegisterPoint[] {
  const { meter } = unit
  const points: RegisterPoint[] = []
  for (let p = 0; p < window.count(meter); p++) {
    const at = window.time(meter, p)
    if (at < from || at > to || at === points.at(-1)?.time || !window.hasRegisters(meter, p)) continue
    points.push(pointAt(window, unit, p))
  }
  return points
}

/** What the candidate's own registers say. */
export function ownPoint(candidate: Candidate): RegisterPoint {
  return { time: candidate.time, registers: candidate.values.slice(0, REGISTER_COUNT) }
}

/** Puts the candidate into its meter's window, or the new values over the old. */
export function enter(window: ReadingWindow, candidate: Candidate, position: number, version: number): void {
  const { meter, time, kind, hash, ct, pt, primary, values } = candidate
  const ratio = primary ? 0 : ct * pt
  if (position < 0) window.insert(meter, time, kind, version, hash, ratio, values)
  else window.restate(meter, position, version, hash, ratio, values)
}

function pointAt(window: ReadingWindow, unit: Unit, position: number): RegisterPoint {
  const { meter } = unit
  const scale = scaleTo(unit, window.ratio(meter, position))
  const registers: number[] = []
  for (let r = 0; r < REGISTER_COUNT; r++) registers.push(window.register(meter, position, r) * scale)
  return { time: window.time(meter, position), registers }
}
