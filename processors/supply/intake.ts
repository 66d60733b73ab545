import type { ReadingColumns } from '../../src/model/columns.ts'
import type { EventType, ReportedEvent } from '../../src/model/events.ts'
import { type Observation, WITHDRAWN } from '../../src/model/observation.ts'
import { type Truck, TRUCK_MS } from '../../src/model/truck.ts'
import type { GeneratorReport, PlantReport, SwitchReport, UpsReport } from '../../src/model/plant.ts'
import { changesOver } from '../../src/registry/lookup/customers.ts'
import { timeOf } from '../outages/evidence/moments.ts'
import { CURRENTS, shownBy, type Values, VOLTAGES } from '../outages/evidence/shown.ts'
import type { CustomerIndex } from './customer-index.ts'
import type { IndexedCustomer } from './indexed.ts'
import type { FeedFact, SupplyFacts } from './facts.ts'
import { isChangingOver } from './judge-sections.ts'
import { PHASE_GONE } from './lifetimes.ts'
import type { Trucks } from './trucks.ts'

/** Told of a customer, from when on he may be seen otherwise than before, epoch ms; undefined for what changes nothing by itself. */
export type OnTold = (place: number, from: number | undefined) => void

/** What events of a feed's own meter say of it. */
const FEED_EVENTS = new Map<EventType, boolean>([
  ['last-gasp', false],
  ['power-down', false],
  ['power-up', true]
])
/** Whether a generator runs. */
const RUN_EVENTS = new Map<EventType, boolean>([
  ['generator-start', true],
  ['generator-stop', false]
])
const UPS_EVENTS = new Map<EventType, UpsReport['mode']>([
  ['ups-on-battery', 'battery'],
  ['ups-on-line', 'line']
])

/** Enters what comes into the facts, of those customers only of whom its sender may tell. */
export class Intake {
  readonly #facts: SupplyFacts
  readonly #trucks: Trucks
  readonly #index: CustomerIndex
  readonly #onTold: OnTold

  constructor(facts: SupplyFacts, trucks: Trucks, index: CustomerIndex, onTold: OnTold) {
    this.#facts = facts
    this.#trucks = trucks
    this.#index = index
    this.#onTold = onTold
  }

  /** Rows of feeds' meters. */
  rows({ rows, meter, time, values }: ReadingColumns, firstRow: number, arrivedAt: number): void {
    const { byMeter, ratedV } = this.#index
    for (let row = firstRow; row < rows; row++) {
      const feed = byMeter.get(meter[row] ?? -1)
      if (feed === undefined) continue
      const { source, rhythm } = feed.indexed
      const seen = shown(values, row, ratedV[meter[row] ?? -1] ?? Number.NaN, source.measuredAt)
      if (seen === undefined) continue
      const at = Math.min(time[row] ?? arrivedAt, arrivedAt)
      this.#onTold(feed.place, this.#facts.measured(source.id, at, seen, rhythm))
    }
  }

  /** A `backup` message, of the customers whose plant its terminal watches. */
  plant(terminal: string, { time, generators, switches, ups }: PlantReport, arrivedAt: number): void {
    const at = timeOf(time, arrivedAt)
    const { bySource, bySection } = this.#index
    for (const said of generators) {
      const place = this.#mayTell(terminal, bySource.get(said.source))
      if (place !== undefined) this.#generator(place, said, at)
    }
    for (const said of ups) {
      const place = this.#mayTell(terminal, bySource.get(said.source))
      if (place !== undefined) this.#ups(place, said, at)
    }
    for (const said of onePerSection(switches)) {
      const place = this.#mayTell(terminal, bySection.get(said.section))
      if (place !== undefined) this.#moveSwitch(place, said, at)
    }
  }

  /** An event of a feed's meter, or about a source or section. */
  event(terminal: string, event: ReportedEvent, arrivedAt: number): void {
    if (event.isTest || event.origin === 'inferred') return
    for (const id of event.meters) this.#meterEvent(terminal, id, event, arrivedAt)
    const at = timeOf(event.time, arrivedAt)
    const { about } = event
    const ofSource = this.#mayTell(terminal, this.#index.bySource.get(about))
    if (ofSource !== undefined) this.#sourceEvent(ofSource, event, at)
    const ofSection = this.#mayTell(terminal, this.#index.bySection.get(about))
    if (ofSection !== undefined) this.#switchEvent(ofSection, event, at)
  }

  /** A truck came, is there still, or left. */
  truck(said: Truck): void {
    const place = this.#index.add(said)
    if (place !== undefined) this.#onTold(place, this.#trucks.take(said))
  }

  /** What a person saw of a source or section of the customer. @param now log time */
  observation(said: Observation, now: number): void {
    const kind = said.source !== undefined ? 'source' : 'section'
    const id = said.source ?? said.section ?? ''
    const place = (kind === 'source' ? this.#index.bySource : this.#index.bySection).get(id)
    if (place === undefined || this.#index.customers[place]?.customer.id !== said.keyCustomer) return
    if (said.fact === WITHDRAWN) this.#withdraw(place, kind, id, now)
    else this.#observed(place, kind, id, said, Math.min(said.observedAt, now))
  }

  #observed(place: number, kind: 'source' | 'section', id: string, said: Observation, at: number): void {
    this.#onTold(place, this.#facts.seen(kind, id, at, said))
    // What feeds a section is alive.
    if (said.fact !== 'fed' || said.fedBy === undefined) return
    const fact = this.#index.isFeed(said.fedBy) ? 'live' : 'running'
    this.#onTold(place, this.#facts.seen('source', said.fedBy, at, { ...said, fact }))
  }

  #withdraw(place: number, kind: 'source' | 'section', id: string, now: number): void {
    const facts = this.#facts.at(now)
    const { fedBy = '' } = (kind === 'section' ? facts.seenSection(id)?.said : undefined) ?? {}
    this.#onTold(place, this.#facts.unseen(kind, id, now))
    if (facts.seenSource(fedBy)?.said.section === id)
      this.#onTold(place, this.#facts.unseen('source', fedBy, now))
  }

  #meterEvent(terminal: string, meter: string, event: ReportedEvent, arrivedAt: number): void {
    const feed = this.#index.feedOf(terminal, meter)
    if (feed === undefined) return
    const { place, indexed } = feed
    const { source, rhythm } = indexed
    const isLive = FEED_EVENTS.get(event.type)
    const told = (at: number, live: boolean): void =>
      this.#onTold(
        place,
        this.#facts.measured(source.id, at, { isLive: live, reason: 'METER_EVENT' }, rhythm)
      )
    // Behind an open switch there is no voltage, whatever stands before it.
    if (isLive !== true && source.measuredAt === 'load') return
    if (isLive !== undefined) told(timeOf(event.time, arrivedAt), isLive)
    if (event.type !== 'power-outage-record' || Number.isNaN(event.end)) return
    const [start, end] = [Math.min(event.start, arrivedAt), Math.min(event.end, arrivedAt)]
    if (!(start < end)) return
    const dead = { isLive: false, reason: 'METER_EVENT' } as const
    this.#onTold(place, this.#facts.recorded(source.id, start, end, dead, rhythm))
    told(end, true)
  }

  #sourceEvent(place: number, { type, about }: ReportedEvent, at: number): void {
    const facts = this.#facts.at(at)
    if (type === 'generator-start-failed') this.#onTold(place, this.#facts.failedStart(about, at))
    const isRunning = RUN_EVENTS.get(type)
    if (isRunning !== undefined) {
      const said = facts.generator(about)?.said ?? silentGenerator(about)
      this.#generator(place, { ...said, isRunning }, at)
    }
    if (type === 'truck-attached' || type === 'truck-detached') this.#truckEvent(place, type, about, at)
    const mode = UPS_EVENTS.get(type)
    if (mode === undefined) return
    const said = facts.ups(about)?.said ?? { source: about, loadPct: Number.NaN, minutesLeft: Number.NaN }
    this.#ups(place, { ...said, mode }, at)
  }

  /**
   * A truck whose place the plant has a switch for: its terminal tells when it comes and goes. Words of before the end of its last stay are told again, or late:
   * they make no new one.
   */
  #truckEvent(place: number, type: 'truck-attached' | 'truck-detached', source: string, at: number): void {
    const { customer } = this.#index.customers[place] as IndexedCustomer
    const known = this.#trucks.find(customer.id, source)
    const { attachedAt = at, detachedAt, sections = [] } = known ?? {}
    const stay = { ...(known ?? { by: '' }), keyCustomer: customer.id, source, sections }
    const isGone = detachedAt !== undefined
    if (type === 'truck-detached') {
      if (isGone && at >= attachedAt) return
      // Its coming has not been heard yet.
      const since = known === undefined || isGone ? at : Math.min(attachedAt, at)
      this.truck({ ...stay, attachedAt: since, detachedAt: at, validUntil: at })
      return
    }
    const isUnheardOf = isGone && attachedAt === detachedAt && at <= attachedAt
    if (isUnheardOf) this.truck({ ...stay, attachedAt: at, detachedAt, validUntil: detachedAt })
    else if (!isGone || at > detachedAt) {
      const { detachedAt: _left, ...here } = stay as Truck
      this.truck({ ...here, attachedAt: isGone ? at : attachedAt, validUntil: at + TRUCK_MS })
    }
  }

  #switchEvent(place: number, event: ReportedEvent, at: number): void {
    const { type, about, from, to, durationMs } = event
    const known = this.#facts.at(at).switchOf(about)
    const said = known?.said ?? { section: about, position: '', isAutomatic: undefined, hasFault: undefined }
    if (type === 'transfer-failed') this.#switched(place, { ...said, hasFault: true }, at)
    if (type !== 'transfer' || to === '') return
    // What it says of where it stood counts where nothing was known of that.
    if (known === undefined && from !== '') this.#switched(place, { ...said, position: from }, at - 1)
    const gap = Number.isNaN(durationMs) ? 0 : durationMs
    this.#moveSwitch(place, { ...said, position: to, hasFault: false }, at, at - gap)
  }

  #generator(place: number, said: GeneratorReport, at: number): void {
    const { source, rhythm } = this.#index.sourceOf(said.source)
    this.#onTold(place, this.#facts.generator(said, at, source.fuelDeclaredOn, rhythm))
  }

  #ups(place: number, said: UpsReport, at: number): void {
    this.#onTold(place, this.#facts.ups(said, at, this.#index.sourceOf(said.source).rhythm))
  }

  #switched(place: number, said: SwitchReport, at: number): void {
    const { plantRhythm } = this.#index.customers[place] as IndexedCustomer
    this.#onTold(place, this.#facts.switched(said, at, plantRhythm))
  }

  /** The switch of a section stands so. That it went over by itself tells of the sources too. */
  #moveSwitch(place: number, said: SwitchReport, at: number, lostAt = at): void {
    const before = this.#facts.at(at - 1).switchOf(said.section)
    this.#switched(place, said, at)
    const section = this.#index.section(said.section)
    const from = before?.said.position ?? ''
    if (section === undefined || before === undefined || from === said.position) return
    if (!changesOver(section) || said.isAutomatic === false) return
    // One that opens because it is broken says nothing of what fed it.
    if (said.position === 'open' && said.hasFault === true) return
    const [left, taken] = [section.sources.indexOf(from), section.sources.indexOf(said.position)]
    // To one that it likes less it goes because it has to; back to one that it likes more because that is there again.
    const isLost = left >= 0 && (taken > left || said.position === 'open')
    if (isLost && !this.#isHeldBy(place, said, from, at)) this.#hint(place, from, lostAt, false)
    if (taken >= 0) this.#hint(place, said.position, at, true)
  }

  /**
   * Whether another section still stands on a source that one left: then that is not dead by it. One that is opened may have been opened by a person; where it went
   * elsewhere only those count that would have gone, too.
   */
  #isHeldBy(place: number, left: SwitchReport, source: string, at: number): boolean {
    const { customer, plantRhythm } = this.#index.customers[place] as IndexedCustomer
    const facts = this.#facts.at(at)
    return customer.sections.some(section => {
      const word = section.id === left.section ? undefined : facts.switchOf(section.id)
      if (word === undefined || at - word.at > plantRhythm.keepsMs) return false
      const wouldGo = changesOver(section) && isChangingOver(word.said)
      return word.said.position === source && (left.position === 'open' || wouldGo)
    })
  }

  #hint(place: number, source: string, at: number, isLive: boolean): void {
    if (this.#index.isFeed(source)) this.#onTold(place, this.#facts.hinted(source, at, isLive))
  }

  /** The place of a customer of whom the terminal may tell; undefined where it may not. */
  #mayTell(terminal: string, place: number | undefined): number | undefined {
    return place !== undefined && this.#index.mayTell(terminal, place) ? place : undefined
  }
}

/** A section with a breaker for each source tells of each: it stands on the first that is closed, and is open when none is. */
function onePerSection(switches: readonly SwitchReport[]): Iterable<SwitchReport> {
  const sections = new Map<string, SwitchReport>()
  for (const said of switches) {
    const known = sections.get(said.section)
    if (known === undefined || known.position === 'open' || known.position === '')
      sections.set(said.section, said)
  }
  return sections.values()
}

/** What is less is the drift of a meter: a hundredth of 5 A, as it shows it. */
const LEAST_A = 0.05
/** Below this share of the largest current a phase carries nothing worth the name. */
const SAME_LOAD = 0.5

/** What a row of a feed's meter shows of the feed; undefined where it shows nothing of it. */
function shown(values: Values, row: number, ratedV: number, measuredAt: string): FeedFact | undefined {
  const volts = VOLTAGES.map(field => shownBy(values, field, row)).filter(each => !Number.isNaN(each))
  if (volts.length === 0 || !(ratedV > 0)) return undefined
  if (Math.min(...volts) >= PHASE_GONE * ratedV) return { isLive: true, reason: 'VOLTAGE' }
  const amperes = CURRENTS.map(field => Math.abs(shownBy(values, field, row))).filter(
    each => !Number.isNaN(each)
  )
  const most = Math.max(0, ...amperes)
  // All phases carry the load that one of them is said not to have: a fuse of the voltage transformer.
  if (most >= LEAST_A && Math.min(...amperes) >= SAME_LOAD * most)
    return { isLive: true, reason: 'METER_FUSE' }
  // Behind an open switch there is no voltage, whatever stands before it.
  if (measuredAt === 'load') return undefined
  return { isLive: false, reason: Math.max(...volts) < PHASE_GONE * ratedV ? 'NO_VOLTAGE' : 'PHASE_LOST' }
}

const silentGenerator = (source: string): GeneratorReport => ({
  ...{ source, isRunning: undefined, mode: '' },
  ...{ voltageV: Number.NaN, powerKw: Number.NaN, fuelPct: Number.NaN, startBatteryV: Number.NaN }
})
