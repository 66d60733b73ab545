import type { Books } from '../books.ts'
import { livingSpan } from '../explain/tally.ts'
import { figure } from '../likelihoods.ts'
import type { OutageCase } from '../cases/case.ts'
import { type Incident, placeOf } from './incident.ts'
import { unitsOf } from './restoration.ts'

/** Whom an incident holds: who lost his supply by it, and who lives at a low voltage. */
export interface Lost {
  readonly members: number[]
  readonly degraded: number[]
}

/**
 * Everybody who lost his supply by what failed at a place: who is not proven to live, nor held by another incident. Changes nothing.
 * @param place device; of a service line -1 @param now log time
 */
export function lostAt(
  { grid, meters }: Books,
  each: OutageCase,
  incident: Incident,
  place: number,
  now: number
): Lost {
  const { id } = each
  const living = livingSpan(each, now)
  const all = place >= 0 ? grid.metersBelow(place) : [incident.meter]
  const claims = (meter: number): boolean => meters.claimsIn(meter, id)
  return {
    degraded: all.filter(meter => meters.oddCase[meter] === id),
    members: all.filter(
      meter =>
        (meters.incident[meter] < 0 || meters.incident[meter] === incident.id) &&
        (claims(meter) || (!meters.wasAlive(meter, ...living) && meters.oddCase[meter] !== id)) &&
        isDarkBy(grid, place, incident.phases, meter, claims(meter))
    )
  }
}

/** Whether nobody is without supply; who only lives at a low voltage is somebody where single phases are gone. */
export const hasNobody = ({ members, degraded }: Lost, { phases }: Incident): boolean =>
  members.length === 0 && (phases === 0 || degraded.length === 0)

/** Holds these and lets go whom it held before; all of them have to prove that they are back. */
export function holdLost(books: Books, incident: Incident, { members, degraded }: Lost): void {
  const { meters } = books
  meters.letGo(incident.members, incident.id)
  incident.degraded = degraded
  incident.members = members
  for (const meter of members) {
    meters.hold(meter, incident.id, incident.start + figure('clockTolerance'))
    // By a clock that is off it told of this one before anybody could know: it tells of nothing else.
    if (Math.abs(meters.lostAt[meter] - incident.start) <= figure('heldTolerance'))
      meters.lostCase[meter] = incident.caseId
  }
  incident.waiting = unitsOf(books, incident)
  incident.back.clear()
}

/** Holds everybody who lost his supply by it. @param now log time */
export function takeMembers(books: Books, each: OutageCase, incident: Incident, now: number): void {
  holdLost(books, incident, lostAt(books, each, incident, placeOf(incident), now))
}

/** Whether a meter hangs on the phases that failed: all of them, one of its transformer, one above it. */
function isDarkBy(
  grid: Books['grid'],
  device: number,
  phases: number,
  meter: number,
  claims: boolean
): boolean {
  if (phases === 0 || device < 0) return true
  const own = grid.phases[meter]
  const isOnIt = own === phases || (own === 0 && claims)
  const transformer = grid.areaOf[grid.placeOf[meter]]
  const isBelow = transformer !== device && grid.isLowest[transformer] === 1
  // With a phase open above it, a transformer of group Dyn leaves nobody dark.
  return isOnIt && (!isBelow || grid.registry.devices.vectorGroup.get(transformer).startsWith('Y'))
}
