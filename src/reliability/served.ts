import type { CountingUnit, ServedRule } from './profile.ts'

/** From `at` on so many are served, until the next change. */
export interface ServedChange {
  readonly at: number
  readonly count: number
}

/** How many customers are served, the divisor of all indices (N_T). */
export interface Served {
  /** What was counted; must be what the profile counts. */
  readonly unit: CountingUnit
  readonly changes: readonly ServedChange[]
  /** Takes the number of this moment, whatever the profile says; epoch ms. */
  readonly date?: number
}

/** The number that was divided by, and how it came about. */
export interface ServedCount {
  readonly count: number
  readonly rule: ServedRule | 'at-date'
  readonly date?: number
}

/**
 * N_T of [from, to).
 *
 * @throws RangeError when it is not known from the beginning on
 */
export function servedIn(served: Served, rule: ServedRule, from: number, to: number): ServedCount {
  const changes = [...served.changes].sort((a, b) => a.at - b.at)
  if (served.date !== undefined)
    return { count: countAt(changes, served.date), rule: 'at-date', date: served.date }
  if (rule === 'at-start') return { count: countAt(changes, from), rule }
  if (rule === 'at-end') return { count: countAt(changes, to), rule }
  const start = countAt(changes, from)
  // Differences to the first number: a number that never changes comes out as it is.
  const sum = changes.reduce((total, { at, count }, place) => {
    const until = Math.min(to, changes[place + 1]?.at ?? to)
    return total + (count - start) * Math.max(0, until - Math.max(from, at))
  }, 0)
  return { count: start + sum / (to - from), rule }
}

function countAt(changes: readonly ServedChange[], time: number): number {
  const change = changes.findLast(({ at }) => at <= time)
  if (change === undefined) throw new RangeError(`nobody said how many are served at ${time}`)
  return change.count
}
