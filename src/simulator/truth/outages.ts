import { ABC } from '../grid/grid.ts'
import { type Condition, DARK_BELOW, bestVolts } from '../world/feeding.ts'
import type { Moment, World } from '../world/world.ts'
import { type Cause, causeOf, hiddenCauseOf, wayUp } from './cause.ts'

/** A true outage: everybody who lost the network's supply at the same moment by the same cause, until the last of them has it back. */
export interface Outage {
  readonly id: string
  /** Of a failure that came to light when an outage above it ended: that outage; '' for none. */
  readonly parent: string
  /** The highest device that cannot feed; of a service line the customer. */
  readonly device: number
  /** Customer whose service line it is, -1 for a device's outage. */
  readonly customer: number
  /** Bits of the phases that are gone; 7 for all. */
  readonly phases: number
  readonly cause: string
  /** Planned work that it belongs to, '' for none. */
  readonly plan: string
  readonly start: number
  /** The end of the run where it lasts longer. */
  readonly end: number
  /** Customers left dark, and at low voltage, when it began. */
  readonly affected: readonly number[]
  readonly degraded: readonly number[]
  /** Feeds of key customers that died: their customer is interrupted only when nothing else feeds it. */
  readonly feeds: readonly number[]
  /** When some had it back: who was still dark then. */
  readonly steps: readonly { readonly time: number; readonly left: number }[]
  /** Dark customers times minutes; those whom a truck feeds do not count. */
  readonly customerMinutes: number
  /** What fed some of them meanwhile. */
  readonly supply: 'none' | 'temporary' | 'back-feed' | 'transferred'
}

type Draft = { -readonly [K in keyof Outage]: Outage[K] } & {
  readonly dark: Set<number>
  readonly low: Set<number>
  readonly onTruck: Set<number>
  /** Who fed whom before it began. */
  readonly fedBy: Int32Array
  readonly steps: { time: number; left: number }[]
  readonly affected: number[]
  readonly degraded: number[]
  readonly feeds: number[]
  accruing: number
  accruedAt: number
  isOver: boolean
}

const LOW_BELOW = 0.8
const MINUTE_MS = 60_000

type Supply = 'good' | 'low' | 'dark'

/** What a customer has of the network; what others feed does not count. */
function supplyOf(condition: Condition, phases: number): Supply {
  if (condition.source !== 'grid') return 'dark'
  const volts = condition.volts.filter((_, phase) => (phases >> phase) & 1)
  if (Math.max(...volts) < DARK_BELOW) return 'dark'
  return Math.min(...volts) < LOW_BELOW ? 'low' : 'good'
}

/** All outages of a world, in order of their beginning. */
export function outagesOf(world: World): Outage[] {
  const { happenings, moments, index } = world
  const { feeds } = index
  const drafts: Draft[] = []
  const current = new Map<number, Draft>()
  const byTime = devicesByTime(world)
  moments.forEach((moment, place) => {
    if (moment.time >= happenings.end) return
    for (const draft of drafts) accrue(draft, moment.time)
    const begun = new Map<string, Draft>()
    for (const device of byTime.get(moment.time) ?? [])
      for (const customer of index.customersOf[device] ?? [])
        judge(world, customer, moment, moments[place - 1], { drafts, current, begun, feeds })
    for (const draft of [...drafts]) nest(world, draft, moment, { drafts, current, begun, feeds })
    for (const draft of drafts) settle(draft, moment.time)
  })
  for (const draft of drafts) {
    if (draft.isOver) continue
    accrue(draft, happenings.end)
    draft.end = happenings.end
  }
  return [...drafts.map(finish), ...serviceOutages(world, drafts.length)].sort((a, b) => a.start - b.start)
}

interface Book {
  readonly drafts: Draft[]
  /** By customer. */
  readonly current: Map<number, Draft>
  /** Of this moment, by cause. */
  readonly begun: Map<string, Draft>
  readonly feeds: ReadonlySet<number>
}

function judge(
  world: World,
  customer: number,
  moment: Moment,
  before: Moment | undefined,
  { drafts, current, begun, feeds }: Book
): void {
  const { devices, customers } = world.index.grid
  const device = customers.device[customer] ?? -1
  const phases = customers.phases[customer] ?? ABC
  const condition = world.conditionAt(device, moment.time)
  const supply = supplyOf(condition, phases)
  const open = current.get(customer)
  if (open !== undefined) {
    noteSource(open, customer, condition)
    const isDark = supply === 'dark' && !feeds.has(customer)
    const set = isDark ? open.dark : supply === 'good' ? undefined : open.low
    open.dark.delete(customer)
    open.low.delete(customer)
    if (set === undefined) {
      current.delete(customer)
      const ways = [moment.feeding.fedBy, open.fedBy, devices.parent].map(fedBy =>
        wayUp(device, fedBy).join()
      )
      if (ways[0] !== ways[1] && ways[0] !== ways[2]) open.supply = 'transferred'
    } else set.add(customer)
    return
  }
  // Whose service line is dead has nothing to lose.
  if (supply === 'good' || isCutOff(world, customer, moment.time - 1)) return
  const cause = causeOf(world, device, moment, before)
  const key = `${cause.device}/${cause.phases}`
  let draft = begun.get(key)
  if (draft === undefined) {
    draft = startDraft(`O${drafts.length + 1}`, cause, moment.time, before?.feeding.fedBy ?? devices.parent)
    begun.set(key, draft)
    drafts.push(draft)
  }
  current.set(customer, draft)
  noteSource(draft, customer, condition)
  const isFeed = feeds.has(customer)
  draft[isFeed ? 'feeds' : supply === 'dark' ? 'affected' : 'degraded'].push(customer)
  draft[supply === 'dark' && !isFeed ? 'dark' : 'low'].add(customer)
}

/** Who is still dark by another failure when what took his supply is back: an outage of its own that begins then. */
function nest(world: World, draft: Draft, moment: Moment, { drafts, current, begun, feeds }: Book): void {
  const { device, phases, start, isOver } = draft
  const isBack = ((moment.feeding.mask[device] ?? 0) & phases) === phases
  if (isOver || start === moment.time || !isBack) return
  for (const customer of [...draft.dark, ...draft.low]) {
    const place = world.index.grid.customers.device[customer] ?? -1
    const cause = hiddenCauseOf(world, place, device, start, moment)
    if (cause === undefined) continue
    const key = `${cause.device}/${cause.phases}/${draft.id}`
    let nested = begun.get(key)
    if (nested === undefined) {
      nested = startDraft(`O${drafts.length + 1}`, cause, moment.time, moment.feeding.fedBy, draft.id)
      begun.set(key, nested)
      drafts.push(nested)
    }
    const isDark = draft.dark.delete(customer)
    draft.low.delete(customer)
    current.set(customer, nested)
    noteSource(nested, customer, world.conditionAt(place, moment.time))
    nested[feeds.has(customer) ? 'feeds' : isDark ? 'affected' : 'degraded'].push(customer)
    nested[isDark ? 'dark' : 'low'].add(customer)
  }
}

/** Whether a customer has no supply of any kind. */
const isCutOff = (world: World, customer: number, time: number): boolean =>
  bestVolts(world.customerConditionAt(customer, time), world.index.grid.customers.phases[customer] ?? ABC) <
  DARK_BELOW

/** Notes whether something else feeds a customer now. */
function noteSource(draft: Draft, customer: number, { source }: Condition): void {
  if (source === 'truck') draft.onTruck.add(customer)
  else draft.onTruck.delete(customer)
  if (source !== 'grid') draft.supply = source === 'truck' ? 'temporary' : 'back-feed'
}

function startDraft(
  id: string,
  { device, phases, words, plan }: Cause,
  time: number,
  fedBy: Int32Array,
  parent = ''
): Draft {
  return {
    id,
    parent,
    device,
    customer: -1,
    phases,
    cause: words,
    plan,
    start: time,
    end: time,
    affected: [],
    degraded: [],
    feeds: [],
    steps: [],
    customerMinutes: 0,
    supply: 'none',
    dark: new Set(),
    low: new Set(),
    onTruck: new Set(),
    fedBy,
    accruing: 0,
    accruedAt: time,
    isOver: false
  }
}

function accrue(draft: Draft, time: number): void {
  if (draft.isOver) return
  draft.customerMinutes += ((time - draft.accruedAt) / MINUTE_MS) * draft.accruing
  draft.accruedAt = time
}

/** After all customers of a moment: who is left, and whether it is over. */
function settle(draft: Draft, time: number): void {
  if (draft.isOver) return
  const isBeginning = draft.start === time
  const left = draft.dark.size
  const before = draft.steps.at(-1)?.left ?? draft.affected.length
  if (!isBeginning && left < before) draft.steps.push({ time, left })
  draft.accruing = left - draft.onTruck.size
  if (left + draft.low.size > 0 || isBeginning) return
  draft.isOver = true
  draft.end = time
}

function finish(draft: Draft): Outage {
  const { id, device, customer, phases, cause, plan, start, end, affected, degraded, feeds, steps } = draft
  const { parent, customerMinutes, supply } = draft
  return {
    id,
    parent,
    device,
    customer,
    phases,
    cause,
    plan,
    start,
    end,
    affected,
    degraded,
    feeds,
    steps,
    customerMinutes,
    supply
  }
}

/** Outages of service lines. One that begins or ends while its device has no supply does so when the device has it again. */
function serviceOutages(world: World, first: number): Outage[] {
  const { happenings, index } = world
  const { device: devices, phases: columns } = index.grid.customers
  const { feeds } = index
  const outages: Outage[] = []
  for (const { customer, cause, ...span } of happenings.services) {
    const device = devices[customer] ?? -1
    const isFed = (time: number): boolean =>
      supplyOf(world.conditionAt(device, time), columns[customer] ?? ABC) !== 'dark'
    const fedFrom = (time: number): number =>
      isFed(time) ? time : (world.changesAt(device).find(each => each > time && isFed(each)) ?? Infinity)
    const start = fedFrom(span.start)
    const end = Math.min(fedFrom(span.end), happenings.end)
    if (start >= Math.min(span.end, happenings.end)) continue
    const isFeed = feeds.has(customer)
    outages.push({
      id: `O${first + outages.length + 1}`,
      parent: '',
      device,
      customer,
      phases: ABC,
      cause,
      plan: '',
      start,
      end,
      affected: isFeed ? [] : [customer],
      degraded: [],
      feeds: isFeed ? [customer] : [],
      steps: [],
      customerMinutes: isFeed ? 0 : (end - start) / MINUTE_MS,
      supply: 'none'
    })
  }
  return outages
}

function devicesByTime(world: World): Map<number, number[]> {
  const byTime = new Map<number, number[]>()
  for (const device of world.touchedDevices)
    for (const time of world.changesAt(device)) {
      const devices = byTime.get(time)
      if (devices === undefined) byTime.set(time, [device])
      else devices.push(device)
    }
  return byTime
}
