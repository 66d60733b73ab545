import type { DecisionAct, RefusalReason } from '../../../src/model/decisions.ts'
import type { Decided, IncidentChange, OutageLines } from '../../../src/model/outages.ts'
import type { IncidentDecision } from '../../../src/model/decisions.ts'

import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { isLive, isOpen, isUnsettled, type OutageCase } from '../cases/case.ts'
import type { Found } from './decision-find.ts'
import { isDismissed, isKeptByPerson } from './decision-standing.ts'
import { type Incident, incidentId, newIncident, placeOf } from '../incidents/incident.ts'
import { correctTimes, customerMinutes, unitsOf } from '../incidents/restoration.ts'
import { holdLost, type Lost, lostAt } from '../incidents/taking.ts'

/** What an act works on. */
export interface DecisionRoom {
  readonly books: Books
  readonly out: OutageLines
  /** Log time. */
  readonly now: number
  /** Incident by its id, undefined when it is not at hand. */
  find(id: string): Found | undefined
  nextId(): number
  /** Whether a line below that device is fed back, and nobody has said that he knows. */
  isDangerous(place: number): boolean
}

/** What an act has done: what stands by it, and what its line says. Nothing else was said of it yet. */
export interface Done {
  readonly facts: Partial<Decided>
  /** Left out: only what people decided has changed. */
  readonly change?: IncidentChange
  readonly reason?: string
  readonly mergedInto?: string
  /** Another incident that changed with it. */
  readonly other?: {
    readonly incident: Incident
    readonly facts: Partial<Decided>
    readonly change?: IncidentChange
  }
}

type Act = (room: DecisionRoom, found: Found, record: IncidentDecision) => Done | RefusalReason

/** What each act does, or why it cannot be done: then nothing was changed. */
export const ACTS: Readonly<Record<DecisionAct, Act>> = {
  claim,
  confirm,
  move,
  merge,
  split,
  close,
  reopen,
  note: () => ({ facts: {} })
}

const hasNobody = ({ members, degraded }: Lost): boolean => members.length === 0 && degraded.length === 0

/** Whether a decision says nothing beside its act: then the same again is none. */
const isBare = ({ cause, crew, expectedAt, note }: IncidentDecision): boolean =>
  (cause ?? crew ?? expectedAt ?? note) === undefined

function claim(_room: DecisionRoom, { incident }: Found, record: IncidentDecision): Done | RefusalReason {
  const { by } = record
  if (!isLive(incident)) return 'STATE'
  // In an export nobody has a name: who claims again may be another one.
  if (by !== '' && incident.decided?.claimedBy === by && isBare(record)) return 'DONE'
  return { facts: { claimedBy: by } }
}

/** A suspicion is open at once, and holds whom it leaves without supply. */
function confirm(
  room: DecisionRoom,
  { each, incident }: Found,
  record: IncidentDecision
): Done | RefusalReason {
  if (!isLive(incident)) return 'STATE'
  if (isKeptByPerson(incident) && isBare(record)) return 'DONE'
  if (incident.state === 'suspected' && !open(room, each, incident)) return 'NOBODY'
  return { facts: { state: 'open' } }
}

/** @returns false, and changes nothing, when it would hold nobody */
function open({ books, now }: DecisionRoom, each: OutageCase, incident: Incident): boolean {
  const lost = lostAt(books, each, incident, placeOf(incident), now)
  if (hasNobody(lost)) return false
  holdLost(books, incident, lost)
  incident.state = 'open'
  incident.openedAt = now
  each.isDirty = true
  return true
}

/** Whoever it held stays in it as far as he hangs below the new place; others join who are not proven to live. */
function move(
  room: DecisionRoom,
  { each, incident }: Found,
  { device }: IncidentDecision
): Done | RefusalReason {
  const { books, now } = room
  if (!isUnsettled(incident)) return 'STATE'
  const place = numberOf(books, device)
  if (place < 0 || device === undefined) return 'DEVICE_UNKNOWN'
  const lost = lostAt(books, each, incident, place, now)
  const [held, taken] = [new Set(incident.members), new Set(lost.members)]
  const kept = books.grid.metersBelow(place).filter(meter => held.has(meter) && !taken.has(meter))
  const all = { ...lost, members: [...lost.members, ...kept] }
  if (hasNobody(all)) return 'NOBODY'
  incident.decidedAt = place
  holdLost(books, incident, all)
  incident.confirmed = claimersOf(books.meters, incident)
  if (incident.state === 'suspected') {
    incident.state = 'open'
    incident.openedAt = now
  }
  return { facts: { state: 'open', device } }
}

function merge(
  room: DecisionRoom,
  { each, incident }: Found,
  { into = '' }: IncidentDecision
): Done | RefusalReason {
  const { books, now } = room
  if (!isUnsettled(incident)) return 'STATE'
  const host = room.find(into)?.incident
  if (host === incident) return 'SAME'
  if (host === undefined || !isOpen(host)) return 'INTO'
  const known = new Set(host.members)
  for (const meter of incident.members) {
    if (books.meters.incident[meter] === incident.id)
      books.meters.hold(meter, host.id, books.meters.heldSince[meter])
    if (!known.has(meter)) host.members.push(meter)
  }
  host.left.push(...incident.left)
  askAnew(books, host)
  incident.state = 'withdrawn'
  // Its records come later: they are of what is known.
  each.closedAt = now
  const merged = [...(host.decided?.merged ?? []), incidentId(incident.id)]
  return {
    facts: { state: 'closed', into },
    reason: 'MERGED',
    mergedInto: into,
    other: { incident: host, facts: { merged } }
  }
}

/** Those below a device become an incident of their own, of the same moment. */
function split(
  room: DecisionRoom,
  { each, incident }: Found,
  { device }: IncidentDecision
): Done | RefusalReason {
  const { books, now } = room
  if (!isOpen(incident)) return 'STATE'
  const place = numberOf(books, device)
  if (place < 0 || device === undefined) return 'DEVICE_UNKNOWN'
  const below = new Set(books.grid.metersBelow(place))
  const members = incident.members.filter(meter => below.has(meter))
  if (members.length === 0) return 'NOBODY'
  if (members.length === incident.members.length) return 'ALL'
  const { start, since, isAgain, phases } = incident
  const part: Incident = {
    ...newIncident(room.nextId(), each.id, now),
    ...{ state: 'open', openedAt: now, device: place, decidedAt: place, members },
    ...{ start, since, isAgain, phases },
    keptUp: incident.keptUp.map(each => ({ ...each }))
  }
  const { meters } = books
  for (const meter of members)
    if (meters.incident[meter] === incident.id) meters.hold(meter, part.id, meters.heldSince[meter])
  incident.members = incident.members.filter(meter => !below.has(meter))
  incident.degraded = incident.degraded.filter(meter => !below.has(meter))
  for (const one of [incident, part]) {
    one.confirmed = claimersOf(meters, one)
    askAnew(books, one)
  }
  each.incidents.push(part)
  const splitOff = [...(incident.decided?.splitOff ?? []), incidentId(part.id)]
  return {
    facts: { state: 'open', splitOff },
    change: 'split',
    other: { incident: part, facts: { state: 'open', device, splitFrom: incidentId(incident.id) } }
  }
}

/** A suspicion is dismissed; of an incident the time of the decision is the end for whoever was not proven to be back. */
/** Whoever says that it is over lets others work there: not while a back-feed is unknown to him. */
function close({ books, now, isDangerous }: DecisionRoom, { each, incident }: Found): Done | RefusalReason {
  if (!isLive(incident)) return 'STATE'
  if (isDangerous(placeOf(incident))) return 'DANGER'
  const isSuspicion = incident.state === 'suspected'
  each.closedAt = now
  if (isSuspicion) {
    incident.state = 'withdrawn'
    return { facts: { state: 'closed' }, reason: 'DISMISSED' }
  }
  if (incident.state === 'restored') correctTimes(books, incident)
  else {
    for (const unit of incident.waiting) incident.back.set(unit, now)
    incident.end = Math.max(...incident.back.values(), incident.start)
    incident.waiting = []
    // Who gasps from now on has lost his supply anew.
    for (const meter of unprovenOf(books.meters, incident)) books.meters.backAt[meter] = now
    books.meters.letGo(incident.members, incident.id)
  }
  incident.state = 'closed'
  incident.customerMinutes = customerMinutes(books, incident)
  return { facts: { state: 'closed' }, reason: 'DECIDED' }
}

/**
 * It goes on. What was dismissed is opened; of what was closed before supply was back the same are waited for. Where supply had been
 * proven to be back, the person says otherwise: proofs count from now on.
 */
function reopen(room: DecisionRoom, { each, incident }: Found): Done | RefusalReason {
  const { books, now } = room
  if (incident.state === 'withdrawn') {
    if (!isDismissed(incident)) return 'STATE'
    return open(room, each, incident) ? { facts: { state: 'open' }, change: 'reopened' } : 'NOBODY'
  }
  if (incident.state !== 'closed' && incident.state !== 'restored') return 'STATE'
  const { meters } = books
  const isProven = !Number.isNaN(incident.restoredAt)
  if (isProven) {
    incident.isAgain = true
    incident.since = now
  }
  // Where nothing had proven it only the closing said that they were back.
  for (const meter of incident.members)
    if (meters.lostCase[meter] === incident.caseId && (isProven || meters.backAt[meter] === incident.end))
      meters.backAt[meter] = Number.NaN
  for (const meter of incident.members)
    if (meters.incident[meter] < 0) meters.hold(meter, incident.id, incident.since + figure('clockTolerance'))
  incident.end = Number.NaN
  incident.restoredAt = Number.NaN
  incident.customerMinutes = Number.NaN
  askAnew(books, incident)
  incident.state = 'updated'
  return { facts: { state: 'open' }, change: 'reopened' }
}

/** How many of its members claimed in its case to have lost their supply. */
const claimersOf = (meters: Books['meters'], { members, caseId }: Incident): number =>
  members.filter(meter => meters.claimsIn(meter, caseId)).length

/** Members who claimed in its case to have lost their supply, and have not said or proven that it is back. */
const unprovenOf = (meters: Books['meters'], { members, caseId }: Incident): number[] =>
  members.filter(
    meter => meters.lostCase[meter] === caseId && !(meters.backAt[meter] >= meters.lostAt[meter])
  )

/** Whoever was back proves it again at the next tick, by what is known of him. */
function askAnew(books: Books, incident: Incident): void {
  incident.waiting = unitsOf(books, incident)
  incident.back.clear()
}

const numberOf = ({ grid }: Books, device: string | undefined): number =>
  grid.registry.network.numbers.get(device ?? '') ?? -1
