import type { Books } from '../explain/tally.ts'
import { lnProven } from '../explain/score.ts'
import { middleOf } from '../explain/explanation.ts'
import { figure } from '../likelihoods.ts'
import { accountsOf, type Incident } from './incident.ts'

/** Of those of a unit who have proven that they are back, so many are passed over for its time: a wrong clock or record comes first. */
const PASSED_OVER = 0.1

/**
 * Units in which an incident is restored: areas; of a box its place. Those it waits for are asked, and leave the list when they
 * are back.
 * @returns whether any came back just now
 */
export function takeBack(books: Books, incident: Incident): boolean {
  const { grid, meters } = books
  if (incident.members.length === 0) return takeGood(meters, incident)
  if (incident.waiting.length === 0) return false
  const byUnit = new Map<number, number[]>()
  for (const meter of incident.members) add(byUnit, unitOf(grid, incident, meter), meter)
  const before = incident.waiting.length
  incident.waiting = incident.waiting.filter(unit => {
    const at = backAtOf(books, incident, unit, byUnit.get(unit) ?? [])
    if (at === undefined) return true
    incident.back.set(unit, at)
    if (grid.isTransferred(unit)) incident.supply = 'transferred'
    // Who is back may lose his supply again by something else.
    meters.letGo(byUnit.get(unit) ?? [], incident.id)
    return false
  })
  return incident.waiting.length < before
}

/** Where nobody is dark but some live at a low voltage: it is over when half of them were read at a good one. */
function takeGood(meters: Books['meters'], incident: Incident): boolean {
  const { degraded, since: start, device, back } = incident
  const good = degraded
    .map(meter => meters.goodAt[meter])
    .filter(at => at > start + figure('momentTolerance'))
  if (good.length * 2 < degraded.length) return false
  incident.waiting = []
  back.set(device, Math.min(...good))
  return true
}

/** Units of a device's incident, from its members. */
export function unitsOf({ grid }: Books, incident: Incident): number[] {
  if (incident.members.length === 0) return [incident.device]
  return [...new Set(incident.members.map(meter => unitOf(grid, incident, meter)))]
}

/** A box or a service line is one unit, what is above falls into areas. */
function unitOf(grid: Books['grid'], incident: Incident, member: number): number {
  const place = grid.placeOf[member]
  if (incident.meter >= 0) return place
  return incident.device === place ? place : grid.areaOf[place]
}

/** Lists by unit: one more for this one. */
function add(into: Map<number, number[]>, unit: number, value: number): void {
  const own = into.get(unit)
  if (own === undefined) into.set(unit, [value])
  else own.push(value)
}

/** The earliest of some times that is believed: a share of them is passed over. */
function earliestOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * PASSED_OVER)]
}

/** When a unit had supply again, undefined while that is not proven. */
function backAtOf(
  { grid, meters, terminals }: Books,
  { caseId, since: start, device }: Incident,
  unit: number,
  members: readonly number[]
): number | undefined {
  if (grid.areaOf[unit] === unit && (device === unit || grid.areaOf[device] !== unit))
    for (const number of grid.terminalsAt.of(unit)) {
      const { backAt } = terminals.of(grid.terminals[number].id)
      if (backAt > start) return backAt
    }
  let doubt = 0
  const times: number[] = []
  for (const meter of members) {
    const at = provenBack(meters, meter, caseId, start)
    if (Number.isNaN(at)) continue
    times.push(at)
    doubt += Math.log(meters.doubt[meter])
  }
  if (times.length === 0 || lnProven(times.length, members.length) <= doubt) return undefined
  return earliestOf(times)
}

/** When a meter that lost its supply in a case was proven to have it again, NaN while it was not. */
export function provenBack(meters: Books['meters'], meter: number, caseId: number, start: number): number {
  // By its own clock, both times: so a short interruption is seen that clocks would hide.
  if (meters.lostCase[meter] === caseId && meters.backAt[meter] >= meters.lostAt[meter])
    return meters.backAt[meter]
  // Of readings that come late, first the newest, an older one tells more.
  if (Math.abs(meters.heldSince[meter] - start) <= figure('momentTolerance')) return meters.firstBack[meter]
  return meters.firstProofAfter(meter, start + figure('clockTolerance'))
}

/**
 * Members who lost their supply again within the time that makes two short interruptions one (the momentary limit), and have not got it
 * back yet.
 */
export function goneAgain({ meters }: Books, { members, end, caseId }: Incident): number[] {
  return members.filter(meter => {
    const lost = meters.lostAt[meter]
    const isAgain = lost >= end && lost - end <= figure('momentarySustained')
    return isAgain && meters.lostCase[meter] === caseId && !(meters.backAt[meter] >= lost)
  })
}

/**
 * Start and end by the meters' own records, which are exact to their clocks; a unit without any is back since the earliest proof that
 * has come of it.
 */
export function correctTimes({ grid, meters }: Books, incident: Incident): void {
  const starts: number[] = []
  const ends = new Map<number, number[]>()
  const proofs = new Map<number, number[]>()
  for (const meter of incident.members) {
    const unit = unitOf(grid, incident, meter)
    if (meters.recordCase[meter] === incident.caseId) {
      starts.push(meters.recordStart[meter])
      add(ends, unit, meters.recordEnd[meter])
    }
    const at =
      meters.lastIncident[meter] === incident.id
        ? provenBack(meters, meter, incident.caseId, incident.since)
        : Number.NaN
    if (!Number.isNaN(at)) add(proofs, unit, at)
  }
  if (starts.length > 0) incident.start = middleOf(starts)
  for (const [unit, times] of proofs) {
    const early = earliestOf(times)
    if (early < (incident.back.get(unit) ?? Number.POSITIVE_INFINITY)) incident.back.set(unit, early)
  }
  for (const [unit, times] of ends) incident.back.set(unit, middleOf(times))
  const latest = Math.max(...incident.back.values())
  if (!Number.isFinite(latest)) return
  incident.end = Math.max(latest, incident.start)
}

/** Minutes without supply, account by account. */
export function customerMinutes(books: Books, incident: Incident): number {
  const { accountOf } = books.grid
  const until = new Map<number, number>()
  const accounts = accountsOf(books.grid, incident.members)
  for (const meter of incident.members) {
    const account = accountOf[meter]
    if (!accounts.has(account)) continue
    until.set(account, Math.max(until.get(account) ?? 0, lastedOf(books, incident, meter)))
  }
  let sum = 0
  for (const lasted of until.values()) sum += lasted
  return sum / 60_000
}

/** How long a member was without supply, ms: by its own record, else until its unit was back. */
export function lastedOf({ grid, meters }: Books, incident: Incident, meter: number): number {
  const { start, back, caseId } = incident
  if (meters.recordCase[meter] === caseId) return meters.recordEnd[meter] - meters.recordStart[meter]
  return Math.max(0, (back.get(unitOf(grid, incident, meter)) ?? start) - start)
}
