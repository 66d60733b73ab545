import { type Chance, within } from '../city/chance.ts'
import { ABC, phaseLetters } from '../grid/grid.ts'
import { meterAt } from '../meters/shown.ts'
import { DARK_BELOW } from '../world/feeding.ts'
import { type CollectionContext, DEAD_CLOCK_MS } from './context.ts'
import type { GaspCircumstances } from './gasps.ts'
import type { Outbox } from './outbox.ts'
import type { TerminalLife } from './terminal-life.ts'

/** One event of a message, as it is written. */
type Event = Readonly<Record<string, unknown>>

/** After supply is back: a module's word, and the meter's own record. */
const POWER_UP_MS: readonly [least: number, most: number] = [5_000, 60_000]
const RECORD_MS: readonly [least: number, most: number] = [120_000, 900_000]
const POWER_UP_SHARE = 0.6
const RECORD_SHARE = 0.85
/** Of meters that see something odd about their voltage, so many say so, within so long. */
const ODD_SHARE = 0.6
const ODD_MS: readonly [least: number, most: number] = [3_000, 45_000]
/** Events that are ready within so long go into one message; records are in no hurry. */
export const [TOGETHER_MS, RECORDS_TOGETHER_MS] = [5_000, 60_000]
/** Clocks of meters are off by so much, and of a few by more. */
const [DRIFT_MS, WILD_MS, WILD_SHARE] = [15_000, 300_000, 0.01]
const MOST_BEFORE = 40
/** Voltages that a meter finds odd, V. */
const [OVER_V, UNDER_V] = [264, 176]
/** A crew tells so long after it has turned the key. */
const TRUCK_TOLD_MS = 20_000
const RELAY_HOPS = 3
const RESENT = 20

/** What meters and terminal tell when supply goes and comes back, and what else is told that way. */
export class SupplyEvents {
  readonly #context: CollectionContext
  readonly #number: number
  readonly #life: TerminalLife
  readonly #outbox: Outbox
  readonly #customers: readonly number[]
  /** Times at which something about its customers' supply changes, with them. */
  readonly #changes: readonly (readonly [time: number, customers: readonly number[]])[]
  readonly #ask: Readonly<
    Record<
      'up' | 'upAfter' | 'record' | 'recordAfter' | 'odd' | 'oddAfter' | 'drift' | 'driftBy' | 'before',
      Chance
    >
  >
  /** Gasps that were sent, for terminals that send them again. */
  readonly #told: { readonly event: Event; readonly time: number }[] = []

  constructor(
    context: CollectionContext,
    number: number,
    life: TerminalLife,
    outbox: Outbox,
    customers: readonly number[]
  ) {
    const { chance, world } = context
    this.#context = context
    this.#number = number
    this.#life = life
    this.#outbox = outbox
    this.#customers = customers
    const changes = new Map<number, number[]>()
    for (const customer of customers) {
      if (!world.isTouched(customer)) continue
      for (const time of world.changesOf(customer))
        changes.set(time, [...(changes.get(time) ?? []), customer])
    }
    this.#changes = [...changes].sort(([a], [b]) => a - b)
    const ask = (name: string): Chance => chance.named(`event/${name}`)
    this.#ask = {
      up: ask('up'),
      upAfter: ask('up after'),
      record: ask('record'),
      recordAfter: ask('record after'),
      odd: ask('odd'),
      oddAfter: ask('odd after'),
      drift: ask('drift'),
      driftBy: ask('drift by'),
      before: ask('power-downs before')
    }
  }

  add(from: number, to: number): void {
    const isNow = (time: number): boolean => time >= from && time < to
    for (const [time, customers] of this.#changes) if (isNow(time)) this.#change(time, customers)
    this.#life.stretches.forEach((stretch, place) => {
      if (isNow(stretch.start)) this.#ownSupply(place)
    })
    const { pushes, reboots, troubles, sources } = this.#context.world.happenings
    for (const { device, source, start, end } of sources) {
      if (source !== 'truck' || !this.#isOf(device)) continue
      if (isNow(start)) this.#truck(start, device, 'truck-attached')
      if (isNow(end)) this.#truck(end, device, 'truck-detached')
    }
    for (const { at, terminal, what } of pushes)
      if (terminal === this.#number && isNow(at)) this.#push(at, what)
    for (const { at, terminal, resends } of reboots)
      if (terminal === this.#number && resends && isNow(at)) this.#resend(at)
    for (const trouble of troubles) {
      if (!this.#customers.includes(trouble.customer)) continue
      if (isNow(trouble.start)) this.#trouble(trouble.start, trouble, true)
      if (isNow(trouble.end)) this.#trouble(trouble.end, trouble, false)
    }
  }

  /** Whether the crew of a truck at a transformer tells by this terminal: the one that reads its first customer. */
  #isOf(device: number): boolean {
    const { index } = this.#context.world
    const [first = -1] = index.customersAt(device)
    return index.grid.customers.terminal[first] === this.#number
  }

  /** How often a meter has counted the loss of its supply before `time`. */
  powerDownsBefore(customer: number, time: number): number {
    return this.#ask.before.integer(customer, MOST_BEFORE) + this.#context.deathsBefore(customer, time)
  }

  #dies(customer: number, time: number): boolean {
    return this.#context.dies(customer, time)
  }

  #change(time: number, customers: readonly number[]): void {
    const isRemoved = (customer: number): boolean =>
      this.#context.world.troubleAt(customer, 'removed', time) !== undefined
    const dying = customers.filter(customer => this.#dies(customer, time) && !isRemoved(customer))
    const reviving = customers.filter(
      customer => !this.#context.isAlive(customer, time - 1) && this.#context.isAlive(customer, time)
    )
    if (dying.length > 0) this.#gasp(time, dying)
    if (reviving.length > 0) this.#revive(time, reviving)
    const others = customers.filter(
      customer => this.#context.isAlive(customer, time) && !reviving.includes(customer)
    )
    this.#odd(time, others)
  }

  #gasp(time: number, dying: readonly number[]): void {
    const { gasps, chance } = this.#context
    const arriving = gasps.draw(
      circumstancesOf(this.#context, this.#life, this.#customers, dying, time),
      chance,
      time
    )
    const told = arriving.map(({ customer, afterMs }) => ({
      customer,
      ready: time + afterMs,
      event: this.#event(customer, 'last-gasp', gasps.origin, time, { reportedAt: time + afterMs })
    }))
    const heard = told.filter(({ customer }) => this.#context.isHeard(customer, time))
    this.#told.push(...heard.map(({ event }) => ({ event, time })))
    this.#sendTogether(heard, time, TOGETHER_MS, gasps.isDirect)
  }

  #revive(time: number, reviving: readonly number[]): void {
    const ups = reviving
      .filter(
        customer => this.#ask.up.at(customer + time) < POWER_UP_SHARE && this.#context.isHeard(customer, time)
      )
      .map(customer => ({
        customer,
        ready: time + within(POWER_UP_MS, this.#ask.upAfter.at(customer + time)),
        event: this.#event(customer, 'power-up', 'module', time)
      }))
    const records = reviving
      .filter(customer => this.#ask.record.at(customer + time) < RECORD_SHARE)
      .map(customer => {
        const begun = this.#darkSince(customer, time)
        const extra = {
          start: this.#clock(customer, begun),
          end: this.#clock(customer, time),
          count: this.powerDownsBefore(customer, time)
        }
        const { pace } = this.#context.world.happenings
        const ready = time + Math.round(within(RECORD_MS, this.#ask.recordAfter.at(customer + time)) / pace)
        const { time: _time, ...event } = this.#event(customer, 'power-outage-record', 'meter', time, extra)
        return { customer, ready, event, begun }
      })
      .filter(
        ({ customer, ready }) =>
          this.#context.isAlive(customer, ready) && this.#context.isHeard(customer, ready)
      )
    this.#sendTogether(ups, time)
    this.#sendTogether(records, time, RECORDS_TOGETHER_MS / this.#context.world.happenings.pace)
  }

  /** When a meter that has supply again at `time` lost it. */
  #darkSince(customer: number, time: number): number {
    const before = this.#context.world.changesOf(customer).filter(each => each < time)
    return before.findLast(each => this.#dies(customer, each)) ?? time
  }

  /** Meters that live on and see that something is wrong with their voltage. */
  #odd(time: number, customers: readonly number[]): void {
    const { world } = this.#context
    const told = customers.flatMap(customer => {
      const ready = time + within(ODD_MS, this.#ask.oddAfter.at(customer + time))
      if (this.#ask.odd.at(customer + time) >= ODD_SHARE || !this.#context.isHeard(customer, ready)) return []
      const { volts, neutralAt } = world.customerConditionAt(customer, time)
      const phases = world.index.grid.customers.phases[customer] ?? ABC
      const own = [0, 1, 2].filter(phase => (phases >> phase) & 1)
      const before = world.customerConditionAt(customer, time - 1)
      if (neutralAt >= 0 && before.neutralAt < 0) return this.#floating(customer, time, ready)
      const lost = own.filter(
        phase => (volts[phase] ?? 1) < DARK_BELOW && (before.volts[phase] ?? 1) >= DARK_BELOW
      )
      const low = own.filter(phase => (volts[phase] ?? 1) < 0.8 && (before.volts[phase] ?? 1) >= 0.8)
      const letters = (list: readonly number[]): string =>
        phaseLetters(list.reduce((bits, phase) => bits | (1 << phase), 0))
      if (lost.length > 0)
        return [
          {
            customer,
            ready,
            event: this.#event(customer, 'phase-open', 'meter', time, { phases: letters(lost) })
          }
        ]
      if (low.length > 0)
        return [
          {
            customer,
            ready,
            event: this.#event(customer, 'under-voltage', 'meter', time, { phases: letters(low) })
          }
        ]
      return []
    })
    this.#sendTogether(told, time)
  }

  #floating(
    customer: number,
    time: number,
    ready: number
  ): { customer: number; ready: number; event: Event }[] {
    const { world } = this.#context
    const { transformer } = world.index.grid.devices
    const device = transformer[world.index.grid.customers.device[customer] ?? -1] ?? -1
    const shown = this.#context
      .transformer(device)
      .at(ready)
      .find(each => each.customer === customer)
    const most = Math.max(...(shown?.volts ?? [0]))
    const least = Math.min(...(shown?.volts ?? [230]))
    if (most <= OVER_V && least >= UNDER_V) return []
    const type = most > OVER_V ? 'over-voltage' : 'under-voltage'
    return [{ customer, ready, event: this.#event(customer, type, 'meter', time) }]
  }

  #ownSupply(place: number): void {
    const [before, now] = [this.#life.stretches[place - 1], this.#life.stretches[place]]
    if (before === undefined || now === undefined || before.power === now.power) return
    const self = (type: string, time: number): string =>
      JSON.stringify({ events: [{ meter: 'self', type, origin: 'terminal', time }] })
    if (now.power === 'backup')
      this.#outbox.send(now.start + 500, 'events', () => self('power-down', now.start), {
        onArrival: at => {
          this.#context.evidence?.of(this.#number).selfDownAt.push(at)
          for (const customer of this.#customers) this.#context.sign(now.start, customer, at)
        }
      })
    else if (now.power === 'mains')
      this.#outbox.send(now.start + 1_000, 'events', () => self('power-up', now.start))
  }

  #truck(at: number, device: number, type: 'truck-attached' | 'truck-detached'): void {
    const event = {
      device: this.#context.world.index.grid.devices.id[device],
      type,
      origin: 'terminal',
      time: at
    }
    this.#outbox.send(at + TRUCK_TOLD_MS, 'events', () => JSON.stringify({ events: [event] }), {
      isLasting: true
    })
  }

  #push(at: number, what: 'wake-up' | 'test' | 'inferred'): void {
    const { world } = this.#context
    const meters = this.#customers.map(customer => meterAt(world, customer, at))
    const event = {
      'wake-up': { type: 'power-up', origin: 'module' },
      test: { type: 'last-gasp', origin: 'module', test: true },
      inferred: { type: 'last-gasp', origin: 'inferred' }
    }[what]
    this.#outbox.send(at, 'events', () => JSON.stringify({ events: [{ meters, ...event, time: at }] }))
  }

  /** Gasps of old, as they were sent; where there are none yet, some of two days ago. */
  #resend(at: number): void {
    const old = at - 2 * 86_400_000
    const made = this.#customers
      .slice(0, RESENT / 4)
      .map(customer => this.#event(customer, 'last-gasp', 'module', old))
    // A window of time may know of gasps that are still to come.
    const before = this.#told.filter(({ time }) => time < at).slice(-RESENT)
    const events = before.length > 0 ? before.map(({ event }) => event) : made
    this.#outbox.send(at + 60_000, 'events', () => JSON.stringify({ events }))
  }

  #trouble(
    at: number,
    { kind, customer, phases }: CollectionContext['world']['happenings']['troubles'][number],
    begins: boolean
  ): void {
    const type = {
      relay: begins ? 'relay-open' : 'relay-closed',
      'meter-fuse': begins ? 'voltage-loss' : '',
      clock: begins ? 'clock-fault' : 'clock-set',
      exchanged: '',
      removed: begins ? 'terminal-cover-open' : '',
      breaker: ''
    }[kind]
    if (type === '') return
    const ready = at + within(ODD_MS, this.#ask.oddAfter.at(customer + at))
    const extra = kind === 'meter-fuse' ? { phases: phaseLetters(phases) } : {}
    this.#sendTogether([{ customer, ready, event: this.#event(customer, type, 'meter', at, extra) }], at)
  }

  #event(customer: number, type: string, origin: string, time: number, extra: object = {}): Event {
    const meter = meterAt(this.#context.world, customer, time)
    return { meter, type, origin, time: this.#clock(customer, time), ...extra }
  }

  /** What a meter's clock says at a time. */
  #clock(customer: number, time: number): number {
    const { world, settings } = this.#context
    const draw = this.#ask.drift.at(customer)
    const isDead = draw < settings.deadClocks || world.troubleAt(customer, 'clock', time) !== undefined
    if (isDead) return DEAD_CLOCK_MS + (time % 86_400_000)
    const most = draw > 1 - WILD_SHARE ? WILD_MS : DRIFT_MS
    return Math.round(time + (2 * this.#ask.driftBy.at(customer) - 1) * most)
  }

  /**
   * Sends events in messages of those that are ready about the same time; notes what they say about whom.
   * @param since when that began of which they tell, where they do not say it themselves
   */
  #sendTogether(
    told: readonly { customer: number; ready: number; event: Event; begun?: number }[],
    since: number,
    togetherMs = TOGETHER_MS,
    isDirect = false
  ): void {
    const batches = new Map<number, (typeof told)[number][]>()
    for (const each of told) {
      const batch = Math.ceil(each.ready / togetherMs) * togetherMs
      batches.set(batch, [...(batches.get(batch) ?? []), each])
    }
    // They leave at the end of their stretch of time: the reference explanation knows that too.
    for (const [ready, batch] of batches) {
      const text = JSON.stringify({ events: batch.map(({ event }) => event) })
      this.#outbox.send(ready, 'events', () => text, {
        isDirect,
        onArrival: at => {
          for (const { customer, event, begun = since } of batch) {
            // That a module starts again says of no loss: some do so when they are woken.
            if (event.type !== 'power-up') this.#context.sign(begun, customer, at)
            if (event.type === 'last-gasp')
              this.#context.evidence?.of(this.#number).gasps.push({ customer, arrivedAt: at })
          }
        }
      })
    }
  }
}

/** What decides about the gasps of those who lose their supply at a time below a terminal. */
export function circumstancesOf(
  context: CollectionContext,
  life: TerminalLife,
  customers: readonly number[],
  dying: readonly number[],
  time: number
): GaspCircumstances {
  const { power, isLinked } = life.at(time)
  const own = new Set(dying)
  return {
    dark: dying.map(customer => ({ customer, hops: relaysOf(context, customer) })),
    live: customers.filter(customer => !own.has(customer) && context.isAlive(customer, time)),
    isPowered: power === 'mains',
    isAble: isLinked && power !== 'none',
    hasLink: life.at(time - 1).isLinked
  }
}

/** Relays that a meter's words pass on their way to its terminal. */
export const relaysOf = ({ relays }: CollectionContext, customer: number): number =>
  1 + relays.integer(customer, RELAY_HOPS)
