import type { ReportedEvent } from '../../../src/model/events.ts'
import { ABC } from '../../../src/model/phases.ts'
import type { AlarmBook } from '../alarms/alarm-book.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import type { Round } from './teller.ts'

const KIND = 'broken-neutral'
/** Sides that nobody has told of for so long are forgotten. */
const FORGET_MS = 1_800_000
/** Meters of a box that are read and fit are enough to believe that it is over. */
const READ_SHARE = 0.5

/** What is known of one box whose voltages are odd. Times are data times, epoch ms; NaN where there is none. */
interface Box {
  readonly place: string
  /** Its transformer. */
  readonly area: string
  /** When a phase was last too high and too low there, in which meter. */
  highAt: number
  highMeter: number
  lowAt: number
  lowMeter: number
  /** The highest phase voltage shown, V. */
  volts: number
  /** When the latest reading was collected that is odd, or the latest event. */
  oddAt: number
  /** Log time since when both are so; NaN when they are not. */
  bothSince: number
}

/** What a meter shows or says of one side. */
interface Side {
  readonly meter: number
  /** Data time, epoch ms. */
  readonly time: number
  readonly isHigh: boolean
  /** Whether the meter alone tells of several phases: it measures three, or one row of it shows both sides. */
  readonly isOfPhases: boolean
}

/** An alarm that is up, and the boxes that it is about. */
interface Alarm {
  readonly id: string
  readonly places: readonly string[]
  /** When the first of the rounds in a row was collected that show all of them well; 0 while none does. */
  wellSince: number
}

/**
 * Alarm `broken-neutral`: where the neutral of a box or of a transformer is open the phases share what is left, so that some are far
 * too high while others are low, in one box at one time. A phase that is open at medium voltage makes them low alone. Meters burn and
 * people are hurt, so it fires with the first proof and the boxes beside it are gathered for less than a minute.
 *
 *   readings, over-/under-voltage ─> box: high and low at one time ─ gathered ─> one box: the box fires
 *                                                                            └─> several of a transformer: the transformer fires
 */
export class Neutrals {
  readonly #book: AlarmBook
  /** By id of the box, because numbers of devices belong to a registry. */
  readonly #boxes = new Map<string, Box>()
  readonly #alarms: Alarm[] = []
  /** Whether a box has become odd on both sides since the last tick. */
  #hasNew = false

  constructor(book: AlarmBook) {
    this.#book = book
  }

  /** A meter's word. @param time when it happened, by our clock */
  event({ books, now }: Round, meter: number, { type }: ReportedEvent, time: number): void {
    if (type !== 'over-voltage' && type !== 'under-voltage') return
    const box = this.#boxOf(books, meter)
    const isHigh = type === 'over-voltage'
    this.#note(box, { meter, time, isHigh, isOfPhases: books.grid.phases[meter] === ABC }, now)
    box.oddAt = Math.max(box.oddAt, time)
  }

  /** Whether any box is odd: then low phases are looked for too. */
  get isWatching(): boolean {
    return this.#boxes.size > 0
  }

  /** A row in which a phase is higher than usual. @param collectedAt when it was read, or its time */
  high({ books, now }: Round, meter: number, at: number, volts: number, collectedAt: number): void {
    const isFiring = this.#firing(books.grid.id(books.grid.placeOf[meter])) !== undefined
    if (volts <= figure(isFiring ? 'neutralClear' : 'neutralHigh')) return
    const box = this.#boxOf(books, meter)
    box.volts = Number.isNaN(box.volts) ? volts : Math.max(box.volts, volts)
    this.#note(box, { meter, time: at, isHigh: true, isOfPhases: box.lowAt === at }, now)
    box.oddAt = Math.max(box.oddAt, Math.min(collectedAt, now))
  }

  /** A row in which a phase is lower than usual: it says something only of a box of which more is known. */
  low({ books, now }: Round, meter: number, at: number, volts: number, collectedAt: number): void {
    const box = this.#boxes.get(books.grid.id(books.grid.placeOf[meter]))
    if (box === undefined || volts >= figure('neutralLow')) return
    this.#note(box, { meter, time: at, isHigh: false, isOfPhases: box.highAt === at }, now)
    if (volts < figure('neutralKeeps')) box.oddAt = Math.max(box.oddAt, Math.min(collectedAt, now))
  }

  #note(box: Box, { meter, time, isHigh, isOfPhases }: Side, now: number): void {
    if (isHigh && !(box.highAt > time)) Object.assign(box, { highAt: time, highMeter: meter })
    if (!isHigh && !(box.lowAt > time)) Object.assign(box, { lowAt: time, lowMeter: meter })
    // A meter of one phase that swings says nothing of the neutral.
    const isOther = box.highMeter !== box.lowMeter || isOfPhases
    const isBoth = isOther && Math.abs(box.highAt - box.lowAt) <= figure('neutralTogether')
    if (!isBoth || !Number.isNaN(box.bothSince)) return
    box.bothSince = now
    this.#hasNew = true
  }

  #boxOf({ grid }: Books, meter: number): Box {
    const device = grid.placeOf[meter]
    const place = grid.id(device)
    let box = this.#boxes.get(place)
    if (box === undefined) {
      const none = Number.NaN
      box = {
        ...{
          place,
          area: grid.id(grid.areaOf[device]),
          highAt: none,
          highMeter: -1,
          lowAt: none,
          lowMeter: -1
        },
        ...{ volts: none, oddAt: Number.NEGATIVE_INFINITY, bothSince: none }
      }
      this.#boxes.set(place, box)
    }
    return box
  }

  #firing = (place: string): Alarm | undefined => this.#alarms.find(({ places }) => places.includes(place))

  tick(round: Round): void {
    if (!this.#hasNew) return
    const due = [...this.#boxes.values()].filter(
      ({ bothSince, place }) =>
        round.now - bothSince >= figure('neutralGather') && this.#firing(place) === undefined
    )
    for (const box of due) if (this.#firing(box.place) === undefined) this.#fire(round, box)
    // Another one may have become odd while these were gathered.
    this.#hasNew = [...this.#boxes.values()].some(
      ({ bothSince, place }) => !Number.isNaN(bothSince) && this.#firing(place) === undefined
    )
  }

  #fire(round: Round, first: Box): void {
    const { now } = round
    const odd = [...this.#boxes.values()].filter(
      ({ area, bothSince }) => area === first.area && !Number.isNaN(bothSince)
    )
    // What fired for one of its boxes becomes part of the transformer's.
    for (const alarm of this.#alarms.filter(({ places }) => odd.some(({ place }) => places.includes(place))))
      this.#resolve(round, alarm, now)
    for (const box of odd) this.#boxes.set(box.place, box)
    // Whose box nobody knows is in one of the others.
    const known = odd.filter(({ place, area }) => place !== area)
    const condition = {
      ...{ kind: KIND, subject: known.length === 1 ? known[0].place : first.area },
      start: Math.min(...odd.flatMap(({ highAt, lowAt }) => [highAt, lowAt])),
      ...{ value: highest(odd), threshold: figure('neutralHigh') }
    }
    const id = this.#book.raise(condition, now, round.out)
    this.#alarms.push({ id, places: odd.map(({ place }) => place), wellSince: 0 })
  }

  /** What a round shows of boxes that fire. */
  round(round: Round, closed: ClosedRound): void {
    if (this.#boxes.size === 0) return
    const { grid } = round.books
    for (const alarm of [...this.#alarms]) {
      const boxes = alarm.places.flatMap(place => this.#boxes.get(place) ?? [])
      this.#book.measure(alarm.id, highest(boxes), round.now, round.out)
      const isOver = boxes.every(({ place, oddAt }) => {
        const device = grid.registry.network.numbers.get(place)
        // A box that the registry knows no more, or without meters now, holds nothing up.
        if (device === undefined || grid.metersAt.of(device).length === 0) return true
        const asked = closed.asked.get(device) ?? 0
        const missed = closed.missed.get(device)?.length ?? 0
        return asked > 0 && asked - missed >= READ_SHARE * asked && closed.collectedAt > oddAt
      })
      const isAsked = boxes.some(({ place }) =>
        closed.asked.has(grid.registry.network.numbers.get(place) ?? -1)
      )
      if (!isOver) {
        // A round of other boxes says nothing of these.
        if (isAsked) alarm.wellSince = 0
        continue
      }
      if (alarm.wellSince === 0) alarm.wellSince = closed.collectedAt
      // Loads may balance by chance for a while; a neutral that is open does not mend itself.
      if (closed.collectedAt - alarm.wellSince >= figure('neutralWell') || !isAsked)
        this.#resolve(round, alarm, alarm.wellSince)
    }
    for (const device of closed.asked.keys()) {
      const box = this.#boxes.get(grid.id(device))
      if (box === undefined || this.#firing(box.place) !== undefined) continue
      if (closed.collectedAt > box.oddAt + FORGET_MS) this.#boxes.delete(box.place)
    }
  }

  #resolve({ now, out }: Round, alarm: Alarm, end: number): void {
    this.#alarms.splice(this.#alarms.indexOf(alarm), 1)
    // What was odd is over: to fire again it has to be so again.
    for (const place of alarm.places) this.#boxes.delete(place)
    this.#book.resolve(alarm.id, end, now, out)
  }

  save(): object {
    const number = (value: unknown): unknown =>
      typeof value === 'number' && !Number.isFinite(value) ? null : value
    const plain = (entry: object): object =>
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, number(value)]))
    return {
      boxes: [...this.#boxes.values()].map(plain),
      alarms: this.#alarms,
      hasNew: this.#hasNew
    }
  }

  load(saved: object): void {
    const { boxes, alarms, hasNew } = saved as {
      boxes: Record<string, unknown>[]
      alarms: Alarm[]
      hasNew: boolean
    }
    const whole = (entry: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, value ?? Number.NaN]))
    this.#boxes.clear()
    for (const each of boxes) {
      const box = whole(each) as unknown as Box
      this.#boxes.set(box.place, box)
    }
    this.#alarms.splice(0, this.#alarms.length, ...alarms)
    this.#hasNew = hasNew
  }
}

const highest = (boxes: readonly Box[]): number =>
  boxes.reduce((most, { volts }) => (Number.isNaN(most) || volts > most ? volts : most), Number.NaN)
