import type { Episode, EpisodePart } from './episodes.ts'
import { isMomentary, momentaryEvents } from './momentary-events.ts'
import type { AccrualRule, ReliabilityParameters, Variant } from './profile.ts'
import { lengthWithin, type Span } from './spans.ts'

/** Sums over customers. All times are whole ms, so that no order of adding changes them (below 2^53 ms, 285,000 customer-years). */
export interface Tally {
  /** Customers with an interruption that counts and began in the period. */
  customers: number
  /** Sum of N_i: interruptions that began in the period, each of each customer. */
  interruptions: number
  /** Sum of r_i N_i, ms. */
  customerMs: number
  momentary: number
  momentaryEvents: number
  /** Interruptions in it that last still, also those that are momentary so far. */
  open: number
}

export const emptyTally = (): Tally => ({
  customers: 0,
  interruptions: 0,
  customerMs: 0,
  momentary: 0,
  momentaryEvents: 0,
  open: 0
})

/** What one way of counting needs to know of an episode. */
export interface Counting {
  readonly parameters: ReliabilityParameters
  readonly variant: Variant
  readonly from: number
  readonly to: number
  /** Bounds of the major event days, in order. */
  readonly majorDays: readonly Span[]
}

/** Whether it began in the period: frequency is counted there alone, so that the halves of a period add up to it. */
export const beginsIn = ({ start }: { readonly start: number }, from: number, to: number): boolean =>
  start >= from && start < to

/** Adds the episodes of one customer, in order. @param counted is told each that counts in frequency and duration */
export function addCustomer(
  tally: Tally,
  episodes: readonly Episode[],
  counting: Counting,
  counted?: (episode: Episode) => void
): void {
  const { parameters, from, to } = counting
  let isInterrupted = false
  for (const episode of episodes) {
    if (isLeftOut(episode.start, counting)) continue
    const begins = beginsIn(episode, from, to)
    const ms = accruedMs(episode, from, to, parameters.accrual.value)
    if (!begins && ms === 0) continue
    if (episode.isOpen) tally.open++
    const isShort = isMomentary(episode, parameters)
    if (isShort && begins && !leavesOutMomentary(counting)) tally.momentary++
    if (isShort && (!parameters.momentaryCounts.value || leavesOutMomentary(counting))) continue
    if (begins) tally.interruptions++
    isInterrupted ||= begins
    tally.customerMs += ms
    counted?.(episode)
  }
  if (isInterrupted) tally.customers++
  if (leavesOutMomentary(counting)) return
  const starts = momentaryEvents(episodes, parameters)
  tally.momentaryEvents += starts.filter(
    start => beginsIn({ start }, from, to) && !isLeftOut(start, counting)
  ).length
}

/** Time without supply that goes into the period, ms. */
function accruedMs(episode: Episode, from: number, to: number, rule: AccrualRule): number {
  if (rule === 'to-the-beginning') return beginsIn(episode, from, to) ? episode.darkMs : 0
  return episode.parts.reduce((sum, { dark }) => sum + lengthWithin(dark, from, to), 0)
}

/** The same of one part of an episode: it goes where its episode goes. */
export function accruedOfPart(
  episode: Episode,
  { dark }: EpisodePart,
  { from, to, parameters }: Counting
): number {
  if (parameters.accrual.value === 'as-they-pass') return lengthWithin(dark, from, to)
  return beginsIn(episode, from, to)
    ? lengthWithin(dark, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    : 0
}

const leavesOutMomentary = ({ variant }: Counting): boolean => variant.leavesOut.includes('momentary')

/** An interruption is left out with the day on which it began, with all its minutes. */
const isLeftOut = (start: number, { variant, majorDays }: Counting): boolean =>
  variant.leavesOut.includes('major-event-days') &&
  majorDays.some(({ from, to }) => start >= from && start < to)
