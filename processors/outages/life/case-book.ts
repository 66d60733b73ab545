import type { IncidentChange, OutageLines } from '../../../src/model/outages.ts'
import { type Explanation, Explainer, middleOf } from '../explain/explain.ts'
import type { Books, Moment } from '../explain/tally.ts'
import { figure } from '../likelihoods.ts'
import { MOST_CLAIMS, type OutageCase } from './case.ts'
import { explainBy, type Incident, incidentId, lineOf, newIncident } from './incident.ts'
import { correctTimes, provenBack, takeBack, unitsOf } from './restoration.ts'

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

  /** Whether anything about an area would tell a case something. */
  *watching(grid: Books['grid'], area: number): Generator<OutageCase> {
    if (this.#cases.length === 0 || area < 0) return
    const root = rootOf(grid, area)
    for (const each of this.#cases) if (each.root === root) yield each
  }

  /**
   * Somebody in an area claims to have lost his supply at a time.
   * @param now log time @param isPast told of after the fact, by a record
   */
  claim(grid: Books['grid'], area: number, time: number, now: number, isPast: boolean): void {
    const root = rootOf(grid, area)
    const near = this.#cases
      .filter(each => each.root === root && Math.abs(each.start - time) <= figure('momentTolerance'))
      .sort((a, b) => Math.abs(a.start - time) - Math.abs(b.start - time))
    const found = near[0] ?? this.#open(root, time, now, isPast)
    if (found.claims.length < MOST_CLAIMS) {
      found.claims.push(time)
      found.start = middleOf(found.claims)
    }
    found.areas.add(area)
    found.isDirty = true
    if (!isPast) {
      found.isPast = false
      found.heardAt = now
    }
  }

  /** When an incident began, NaN when it is closed or there is none. */
  startOf(id: number): number {
    if (id < 0) return Number.NaN
    for (const { incidents } of this.#cases)
      for (const incident of incidents) if (incident.id === id && isLive(incident)) return incident.start
    return Number.NaN
  }

  #open(root: number, time: number, now: number, isPast: boolean): OutageCase {
    const fresh: OutageCase = {
      id: this.#nextCase++,
      start: time,
      root,
      beganAt: now,
      heardAt: now,
      claims: [],
      areas: new Set(),
      backAt: Number.NaN,
      isPast,
      isDirty: true,
      explainedAt: Number.NEGATIVE_INFINITY,
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
      if (!each.isDirty && !isWaiting && each.incidents.length > 0) continue
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

const isLive = ({ state }: Incident): boolean => state !== 'withdrawn' && state !== 'closed'

const isOver = (each: OutageCase, now: number): boolean =>
  !each.incidents.some(isLive) && now - each.heardAt > figure('suspicionEnds')

/** One look at one case. */
class CaseStep {
  readonly #books: Books
  readonly #case: OutageCase
  readonly #now: number
  readonly #out: OutageLines
  readonly #nextId: () => number

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
    if (!Number.isNaN(each.backAt)) return
    const { grid, meters, terminals } = this.#books
    const times: number[] = []
    let claimed = 0
    for (const area of each.areas) {
      for (const meter of grid.metersIn.of(area)) {
        if (!(Math.abs(meters.lostAt[meter] - each.start) <= figure('momentTolerance'))) continue
        claimed++
        const at = provenBack(meters, meter, each.start)
        if (!Number.isNaN(at)) times.push(at)
      }
      for (const number of grid.terminalsAt.of(area)) {
        const { downAt, backAt } = terminals.of(grid.terminals[number].id)
        if (Math.abs(downAt - each.start) <= figure('momentTolerance') && backAt > downAt) times.push(backAt)
      }
    }
    if (times.length >= Math.min(2, claimed)) {
      const first = Math.min(...times)
      if (Number.isFinite(first)) each.backAt = first
    }
  }

  get #moment(): Moment {
    const { start, backAt, incidents } = this.#case
    return { start, backAt, incidents: new Set(incidents.map(({ id }) => id)) }
  }

  #explain(): void {
    const each = this.#case
    const explainer = new Explainer(this.#books, this.#moment, this.#now)
    const found = explainer.explain(each.areas).sort((a, b) => b.score - a.score)
    const active = each.incidents.filter(isLive)
    const used = new Map<Incident, Explanation>()
    const settled = each.incidents.filter(incident => incident.state === 'closed' || this.#isPut(incident))
    for (const explanation of found) {
      if (
        settled.some(incident => this.#isSame(incident, explanation) || this.#covers(incident, explanation))
      )
        continue
      if ([...used.keys()].some(incident => this.#covers(incident, explanation))) continue
      const before = this.#matching(active, used, explanation)
      if (before === undefined) {
        const incident = newIncident(this.#nextId(), this.#now)
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

  /** Suspected and not confirmed, and nothing new was claimed since. */
  #isPut({ state, suspectedAt }: Incident): boolean {
    return state === 'withdrawn' && this.#case.heardAt <= suspectedAt
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
    const isOpen = incident.state !== 'suspected'
    explainBy(incident, explanation, this.#case.start)
    if (!isMoved || !isOpen) return
    this.#take(incident)
    this.#say(incident, 'updated', 'moved')
  }

  #drop(incident: Incident, others: readonly Incident[]): void {
    if (incident.state === 'restored') return
    const host = others.find(other => this.#covers(other, { ...incident } as unknown as Explanation))
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
    const speaks = tally.gasps + tally.collected + tally.records + told.down > 0
    const gather = each.isPast ? figure('recordsGather') : figure('gatherFirst')
    const unsure = each.isPast ? 2 * figure('recordsGather') : figure('gatherUnsure')
    const isSure = incident.confidence >= figure('openAt') && age >= gather
    const isAny = incident.score > -Math.log(1 - figure('openAt')) && age >= unsure
    if (speaks && (isSure || isAny)) {
      incident.openedAt = this.#now
      this.#take(incident)
      this.#say(incident, 'open')
    } else if (incident.suspectedAt === this.#now) this.#say(incident, 'suspected')
    else if (age > figure('suspicionEnds')) {
      incident.state = 'withdrawn'
      this.#out.incidents.push(lineOf(this.#books.grid, incident, this.#now, { reason: 'NOT_CONFIRMED' }))
    }
  }

  /** Holds everybody at or below the device who is not proven to live, nor held by another incident. */
  #take(incident: Incident): void {
    const { grid, meters } = this.#books
    this.#release(incident)
    const { start, backAt } = this.#case
    const clock = figure('clockTolerance')
    const until = Number.isNaN(backAt) ? this.#now + 1 : backAt - clock
    const all = incident.device >= 0 ? grid.metersBelow(incident.device) : [incident.meter]
    const claims = (meter: number): boolean =>
      Math.abs(meters.lostAt[meter] - start) <= figure('momentTolerance') ||
      Math.abs(meters.recordStart[meter] - start) <= figure('momentTolerance')
    incident.members = all.filter(
      meter => meters.incident[meter] < 0 && (claims(meter) || !meters.wasAlive(meter, start + clock, until))
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
    if (incident.state === 'open' || incident.state === 'updated') {
      const hasChanged = takeBack(this.#books, incident)
      if (hasChanged && incident.waiting.length > 0) this.#say(incident, 'updated', 'partial')
      if (!hasChanged || incident.waiting.length > 0) return
      incident.end = Math.max(...incident.back.values(), incident.start)
      incident.restoredAt = this.#now
      this.#release(incident)
      this.#say(incident, 'restored')
    } else if (incident.state === 'restored' && this.#now - incident.restoredAt >= figure('recordsWait')) {
      correctTimes(this.#books, incident)
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
