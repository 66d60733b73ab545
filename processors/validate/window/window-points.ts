import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import { type Candidate, ratioIn } from '../candidate.ts'
import type { RegisterPoint } from '../intervals/ratios.ts'
import type { ReadingWindow } from './window.ts'

/**
 * A meter's window seen as points: what its registers were at successive times.
 *
 *   entries   10:00 curve   10:15 instant (no registers)   10:30 curve   10:30 daily-freeze
 *   points    10:00         -                              10:30 (of the curve: the lowest kind speaks)
 */

/** The point at `time`, undefined when no reading of that time has registers. */
export function pointOf(window: ReadingWindow, meter: number, time: number): RegisterPoint | undefined {
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0 && window.time(meter, p) >= time; p--) {
    if (window.time(meter, p) === time && window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, meter, found)
}

/** The last point before `time`. */
export function pointBefore(window: ReadingWindow, meter: number, time: number): RegisterPoint | undefined {
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0; p--) {
    const at = window.time(meter, p)
    if (found >= 0 && at < window.time(meter, found)) break
    if (at < time && window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, meter, found)
}

/** The first point after `time`. */
export function pointAfter(window: ReadingWindow, meter: number, time: number): RegisterPoint | undefined {
  let found = -1
  for (let p = window.count(meter) - 1; p >= 0 && window.time(meter, p) > time; p--) {
    if (window.hasRegisters(meter, p)) found = p
  }
  return found < 0 ? undefined : pointAt(window, meter, found)
}

/** The points of [from, to], oldest first. */
export function pointsBetween(
  window: ReadingWindow,
  meter: number,
  from: number,
  to: number
): RegisterPoint[] {
  const points: RegisterPoint[] = []
  for (let p = 0; p < window.count(meter); p++) {
    const at = window.time(meter, p)
    if (at < from || at > to || at === points.at(-1)?.time || !window.hasRegisters(meter, p)) continue
    points.push(pointAt(window, meter, p))
  }
  return points
}

/** What the candidate's own registers say. */
export function ownPoint(candidate: Candidate): RegisterPoint {
  const { time, values } = candidate
  return { time, registers: values.slice(0, REGISTER_COUNT), ratio: ratioIn(candidate) }
}

/** Puts the candidate into its meter's window, or the new values over the old. */
export function enter(window: ReadingWindow, candidate: Candidate, position: number, version: number): void {
  const { meter, time, kind, hash, values } = candidate
  const ratio = ratioIn(candidate)
  if (position < 0) window.insert(meter, time, kind, version, hash, ratio, values)
  else window.restate(meter, position, version, hash, ratio, values)
}

function pointAt(window: ReadingWindow, meter: number, position: number): RegisterPoint {
  const registers: number[] = []
  for (let r = 0; r < REGISTER_COUNT; r++) registers.push(window.register(meter, position, r))
  return { time: window.time(meter, position), registers, ratio: window.ratio(meter, position) }
}
