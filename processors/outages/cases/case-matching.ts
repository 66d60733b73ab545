import type { Beginning } from '../evidence/filled-points.ts'
import { middleOf } from '../explain/explanation.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { isAsking, isLive, MOST_CLAIMS, type OutageCase } from './case.ts'
import { hasMerged } from '../decisions/decision-standing.ts'

/** Of a record of a meter: from when to when it had no supply, epoch ms. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Where a claim comes from. Switching moves nobody from one case to another: it is the tree of normal feeding. */
export interface Whereabouts {
  readonly area: number
  readonly feeder: number
  /** Top of its tree. */
  readonly root: number
}

export function placeIn(grid: Books['grid'], area: number): Whereabouts {
  const parent = grid.registry.network.normalParent
  let root = area
  while (parent[root] >= 0) root = parent[root]
  return { area, feeder: grid.feederOf(area), root }
}

/** What a claim at a time can be of by its time: of its area, else of its feeder, else the nearest. */
export function nearestCase(
  cases: readonly OutageCase[],
  { area, feeder, root }: Whereabouts,
  time: number
): OutageCase | undefined {
  // A wrong record may have opened one elsewhere at the same moment: it must not take the claims of others.
  const apart = ({ areas, feeders }: OutageCase): number =>
    areas.has(area) ? 0 : feeders.has(feeder) ? 1 : 2
  return cases
    .filter(each => each.root === root && (isNear(each, feeder, time) || isWithin(each, feeder, time)))
    .sort((a, b) => apart(a) - apart(b) || Math.abs(a.start - time) - Math.abs(b.start - time))[0]
}

/** On the feeders of a case clocks may be off by more than between feeders that failed together. */
const isNear = ({ start, feeders }: OutageCase, feeder: number, time: number): boolean =>
  Math.abs(start - time) <= figure(feeders.has(feeder) ? 'momentTolerance' : 'clockTolerance')

/** Whether a claim can be of a case of which it is only known between which times it began. */
const isWithin = ({ between, feeders }: OutageCase, feeder: number, time: number): boolean =>
  between !== undefined && feeders.has(feeder) && mayBegin(between, time)

/** Whether a time can be one of which it is only known between which times it lies. */
const mayBegin = ({ since, until }: Beginning, time: number): boolean =>
  time >= since - figure('momentTolerance') && time <= until + figure('momentTolerance')

/** What began on a feeder between two times, in this area first. */
export function caseBegunBetween(
  cases: readonly OutageCase[],
  { area, feeder }: Whereabouts,
  beginning: Beginning
): OutageCase | undefined {
  return cases
    .filter(each => each.areas.has(area) || each.feeders.has(feeder))
    .filter(({ start }) => mayBegin(beginning, start))
    .sort((a, b) => Number(b.areas.has(area)) - Number(a.areas.has(area)))[0]
}

/** An open phase lasts: whoever tells of it later, or by a clock that is off, tells of the same. */
export function openPhaseCase(
  cases: readonly OutageCase[],
  feeder: number,
  time: number
): OutageCase | undefined {
  const held = figure('heldTolerance')
  return cases
    .filter(each => each.feeders.has(feeder) && isAsking(each) && Number.isNaN(each.backAt))
    .filter(({ start, hasOdd }) => time >= start - held && (hasOdd || time <= start + held))
    .sort((a, b) => Math.abs(a.start - time) - Math.abs(b.start - time))[0]
}

/** The case of an incident that holds somebody, when a claim can be of it by a clock that is off; or held him until just now. */
export function caseHolding(
  cases: readonly OutageCase[],
  incident: number,
  time: number
): OutageCase | undefined {
  if (incident < 0) return undefined
  return cases.find(({ start, incidents }) => {
    const held = incidents.find(({ id }) => id === incident)
    if (held === undefined || !isLive(held)) return false
    const isAgain = time >= held.end && time - held.end <= figure('momentarySustained')
    return isAgain || (Math.abs(start - time) <= figure('heldTolerance') && held.state !== 'restored')
  })
}

/** The case of an incident of which something else feeds, or fed, an area: who loses that was without the network all the time. */
export function caseFedByOthers(
  cases: readonly OutageCase[],
  area: number,
  time: number
): OutageCase | undefined {
  return cases.find(({ incidents }) =>
    incidents.some(
      ({ state, keptUp, end }) =>
        state !== 'withdrawn' &&
        !(time > end) &&
        keptUp.some(({ unit, since }) => unit === area && time > since)
    )
  )
}

/** As Claims.momentOfRecord says. */
export function momentOfRecord(
  cases: readonly OutageCase[],
  incident: number,
  area: number,
  { start, end }: Span
): number {
  let found = Number.NaN
  for (const each of cases) {
    if (Math.abs(each.start - start) > figure('clockTrust')) continue
    // Who came to an incident by a merge lost his supply at another moment.
    if (each.incidents.some(one => one.id === incident && one.state !== 'withdrawn' && !hasMerged(one)))
      return each.start
    const lasted = middleOf(each.durations)
    const isAlike = Math.abs(lasted - (end - start)) <= figure('durationTolerance')
    if (isAlike && each.areas.has(area) && !(Math.abs(found - start) < Math.abs(each.start - start)))
      found = each.start
  }
  return found
}

/** One more time at which a case is said to have begun. */
export function addClaim(each: OutageCase, time: number): void {
  each.between = undefined
  if (each.claims.length >= MOST_CLAIMS) return
  each.claims.push(time)
  each.start = middleOf(each.claims)
}

export const middle = ({ since, until }: Beginning): number => (since + until) / 2
