import type { OutageLines } from '../../../src/model/outages.ts'
import type { Beginning, FilledRun } from '../evidence/filled-points.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { isAsking, isLive, isOpen, isUnsettled, MOST_CLAIMS, type OutageCase } from './case.ts'
import {
  addClaim,
  caseBegunBetween,
  caseFedByOthers,
  caseHolding,
  middle,
  momentOfRecord,
  nearestCase,
  openPhaseCase,
  placeIn,
  type Span
} from './case-matching.ts'
import { loadedCase, renumbered, type SavedCase, savedCase } from './case-keeping.ts'
import { type CaseDesk, CaseStep } from './case-step.ts'
import { isDismissed } from '../decisions/decision-standing.ts'
import type { Incident } from '../incidents/incident.ts'
import { yieldUnits } from '../incidents/nested.ts'
import type { PlanBook } from '../incidents/plan-book.ts'

/** How long a case rests between two looks: little while it is told of or in doubt, longer when that is settled. */
const [BUSY_MS, REST_MS] = [1000, 15_000]
const QUIET_MS = 10_000
const restOf = ({ incidents, heardAt, backAt, isPast }: OutageCase, now: number): number => {
  const isTold = now - heardAt < QUIET_MS && Number.isNaN(backAt)
  const isFresh = incidents.some(
    ({ state, suspectedAt }) => state === 'suspected' && now - suspectedAt <= figure('gatherUnsure') + BUSY_MS
  )
  const isBusy = isTold || isFresh
  return isBusy && !isPast ? BUSY_MS : REST_MS
}

/** Moments that records alone tell of in one area: a meter keeps ten, and a terminal that makes them up has no end. */
const MOST_PAST = 20

/** All cases that are not over yet, in order of their beginning. */
export class CaseBook {
  #cases: OutageCase[] = []
  #nextCase = 1
  #nextIncident = 1

  get isEmpty(): boolean {
    return this.#cases.length === 0
  }

  /** For who decides about them. */
  get all(): readonly OutageCase[] {
    return this.#cases
  }

  nextIncidentId(): number {
    return this.#nextIncident++
  }

  /** Whether an incident ever had this number. */
  hasGiven(number: number): boolean {
    return number < this.#nextIncident
  }

  /** Something was heard from an area: cases in its tree look at it. */
  stir(grid: Books['grid'], area: number): void {
    if (this.#cases.length === 0 || area < 0) return
    const { root } = placeIn(grid, area)
    for (const each of this.#cases)
      if ((each.root === root || each.areas.has(area)) && isAsking(each)) each.isDirty = true
  }

  /** Devices that are suspected just now, each with its case. Not by records alone: who lives now says nothing of what is over. */
  *suspicions(): Generator<{ each: OutageCase; incident: Incident }> {
    for (const each of this.#cases) {
      if (each.isPast || !Number.isNaN(each.backAt)) continue
      for (const incident of each.incidents)
        if (incident.state === 'suspected' && incident.device >= 0) yield { each, incident }
    }
  }

  /** Whether a case that is not settled suspects that an area lost its supply. */
  doubts(area: number): boolean {
    return this.#cases.some(
      each => each.areas.has(area) && (each.incidents.length === 0 || each.incidents.some(isUnsettled))
    )
  }

  /**
   * Somebody in an area claims to have lost his supply at a time.
   * @param now log time @param record of the meter, which tells of it after the fact
   * @returns the case that it belongs to, -1 for none
   */
  claim(grid: Books['grid'], area: number, time: number, holder: number, now: number, record?: Span): number {
    const where = placeIn(grid, area)
    const found =
      caseHolding(this.#cases, holder, time) ??
      caseFedByOthers(this.#cases, area, time) ??
      nearestCase(this.#cases, where, time) ??
      this.#open(where.root, area, time, now, record !== undefined)
    if (found === undefined) return -1
    addClaim(found, time)
    this.#extend(grid, found, area, now)
    if (record === undefined) found.isPast = false
    else if (found.durations.length < MOST_CLAIMS) found.durations.push(record.end - record.start)
    return found.id
  }

  /**
   * A meter in an area shows afterwards that it had no supply, and knows only between which times that began: it is of what began on its
   * feeder then.
   * @returns the case that it belongs to and when that began, undefined where an incident held the meter then, or there are too many
   */
  claimSince(
    grid: Books['grid'],
    area: number,
    beginning: Beginning,
    { meter, first, last }: FilledRun,
    now: number
  ): { readonly id: number; readonly start: number } | undefined {
    const tolerance = figure('momentTolerance')
    const isOf = ({ state, start, end, members }: Incident): boolean =>
      state !== 'withdrawn' &&
      start <= first + tolerance &&
      !(end < last - tolerance) &&
      members.includes(meter)
    if (this.#cases.some(({ incidents }) => incidents.some(isOf))) return undefined
    const where = placeIn(grid, area)
    let found = caseBegunBetween(this.#cases, where, beginning)
    if (found === undefined) {
      found = this.#open(where.root, area, middle(beginning), now, true)
      if (found !== undefined) found.between = beginning
    }
    if (found !== undefined) this.#extend(grid, found, area, now)
    return found
  }

  /** The same of a feed that has no supply now. @param holder as of a claim */
  claimBetween(
    grid: Books['grid'],
    area: number,
    beginning: Beginning,
    holder: number,
    now: number
  ): { readonly id: number; readonly start: number } {
    const where = placeIn(grid, area)
    const found =
      caseHolding(this.#cases, holder, middle(beginning)) ??
      caseFedByOthers(this.#cases, area, beginning.until) ??
      caseBegunBetween(this.#cases, where, beginning) ??
      this.#begin(where.root, middle(beginning), now, false)
    found.isPast = false
    this.#extend(grid, found, area, now)
    return found
  }

  /** What ended on the feeder of an area around a time, wholly or in part. */
  endedAround(grid: Books['grid'], area: number, time: number): OutageCase | undefined {
    const feeder = grid.feederOf(area)
    const off = ({ incidents }: OutageCase): number =>
      Math.min(
        ...incidents
          .filter(({ state }) => state !== 'withdrawn')
          .flatMap(({ end, back }) => [end, ...back.values()])
          .filter(at => !Number.isNaN(at))
          .map(at => Math.abs(at - time))
      )
    return this.#cases
      .filter(each => each.feeders.has(feeder) && each.start < time && off(each) <= figure('momentTolerance'))
      .sort((a, b) => off(a) - off(b))[0]
  }

  /** Some of an area were without supply by a case. */
  join(grid: Books['grid'], id: number, area: number, now: number): void {
    const found = this.#cases.find(each => each.id === id)
    if (found !== undefined) this.#extend(grid, found, area, now)
  }

  /** One more area tells of a case. */
  #extend(grid: Books['grid'], found: OutageCase, area: number, now: number): void {
    const isNew = !found.areas.has(area)
    // What was closed is asked again only when somebody tells of it from somewhere else.
    const isAsked = found.incidents.some(one => isLive(one) || isDismissed(one))
    const isClosed = found.incidents.some(one => one.state === 'closed' && isIn(grid, one, area))
    if (isNew || isAsked || !isClosed) found.isDirty = true
    found.areas.add(area)
    found.feeders.add(grid.feederOf(area))
    found.heardAt = now
  }

  /**
   * A terminal is on its backup, and nobody knows since when between two times: since the latest case of its feeder that began there.
   * @returns the case that it belongs to
   */
  down(grid: Books['grid'], area: number, since: number, time: number, now: number): number {
    const feeder = grid.feederOf(area)
    const found = this.#cases.findLast(
      each => each.feeders.has(feeder) && each.start > since && each.start <= time && isAsking(each)
    )
    return this.claim(grid, area, found?.start ?? time, -1, now)
  }

  /** Somebody in an area finds a voltage odd. @returns the case that it belongs to */
  odd(grid: Books['grid'], area: number, time: number, now: number): number {
    const known = openPhaseCase(this.#cases, grid.feederOf(area), time)
    if (known === undefined) {
      const id = this.claim(grid, area, time, -1, now)
      for (const each of this.#cases) if (each.id === id) each.hasOdd = true
      return id
    }
    known.hasOdd = true
    if (time <= known.start + figure('heldTolerance')) addClaim(known, time)
    this.#extend(grid, known, area, now)
    return known.id
  }

  /** The case that a low voltage which was read belongs to, -1 for none: one in its tree that asks about single phases. */
  oddCaseAt(grid: Books['grid'], area: number, time: number): number {
    const { root } = placeIn(grid, area)
    const found = this.#cases.find(
      each => each.hasOdd && each.root === root && isAsking(each) && each.start <= time
    )
    return found?.id ?? -1
  }

  /** As Claims.momentOfRecord says. */
  momentOfRecord(incident: number, area: number, record: Span): number {
    return momentOfRecord(this.#cases, incident, area, record)
  }

  /** @returns undefined for one more of the past of an area of which there are too many */
  #open(root: number, area: number, time: number, now: number, isPast: boolean): OutageCase | undefined {
    if (isPast && this.#cases.filter(each => each.isPast && each.areas.has(area)).length >= MOST_PAST)
      return undefined
    return this.#begin(root, time, now, isPast)
  }

  #begin(root: number, time: number, now: number, isPast: boolean): OutageCase {
    const fresh: OutageCase = {
      id: this.#nextCase++,
      start: time,
      between: undefined,
      root,
      beganAt: now,
      heardAt: now,
      claims: [],
      durations: [],
      areas: new Set(),
      feeders: new Set(),
      backAt: Number.NaN,
      isPast,
      hasOdd: false,
      isDirty: true,
      explainedAt: Number.NEGATIVE_INFINITY,
      closedAt: Number.NaN,
      incidents: []
    }
    this.#cases.push(fresh)
    return fresh
  }

  /** Explains what is due. @param now log time */
  tick(books: Books, plans: PlanBook, now: number, out: OutageLines): void {
    let isAnyOver = false
    for (const each of this.#cases) {
      if (now - each.explainedAt < restOf(each, now)) continue
      const isWaiting = each.incidents.some(({ state }) => state === 'suspected' || state === 'restored')
      if (!each.isDirty && !isWaiting && each.incidents.length > 0) {
        isAnyOver ||= isOver(each, now)
        continue
      }
      new CaseStep(books, plans, each, now, out, this.#deskOf(books, each)).run()
      isAnyOver ||= isOver(each, now)
    }
    if (isAnyOver) this.#cases = this.#cases.filter(each => !isOver(each, now))
  }

  /** As Claims.isPartlyBack says. */
  isPartlyBack(incident: number): boolean {
    return this.#partly().some(({ incident: { id } }) => id === incident)
  }

  /** Incidents of which parts are back, and others are waited for. */
  #partly(): { each: OutageCase; incident: Incident }[] {
    return this.#cases.flatMap(each =>
      each.incidents
        .filter(one => isOpen(one) && one.back.size > 0 && one.waiting.length > 0)
        .map(incident => ({ each, incident }))
    )
  }

  #deskOf(books: Books, own: OutageCase): CaseDesk {
    return {
      nextId: () => this.nextIncidentId(),
      makeRoom: (places, before) => {
        for (const { each, incident } of this.#partly()) {
          if (each === own || each.root !== own.root) continue
          for (const place of places) if (yieldUnits(books, incident, place, before)) each.isDirty = true
        }
      }
    }
  }

  /** As `renumbered` says. */
  renumber(
    before: Books['grid'],
    books: Books,
    numberOf: (device: number) => number,
    now: number,
    out: OutageLines
  ): void {
    this.#cases = this.#cases.map(each => renumbered(each, before, books, numberOf, now, out))
  }

  save(): object {
    return {
      nextCase: this.#nextCase,
      nextIncident: this.#nextIncident,
      cases: this.#cases.map(savedCase)
    }
  }

  load(saved: object): void {
    const { nextCase, nextIncident, cases } = saved as {
      nextCase: number
      nextIncident: number
      cases: SavedCase[]
    }
    this.#nextCase = nextCase
    this.#nextIncident = nextIncident
    this.#cases = cases.map(loadedCase)
  }
}

/** Whether an incident is of an area: of it or above it, or of something in it. */
function isIn(grid: Books['grid'], { device, meter }: Incident, area: number): boolean {
  const place = device >= 0 ? device : grid.placeOf[meter]
  return grid.isAtOrBelow(area, place) || grid.areaOf[place] === area
}

/** What was closed is remembered while records of it may come, or they would make another of it. */
const isOver = (each: OutageCase, now: number): boolean => {
  if (each.incidents.some(isLive)) return false
  const latest = Number.isNaN(each.closedAt)
    ? each.heardAt + figure('suspicionEnds')
    : each.closedAt + figure('recordFreshness')
  return now > latest
}
