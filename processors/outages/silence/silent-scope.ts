import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'

/** What several terminals lost together: numbers of those who are silent, whatever silenced them. */
export interface SilentScope {
  readonly scope: 'cell' | 'carrier' | 'gateway'
  readonly subject: string
  readonly gone: readonly number[]
}

/** Of the terminals of a cell, a carrier or all of them that have supply, the share that has to be silent, and how many. */
const WHOLE_SHARE = 0.7
const WHOLE_LEAST = 2
/** -ln of how likely it is that a terminal is silent just now for a reason of its own; that it is heard though all of its scope are lost. */
const [SILENT_ALONE, HEARD_STILL] = [6.9, 3]
/** -ln of how much rarer than a cell is lost. */
const RARER = { cell: 0, carrier: 2.3, gateway: 2.3 } as const

/**
 * What a silent terminal is part of: of its cell, its carrier and all terminals what explains best who is silent and who is not. Who has
 * no supply is silent for another reason, and has no say.
 * @param silent terminals that fell silent together @param isOut whether a terminal is silent because its supply is gone
 * @returns undefined where it is silent alone
 */
export function scopeOf(
  { grid, terminals }: Books,
  first: number,
  silent: ReadonlySet<number>,
  isOut: (terminal: number) => boolean
): SilentScope | undefined {
  const own = grid.terminals[first]
  // Who was silent before cannot fall silent with the others.
  const seen = grid.terminals
    .map((_, number) => number)
    .filter(number => silent.has(number) || terminals.of(grid.terminals[number].id).isLinked === true)
  const scopes = [
    ['cell', own.cell, seen.filter(number => grid.terminals[number].cell === own.cell)],
    ['carrier', own.carrier, seen.filter(number => grid.terminals[number].carrier === own.carrier)],
    ['gateway', 'gateway', seen]
  ] as const
  let best: (SilentScope & { score: number }) | undefined
  for (const [scope, subject, all] of scopes) {
    if (subject === '') continue
    const gone = all.filter(number => silent.has(number))
    const lost = gone.filter(number => !isOut(number)).length
    const heard = all.length - gone.length
    if (lost < WHOLE_LEAST || lost < WHOLE_SHARE * (lost + heard)) continue
    const score = lost * SILENT_ALONE - heard * HEARD_STILL - RARER[scope]
    // Of those that explain the same the smallest is the most frequent.
    if (best === undefined || score > best.score) best = { scope, subject, gone, score }
  }
  return best
}

/**
 * Whether a terminal is silent because its supply is gone: it said so, or an incident that began before it was missed holds what feeds it.
 * One with a battery would still speak: when that is silent at once its link is lost, or its battery is dead.
 * @param at log time at which it was missed
 */
export function isOutOfSupply({ grid, meters, terminals }: Books, number: number, at: number): boolean {
  const { poweredBy, id, backup } = grid.terminals[number]
  const { downAt, backAt, unlinkedAt } = terminals.of(id)
  if (downAt > 0 && !(backAt > downAt) && unlinkedAt >= downAt)
    return backup !== 'battery' || unlinkedAt - downAt >= figure('batteryHolds')
  if (poweredBy < 0) return false
  const all = grid.metersIn.of(grid.areaOf[poweredBy])
  let held = 0
  for (const meter of all)
    if (meters.incident[meter] >= 0 && meters.heldSince[meter] - figure('clockTolerance') <= at) held++
  return held * 2 > all.length
}
