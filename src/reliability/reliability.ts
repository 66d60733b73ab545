/**
 * Reliability of supply by the interruptions of accounts (IEEE 1366, DL/T 836). Pure: the same rows give the same result, in
 * whatever order they come. What is counted and how stands in the profile and is said again in the result.
 */
import { dayOf } from './days.ts'
import { type Episode, episodesOf } from './episodes.ts'
import { type Indices, indicesOf } from './indices.ts'
import { compareText, type Interruption, type OutageClass } from './interruption.ts'
import { type ReliabilityProfile, type Variant, valuesOf } from './profile.ts'
import type { ServedCount } from './served.ts'
import { accruedOfPart, addCustomer, beginsIn, type Counting, emptyTally, type Tally } from './tally.ts'
import { type ReliabilityInput, rowsByUnit, servedOf } from './units.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** One way of counting, with its sums. */
export interface VariantResult extends Indices {
  readonly variant: string
  readonly customers: number
  readonly interruptions: number
  readonly customerMinutes: number
  readonly momentary: number
  readonly momentaryEvents: number
  /** Of these interruptions: last still, so the figures will grow. */
  readonly open: number
}

/** A figure by the name that the readers of the profile know. */
export interface NamedIndex {
  readonly name: string
  readonly variant: string
  readonly value: number | null
  readonly unit: string
}

/** What one incident, class or cause adds to the first variant; over all of a kind they add up to it. */
export interface Share {
  readonly of: string
  readonly interruptions: number
  readonly customerMinutes: number
}

export interface ReliabilityResult {
  readonly profile: ReliabilityProfile['id']
  /** Values of all parameters of the profile. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly from: number
  readonly to: number
  readonly asOf: number
  readonly periodHours: number
  readonly served: ServedCount
  /** Nothing in it is open, and all of the period has passed. */
  readonly isFinal: boolean
  readonly majorEventDays: readonly string[] | null
  readonly variants: readonly VariantResult[]
  readonly indices: readonly NamedIndex[]
  readonly incidents: readonly Share[]
  readonly classes: readonly Share[]
  readonly causes: readonly Share[]
}

/**
 * Indices of a period.
 *
 * @throws RangeError for an empty period, a row that ends before it begins, a divisor that is of another unit or not known
 */
export function reliability(input: ReliabilityInput, profile: ReliabilityProfile): ReliabilityResult {
  const { from, to, zone, majorEventDays } = input
  const { parameters } = profile
  const units = rowsByUnit(input, parameters)
  const majorDays = (majorEventDays ?? []).map(date => dayOf(date, zone))
  const served = servedOf(input, parameters, from, to)
  const shares = new Shares()
  const countings = profile.variants
    .filter(({ leavesOut }) => majorEventDays !== undefined || !leavesOut.includes('major-event-days'))
    .map((variant): Counting => ({ parameters, variant, from, to, majorDays }))
  const tallies = talliesOf(units, countings, input.asOf, shares)
  const variants = countings.map(({ variant }, place) =>
    resultOf(tallies[place], variant, served.count, to - from)
  )
  return {
    profile: profile.id,
    parameters: valuesOf(parameters),
    from,
    to,
    asOf: input.asOf,
    periodHours: (to - from) / HOUR_MS,
    served,
    isFinal: input.asOf >= to && variants.every(({ open }) => open === 0),
    majorEventDays: majorEventDays === undefined ? null : [...majorEventDays].sort(),
    variants,
    indices: named(profile, variants),
    incidents: shares.incidents(),
    classes: shares.classes(),
    causes: shares.causes()
  }
}

/** A tally for each way of counting; what the first one counts is shared out. */
function talliesOf(
  units: ReadonlyMap<string, readonly Interruption[]>,
  countings: readonly Counting[],
  asOf: number,
  shares: Shares
): Tally[] {
  const tallies = countings.map(emptyTally)
  for (const [unit, rows] of units) {
    const episodes = episodesOf(unit, rows, asOf)
    countings.forEach((counting, place) => {
      const kept = rows.filter(row => !isRowLeftOut(row, counting.variant))
      const own = kept.length === rows.length ? episodes : episodesOf(unit, kept, asOf)
      const counted = place === 0 ? (episode: Episode) => shares.add(episode, counting) : undefined
      addCustomer(tallies[place], own, counting, counted)
    })
  }
  return tallies
}

/** Before rows are joined: a fault of the utility's own goes on when the external one that began with it is left out. */
const isRowLeftOut = (row: Interruption, { leavesOut }: Variant): boolean =>
  (row.isExternal && leavesOut.includes('external')) ||
  (row.class === 'shortage' && leavesOut.includes('shortage'))

function resultOf(tally: Tally, variant: Variant, served: number, periodMs: number): VariantResult {
  const { customerMs, ...counts } = tally
  return {
    variant: variant.id,
    ...counts,
    customerMinutes: customerMs / MINUTE_MS,
    ...indicesOf(tally, served, periodMs)
  }
}

/** Names of variants that were not computed are left out. */
function named(profile: ReliabilityProfile, variants: readonly VariantResult[]): NamedIndex[] {
  return profile.indices.flatMap(({ name, quantity, variant, unit }) => {
    const result = variants.find(it => it.variant === variant)
    return result === undefined ? [] : [{ name, variant, value: result[quantity], unit }]
  })
}

interface ShareSum {
  interruptions: number
  ms: number
}

/** Sums by incident, class and cause: an interruption is its first row's, minutes are those of the row that they belong to. */
class Shares {
  readonly #incidents = new Map<string, ShareSum>()
  readonly #classes = new Map<OutageClass, ShareSum>()
  readonly #causes = new Map<string, ShareSum>()

  add(episode: Episode, counting: Counting): void {
    const begins = beginsIn(episode, counting.from, counting.to)
    episode.parts.forEach((part, place) => {
      const interruptions = begins && place === 0 ? 1 : 0
      const ms = accruedOfPart(episode, part, counting)
      const { incident, class: outageClass, cause } = part.row
      addTo(this.#incidents, incident, interruptions, ms)
      addTo(this.#classes, outageClass, interruptions, ms)
      addTo(this.#causes, cause, interruptions, ms)
    })
  }

  incidents(): Share[] {
    return sharesOf(this.#incidents)
  }

  classes(): Share[] {
    return sharesOf(this.#classes)
  }

  causes(): Share[] {
    return sharesOf(this.#causes)
  }
}

function addTo<K>(sums: Map<K, ShareSum>, of: K, interruptions: number, ms: number): void {
  const sum = sums.get(of)
  if (sum === undefined) sums.set(of, { interruptions, ms })
  else {
    sum.interruptions += interruptions
    sum.ms += ms
  }
}

const sharesOf = (sums: ReadonlyMap<string, ShareSum>): Share[] =>
  [...sums]
    .sort(([a], [b]) => compareText(a, b))
    .map(([of, { interruptions, ms }]) => ({ of, interruptions, customerMinutes: ms / MINUTE_MS }))
