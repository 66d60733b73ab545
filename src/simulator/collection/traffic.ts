import { truckStay } from '../world/plant.ts'
import type { CollectionContext, Line } from './context.ts'
import type { Item } from './outbox.ts'
import { Terminal } from './terminal.ts'

/** Terminals are asked for so much time at once: short runs in small windows, so that live ones are not late. */
const [SHORTEST_WINDOW_MS, LONGEST_WINDOW_MS] = [1_000, 900_000]
/** Terminals take turns in so many groups, or ten thousand of them would hold up everything at the beginning of a window. */
const GROUPS = 16

/**
 * Everything that arrives in a run, in order of time:
 *
 *   terminals ──what becomes ready in a window──> waiting, by arrival ──those of this piece of time──> lines
 *                                                      └ what arrives later stays
 */
export class Traffic {
  readonly #context: CollectionContext
  readonly #terminals: readonly Terminal[]
  readonly #waiting = new Heap()
  /** A window has a piece for each group. */
  readonly #pieceMs: number
  #piece = 0
  #from: number

  constructor(context: CollectionContext) {
    const { index, happenings } = context.world
    this.#context = context
    this.#terminals = index.grid.terminals.map((_, number) => new Terminal(context, number))
    const shortest = index.grid.terminals.reduce(
      (least, { uploadMs, sampleMs }) => Math.min(least, uploadMs, sampleMs),
      LONGEST_WINDOW_MS
    )
    this.#pieceMs = Math.ceil(Math.max(SHORTEST_WINDOW_MS, shortest) / GROUPS)
    this.#from = happenings.start
    for (const item of recordsOf(context)) this.#waiting.push(item)
  }

  /** When the run is over. */
  get end(): number {
    return this.#context.world.happenings.end
  }

  /** The lines of the next piece of time, and its end; undefined when the run is over. */
  next(): { readonly lines: Iterable<Line>; readonly to: number } | undefined {
    if (this.#from >= this.end) return undefined
    const to = Math.min(this.end, this.#from + this.#pieceMs)
    for (let number = 0; number < this.#terminals.length; number++) this.#ask(number)
    this.#piece++
    this.#from = to
    return { lines: this.#due(to), to }
  }

  /** Asks a terminal for its next window, when it is its group's turn; at the beginning each for the time until then. */
  #ask(number: number): void {
    const group = number % GROUPS
    const isFirst = this.#piece === 0
    if (!isFirst && this.#piece % GROUPS !== group) return
    const from = this.#from
    const pieces = isFirst && group > 0 ? group : GROUPS
    const to = Math.min(this.end, from + pieces * this.#pieceMs)
    for (const item of this.#terminals[number]?.items(from, to) ?? []) this.#waiting.push(item)
  }

  /** All lines of the run. */
  *lines(): Generator<Line> {
    for (let part = this.next(); part !== undefined; part = this.next()) yield* part.lines
  }

  *#due(to: number): Generator<Line> {
    for (let at = this.#waiting.first; at !== undefined && at < to; at = this.#waiting.first) {
      const item = this.#waiting.pop()
      if (item !== undefined) yield item.make()
    }
  }
}

/** What a crew does is written down so much later. */
const TOLD_MS = 30_000

/** What is recorded beside messages: planned work, switches that tell of themselves, the gateway's own life. */
function recordsOf({ world, plantWords }: CollectionContext): Item[] {
  const { plans, switchings, restarts, plants, pace, end } = world.happenings
  const { devices, ties, keyCustomers } = world.index.grid
  const record = (at: number, topic: string, payload: object): Item => ({
    at,
    make: () => ({ at, terminal: '', topic, text: JSON.stringify(payload) })
  })
  const planned = plans.flatMap(plan => {
    const base = {
      id: plan.id,
      type: plan.type,
      devices: plan.devices.map(device => devices.id[device]),
      from: plan.start,
      to: plan.end,
      announcedAt: plan.announcedAt
    }
    const first = record(plan.announcedAt, 'planned-outage', { ...base, state: 'planned' })
    if (plan.cancelledAt === undefined) return [first]
    return [first, record(plan.cancelledAt, 'planned-outage', { ...base, state: 'cancelled' })]
  })
  const switched = switchings
    .filter(({ isReported }) => isReported)
    .flatMap(({ device, tie, isOpen, start, end: until }) => {
      const id = device >= 0 ? devices.id[device] : ties[tie]?.id
      const say = (time: number, open: boolean): Item =>
        record(time + 1_000, 'switch-state', {
          device: id,
          state: open ? 'open' : 'closed',
          time,
          origin: 'automation'
        })
      return [say(start, isOpen), ...(until < end ? [say(until, !isOpen)] : [])]
    })
  const trucks = plants
    .filter(({ does }) => does === 'truck')
    .flatMap(({ keyCustomer, start, end: until }) => {
      const customer = keyCustomers[keyCustomer]
      if (customer === undefined) return []
      const stay = truckStay(customer, start)
      const say = (time: number, more: object): Item => {
        const at = time + TOLD_MS / pace
        plantWords[keyCustomer]?.push({ of: 'truck', time, at })
        return record(at, 'truck', { ...stay, ...more })
      }
      return [say(start, {}), ...(until < end ? [say(until, { detachedAt: until })] : [])]
    })
  const gateway = restarts.flatMap(({ start, end: until }) => [
    record(start, 'gateway', { state: 'stopped' }),
    record(until, 'gateway', { state: 'started' })
  ])
  return [...planned, ...switched, ...trucks, ...gateway]
}

/** Items by their time, the first in front; those of the same time as they came. */
class Heap {
  readonly #items: { readonly item: Item; readonly number: number }[] = []
  #pushed = 0

  get first(): number | undefined {
    return this.#items[0]?.item.at
  }

  push(item: Item): void {
    const items = this.#items
    const entry = { item, number: this.#pushed++ }
    let place = items.length
    items.push(entry)
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = items[above]
      if (other === undefined || isBefore(other, entry)) break
      items[place] = other
      place = above
    }
    items[place] = entry
  }

  pop(): Item | undefined {
    const items = this.#items
    const [first] = items
    const last = items.pop()
    if (first === undefined || last === undefined || items.length === 0) return first?.item
    let place = 0
    for (;;) {
      let below = place * 2 + 1
      const [left, right] = [items[below], items[below + 1]]
      if (left === undefined) break
      if (right !== undefined && isBefore(right, left)) below++
      const next = items[below]
      if (next === undefined || isBefore(last, next)) break
      items[place] = next
      place = below
    }
    items[place] = last
    return first.item
  }
}

type Entry = { readonly item: Item; readonly number: number }
const isBefore = (one: Entry, other: Entry): boolean =>
  one.item.at < other.item.at || (one.item.at === other.item.at && one.number < other.number)
