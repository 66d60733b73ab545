import { type Truck, TRUCK_LITRES_PER_KWH, TRUCK_MS } from '../../model/truck.ts'
import type { GridKeyCustomer, GridSection } from '../grid/grid.ts'
import type { PlantTrouble, Span } from '../scenario/happenings.ts'
import { isIn, type World } from './world.ts'

/** How a key customer's plant stands in a stretch of time. */
export interface PlantStretch extends Span {
  /** By feed: whether the network supplies it. */
  readonly isLive: readonly boolean[]
  readonly generator: GeneratorState
  /** By section: the source that feeds it, '' when it is dark. */
  readonly fedBy: readonly string[]
  readonly isUpsOnBattery: boolean
  /** The truck that is plugged in behind the switches of the security sections, '' for none. */
  readonly truck: string
}

export type GeneratorState = 'none' | 'ready' | 'starting' | 'running' | 'failed'

/** What the plant tells of itself. */
export interface PlantEvent {
  readonly at: number
  readonly type:
    | 'transfer'
    | 'transfer-failed'
    | 'generator-start'
    | 'generator-start-failed'
    | 'generator-stop'
    | 'ups-on-battery'
    | 'ups-on-line'
  readonly source?: string
  readonly section?: string
  readonly from?: string
  readonly to?: string
  readonly durationMs?: number
}

/** From the loss to the other feed, by an automatic switch; and when it is slow, in allowed gaps. */
const TRANSFER_MS = 1_500
const SLOW_GAPS = 4
/** A person comes and throws a switch by hand. */
const BY_HAND_MS = 720_000
/** A better source has to stand so long before one goes back to it. */
const RETURN_MS = 60_000
/** Place of the section whose tie may fail: not that of the security load. */
export const TIE_SECTION = 1
/** A generator is told to start after so long, and stops so long after nobody needs it. */
const START_DELAY_MS = 1_000
const COOL_DOWN_MS = 180_000
/** A generator is there within so much of its start class. */
const START_SHARE = 0.8
const WHOLE_PHASES = 0.8

interface SectionState {
  fedBy: string
  darkSince: number
  /** What fed it when it went dark: its switch still stands there. */
  lost: string
}

/** Litres of a truck's tank for each kW that it carries. */
const TRUCK_LITRES_PER_KW = 2

/** What is told of the truck that comes to a key customer: it is plugged into all security sections. @param at when it came */
export function truckStay(customer: GridKeyCustomer, at: number): Truck {
  const plugged = customer.sections.filter(({ isSecurity }) => isSecurity)
  const capacityKw = Math.ceil(plugged.reduce((sum, { loadKw }) => sum + loadKw, 0) * 1.2)
  return {
    ...{ keyCustomer: customer.id, source: truckOf(customer), sections: plugged.map(({ id }) => id) },
    ...{ capacityKw, fuelLitres: capacityKw * TRUCK_LITRES_PER_KW, litresPerKwh: TRUCK_LITRES_PER_KWH },
    ...{ attachedAt: at, validUntil: at + TRUCK_MS, by: '' }
  }
}

/** Id of the truck that comes to a key customer. */
const truckOf = ({ id }: GridKeyCustomer): string => `${id}-TRK`

/** Plays the plant of a key customer through a run: what feeds which section when, and what it tells. */
export function playPlant(world: World, place: number): { stretches: PlantStretch[]; events: PlantEvent[] } {
  return new Player(world, place).play()
}

class Player {
  readonly #world: World
  readonly #customer: GridKeyCustomer
  /** How long people and machines that are in no hurry take. */
  readonly #byHandMs: number
  readonly #returnMs: number
  readonly #coolDownMs: number
  readonly #troubles: readonly PlantTrouble[]
  readonly #sections: SectionState[]
  readonly #liveSince: number[]
  readonly #stretches: PlantStretch[] = []
  readonly #events: PlantEvent[] = []
  #generator: GeneratorState
  /** When it was told to start, and since when nobody needs it. */
  #startedAt = Number.NaN
  #idleSince = Number.NaN
  #isUpsOn = false

  constructor(world: World, place: number) {
    const customer = world.index.grid.keyCustomers[place]
    if (customer === undefined) throw new RangeError(`no key customer ${place}`)
    this.#world = world
    this.#customer = customer
    const { pace } = world.happenings
    this.#byHandMs = BY_HAND_MS / pace
    this.#returnMs = RETURN_MS / pace
    this.#coolDownMs = COOL_DOWN_MS / pace
    this.#troubles = world.happenings.plants.filter(({ keyCustomer }) => keyCustomer === place)
    const [first] = customer.feeds
    this.#sections = customer.sections.map(() => ({
      fedBy: first?.source ?? '',
      darkSince: Number.NaN,
      lost: ''
    }))
    this.#liveSince = customer.feeds.map(() => Number.NEGATIVE_INFINITY)
    this.#generator = customer.generator === undefined ? 'none' : 'ready'
  }

  play(): { stretches: PlantStretch[]; events: PlantEvent[] } {
    const { start, end } = this.#world.happenings
    const changes = this.#changes()
    for (let time = start; time < end; ) {
      // What one thing sets off may set off another at the same moment.
      while (this.#settle(time)) {}
      const next = Math.min(end, ...changes.filter(each => each > time), ...this.#timers(time))
      this.#stretches.push({
        start: time,
        end: next,
        isLive: this.#customer.feeds.map((_, feed) => this.#isLive(feed, time)),
        generator: this.#generator,
        fedBy: this.#sections.map(({ fedBy }, section) => fedBy || this.#behindSwitch(section, time)),
        isUpsOnBattery: this.#isUpsOn,
        truck: this.#has('truck', time) ? truckOf(this.#customer) : ''
      })
      time = next
    }
    return { stretches: merge(this.#stretches), events: this.#events.sort((a, b) => a.at - b.at) }
  }

  #changes(): number[] {
    const times = [
      ...this.#customer.feeds.flatMap(({ customer }) => this.#world.changesOf(customer)),
      ...this.#troubles.flatMap(({ start, end }) => [start, end])
    ]
    return times.filter(Number.isFinite)
  }

  #isLive(feed: number, time: number): boolean {
    const customer = this.#customer.feeds[feed]?.customer ?? -1
    return Math.min(...this.#world.customerConditionAt(customer, time).volts) >= WHOLE_PHASES
  }

  #has(does: PlantTrouble['does'], time: number): boolean {
    return this.#troubles.some(trouble => trouble.does === does && isIn(trouble, time))
  }

  /** What feeds a section whose switch stands on nothing alive: a truck, '' where there is none. */
  #behindSwitch(section: number, time: number): string {
    const isPlugged = this.#customer.sections[section]?.isSecurity === true && this.#has('truck', time)
    return isPlugged ? truckOf(this.#customer) : ''
  }

  #securityIsDark(time: number): boolean {
    return this.#customer.sections.some(
      ({ isSecurity }, i) =>
        isSecurity && this.#sections[i]?.fedBy === '' && this.#behindSwitch(i, time) === ''
    )
  }

  /** Brings everything to how it stands at `time`. @returns whether anything changed */
  #settle(time: number): boolean {
    let hasChanged = false
    this.#liveSince.forEach((since, feed) => {
      const isLive = this.#isLive(feed, time)
      if (isLive === Number.isNaN(since)) {
        this.#liveSince[feed] = isLive ? time : Number.NaN
        hasChanged = true
      }
    })
    this.#sections.forEach((state, i) => {
      const section = this.#customer.sections[i]
      const isTorn = i === TIE_SECTION && this.#has('tie-failed', time)
      const isMoved = isTorn ? this.#tear(state, section, time) : this.#settleSection(state, section, time)
      if (isMoved) hasChanged = true
    })
    if (this.#settleGenerator(time)) hasChanged = true
    const { ups } = this.#customer
    const isUpsOn = this.#securityIsDark(time) || this.#has('ups-on-battery', time)
    if (ups !== undefined && isUpsOn !== this.#isUpsOn) {
      this.#isUpsOn = isUpsOn
      this.#events.push({ at: time, type: isUpsOn ? 'ups-on-battery' : 'ups-on-line', source: ups })
    }
    return hasChanged
  }

  /** Its way to all sources is gone, whatever lives. */
  #tear(state: SectionState, section: GridSection | undefined, time: number): boolean {
    if (section === undefined || state.fedBy === '') return false
    state.lost = state.fedBy
    state.fedBy = ''
    state.darkSince = time
    this.#events.push({ at: time, type: 'transfer-failed', section: section.id })
    return true
  }

  #settleSection(state: SectionState, section: GridSection | undefined, time: number): boolean {
    if (section === undefined) return false
    if (state.fedBy !== '' && !this.#canFeed(state.fedBy)) {
      state.lost = state.fedBy
      state.fedBy = ''
      state.darkSince = time
      if (section.isAutomatic && this.#has('transfer-stuck', time))
        this.#events.push({ at: time, type: 'transfer-failed', section: section.id })
      return true
    }
    const change = this.#nextSource(state, section)
    if (change === undefined || change.at > time) return false
    const from = state.fedBy === '' ? state.lost : state.fedBy
    const durationMs = state.fedBy === '' ? time - state.darkSince : 200
    // A source that comes back to its switch moves none, so nothing tells of it.
    if (change.source !== from)
      this.#events.push({
        at: time,
        type: 'transfer',
        section: section.id,
        from,
        to: change.source,
        durationMs
      })
    state.fedBy = change.source
    state.darkSince = Number.NaN
    return true
  }

  /** The source a section goes to next, and when; undefined when it stays. */
  #nextSource(state: SectionState, section: GridSection): { source: string; at: number } | undefined {
    const place = state.fedBy === '' ? section.sources.length : section.sources.indexOf(state.fedBy)
    for (const source of section.sources.slice(0, place)) {
      if (!this.#canFeed(source)) continue
      const since = this.#readySince(source)
      const from = state.fedBy === '' ? Math.max(since, state.darkSince) : since
      // The source it lost comes back to it by itself: nothing has to be thrown.
      const isLost = state.fedBy === '' && source === state.lost
      const at = isLost ? from : from + this.#delay(state, section, from)
      return Number.isFinite(at) ? { source, at } : undefined
    }
    return undefined
  }

  #delay(state: SectionState, section: GridSection, from: number): number {
    if (!section.isAutomatic) return state.fedBy === '' ? this.#byHandMs : this.#byHandMs + this.#returnMs
    const stuck = this.#troubles.find(each => each.does === 'transfer-stuck' && isIn(each, from))
    if (stuck !== undefined) {
      const isDark = state.fedBy === ''
      const mended = stuck.end - from + (isDark ? TRANSFER_MS : this.#returnMs)
      return isDark ? Math.min(this.#byHandMs * 2, mended) : mended
    }
    if (state.fedBy !== '') return this.#returnMs
    return this.#has('slow-transfer', from) ? section.allowedGapMs * SLOW_GAPS : TRANSFER_MS
  }

  #canFeed(source: string): boolean {
    if (source === this.#customer.generator) return this.#generator === 'running'
    const feed = this.#customer.feeds.findIndex(each => each.source === source)
    return feed >= 0 && !Number.isNaN(this.#liveSince[feed] ?? Number.NaN)
  }

  #readySince(source: string): number {
    if (source === this.#customer.generator) return this.#startedAt + this.#startMs
    return this.#liveSince[this.#customer.feeds.findIndex(each => each.source === source)] ?? Number.NaN
  }

  get #startMs(): number {
    return START_DELAY_MS + this.#customer.startClassS * 1000 * START_SHARE
  }

  /** Whether a section stands dark, or on it, that no feed can take. */
  #isNeeded(time: number): boolean {
    const { generator = '', sections } = this.#customer
    if (this.#has('generator-test', time) || this.#has('back-feed', time)) return true
    return sections.some(({ sources, isAutomatic }, i) => {
      const fedBy = this.#sections[i]?.fedBy
      if (!sources.includes(generator) || !isAutomatic) return false
      return (
        fedBy === generator ||
        (fedBy === '' && !sources.some(source => source !== generator && this.#canFeed(source)))
      )
    })
  }

  #settleGenerator(time: number): boolean {
    const { generator } = this.#customer
    if (generator === undefined) return false
    const isNeeded = this.#isNeeded(time)
    if (this.#generator === 'ready' && isNeeded) {
      this.#generator = 'starting'
      this.#startedAt = time
      return true
    }
    if (this.#generator === 'starting' && time >= this.#startedAt + this.#startMs) {
      const fails = this.#has('generator-fails', time)
      this.#generator = fails ? 'failed' : 'running'
      this.#events.push({
        at: time,
        type: fails ? 'generator-start-failed' : 'generator-start',
        source: generator
      })
      return true
    }
    if (this.#generator === 'failed' && !this.#has('generator-fails', time) && !isNeeded) {
      this.#generator = 'ready'
      return true
    }
    if (this.#generator !== 'running') return false
    if (isNeeded) {
      this.#idleSince = Number.NaN
      return false
    }
    if (Number.isNaN(this.#idleSince)) this.#idleSince = time
    if (time < this.#idleSince + this.#coolDownMs) return false
    this.#generator = 'ready'
    this.#idleSince = Number.NaN
    this.#events.push({ at: time, type: 'generator-stop', source: generator })
    return true
  }

  /** Times later than `time` at which something may happen by itself. */
  #timers(time: number): number[] {
    const timers = this.#sections.map((state, i) => {
      const section = this.#customer.sections[i]
      return section === undefined ? Number.NaN : (this.#nextSource(state, section)?.at ?? Number.NaN)
    })
    if (this.#generator === 'starting') timers.push(this.#startedAt + this.#startMs)
    if (this.#generator === 'running') timers.push(this.#idleSince + this.#coolDownMs)
    return timers.filter(each => each > time)
  }
}

/** Stretches without the borders at which nothing changed. */
function merge(stretches: readonly PlantStretch[]): PlantStretch[] {
  const merged: PlantStretch[] = []
  for (const stretch of stretches) {
    const last = merged.at(-1)
    const { start: _start, end: _end, ...state } = stretch
    const { start, end: _lastEnd, ...before } = last ?? stretch
    if (last !== undefined && JSON.stringify(state) === JSON.stringify(before))
      merged[merged.length - 1] = { ...last, start, end: stretch.end }
    else merged.push(stretch)
  }
  return merged
}

/** Supply of a key customer in the words of `supply.ndjson` (DESIGN section 6). */
export type SupplyWord = 'interrupted' | 'emergency' | 'reduced' | 'normal'

/** What each stretch means: the first of the states that fits. A gap that is still allowed is what it is restated as later. */
export function supplyWords(
  stretches: readonly PlantStretch[],
  { sections, generator = '', ups }: GridKeyCustomer
): SupplyWord[] {
  return stretches.map((stretch, place) => {
    const isDark = (section: number): boolean => {
      if (stretch.fedBy[section] !== '') return false
      const first = stretches.slice(0, place).findLast(each => each.fedBy[section] !== '')
      const next = stretches.slice(place).find(each => each.fedBy[section] !== '')
      const gap = (next?.start ?? Infinity) - (first?.end ?? stretches[0]?.start ?? stretch.start)
      return gap > (sections[section]?.allowedGapMs ?? 0)
    }
    const dark = sections.filter((_, section) => isDark(section))
    const { fedBy, truck } = stretch
    const isOwn = (source: string): boolean => source !== '' && fedBy.includes(source)
    const onOwn = isOwn(generator) || isOwn(truck)
    // Of a customer without known sections all is dark when no feed is live.
    const isAll = sections.length > 0 ? dark.length === sections.length : !stretch.isLive.some(Boolean)
    if (dark.some(({ isSecurity }) => isSecurity) || isAll || (dark.length > 0 && !onOwn))
      return 'interrupted'
    // In a gap the UPS is what it is there for.
    const isGap = sections.some(({ isSecurity }, section) => isSecurity && stretch.fedBy[section] === '')
    if (onOwn || (ups !== undefined && stretch.isUpsOnBattery && !isGap)) return 'emergency'
    const isWhole = stretch.isLive.every(Boolean) && stretch.generator !== 'failed'
    return isWhole ? 'normal' : 'reduced'
  })
}
