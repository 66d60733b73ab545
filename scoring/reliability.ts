/** A true outage, as far as indices of reliability are made of it; one of truth.ndjson (docs/simulator.md). */
export interface OutageDarkness {
  readonly id?: string
  /** Of a nested one the outage above it, with whose end it starts: whom it keeps out was interrupted once (docs/reliability.md). */
  readonly parent?: string
  readonly start: number
  readonly end: number
  /** Customers left dark when it began. */
  readonly affected: number
  /** Times at which some had it back, and how many were left. */
  readonly steps?: readonly { readonly time: number; readonly left: number }[]
  /** Of them all; less than the steps say where others fed some of them. */
  readonly customerMinutes?: number
}

/** What summary.json of a backtest says by one profile. */
export interface SaidReliability {
  readonly interruptions: number
  readonly customerMinutes: number
}

export interface Deviation {
  readonly said: number
  readonly true: number
  /** How far they are apart, as a share of the true one; NaN when that is 0. */
  readonly error: number
}

/** By profile: AITC-1 and AIHC-1 of `dl836`, SAIFI and SAIDI of `ieee1366`, each times the same number of customers served. */
export type ReliabilityScore = Readonly<
  Record<'dl836' | 'ieee1366', Readonly<Record<'interruptions' | 'customerMinutes', Deviation>>>
>

const MINUTE_MS = 60_000
/** Up to so long `ieee1366` leaves an interruption out (IEEE 1366-2012); `dl836` counts all. */
const LEFT_OUT_MS = { dl836: 0, ieee1366: 5 * MINUTE_MS } as const

/** @param said `reliability` of summary.json; undefined when there is none */
export function scoreReliability(
  truth: readonly OutageDarkness[],
  said: Readonly<Partial<Record<'dl836' | 'ieee1366', SaidReliability>>> | undefined
): ReliabilityScore | undefined {
  const { dl836, ieee1366 } = said ?? {}
  if (dl836 === undefined || ieee1366 === undefined) return undefined
  const ids = new Set(truth.map(({ id }) => id))
  const isNested = ({ parent }: OutageDarkness): boolean => parent !== undefined && ids.has(parent)
  const nestedIn = Map.groupBy(truth.filter(isNested), ({ parent }) => parent)
  const whole = truth.filter(outage => !isNested(outage))
  const score = (profile: keyof ReliabilityScore, { interruptions, customerMinutes }: SaidReliability) => {
    const wanted = whole.map(outage => darknessOf(outage, nestedIn, LEFT_OUT_MS[profile]))
    return {
      interruptions: deviation(interruptions, sum(wanted.map(each => each.interruptions))),
      customerMinutes: deviation(customerMinutes, sum(wanted.map(each => each.customerMinutes)))
    }
  }
  return { dl836: score('dl836', dl836), ieee1366: score('ieee1366', ieee1366) }
}

type Nested = ReadonlyMap<string | undefined, readonly OutageDarkness[]>

/** Customers who were without supply for so long. */
interface Lasted {
  readonly ms: number
  readonly customers: number
}

/** @param leftOutMs up to and including this long a customer's interruption is left out */
function darknessOf(outage: OutageDarkness, nestedIn: Nested, leftOutMs: number): SaidReliability {
  const lasted = lastedOf(outage, nestedIn, outage.start)
  const short = lasted.filter(({ ms }) => ms <= leftOutMs)
  return {
    interruptions:
      sum(lasted.map(({ customers }) => customers)) - sum(short.map(({ customers }) => customers)),
    customerMinutes: minutesOf(outage, nestedIn) - customerMinutesOf(short)
  }
}

/** Each customer once, until he has supply again: whom a nested outage keeps out is not back with the others. */
function lastedOf(outage: OutageDarkness, nestedIn: Nested, since: number): Lasted[] {
  const nested = nestedIn.get(outage.id) ?? []
  const kept = sum(nested.map(({ affected }) => affected))
  const own = returnsOf(outage).map(({ time, customers }) => ({
    ms: time - since,
    customers: time === outage.end ? customers - kept : customers
  }))
  return [...own, ...nested.flatMap(each => lastedOf(each, nestedIn, since))]
}

function minutesOf(outage: OutageDarkness, nestedIn: Nested): number {
  const own = returnsOf(outage).map(({ time, customers }) => ({ ms: time - outage.start, customers }))
  const nested = nestedIn.get(outage.id) ?? []
  return (
    (outage.customerMinutes ?? customerMinutesOf(own)) + sum(nested.map(each => minutesOf(each, nestedIn)))
  )
}

/** When how many had supply again, of one outage alone; its end is always the last of them. */
function returnsOf({ end, affected, steps = [] }: OutageDarkness): { time: number; customers: number }[] {
  const returns = [...steps.filter(({ time }) => time < end), { time: end, left: 0 }]
  return returns.map(({ time, left }, i) => ({
    time,
    customers: (returns[i - 1]?.left ?? affected) - left
  }))
}

const customerMinutesOf = (some: readonly Lasted[]): number =>
  sum(some.map(({ ms, customers }) => (ms * customers) / MINUTE_MS))

const deviation = (said: number, wanted: number): Deviation => ({
  said,
  true: wanted,
  error: wanted === 0 ? Number.NaN : Math.abs(said - wanted) / wanted
})

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
