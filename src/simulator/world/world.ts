import { ABC, type Grid } from '../grid/grid.ts'
import type { GridIndex } from '../grid/grid-index.ts'
import type { Happenings, OwnTrouble, Span } from '../scenario/happenings.ts'
import {
  type Condition,
  conditionsOf,
  DEAD,
  type Feeding,
  feed,
  type GridState,
  NORMAL,
  SOURCES
} from './feeding.ts'

/**
 * The world as a function of time: between two changes nothing changes but load. How a place is supplied at a time is looked up, never
 * stepped towards, so that any part of any time can be made alone.
 */
export class World {
  readonly index: GridIndex
  readonly happenings: Happenings
  /** Times at which something changes, ascending, with how the grid is fed from then on. */
  readonly moments: readonly Moment[]
  /** By device: its conditions where they ever differ from the normal one. */
  readonly #courses: ReadonlyMap<number, Course>
  /** By customer: whether anything ever happens to it. */
  readonly #isTouched: Uint8Array
  readonly #normal: readonly Condition[]
  readonly #services: ReadonlyMap<number, readonly Span[]>
  readonly #troubles: ReadonlyMap<number, readonly OwnTrouble[]>

  constructor(index: GridIndex, happenings: Happenings) {
    this.index = index
    this.happenings = happenings
    const start = stateAt(index.grid, happenings, Number.NEGATIVE_INFINITY)
    this.#normal = conditionsOf(index, start, feed(index, start))
    const courses = new Map<number, Course>()
    let before = this.#normal
    this.moments = changeTimes(happenings).map(time => {
      const state = stateAt(index.grid, happenings, time)
      const feeding = feed(index, state)
      const conditions = conditionsOf(index, state, feeding)
      conditions.forEach((condition, device) => {
        if (isSame(condition, before[device])) return
        const course = courses.get(device) ?? { times: [], conditions: [] }
        courses.set(device, course)
        course.times.push(time)
        course.conditions.push(condition)
      })
      before = conditions
      return { time, state, feeding }
    })
    this.#courses = courses
    this.#services = byKey(happenings.services, ({ customer }) => customer)
    this.#troubles = byKey(happenings.troubles, ({ customer }) => customer)
    const { device } = index.grid.customers
    this.#isTouched = Uint8Array.from(device, (at, customer) =>
      courses.has(at) || this.#services.has(customer) || this.#troubles.has(customer) ? 1 : 0
    )
  }

  /** How a device is supplied. Before the first change as without any. */
  conditionAt(device: number, time: number): Condition {
    const course = this.#courses.get(device)
    const normal = this.#normal[device] ?? NORMAL
    if (course === undefined) return normal
    const place = lastUpTo(course.times, time)
    return course.conditions[place] ?? normal
  }

  /** What stands between a customer's meter and its device. */
  customerConditionAt(customer: number, time: number): Condition {
    if (!this.isTouched(customer))
      return this.#normal[this.index.grid.customers.device[customer] ?? -1] ?? NORMAL
    const services = this.#services.get(customer)
    if (services?.some(span => isIn(span, time))) return DEAD
    return this.conditionAt(this.index.grid.customers.device[customer] ?? -1, time)
  }

  troublesOf(customer: number): readonly OwnTrouble[] {
    return this.#troubles.get(customer) ?? []
  }

  troubleAt(customer: number, kind: OwnTrouble['kind'], time: number): OwnTrouble | undefined {
    return this.#troubles.get(customer)?.find(trouble => trouble.kind === kind && isIn(trouble, time))
  }

  /** Times at which the supply of a customer's meter changes, ascending. */
  changesOf(customer: number): readonly number[] {
    const device = this.index.grid.customers.device[customer] ?? -1
    const own = [...(this.#services.get(customer) ?? []), ...this.troublesOf(customer)]
    const course = this.#courses.get(device)?.times ?? []
    if (own.length === 0) return course
    const times = [...course, ...own.flatMap(({ start, end }) => [start, end])]
    return [...new Set(times.filter(Number.isFinite))].sort((a, b) => a - b)
  }

  /** Times at which a device's supply changes, ascending. */
  changesAt(device: number): readonly number[] {
    return this.#courses.get(device)?.times ?? []
  }

  /** Whether anything ever happens to a customer. */
  isTouched(customer: number): boolean {
    return this.#isTouched[customer] === 1
  }

  /** Devices whose supply ever changes. */
  get touchedDevices(): IterableIterator<number> {
    return this.#courses.keys()
  }
}

export interface Moment {
  readonly time: number
  readonly state: GridState
  readonly feeding: Feeding
}

interface Course {
  readonly times: number[]
  readonly conditions: Condition[]
}

/** Place of the last of ascending times that is not later, -1 when all are. */
export function lastUpTo(times: readonly number[], time: number): number {
  let [low, high] = [-1, times.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((times[middle] ?? 0) <= time) low = middle
    else high = middle - 1
  }
  return low
}

export const isIn = ({ start, end }: Span, time: number): boolean => time >= start && time < end

function changeTimes({ failures, switchings, neutrals, sources, services }: Happenings): number[] {
  const spans: readonly Span[] = [...failures, ...switchings, ...neutrals, ...sources, ...services]
  const times = spans.flatMap(({ start, end }) => [start, end]).filter(Number.isFinite)
  return [...new Set(times)].sort((a, b) => a - b)
}

function stateAt({ devices, ties }: Grid, happenings: Happenings, time: number): GridState {
  const state: GridState = {
    failed: new Uint8Array(devices.count),
    isOpen: new Uint8Array(devices.count),
    isTieOpen: Uint8Array.from(ties, ({ isOpen }) => (isOpen ? 1 : 0)),
    isNeutralBroken: new Uint8Array(devices.count),
    source: new Uint8Array(devices.count)
  }
  const now = <T extends Span>(spans: readonly T[]): T[] => spans.filter(span => isIn(span, time))
  for (const { device, phases } of now(happenings.failures))
    state.failed[device] = (state.failed[device] ?? 0) | (phases & ABC)
  // Of several the one that began last holds.
  for (const { device, tie, isOpen } of now(happenings.switchings).sort((a, b) => a.start - b.start)) {
    if (device >= 0) state.isOpen[device] = isOpen ? 1 : 0
    if (tie >= 0) state.isTieOpen[tie] = isOpen ? 1 : 0
  }
  for (const { device } of now(happenings.neutrals)) state.isNeutralBroken[device] = 1
  for (const { device, source } of now(happenings.sources)) state.source[device] = SOURCES.indexOf(source)
  return state
}

const isSame = (one: Condition, other: Condition | undefined): boolean =>
  other !== undefined &&
  one.source === other.source &&
  one.neutralAt === other.neutralAt &&
  one.volts.every((volts, phase) => volts === other.volts[phase])

function byKey<T>(list: readonly T[], keyOf: (each: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const each of list) {
    const group = groups.get(keyOf(each))
    if (group === undefined) groups.set(keyOf(each), [each])
    else group.push(each)
  }
  return groups
}
