import type { Books } from '../books.ts'
import { lnProven } from '../explain/score.ts'
import { middleOf } from '../explain/explanation.ts'
import { figure } from '../likelihoods.ts'
import { isKeptUp, noteSource, type Part, sinceOf, truckMs } from './kept-up.ts'
import { hasMerged } from '../decisions/decision-standing.ts'
import { accountsOf, countedLeft, type Incident, type KeptUp, placeOf } from './incident.ts'

/** Of those of a unit who have proven that they are back, so many are passed over for its time: a wrong clock or record comes first. */
const PASSED_OVER = 0.1

/**
 * Units in which an incident is restored: areas; of a box its place. Those it waits for are asked, and leave the list when they
 * are back.
 * @returns whether any came back just now
 */
export function takeBack(books: Books, incident: Incident): boolean {
  const { grid, meters } = books
  // Who was waited for is gone from the registry: it is over with those who are back.
  if (incident.waiting.length === 0) return incident.back.size > 0
  if (incident.members.length === 0) return takeGood(meters, incident)
  const byUnit = membersByUnit(books, incident)
  const before = incident.waiting.length
  incident.waiting = incident.waiting.filter(unit => {
    const members = byUnit.get(unit) ?? []
    const at = backAtOf(books, incident, unit, members)
    if (at === undefined || isKeptUp(books, incident, { unit, members })) return true
    incident.back.set(unit, at)
    if (grid.isTransferred(unit)) incident.supply = 'transferred'
    // Who is back may lose his supply again by something else.
    meters.letGo(members, incident.id)
    return false
  })
  return incident.waiting.length < before
}

/**
 * Notes what else feeds or fed parts of an incident. A part that looked as if it was back and is only kept up is waited for again.
 * @returns what is new
 */
export function takeSources(books: Books, incident: Incident, now: number): KeptUp[] {
  const found: KeptUp[] = []
  if (books.others.isQuiet) return found
  for (const [unit, members] of membersByUnit(books, incident)) {
    const backAt = incident.back.get(unit)
    const lives = backAt !== undefined || backAtOf(books, incident, unit, members) !== undefined
    const part: Part = { unit, members, lives }
    const source = noteSource(books, incident, part, now)
    if (source === undefined) continue
    found.push(source)
    const isOfIt = backAt !== undefined && backAt >= source.since - figure('momentTolerance')
    if (!isOfIt || backAt > source.until) continue
    incident.back.delete(unit)
    incident.waiting.push(unit)
    const since = Number.isNaN(source.until) ? incident.since + figure('clockTolerance') : source.until
    for (const meter of members) books.meters.hold(meter, incident.id, since)
  }
  return found
}

/** Members of an incident by the unit in which they come back. */
export function membersByUnit({ grid }: Books, incident: Incident): Map<number, number[]> {
  const byUnit = new Map<number, number[]>()
  for (const meter of incident.members) add(byUnit, unitOf(grid, incident, meter), meter)
  return byUnit
}

/** Where nobody is dark but some live at a low voltage: it is over when half of them were read at a good one. */
function takeGood(meters: Books['meters'], incident: Incident): boolean {
  const { degraded, since: start, device, back } = incident
  const good = degraded
    .map(meter => meters.goodAt[meter])
    .filter(at => at > start + figure('momentTolerance'))
  // Of nobody at all nobody is back: there would be no time at which it ended.
  if (good.length === 0 || good.length * 2 < degraded.length) return false
  incident.waiting = []
  back.set(device, Math.min(...good))
  return true
}

/** Units of a device's incident, from its members. */
export function unitsOf({ grid }: Books, incident: Incident): number[] {
  if (incident.members.length === 0) return [placeOf(incident)]
  return [...new Set(incident.members.map(meter => unitOf(grid, incident, meter)))]
}

/**
 * Under another registry who it holds hangs elsewhere: waited for is where they hang now.
 * @returns false when nobody is left
 */
export function waitWhereTheyHang(books: Books, incident: Incident): boolean {
  const { grid, meters } = books
  const held = incident.members.filter(meter => meters.incident[meter] === incident.id)
  incident.waiting = [...new Set(held.map(meter => unitOf(grid, incident, meter)))]
  if (incident.members.length === 0 && incident.degraded.length > 0) incident.waiting = [placeOf(incident)]
  return incident.waiting.length > 0 || incident.back.size > 0
}

/** A box or a service line is one unit, what is above falls into areas. */
export function unitOf(grid: Books['grid'], incident: Incident, member: number): number {
  const place = grid.placeOf[member]
  const top = placeOf(incident)
  return top < 0 || top === place ? place : grid.areaOf[place]
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
  incident: Incident,
  unit: number,
  members: readonly number[]
): number | undefined {
  const { caseId } = incident
  const device = placeOf(incident)
  const start = sinceOf(incident, unit)
  if (grid.areaOf[unit] === unit && (device === unit || grid.areaOf[device] !== unit))
    for (const number of grid.terminalsAt.of(unit)) {
      const { backAt } = terminals.of(grid.terminals[number].id)
      if (backAt > start) return backAt
    }
  const times: number[] = []
  for (const meter of members) {
    const at = provenBack(meters, meter, caseId, heldFrom(meters, incident, meter, start))
    if (Number.isNaN(at)) continue
    times.push(at)
  }
  const doubt = times.length * Math.log(figure('wrongRecord'))
  if (times.length === 0 || lnProven(times.length, members.length) <= doubt) return undefined
  return earliestOf(times)
}

/**
 * Since when a member has to prove that it is back: of one that came by a merge its own incident may have begun later.
 * @param since of its part of the incident
 */
function heldFrom(meters: Books['meters'], incident: Incident, member: number, since: number): number {
  if (!hasMerged(incident) || meters.lastIncident[member] !== incident.id) return since
  return Math.max(since, meters.heldSince[member] - figure('clockTolerance'))
}

/** When a meter that lost its supply in a case was proven to have it again, NaN while it was not. */
export function provenBack(meters: Books['meters'], meter: number, caseId: number, start: number): number {
  // By its own clock, both times: so a short interruption is seen that clocks would hide.
  const isOwn = meters.lostCase[meter] === caseId && meters.backAt[meter] >= meters.lostAt[meter]
  if (isOwn && meters.backAt[meter] > start - figure('heldTolerance')) return meters.backAt[meter]
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
export function correctTimes(books: Books, incident: Incident): void {
  const { grid, meters } = books
  const starts: number[] = []
  const ends = new Map<number, number[]>()
  const proofs = new Map<number, number[]>()
  for (const meter of incident.members) {
    const unit = unitOf(grid, incident, meter)
    const since = sinceOf(incident, unit)
    if (meters.recordCase[meter] === incident.caseId) {
      // A record of what a truck left behind tells of the end only, one of the time before it only of the beginning.
      const isKept = since > incident.since
      const isLater = isKept && meters.recordStart[meter] > incident.since + figure('momentTolerance')
      // A nested one begins when the other ends, whatever its meters recorded.
      if (!isLater && incident.parent === undefined) starts.push(meters.recordStart[meter])
      // Who goes on in a nested one has come back to that.
      if (incident.nested.includes(unit)) continue
      if (!isKept || meters.recordEnd[meter] > since) add(ends, unit, meters.recordEnd[meter])
    }
    const at =
      meters.lastIncident[meter] === incident.id
        ? provenBack(meters, meter, incident.caseId, heldFrom(meters, incident, meter, since))
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
  // Of a unit the middle of its records counts; who was out longer by his own comes back in a later step, and it is not over before.
  const stays = (lasted: number): void => {
    incident.end = Math.max(incident.end, incident.start + lasted)
  }
  for (const meter of incident.members) stays(lastedOf(books, incident, meter))
  for (const { meter, unit } of incident.left) stays(lastedOf(books, incident, meter, unit))
}

/** Minutes without supply, account by account: until the first of its usage points is back. */
export function customerMinutes(books: Books, incident: Incident): number {
  const { accountOf } = books.grid
  const until = new Map<number, number>()
  const accounts = accountsOf(books.grid, incident.members)
  for (const meter of incident.members) {
    const account = accountOf[meter]
    if (!accounts.has(account)) continue
    until.set(
      account,
      Math.min(until.get(account) ?? Number.POSITIVE_INFINITY, lastedOf(books, incident, meter))
    )
  }
  let sum = 0
  for (const { meter, unit } of countedLeft(incident)) sum += lastedOf(books, incident, meter, unit)
  for (const lasted of until.values()) sum += lasted
  return sum / 60_000
}

/** How long a member was without supply, ms: by its own record, else until its unit was back, less what a truck fed it. */
export function lastedOf(
  { grid, meters }: Books,
  incident: Incident,
  meter: number,
  unit = unitOf(grid, incident, meter)
): number {
  const { start, back, caseId } = incident
  // A unit that came with another registry came back with the others.
  const end = back.get(unit) ?? incident.end
  const onTruck = truckMs(incident, unit, end)
  const isWhole = incident.parent === undefined && !incident.nested.includes(unit)
  if (meters.recordCase[meter] === caseId && onTruck === 0 && isWhole)
    return meters.recordEnd[meter] - meters.recordStart[meter]
  return Math.max(0, end - start - onTruck)
}
