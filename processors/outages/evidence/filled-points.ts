import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { CLAIM } from './meter-book.ts'
import { NOTICED_HEARTBEATS } from './terminal-book.ts'

/** Points of a meter that it filled with zeros for a time without supply: the first and the last of them, epoch ms. */
export interface FilledRun {
  readonly meter: number
  readonly first: number
  readonly last: number
}

/** When something began of which only points tell: not before and not after. */
export interface Beginning {
  readonly since: number
  readonly until: number
}

/**
 * Who is told. @returns the case that it belongs to and when that began, undefined where an incident holds or held the meter then, or
 * there are too many
 */
export type ClaimFilled = (
  area: number,
  beginning: Beginning,
  run: FilledRun
) => { readonly id: number; readonly start: number } | undefined

/** Points that meters filled with zeros since the last tick: messages of one round change places. */
export class FilledPoints {
  readonly #runs = new Map<number, { first: number; last: number }>()

  note(meter: number, at: number): void {
    const run = this.#runs.get(meter)
    if (run === undefined) this.#runs.set(meter, { first: at, last: at })
    else {
      run.first = Math.min(run.first, at)
      run.last = Math.max(run.last, at)
    }
  }

  /** Those points, once. */
  take(): FilledRun[] {
    const runs = this.save()
    this.#runs.clear()
    return runs
  }

  save(): FilledRun[] {
    return [...this.#runs].map(([meter, { first, last }]) => ({ meter, first, last }))
  }

  load(runs: readonly FilledRun[]): void {
    this.#runs.clear()
    for (const { meter, first, last } of runs) this.#runs.set(meter, { first, last })
  }
}

/**
 * A meter that filled points with zeros says afterwards that it had no supply then (DESIGN section 6: legal, and no proof of life). The
 * loss began between its last proof of life and the first of them; when its terminal went away, if that was in between. What was
 * known already, or is contradicted, or is history, opens nothing.
 * @param now log time
 */
export function claimFilled(
  { grid, meters, terminals }: Books,
  { meter, first, last }: FilledRun,
  now: number,
  claim: ClaimFilled
): void {
  const place = grid.placeOf[meter]
  const aliveAfter = meters.firstProofAfter(meter, last)
  if (place < 0 || Number.isNaN(aliveAfter) || now - aliveAfter > figure('recordFreshness')) return
  if (meters.wasAlive(meter, first, last)) return
  const tolerance = figure('momentTolerance')
  const terminal = grid.terminals[grid.terminalOf[meter]]
  const points = terminal?.uploadMs ?? figure('freshness')
  const since = Math.max(meters.lastProofBefore(meter, first), first - points - tolerance)
  const knows = (start: number, end: number): boolean =>
    start <= first + tolerance &&
    !(end < last - tolerance) &&
    !meters.wasAlive(meter, start + tolerance, last - tolerance)
  if (knows(meters.recordStart[meter], meters.recordEnd[meter])) return
  if (knows(meters.lostAt[meter], meters.backAt[meter])) return
  const { backAt, unlinkedAt } = terminal === undefined ? NOTHING : terminals.of(terminal.id)
  const back = backAt > last && backAt < aliveAfter ? backAt : (last + aliveAfter) / 2
  const isOfOne = meters.lostBy[meter] === CLAIM.filled && !meters.wasAlive(meter, meters.lostAt[meter], last)
  if (isOfOne) {
    meters.backAt[meter] = Math.max(meters.backAt[meter], back)
    return
  }
  // One that has a backup speaks on for a while: when it went away says nothing.
  const wentAt = terminal?.backup === 'none' ? unlinkedAt : Number.NaN
  const beginning = beginningOf({ since, until: first }, wentAt, terminal?.heartbeatMs ?? 0)
  const found = claim(grid.areaOf[place], beginning, { meter, first, last })
  if (found === undefined) return
  meters.lose(meter, found.start, CLAIM.filled)
  meters.lostCase[meter] = found.id
  meters.backAt[meter] = back
}

const NOTHING = { backAt: Number.NaN, unlinkedAt: Number.NaN }

/** Where a terminal went away in that time, it began then. */
function beginningOf({ since, until }: Beginning, wentAt: number, heartbeatMs: number): Beginning {
  const from = wentAt - NOTICED_HEARTBEATS * heartbeatMs
  return from > until || wentAt < since || Number.isNaN(wentAt)
    ? { since, until }
    : { since: Math.max(since, from), until: Math.min(until, wentAt) }
}
