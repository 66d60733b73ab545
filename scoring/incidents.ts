import type { IncidentAnswer } from './answers.ts'
import {
  byFit,
  canMean,
  type Fit,
  type Latency,
  latencies,
  type Match,
  matchBest,
  type Rate,
  READING_MS,
  rateOf
} from './matching.ts'
import { type Rates, ratesOf, share } from './rates.ts'
import type { FeedingTree } from './tree.ts'
import type { DarkSpan } from './voices.ts'

/** A true outage: one failed device, or phases of one. */
export interface TrueOutage extends DarkSpan {
  readonly id: string
  /** Of a nested one the outage above it. */
  readonly parent?: string
  /** False where no word of it ever came, of a service line: its silence proves none. */
  readonly observable?: boolean
  readonly device: string
  /** Letters of the phases that are open, '' for all. */
  readonly phases: string
  /** Customers left dark. */
  readonly affected: number
  readonly kind?: string
  readonly supply?: string
  /** Of them all, where some had it back before the end or were fed by others; otherwise all of them the whole time. */
  readonly customerMinutes?: number
}

/** Outages that could be known while they lasted, and those of them that were opened in time. */
export interface InTime {
  readonly knowable: number
  readonly opened: number
}

export interface IncidentScore extends Rates {
  readonly outages: number
  /** Incidents that were opened; one that became part of another, and meant the same outage, is not counted. */
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
  /** Those at the end of the matched whose class has three customers or more: below that a silent meter or two decide. */
  readonly ofThreeOrMore: { readonly matched: number; readonly exactAtEnd: number }
  /** Of all that could be known while they lasted, found or not: how many were opened within two uploads and a minute of their start. */
  readonly inTime: InTime
  /** The same of those of which somebody spoke while they lasted: the others look like lost communication, and are said so. */
  readonly inTimeOfTold: InTime
  /** How many classes above the truth (negative: below) the last name is, by how often; 'beside' when on another branch. */
  readonly levelsOff: Readonly<Record<string, number>>
  /** Seconds from the start, the first sign and the moment it was knowable to the opening. */
  readonly latencyS: Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>>
  /** False incidents and suspicions for a million meter-days, with the 95 % upper bound. */
  readonly falsePerMillion: Readonly<Record<'incidents' | 'suspicions', Rate>>
  /** Customer-minutes said (by the lines themselves, else from start to end of all), true, and how far they are apart as a share of the true ones. */
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
const IN_TIME_MS = 2 * READING_MS + MINUTE_MS
const MANY = 3

/**
 * Judges what was said of outages against what was true. One incident is counted for one outage; which, is decided by how well
 * they fit: the class of devices first, then the customers both name, then how near their starts are.
 */
export function scoreIncidents(given: IncidentCase): IncidentScore {
  const { tree, truth, answers, meterDays, until } = given
  const { opened, matches, again, wrong } = judgeIncidents(given)
  const meansOne = (answer: IncidentAnswer): boolean =>
    truth.some(outage => fitOf(given, outage, answer) !== undefined)
  const falseIncidents = wrong.length
  const falseSuspicions = answers.filter(
    answer => answer.openedAt === undefined && answer.suspectedAt !== undefined && !meansOne(answer)
  ).length
  const exactOf = (some: readonly OutageMatch[]): number =>
    share(some.filter(match => isExact(tree, match.answer.device, match)).length, some.length)
  const larger = matches.filter(match => tree.customersBelow(tree.number(match.truth.device)) >= MANY)
  const said = sum(
    opened.map(
      ({ start, end, affected, customerMinutes }) =>
        customerMinutes ?? minutesOf(start, end ?? until) * affected
    )
  )
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
    duplicates: again.length,
    falseSuspicions,
    ...ratesOf(matches.length, opened.length, truth.length),
    exactAtFirst: share(
      matches.filter(match => isExact(tree, match.answer.firstDevice, match)).length,
      matches.length
    ),
    exactAtEnd: exactOf(matches),
    ofThreeOrMore: { matched: larger.length, exactAtEnd: exactOf(larger) },
    inTime: countInTime(truth, matches),
    inTimeOfTold: countInTime(truth, matches, isTold),
    levelsOff: countLevels(tree, matches),
    latencyS: latencies(matches),
    falsePerMillion: {
      incidents: rateOf(falseIncidents, meterDays),
      suspicions: rateOf(falseSuspicions, meterDays)
    },
    customerMinutes: { said, true: wanted, error: share(Math.abs(said - wanted), wanted) }
  }
}

export type OutageMatch = Match<TrueOutage, IncidentAnswer>

/** What became of the incidents that were opened. */
export interface JudgedIncidents {
  /** All but those that became part of another. */
  readonly opened: readonly IncidentAnswer[]
  readonly matches: readonly OutageMatch[]
  /** Opened for an outage that another incident is counted for. */
  readonly again: readonly IncidentAnswer[]
  /** Opened where nothing was dark. */
  readonly wrong: readonly IncidentAnswer[]
  /** Became part of one that is counted for an outage which they mean too: the two are one answer. */
  readonly merged: readonly IncidentAnswer[]
}

export function judgeIncidents(given: IncidentCase): JudgedIncidents {
  const said = given.answers.filter(({ openedAt }) => openedAt !== undefined)
  const merged = partsOf(given, said)
  const opened = said.filter(answer => !merged.includes(answer))
  const matches = matchIncidents(given, opened)
  const used = new Set(matches.map(({ answer }) => answer))
  const unmatched = opened.filter(answer => !used.has(answer))
  const again = unmatched.filter(answer =>
    given.truth.some(outage => fitOf(given, outage, answer) !== undefined)
  )
  return { opened, matches, again, wrong: unmatched.filter(answer => !again.includes(answer)), merged }
}

/** Those that were merged into an incident that is counted for an outage, and would mean that outage themselves. Others are words of their own. */
function partsOf(given: IncidentCase, said: readonly IncidentAnswer[]): IncidentAnswer[] {
  const whole = matchIncidents(
    given,
    said.filter(({ mergedInto }) => mergedInto === '')
  )
  const outageOf = new Map(whole.map(({ truth, answer }) => [answer.id, truth]))
  const intoOf = new Map(said.map(({ id, mergedInto }) => [id, mergedInto]))
  return said.filter(answer => {
    if (answer.mergedInto === '') return false
    const outage = outageOf.get(lastOf(answer.mergedInto, intoOf))
    return outage !== undefined && fitOf(given, outage, answer) !== undefined
  })
}

/** What an incident became part of at last; of those that became part of each other one of them. */
function lastOf(id: string, intoOf: ReadonlyMap<string, string>): string {
  const seen = new Set<string>()
  let at = id
  for (let into = intoOf.get(at) ?? ''; into !== '' && !seen.has(at); into = intoOf.get(at) ?? '') {
    seen.add(at)
    at = into
  }
  return at
}

/** The right class of devices, and phases of which the same customers are dark. @param device as named at the time in question */
export function isExact(tree: FeedingTree, device: string, { truth, answer }: OutageMatch): boolean {
  const failed = tree.number(truth.device)
  return (
    tree.has(device) &&
    tree.isSameClass(tree.number(device), failed) &&
    tree.isSamePhases(failed, truth.phases, answer.phases)
  )
}

/** Pairs of outage and incident: the class of devices decides first, then the customers both name, then the starts. */
export function matchIncidents(given: IncidentCase, opened: readonly IncidentAnswer[]): OutageMatch[] {
  return matchBest(given.truth, opened, (truth, answer) => fitOf(given, truth, answer), byFit)
}

/** How well an incident means an outage; undefined when it cannot: other customers, another time, or said before there was one. */
function fitOf({ tree, until }: IncidentCase, truth: TrueOutage, answer: IncidentAnswer): Fit | undefined {
  if (!tree.has(answer.device)) return undefined
  const [named, failed] = [tree.number(answer.device), tree.number(truth.device)]
  const shared = tree.sharedCustomers(named, failed)
  const saidAt = answer.openedAt ?? answer.suspectedAt ?? answer.start
  if (shared === 0 || !canMean(truth, answer, saidAt, until)) return undefined
  const either = tree.customersBelow(named) + tree.customersBelow(failed) - shared
  return {
    isExact: tree.isSameClass(named, failed),
    overlap: shared / either,
    startsApartMs: Math.abs(answer.start - truth.start)
  }
}

/** @param isMeant of which outages */
function countInTime(
  truth: readonly TrueOutage[],
  matches: readonly OutageMatch[],
  isMeant: (outage: TrueOutage) => boolean = () => true
): InTime {
  const isKnowable = (outage: TrueOutage): boolean =>
    (outage.knowableAt ?? Infinity) < outage.end && isMeant(outage)
  const opened = matches.filter(
    ({ truth: outage, answer }) =>
      isKnowable(outage) && (answer.openedAt ?? Infinity) - outage.start <= IN_TIME_MS
  )
  return { knowable: truth.filter(isKnowable).length, opened: opened.length }
}

/** Whether somebody spoke of an outage while it lasted: else it looks like lost communication (`POWER_OR_COMMUNICATION`). */
const isTold = ({ firstSignAt, end }: TrueOutage): boolean => (firstSignAt ?? Infinity) < end

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
