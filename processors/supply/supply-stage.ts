import { ByteReader, ByteWriter } from '../../src/records/bytes.ts'
import type { SupplyLine } from '../../src/model/supply.ts'
import {
  OBSERVATION,
  type ObservationRecord,
  SESSION,
  type SessionRecord,
  TICK,
  TRUCK,
  type TruckRecord
} from '../../src/records/gateway-record.ts'
import type { PresentGrid } from '../outages/grid/present-grid.ts'
import type { StepOutput } from '../output.ts'
import type { Stage, StageInput } from '../stage.ts'
import { Asking } from './asking.ts'
import type { Known } from './conclude.ts'
import { CustomerIndex } from './customer-index.ts'
import type { IndexedCustomer } from './indexed.ts'
import { SupplyFacts } from './facts.ts'
import { Intake } from './intake.ts'
import { HISTORY_MS } from './lifetimes.ts'
import { newsAt, NOTHING_SAID, type Said, saidOf } from './news.ts'
import { isOnWay, PathWatch, type WayChange } from './path-watch.ts'
import { settle, type Stretch } from './settle.ts'
import { type Difference, Timeline } from './timeline.ts'
import { Trucks } from './trucks.ts'

/** Of what the stage saves: it counts up with any change. */
const FORMAT = 5
/** How often it is looked how long own sources last. */
const AUTONOMY_LOOK_MS = 60_000
const FORGET_EVERY_MS = 3_600_000

/** A customer as it was said. */
interface Shown {
  readonly said: Said
  readonly timeline: Timeline
  /** Until then what was said is settled, log time: all that is told of before comes late. */
  readonly lookedAt: number
}

/**
 * The fourth stage: how every key customer is supplied. Facts are entered as they come; what they mean is concluded at ticks, for those of whom
 * something was told or something known has grown old: from the moment on from which it may be seen otherwise now. A line is given for each stretch of
 * time that is not what was said of it.
 */
export class SupplyStage implements Stage {
  readonly name = 'supply'
  /** The network as the outage stage sees it: it takes every record first. */
  readonly #gridOf: () => PresentGrid | undefined
  readonly #facts = new SupplyFacts()
  readonly #paths = new PathWatch()
  readonly #trucks = new Trucks()
  readonly #asking = new Asking()
  #index: CustomerIndex | undefined
  #intake: Intake | undefined
  /** Log time of the next look at each customer, by id; one that is not there is looked at at once. */
  readonly #dueAt = new Map<string, number>()
  /** From when on each customer may be seen otherwise than was said, by id. */
  readonly #changedFrom = new Map<string, number>()
  readonly #shown = new Map<string, Shown>()
  #forgotAt = 0
  #isRestored = false

  constructor(gridOf: () => PresentGrid | undefined) {
    this.#gridOf = gridOf
  }

  take(input: StageInput, out: StepOutput): void {
    if (input.registry !== undefined) {
      const index = new CustomerIndex(input.registry)
      this.#index = index
      this.#intake = new Intake(this.#facts, this.#trucks, index, (place, from) => this.#told(place, from))
      // The registry of a checkpoint comes after it, and changes nothing.
      if (!this.#isRestored) this.#dueAt.clear()
      this.#isRestored = false
      index.keepTrucks(this.#trucks.all())
      this.#asking.reset()
    }
    const [index, intake] = [this.#index, this.#intake]
    if (index === undefined || intake === undefined || index.customers.length === 0) return
    for (const line of out.outages.incidents.slice(input.firstIncident)) {
      const change = this.#paths.take(line)
      if (change !== undefined) this.#wayChanged(index, change)
    }
    if (input.frame !== undefined && input.replayed === undefined) takeFrame(intake, input, out)
    if (input.kind === OBSERVATION) intake.observation(input.control as ObservationRecord, input.at)
    if (input.kind === SESSION) this.#asking.session(input.control as SessionRecord, index, input.at)
    if (input.kind === TRUCK) intake.truck(input.control as TruckRecord)
    if (input.kind === TICK) this.#tick(index, input.at, out)
  }

  #told(place: number, from = Number.POSITIVE_INFINITY): void {
    const id = this.#index?.customers[place]?.customer.id ?? ''
    this.#dueAt.delete(id)
    this.#changedFrom.set(id, Math.min(from, this.#changedFrom.get(id) ?? from))
  }

  #wayChanged(index: CustomerIndex, { devices, from }: WayChange): void {
    const grid = this.#gridOf()
    if (grid === undefined) return
    for (const [place, { sources }] of index.customers.entries()) {
      const isConcerned = sources.some(
        ({ place: at, source }) =>
          at >= 0 && devices.some(device => isOnWay(grid, at, source.usagePoint, device))
      )
      if (isConcerned) this.#told(place, from)
    }
  }

  #tick(index: CustomerIndex, now: number, out: StepOutput): void {
    const grid = this.#gridOf()
    if (grid === undefined) return
    const known = { grid, facts: this.#facts, paths: this.#paths, trucks: this.#trucks }
    out.pings.wishes.push(...this.#asking.tick(index, now))
    if (now - this.#forgotAt >= FORGET_EVERY_MS) this.#forget(now)
    for (const indexed of index.customers) {
      const { id } = indexed.customer
      if ((this.#dueAt.get(id) ?? now) <= now) this.#dueAt.set(id, this.#look(known, indexed, now, out))
    }
  }

  /** Says what is not as it was said. @returns when it has to be looked at again, log time */
  #look(known: Known, indexed: IndexedCustomer, now: number, out: StepOutput): number {
    const { customer } = indexed
    const before = this.#shown.get(customer.id)
    const timeline = before?.timeline ?? new Timeline()
    const changed = this.#changedFrom.get(customer.id) ?? now
    this.#changedFrom.delete(customer.id)
    const { stretches, until } = settle(known, indexed, this.#settledFrom(indexed, changed, now), now)
    const { picture } = stretches.at(-1) as Stretch
    const differences = timeline.differences(stretches)
    for (const difference of differences) timeline.say(difference, now)
    const isSaid = differences.at(-1)?.to === Number.POSITIVE_INFINITY
    const dueAt = isSaid ? now : newsAt(before?.said ?? NOTHING_SAID, picture, now)
    // What only is known otherwise, or lasts otherwise, is so from now on.
    const same = { from: now, to: Number.POSITIVE_INFINITY, stretch: { from: now, picture, transfers: [] } }
    for (const difference of dueAt <= now && !isSaid ? [...differences, same] : differences)
      out.supply.push(lineOf(customer.id, difference, timeline, now))
    const said = dueAt <= now ? saidOf(picture, now) : (before?.said ?? NOTHING_SAID)
    this.#shown.set(customer.id, { said, timeline, lookedAt: now })
    const lookAt = picture.state === 'emergency' ? Math.min(until, now + AUTONOMY_LOOK_MS) : until
    return dueAt <= now ? lookAt : Math.min(lookAt, dueAt)
  }

  /** From when on it has to be settled anew; before its first line nothing was said that could be wrong. */
  #settledFrom({ customer }: IndexedCustomer, changed: number, now: number): number {
    const before = this.#shown.get(customer.id)
    if (before === undefined) return Math.max(Math.min(changed, now), now - HISTORY_MS)
    // A gap is known as such when it is over; a section that a person changes over has none that is allowed.
    const gapsS = customer.sections.map(({ allowedGapS }) => allowedGapS).filter(gapS => !Number.isNaN(gapS))
    const gapMs = 1000 * Math.max(0, ...gapsS)
    const begun = Math.min(changed, before.timeline.said[0]?.from ?? now)
    return Math.max(Math.min(changed, before.lookedAt) - gapMs, begun, now - HISTORY_MS)
  }

  #forget(now: number): void {
    this.#forgotAt = now
    this.#facts.forget(now)
    this.#paths.forget(now)
    this.#trucks.forget(now - HISTORY_MS)
    this.#index?.keepTrucks(this.#trucks.all())
    for (const { timeline } of this.#shown.values()) timeline.forget(now - HISTORY_MS)
  }

  save(): readonly Uint8Array[] {
    const json = {
      format: FORMAT,
      facts: this.#facts.save(),
      paths: this.#paths.save(),
      trucks: this.#trucks.save(),
      changedFrom: [...this.#changedFrom],
      forgotAt: this.#forgotAt,
      dueAt: [...this.#dueAt],
      shown: [...this.#shown].map(([id, { timeline, ...rest }]) => [id, { ...rest, timeline: timeline.said }])
    }
    return [new ByteWriter(1024).text(JSON.stringify(json)).finish()]
  }

  load(saved: Uint8Array): void {
    // Nothing that is kept here is null but what was NaN, or no end.
    const json = JSON.parse(new ByteReader(saved, 'in place').text(), (_, value) =>
      value === null ? Number.NaN : value
    ) as {
      format: number
      facts: Parameters<SupplyFacts['load']>[0]
      paths: Parameters<PathWatch['load']>[0]
      trucks: Parameters<Trucks['load']>[0]
      changedFrom: [string, number][]
      forgotAt: number
      dueAt: [string, number][]
      shown: [string, Omit<Shown, 'timeline'> & { timeline: Timeline['said'] }][]
    }
    // What another version remembers is told again within minutes.
    if (json.format !== FORMAT) return
    this.#facts.load(json.facts)
    this.#paths.load(json.paths)
    this.#trucks.load(json.trucks)
    this.#isRestored = true
    this.#changedFrom.clear()
    for (const [id, from] of json.changedFrom)
      this.#changedFrom.set(id, Number.isNaN(from) ? Number.POSITIVE_INFINITY : from)
    this.#forgotAt = json.forgotAt
    this.#shown.clear()
    for (const [id, { timeline, ...shown }] of json.shown)
      this.#shown.set(id, { ...shown, timeline: new Timeline(timeline) })
    this.#dueAt.clear()
    for (const [id, at] of json.dueAt) this.#dueAt.set(id, Number.isNaN(at) ? Number.POSITIVE_INFINITY : at)
  }
}

function takeFrame(
  intake: Intake,
  { frame, events, plant, decoded, firstRow }: StageInput,
  out: StepOutput
): void {
  if (frame === undefined) return
  const { terminal, arrivedAt } = frame
  if (decoded !== undefined) intake.rows(out.readings.columns(), firstRow, arrivedAt)
  if (plant !== undefined) intake.plant(terminal, plant, arrivedAt)
  for (const event of events ?? []) intake.event(terminal, event, arrivedAt)
}

function lineOf(
  keyCustomer: string,
  { from, to, stretch, supersedes }: Difference,
  timeline: Timeline,
  now: number
): SupplyLine {
  const { picture, transfers } = stretch
  return {
    ...{ at: now, start: timeline.stateSince(from), keyCustomer, from },
    ...(to < Number.POSITIVE_INFINITY && { end: to, ...(supersedes !== undefined && { supersedes }) }),
    ...(transfers.length > 0 && { transfers }),
    ...picture
  }
}
