import type { IncidentChange, OutageLines } from '../../../src/model/outages.ts'
import { Explainer } from '../explain/explain.ts'
import { type Explanation, middleOf } from '../explain/explanation.ts'
import type { Books } from '../books.ts'
import type { Moment } from '../explain/tally.ts'
import { figure } from '../likelihoods.ts'
import { isOpen, type OutageCase } from './case.ts'
import { returnsOfClaimers } from './claimers.ts'
import {
  holdsByMerge,
  isClosedByPerson,
  isDismissed,
  isKeptByPerson,
  isMerged,
  isPlacedByPerson
} from '../decisions/decision-standing.ts'
import { explainBy, type Incident, incidentId, lineOf, newIncident, placeOf } from '../incidents/incident.ts'
import { nestedIncident, nestedParts } from '../incidents/nested.ts'
import type { PlanBook } from '../incidents/plan-book.ts'
import {
  correctTimes,
  customerMinutes,
  goneAgain,
  takeBack,
  takeSources,
  unitsOf
} from '../incidents/restoration.ts'
import { returnsOf } from '../incidents/returns.ts'
import { hasNobody, lostAt, takeMembers } from '../incidents/taking.ts'
import { restsOnWordAlone } from '../incidents/word-alone.ts'

/** Of those who were known to be without supply, so many have to lose it again for the incident to go on. */
const AGAIN_SHARE = 0.2

/** What a case needs of all others. */
export interface CaseDesk {
  nextId(): number
  /** Something at these places failed at a time: who is held there by another incident, and may be back since before, is let go. */
  makeRoom(places: Iterable<number>, before: number): void
}

/** One look at one case. */
export class CaseStep {
  readonly #books: Books
  readonly #plans: PlanBook
  readonly #case: OutageCase
  readonly #now: number
  readonly #out: OutageLines
  readonly #desk: CaseDesk
  #wasDirty = false
  /** Incidents of which something came back in this look. */
  readonly #returned = new Set<Incident>()

  constructor(
    books: Books,
    plans: PlanBook,
    each: OutageCase,
    now: number,
    out: OutageLines,
    desk: CaseDesk
  ) {
    this.#books = books
    this.#plans = plans
    this.#case = each
    this.#now = now
    this.#out = out
    this.#desk = desk
  }

  run(): void {
    const each = this.#case
    this.#wasDirty = each.isDirty
    each.isDirty = false
    each.explainedAt = this.#now
    for (const incident of each.incidents) this.#noteSources(incident)
    this.#noteReturn()
    if (this.#wasDirty || each.incidents.some(({ state }) => state === 'suspected')) this.#explain()
    for (const incident of each.incidents) this.#restore(incident)
  }

  /** Something else feeds parts of it: it lasts, and who looked as if he was back waits on. */
  #noteSources(incident: Incident): void {
    const isOver = incident.state === 'restored'
    if (!isOver && !isOpen(incident)) return
    const found = takeSources(this.#books, incident, this.#now)
    if (found.length === 0) return
    if (isOver && incident.waiting.length === 0) this.#say(incident, 'restored')
    else this.#say(incident, 'updated', isOver ? 'reopened' : 'supply')
  }

  /** From the first of those who claimed and are back, who lives says nothing against it any more. */
  #noteReturn(): void {
    const each = this.#case
    const times: number[] = []
    for (const incident of each.incidents)
      if (isOpen(incident) && takeBack(this.#books, incident)) {
        this.#returned.add(incident)
        times.push(...incident.back.values())
      }
    if (!Number.isNaN(each.backAt)) return
    times.push(...returnsOfClaimers(this.#books, each))
    if (times.length > 0) each.backAt = times.reduce((least, at) => Math.min(least, at))
  }

  get #moment(): Moment {
    const { id, start, hasOdd, isPast, backAt, incidents } = this.#case
    return { id, start, hasOdd, isPast, backAt, incidents: new Set(incidents.map(incident => incident.id)) }
  }

  #explain(): void {
    const each = this.#case
    this.#desk.makeRoom(each.areas, each.start)
    const explainer = new Explainer(this.#books, this.#moment, this.#now)
    const found = explainer.explain(each.areas).sort((a, b) => b.score - a.score)
    const active = each.incidents.filter(one => one.state !== 'withdrawn' && !isClosedByPerson(one))
    const settled = each.incidents.filter(incident => this.#isSettled(incident))
    const used = new Map<Incident, Explanation>()
    for (const explanation of found) {
      if (settled.some(one => this.#isSame(one, explanation) || this.#isIn(explanation, one))) continue
      const place = this.#placeOf(explanation)
      if (each.incidents.some(one => holdsByMerge(this.#books.grid, one, place))) continue
      if ([...used.keys()].some(incident => this.#isIn(explanation, incident))) continue
      const before = this.#matching(active, used, explanation)
      if (before === undefined) {
        const incident = newIncident(this.#desk.nextId(), each.id, this.#now)
        each.incidents.push(incident)
        used.set(incident, explanation)
        this.#update(incident, explanation, used)
      } else {
        used.set(before, explanation)
        const isSame = this.#isSame(before, explanation)
        const isSure =
          before.state === 'suspected' ||
          before.device < 0 ||
          explainer.worseBy(found, before.device) >= Math.log(figure('moveAt'))
        if (isSame || isSure) this.#update(before, explanation, used)
      }
    }
    for (const incident of active) if (!used.has(incident)) this.#drop(incident, [...used.keys()])
    for (const [incident, explanation] of used) this.#confirm(incident, explanation)
  }

  /**
   * What is not asked about any more: a suspicion that was not confirmed, while nothing new is claimed; and from the first return of
   * supply on what an incident holds, because who lives then says nothing. It can only turn out to be part of something larger.
   */
  #isSettled(incident: Incident): boolean {
    const { state, suspectedAt, decided } = incident
    if (isMerged(incident)) return true
    const givenUpAt = isDismissed(incident) ? (decided?.at ?? suspectedAt) : suspectedAt
    if (state === 'withdrawn') return this.#case.heardAt <= givenUpAt
    return state === 'closed' || (state !== 'suspected' && !Number.isNaN(this.#case.backAt))
  }

  /** The same device and phases. */
  #isSame(incident: Incident, explanation: Explanation): boolean {
    return this.#isThere(incident, explanation) && incident.phases === explanation.phases
  }

  #isThere(incident: Incident, { device, meter, sameAs }: Explanation): boolean {
    if (incident.device < 0 || device < 0) return incident.device === device && incident.meter === meter
    return incident.device === device || sameAs.includes(incident.device) || incident.sameAs.includes(device)
  }

  /** Whether an explanation or incident lies inside what an incident says. */
  #isIn(part: { device: number; meter: number }, { device }: Incident): boolean {
    const { grid } = this.#books
    const place = this.#placeOf(part)
    return device >= 0 && (grid.isAtOrBelow(place, device) || grid.wasAtOrBelow(place, device))
  }

  #placeOf({ device, meter }: { device: number; meter: number }): number {
    return device >= 0 ? device : this.#books.grid.placeOf[meter]
  }

  #matching(
    active: readonly Incident[],
    used: ReadonlyMap<Incident, Explanation>,
    explanation: Explanation
  ): Incident | undefined {
    const { grid } = this.#books
    const free = active.filter(incident => !used.has(incident))
    const place = this.#placeOf(explanation)
    const byState = (incident: Incident): number => (incident.state === 'suspected' ? 1 : 0)
    const below = free
      .filter(incident => explanation.device >= 0 && grid.isAtOrBelow(this.#placeOf(incident), place))
      .sort((a, b) => byState(a) - byState(b) || b.members.length - a.members.length || a.id - b.id)
    const above = free.filter(incident => incident.device >= 0 && grid.isAtOrBelow(place, incident.device))
    return free.find(incident => this.#isThere(incident, explanation)) ?? below[0] ?? above[0]
  }

  /** @param used what is explained already, it among them */
  #update(incident: Incident, explanation: Explanation, used: ReadonlyMap<Incident, Explanation>): void {
    const isMoved = !this.#isSame(incident, explanation) && incident.confidence > 0
    const wasOpen = incident.state !== 'suspected'
    const isDecided = isPlacedByPerson(incident)
    if (isMoved && wasOpen && !isDecided && !this.#wouldHold(incident, explanation)) return
    explainBy(incident, explanation, this.#case.start)
    if (!isMoved || !wasOpen) return
    // Whom it holds is decided; the system only says what it thinks.
    if (isDecided) {
      this.#say(incident, 'updated', 'moved')
      return
    }
    // What turns out to be part of it goes into it with all whom it holds.
    for (const part of this.#case.incidents)
      if (!used.has(part) && isOpen(part) && !isKeptByPerson(part) && this.#isIn(part, incident))
        this.#release(part)
    // Who is new in it has to prove that he is back.
    incident.end = Number.NaN
    incident.restoredAt = Number.NaN
    incident.customerMinutes = Number.NaN
    this.#take(incident)
    this.#say(incident, 'updated', 'moved')
  }

  /** Whether anybody would be without supply by it there: where another incident holds all of them it stays with those it has. */
  #wouldHold(incident: Incident, explanation: Explanation): boolean {
    const moved = { ...incident }
    explainBy(moved, explanation, this.#case.start)
    const place = placeOf(moved)
    if (place >= 0) this.#desk.makeRoom([place], moved.start)
    return !hasNobody(lostAt(this.#books, this.#case, moved, place, this.#now), moved)
  }

  #drop(incident: Incident, others: readonly Incident[]): void {
    if (isKeptByPerson(incident)) {
      this.#doubt(incident)
      return
    }
    const host = others.find(other => this.#isIn(incident, other))
    // The first gasp of many is a poor sign while the others are on their way.
    const isGathering = this.#now - incident.suspectedAt < figure('gatherFirst')
    if (host === undefined && incident.state === 'suspected' && isGathering) return
    // What supply came back to was out: only something larger takes it in.
    if (
      host === undefined &&
      incident.state !== 'suspected' &&
      !(isOpen(incident) && Number.isNaN(this.#case.backAt))
    )
      return
    const isHeld = incident.members.some(meter => this.#books.meters.incident[meter] === incident.id)
    this.#release(incident)
    if (host !== undefined && isOpen(host) && isHeld) {
      this.#take(host)
      this.#say(host, 'updated', 'evidence')
    }
    const wasOpen = incident.state !== 'suspected'
    incident.state = 'withdrawn'
    const reason = host === undefined ? 'EXPLAINED_OTHERWISE' : 'MERGED'
    // A suspicion of one look that became part of another is nothing to tell.
    if (wasOpen || this.#now > incident.suspectedAt)
      this.#out.incidents.push(
        lineOf(this.#books.grid, incident, this.#now, {
          reason,
          ...(host !== undefined && { mergedInto: incidentId(host.id) })
        })
      )
  }

  /** A person says that it is: it stays, and that nothing speaks for it any more is said once. */
  #doubt(incident: Incident): void {
    if (!isOpen(incident) || incident.confidence === 0 || !Number.isNaN(this.#case.backAt)) return
    incident.confidence = 0
    incident.evidence = []
    this.#say(incident, 'updated', 'evidence')
  }

  #confirm(incident: Incident, { tally, told: { down } }: Explanation): void {
    if (incident.state !== 'suspected') return
    const each = this.#case
    const age = this.#now - incident.suspectedAt
    // A line of its own has to be proved twice: a plug that is pulled gasps too.
    const isProven =
      incident.device >= 0 ||
      tally.records - tally.filled - tally.risen + tally.zeros > 0 ||
      tally.silent + tally.unanswered > 0
    const told = tally.gasps + tally.collected + tally.zeros + tally.records + down
    const speaks = (told > 0 || (incident.phases !== 0 && tally.odd > 1)) && isProven
    // One record alone may be the first of many: a service line is named when all have come.
    const isAlone = incident.meter >= 0
    const [past, unsurePast] = isAlone
      ? [figure('recordsWait'), figure('recordsWait')]
      : [figure('recordsGather'), 2 * figure('recordsGather')]
    const gather = each.isPast ? past : figure('gatherFirst')
    const unsure = each.isPast ? unsurePast : figure('gatherUnsure')
    const isSure = incident.confidence >= figure('openAt') && age >= gather
    const isAny = incident.score > -Math.log(1 - figure('openAt')) && age >= unsure
    if (speaks && (isSure || isAny)) {
      this.#take(incident)
      // Everybody below it is held by another incident: nobody new is without supply.
      if (incident.members.length === 0 && (incident.phases === 0 || incident.degraded.length === 0)) return
      incident.openedAt = this.#now
      this.#say(incident, 'open')
    } else if (incident.suspectedAt === this.#now) this.#say(incident, 'suspected')
    else if (this.#now - each.heardAt > figure('suspicionEnds') && (!each.isPast || age > unsure)) {
      incident.state = 'withdrawn'
      this.#out.incidents.push(lineOf(this.#books.grid, incident, this.#now, { reason: 'NOT_CONFIRMED' }))
    }
  }

  #take(incident: Incident): void {
    const place = placeOf(incident)
    if (place >= 0) this.#desk.makeRoom([place], incident.start)
    takeMembers(this.#books, this.#case, incident, this.#now)
  }

  #release(incident: Incident): void {
    this.#books.meters.letGo(incident.members, incident.id)
  }

  #restore(incident: Incident): void {
    if (isOpen(incident)) {
      // Whom it took over just now may be back already.
      const hasChanged = takeBack(this.#books, incident) || this.#returned.has(incident)
      const hasNested = this.#nest(incident)
      if (incident.waiting.length > 0) {
        if (hasChanged || hasNested) this.#say(incident, 'updated', hasNested ? 'split' : 'partial')
        return
      }
      if (!hasChanged && !hasNested) return
      incident.end = Math.max(...incident.back.values(), incident.start)
      incident.restoredAt = this.#now
      this.#release(incident)
      const { meters } = this.#books
      for (const meter of incident.members) if (meters.incident[meter] < 0) meters.forgiveMisses(meter)
      this.#say(incident, 'restored')
    } else if (incident.state === 'restored') {
      if (this.#goesOn(incident)) return
      const isOver = this.#now - incident.restoredAt >= figure('recordsWait')
      // Before another incident takes its meters over.
      if (isOver || this.#wasDirty) correctTimes(this.#books, incident)
      if (!isOver) return
      this.#case.closedAt = this.#now
      if (restsOnWordAlone(this.#books, incident) && !isKeptByPerson(incident)) {
        incident.state = 'withdrawn'
        const extra = { reason: 'NOT_CONFIRMED' } as const
        this.#out.incidents.push(lineOf(this.#books.grid, incident, this.#now, extra))
        return
      }
      incident.customerMinutes = customerMinutes(this.#books, incident)
      this.#say(incident, 'closed')
    }
  }

  /** What stays dark by a failure of its own is an incident of its own. @returns whether there is any */
  #nest(incident: Incident): boolean {
    const { meters } = this.#books
    const parts = nestedParts(this.#books, incident, this.#now)
    for (const part of parts) {
      const nested = nestedIncident(this.#desk.nextId(), incident, part, this.#now)
      incident.nested.push(...part.units)
      incident.waiting = incident.waiting.filter(unit => !part.units.includes(unit))
      for (const unit of part.units) incident.back.set(unit, part.since)
      for (const meter of part.members) meters.hold(meter, nested.id, part.since + figure('clockTolerance'))
      nested.waiting = unitsOf(this.#books, nested)
      this.#case.incidents.push(nested)
      this.#say(nested, 'open')
    }
    return parts.length > 0
  }

  /** Supply came back for a moment only: what looked restored goes on. */
  #goesOn(incident: Incident): boolean {
    const { meters } = this.#books
    const gone = goneAgain(this.#books, incident)
    if (gone.length === 0 || gone.length < AGAIN_SHARE * incident.confirmed) return false
    incident.isAgain = true
    incident.since = middleOf(gone.map(meter => meters.lostAt[meter]))
    incident.back.clear()
    const free = incident.members.filter(meter => meters.incident[meter] < 0)
    for (const meter of free) meters.hold(meter, incident.id, incident.since + figure('clockTolerance'))
    incident.waiting = unitsOf(this.#books, incident)
    this.#say(incident, 'updated', 'reopened')
    return true
  }

  #say(incident: Incident, state: Incident['state'], change?: IncidentChange): void {
    incident.state = state
    if (change === 'reopened') {
      incident.end = Number.NaN
      incident.restoredAt = Number.NaN
    }
    incident.plan = this.#plans.match(this.#books.grid, incident)
    const extra =
      state === 'closed' ? returnsOf(this.#books, incident) : change === undefined ? {} : { change }
    this.#out.incidents.push(lineOf(this.#books.grid, incident, this.#now, extra))
  }
}
