import { REASON } from '../../../src/model/quality.ts'
import type { MeterColumns } from '../../../src/registry/lookup/registry.ts'
import type { StepOutput } from '../../output.ts'
import type { MeterRulesBook } from '../meter-rules.ts'
import type { ValidationState } from '../validation-state.ts'
import { pointsBetween } from '../window/window-points.ts'
import { areEndsEqual, MeterBindings } from './bindings.ts'
import { voidInterval } from './chain.ts'
import { areEqual, stateInterval } from './interval-rules.ts'
import type { RegisterPoint } from './ratios.ts'
import { emit } from './window-intervals.ts'

interface Pair {
  readonly before: RegisterPoint
  readonly now: RegisterPoint
}

/** What one registry says of all meters. */
export interface BindingsOfAll {
  readonly meters: MeterColumns
  readonly rules: MeterRulesBook
}

/**
 * States what another registry says of the ends of meters' bindings: as far back as their windows go, which is where
 * an exchange is imported within days. An interval that no longer ends where it did is void.
 * @param at log time
 */
export function stateChangedEnds(
  state: ValidationState,
  was: BindingsOfAll,
  is: BindingsOfAll,
  at: number,
  out: StepOutput
): void {
  const known = Math.min(was.meters.count, is.meters.count)
  for (let meter = 0; meter < known; meter++) {
    if (state.window.count(meter) === 0 || areEndsEqual(was.meters, is.meters, meter)) continue
    const before = new MeterBindings(was.meters, meter, was.rules)
    const now = new MeterBindings(is.meters, meter, is.rules)
    // What is no longer told was true once: a registry may leave out bindings and meters that have gone.
    if (now.ends < before.ends || before.endsKey === now.endsKey) continue
    restateEnds(state, meter, before, now, at, out)
  }
}

function restateEnds(
  state: ValidationState,
  meter: number,
  was: MeterBindings,
  is: MeterBindings,
  at: number,
  out: StepOutput
): void {
  const stood = pairsByEnd(state, meter, was)
  const stands = pairsByEnd(state, meter, is)
  for (const [end, { before }] of stood) {
    if (!stands.has(end)) emit(state, { meter, at }, voidInterval(before.time, end, REASON.CORRECTED), out)
  }
  for (const [end, { before, now }] of stands) {
    const pair = stood.get(end)
    if (pair?.before.time === before.time && areEqual(pair.before, before) && areEqual(pair.now, now))
      continue
    const cause = pair === undefined ? 0 : REASON.CORRECTED
    emit(state, { meter, at }, stateInterval(is.rulesOf(now), before, now, undefined, cause), out)
  }
}

/** The points that bound intervals and are known to be next to each other. */
function pairsByEnd({ window }: ValidationState, meter: number, bindings: MeterBindings): Map<number, Pair> {
  const points = bindings.withEnds(pointsBetween(window, meter, -Infinity, Infinity))
  const knownAfter = window.knownAfter(meter)
  const pairs = new Map<number, Pair>()
  points.forEach((now, index) => {
    const before = points[index - 1]
    if (before === undefined || bindings.isApart(before, now)) return
    // Behind what the window has forgotten there may be readings that it does not show.
    if (before.zone === undefined || before.time > knownAfter) pairs.set(now.time, { before, now })
  })
  return pairs
}
