import type { IncidentAnswer } from './answers.ts'
import {
  byFit,
  type Fit,
  type Latency,
  latencies,
  type Match,
  matchBest,
  overlaps,
  type Rate,
  rateOf,
  type TrueSpan
} from './matching.ts'
import { type Rates, ratesOf, share } from './rates.ts'
import type { FeedingTree } from './tree.ts'

/** A true outage: one failed device, or phases of one. */
export interface TrueOutage extends TrueSpan {
  readonly id: string
  readonly device: string
  /** Letters of the phases that are open, '' for all. */
  readonly phases: string
  /** Customers left dark. */
  readonly affected: number
  /** Of them all, where some had it back before the end or were fed by others; otherwise all of them the whole time. */
  readonly customerMinutes?: number
}

export interface IncidentScore extends Rates {
  readonly outages: number
  /** Incidents that were opened, those merged into another not counted. */
  readonly opened: number
  readonly matched: number
  /** Opened where nothing was dark, withdrawn later or not. */
  readonly falseIncidents: number
  /** Opened for an outage that another incident is counted for. */
  readonly duplicates: number
  /** Suspected where nothing was dark, and never opened. */
  readonly falseSuspicions: number
  /** Of the matched: the right class of devices and phases, when opened and at the end. */
  readonly exactAtFirst: number
  readonly exactAtEnd: number
  /** How many classes above the truth (negative: below) the last name is, by how often; 'beside' when on another branch. */
  readonly levelsOff: Readonly<Record<string, number>>
  /** Seconds from the start, the first sign and the moment it was knowable to the opening. */
  readonly latencyS: Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>>
  /** False incidents and suspicions for a million meter-days, with the 95 % upper bound. */
  readonly falsePerMillion: Readonly<Record<'incidents' | 'suspicions', Rate>>
  /** Customer-minutes said, true, and how far they are apart as a share of the true ones. */
  readonly customerMinutes: { readonly said: number; readonly true: number; readonly error: number }
}

export interface IncidentCase {
  readonly tree: FeedingTree
  readonly truth: readonly TrueOutage[]
  readonly answers: readonly IncidentAnswer[]
  /** Meters times days that were watched. */
  readonly meterDays: number
  /** When watching ended, epoch ms: incidents that last then end there. */
  readonly until: number
}

const MINUTE_MS = 60_000

/**
 * Judges what was said of outages against what was true. One incident is counted for one outage; which, is decided by how well
 * they fit: the class of devices first, then the customers both name, then how near their starts are.
 */
export function scoreIncidents(given: IncidentCase): IncidentScore {
  const { tree, truth, answers, meterDays, until } = given
  const opened = answers.filter(({ openedAt, mergedInto }) => openedAt !== undefined && mergedInto === '')
  const matches = matchIncidents(given, opened)
  const used = new Set(matches.map(({ answer }) => answer))
  const meansOne = (answer: IncidentAnswer): boolean =>
    truth.some(outage => fitOf(given, outage, answer) !== undefined)
  const unmatched = opened.filter(answer => !used.has(answer))
  const falseIncidents = unmatched.filter(answer => !meansOne(answer)).length
  const falseSuspicions = answers.filter(
    answer => answer.openedAt === undefined && answer.suspectedAt !== undefined && !meansOne(answer)
  ).length
  const isExact = (device: string, { truth: outage, answer }: OutageMatch): boolean =>
    tree.has(device) &&
    tree.isSameClass(tree.number(device), tree.number(outage.device)) &&
    samePhases(outage.phases, answer.phases)
  const said = sum(opened.map(answer => minutesOf(answer.start, answer.end ?? until) * answer.affected))
  const wanted = sum(
    truth.map(
      ({ start, end, affected, customerMinutes }) => customerMinutes ?? minutesOf(start, end) * affected
    )
  )
  return {
    outages: truth.length,
    opened: opened.length,
    matched: matches.length,
    falseIncidents,
    duplicates: unmatched.length - falseIncidents,
    falseSuspicions,
    ...ratesOf(matches.length, opened.length, truth.length),
    exactAtFirst: share(
      matches.filter(match => isExact(match.answer.firstDevice, match)).length,
      matches.length
    ),
    exactAtEnd: share(matches.filter(match => isExact(match.answer.device, match)).length, matches.length),
    levelsOff: countLevels(tree, matches),
    latencyS: latencies(matches),
    falsePerMillion: {
      incidents: rateOf(falseIncidents, meterDays),
      suspicions: rateOf(falseSuspicions, meterDays)
    },
    customerMinutes: { said, true: wanted, error: share(Math.abs(said - wanted), wanted) }
  }
}

type OutageMatch = Match<TrueOutage, IncidentAnswer>

/** Pairs of outage and incident: the class of devices decides first, then the customers both name, then the starts. */
export function matchIncidents(given: IncidentCase, opened: readonly IncidentAnswer[]): OutageMatch[] {
  return matchBest(given.truth, opened, (truth, answer) => fitOf(given, truth, answer), byFit)
}

/** How well an incident means an outage; undefined when it cannot: other customers, or another time. */
function fitOf({ tree, until }: IncidentCase, truth: TrueOutage, answer: IncidentAnswer): Fit | undefined {
  if (!tree.has(answer.device)) return undefined
  const [named, failed] = [tree.number(answer.device), tree.number(truth.device)]
  const shared = tree.sharedCustomers(named, failed)
  if (!overlaps(truth, answer, until) || shared === 0) return undefined
  const either = tree.customersBelow(named) + tree.customersBelow(failed) - shared
  return {
    isExact: tree.isSameClass(named, failed),
    overlap: shared / either,
    startsApartMs: Math.abs(answer.start - truth.start)
  }
}

/** '' stands for all phases, and so does ABC; the order of letters says nothing. */
function samePhases(one: string, other: string): boolean {
  const inOrder = (phases: string): string => [...(phases === '' ? 'ABC' : phases)].sort().join('')
  return inOrder(one) === inOrder(other)
}

function countLevels(tree: FeedingTree, matches: readonly OutageMatch[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { truth, answer } of matches) {
    const levels = tree.levelsOff(tree.number(answer.device), tree.number(truth.device))
    const name = levels === undefined ? 'beside' : String(levels)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const minutesOf = (start: number, end: number): number => Math.max(0, end - start) / MINUTE_MS
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
