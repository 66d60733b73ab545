import type { IncidentChange, OutageLines } from '../../../src/model/outages.ts'
import { type Explanation, Explainer, middleOf } from '../explain/explain.ts'
import { type Books, livingSpan, type Moment } from '../explain/tally.ts'
import { CLAIM } from '../evidence/meter-book.ts'
import { figure } from '../likelihoods.ts'
import { MOST_CLAIMS, type OutageCase } from './case.ts'
import { explainBy, type Incident, incidentId, lineOf, newIncident } from './incident.ts'
import { correctTimes, provenBack, takeBack, unitsOf } from './restoration.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** How long a case rests between two explanations, by its age. */
const RESTS: readonly (readonly [untilAge: number, rest: number])[] = [
  [120_000, 1000],
  [600_000, 5000],
  [Number.POSITIVE_INFINITY, 30_000]
]

/** All cases that are not over yet, in order of their beginning. */
export class CaseBook {
  #cases: OutageCase[] = []
  #nextCase = 1
  #nextIncident = 1

  get isEmpty(): boolean {
    return this.#cases.length === 0
  }

  /** Something was heard from an area: cases in its tree look at it. */
  stir(grid: Books['grid'], area: number): void {
    if (this.#cases.length === 0 || area < 0) return
    const root = rootOf(grid, area)
    for (const each of this.#cases) if (each.root === root && isAsking(each)) each.isDirty = true
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
   */
  claim(grid: Books['grid'], area: number, time: number, holder: number, now: number, record?: Span): number {
    const root = rootOf(grid, area)
    const near = this.#cases
      .filter(each => each.root === root && Math.abs(each.start - time) <= figure('momentTolerance'))
      .sort((a, b) => Math.abs(a.start - time) - Math.abs(b.start - time))
    const found = this.#caseOf(holder, time) ?? near[0] ?? this.#open(root, time, now, record !== undefined)
    if (found.claims.length < MOST_CLAIMS) {
      found.claims.push(time)
      found.start = middleOf(found.claims)
    }
    // What was closed is asked again only when somebody tells of it from somewhere else.
    const isNew = !found.areas.has(area)
    if (isNew || found.incidents.length === 0 || found.incidents.some(isLive)) found.isDirty = true
    found.areas.add(area)
    found.heardAt = now
    if (record === undefined) found.isPast = false
    else if (found.durations.length < MOST_CLAIMS) found.durations.push(record.end - record.start)
    return found.id
  }

  /** The case of an incident that holds somebody, when a claim can be of it by a clock that is off. */
  #caseOf(incident: number, time: number): OutageCase | undefined {
    if (incident < 0) return undefined
    return this.#cases.find(
      ({ start, incidents }) =>
        Math.abs(start - time) <= figure('heldTolerance') && incidents.some(({ id }) => id === incident)
    )
  }

  /** As Claims.momentOfRecord says. */
  momentOfRecord(id: number, area: number, { start, end }: Span): number {
    let found = Number.NaN
    for (const each of this.#cases) {
      if (Math.abs(each.start - start) > figure('clockTrust')) continue
      if (each.incidents.some(incident => incident.id === id && incident.state !== 'withdrawn'))
        return each.start
      const lasted = middleOf(each.durations)
      const isAlike = Math.abs(lasted - (end - start)) <= figure('durationTolerance')
      if (isAlike && each.areas.has(area) && !(Math.abs(found - start) < Math.abs(each.start - start)))
        found = each.start
    }
    return found
  }

  #open(root: number, time: number, now: number, isPast: boolean): OutageCase {
    const fresh: OutageCase = {
      id: this.#nextCase++,
      start: time,
      root,
      beganAt: now,
      heardAt: now,
      claims: [],
      durations: [],
      areas: new Set(),
      backAt: Number.NaN,
      isPast,
      isDirty: true,
      explainedAt: Number.NEGATIVE_INFINITY,
      closedAt: Number.NaN,
      incidents: []
    }
    this.#cases.push(fresh)
    return fresh
  }

  /** Explains what is due. @param now log time */
  tick(books: Books, now: number, out: OutageLines): void {
    let isAnyOver = false
    for (const each of this.#cases) {
      const age = now - each.beganAt
      const [, rest] = RESTS.find(([untilAge]) => age < untilAge) ?? [0, 30_000]
      if (now - each.explainedAt < rest) continue
      const isWaiting = each.incidents.some(({ state }) => state === 'suspected' || state === 'restored')
      if (!each.isDirty && !isWaiting && each.incidents.length > 0) {
        isAnyOver ||= isOver(each, now)
        continue
      }
      new CaseStep(books, each, now, out, () => this.#nextIncident++).run()
      isAnyOver ||= isOver(each, now)
    }
    if (isAnyOver) this.#cases = this.#cases.filter(each => !isOver(each, now))
  }

  save(): object {
    return {
      nextCase: this.#nextCase,
      nextIncident: this.#nextIncident,
      cases: this.#cases.map(each => ({
        ...each,
        areas: [...each.areas],
        incidents: each.incidents.map(incident => ({ ...incident, back: [...incident.back] }))
      }))
    }
  }

  load(saved: object): void {
    const { nextCase, nextIncident, cases } = saved as {
      nextCase: number
      nextIncident: number
      cases: (Omit<OutageCase, 'areas' | 'incidents'> & {
        areas: number[]
        incidents: (Omit<Incident, 'back'> & { back: [number, number][] })[]
      })[]
    }
    this.#nextCase = nextCase
    this.#nextIncident = nextIncident
    const number = (value: number | null): number => value ?? Number.NaN
    this.#cases = cases.map(each => ({
      ...each,
      areas: new Set(each.areas),
      backAt: number(each.backAt),
      closedAt: number(each.closedAt),
      explainedAt: each.explainedAt ?? Number.NEGATIVE_INFINITY,
      incidents: each.incidents.map(incident => ({
        ...incident,
        start: number(incident.start),
        end: number(incident.end),
        openedAt: number(incident.openedAt),
        restoredAt: number(incident.restoredAt),
        back: new Map(incident.back)
      }))
    }))
  }
}

function rootOf({ parent }: Books['grid'], device: number): number {
  let at = device
  while (parent[at] >= 0) at = parent[at]
  return at
}

const isOpen = ({ state }: Incident): boolean => state === 'open' || state === 'updated'

const isUnsettled = (incident: Incident): boolean => incident.state === 'suspected' || isOpen(incident)

const isAsking = ({ incidents }: OutageCase): boolean => incidents.length === 0 || incidents.some(isLive)

const isLive = ({ state }: Incident): boolean => state !== 'withdrawn' && state !== 'closed'

/** When somebody who claims to have lost his supply in a case had it again, NaN when that is not proven. */
function returnOf(meters: Books['meters'], meter: number, { id, start }: OutageCase): number {
  if (meters.recordCase[meter] === id) return meters.recordEnd[meter]
  return meters.lostCase[meter] === id ? provenBack(meters, meter, id, start) : Number.NaN
}

/** What was closed is remembered while records of it may come, or they would make another of it. */
const isOver = (each: OutageCase, now: number): boolean => {
  if (each.incidents.some(isLive)) return false
  const latest = Number.isNaN(each.closedAt)
    ? each.heardAt + figure('suspicionEnds')
    : each.closedAt + figure('recordFreshness')
  return now > latest
}

/** One look at one case. */
class CaseStep {
  readonly #books: Books
  readonly #case: OutageCase
  readonly #now: number
  readonly #out: OutageLines
  readonly #nextId: () => number
  /** Incidents of which something came back in this look. */
  readonly #returned = new Set<Incident>()

  constructor(books: Books, each: OutageCase, now: number, out: OutageLines, nextId: () => number) {
    this.#books = books
    this.#case = each
    this.#now = now
    this.#out = out
    this.#nextId = nextId
  }

  run(): void {
    const each = this.#case
    const wasDirty = each.isDirty
    each.isDirty = false
    each.explainedAt = this.#now
    this.#noteReturn()
    if (wasDirty || each.incidents.some(({ state }) => state === 'suspected')) this.#explain()
    for (const incident of each.incidents) this.#restore(incident)
  }

  /** From the first of those who claimed and are back, who lives says nothing against it any more. */
  #noteReturn(): void {
    const each = this.#case
    const { grid, meters, terminals } = this.#books
    const times: number[] = []
    for (const incident of each.incidents)
      if (isOpen(incident) && takeBack(this.#books, incident)) {
        this.#returned.add(incident)
        times.push(...incident.back.values())
      }
    if (!Number.isNaN(each.backAt)) return
    let collected = 0
    for (const area of each.areas) {
      for (const meter of grid.metersIn.of(area)) {
        const at = returnOf(meters, meter, each)
        if (Number.isNaN(at)) continue
        // Of a bundle that a concentrator made one may have lived all the time.
        const isBundle = meters.lostBy[meter] === CLAIM.collected && meters.recordCase[meter] !== each.id
        if (!isBundle || ++collected > 1) times.push(at)
      }
      for (const number of grid.terminalsAt.of(area)) {
        const { downAt, downCase, backAt } = terminals.of(grid.terminals[number].id)
        if (downCase === each.id && backAt > downAt) times.push(backAt)
      }
    }
    if (times.length > 0) each.backAt = times.reduce((least, at) => Math.min(least, at))
  }

  get #moment(): Moment {
    const { id, start, backAt, incidents } = this.#case
    return { id, start, backAt, incidents: new Set(incidents.map(incident => incident.id)) }
  }

  #explain(): void {
    const each = this.#case
    const explainer = new Explainer(this.#books, this.#moment, this.#now)
    const found = explainer.explain(each.areas).sort((a, b) => b.score - a.score)
    const active = each.incidents.filter(({ state }) => state !== 'withdrawn')
    const settled = each.incidents.filter(incident => this.#isSettled(incident))
    const used = new Map<Incident, Explanation>()
    for (const explanation of found) {
      if (settled.some(one => this.#isSame(one, explanation) || this.#covers(one, explanation))) continue
      if ([...used.keys()].some(incident => this.#covers(incident, explanation))) continue
      const before = this.#matching(active, used, explanation)
      if (before === undefined) {
        const incident = newIncident(this.#nextId(), each.id, this.#now)
        each.incidents.push(incident)
        this.#update(incident, explanation)
        used.set(incident, explanation)
      } else {
        used.set(before, explanation)
        const isSame = this.#isSame(before, explanation)
        const isSure =
          before.state === 'suspected' ||
          before.device < 0 ||
          explainer.worseBy(found, before.device) >= Math.log(figure('moveAt'))
        if (isSame || isSure) this.#update(before, explanation)
      }
    }
    for (const incident of active) if (!used.has(incident)) this.#drop(incident, [...used.keys()])
    for (const [incident, explanation] of used) this.#confirm(incident, explanation)
  }

  /**
   * What is not asked about any more: a suspicion that was not confirmed, while nothing new is claimed; and from the first return of
   * supply on what an incident holds, because who lives then says nothing. It can only turn out to be part of something larger.
   */
  #isSettled({ state, suspectedAt }: Incident): boolean {
    if (state === 'withdrawn') return this.#case.heardAt <= suspectedAt
    return state === 'closed' || (state !== 'suspected' && !Number.isNaN(this.#case.backAt))
  }

  #isSame(incident: Incident, { device, meter, sameAs }: Explanation): boolean {
    if (incident.device < 0 || device < 0) return incident.device === device && incident.meter === meter
    return incident.device === device || sameAs.includes(incident.device) || incident.sameAs.includes(device)
  }

  /** Whether an explanation lies inside what an incident says already, which stayed where it was. */
  #covers(incident: Incident, explanation: Explanation): boolean {
    return incident.device >= 0 && this.#books.grid.isAtOrBelow(this.#placeOf(explanation), incident.device)
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
    return free.find(incident => this.#isSame(incident, explanation)) ?? below[0] ?? above[0]
  }

  #update(incident: Incident, explanation: Explanation): void {
    const isMoved = !this.#isSame(incident, explanation) && incident.confidence > 0
    const wasOpen = incident.state !== 'suspected'
    explainBy(incident, explanation, this.#case.start)
    if (!isMoved || !wasOpen) return
    this.#take(incident)
    this.#say(incident, 'updated', 'moved')
  }

  #drop(incident: Incident, others: readonly Incident[]): void {
    const host = others.find(other => this.#covers(other, { ...incident } as unknown as Explanation))
    // What supply came back to was out: only something larger takes it in.
    if (
      host === undefined &&
      incident.state !== 'suspected' &&
      !(isOpen(incident) && Number.isNaN(this.#case.backAt))
    )
      return
    this.#release(incident)
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

  #confirm(incident: Incident, { tally, told }: Explanation): void {
    if (incident.state !== 'suspected') return
    const each = this.#case
    const age = this.#now - each.beganAt
    // A line of its own has to be proved twice: a plug that is pulled gasps too.
    const isProven = incident.device >= 0 || tally.records > 0 || tally.silent > 0
    const speaks = tally.gasps + tally.collected + tally.records + told.down > 0 && isProven
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
      if (incident.members.length === 0) return
      incident.openedAt = this.#now
      this.#say(incident, 'open')
    } else if (incident.suspectedAt === this.#now) this.#say(incident, 'suspected')
    else if (this.#now - each.heardAt > figure('suspicionEnds') && (!each.isPast || age > unsure)) {
      incident.state = 'withdrawn'
      this.#out.incidents.push(lineOf(this.#books.grid, incident, this.#now, { reason: 'NOT_CONFIRMED' }))
    }
  }

  /** Holds everybody at or below the device who is not proven to live, nor held by another incident. */
  #take(incident: Incident): void {
    const { grid, meters } = this.#books
    this.#release(incident)
    const { id } = this.#case
    const living = livingSpan(this.#case, this.#now)
    const all = incident.device >= 0 ? grid.metersBelow(incident.device) : [incident.meter]
    const claims = (meter: number): boolean =>
      meters.lostCase[meter] === id || meters.recordCase[meter] === id
    incident.members = all.filter(
      meter => meters.incident[meter] < 0 && (claims(meter) || !meters.wasAlive(meter, ...living))
    )
    for (const meter of incident.members) {
      meters.incident[meter] = incident.id
      meters.lastIncident[meter] = incident.id
    }
    incident.waiting = unitsOf(this.#books, incident)
    incident.back.clear()
  }

  #release(incident: Incident): void {
    const { meters } = this.#books
    for (const meter of incident.members)
      if (meters.incident[meter] === incident.id) meters.incident[meter] = -1
  }

  #restore(incident: Incident): void {
    if (isOpen(incident)) {
      const hasChanged = this.#returned.has(incident) || takeBack(this.#books, incident)
      if (hasChanged && incident.waiting.length > 0) this.#say(incident, 'updated', 'partial')
      if (!hasChanged || incident.waiting.length > 0) return
      incident.end = Math.max(...incident.back.values(), incident.start)
      incident.restoredAt = this.#now
      this.#release(incident)
      for (const meter of incident.members) this.#books.meters.forgiveMisses(meter)
      this.#say(incident, 'restored')
    } else if (incident.state === 'restored' && this.#now - incident.restoredAt >= figure('recordsWait')) {
      correctTimes(this.#books, incident)
      this.#case.closedAt = this.#now
      this.#say(incident, 'closed')
    }
  }

  #say(incident: Incident, state: Incident['state'], change?: IncidentChange): void {
    incident.state = state
    this.#out.incidents.push(
      lineOf(this.#books.grid, incident, this.#now, change === undefined ? {} : { change })
    )
  }
}
