import type { IncidentAnswer } from './answers.ts'
import { f1, poissonUpperBound, quantile, share } from './rates.ts'
import type { FeedingTree } from './tree.ts'

/** A true outage: one failed device, or phases of one. */
export interface TrueOutage {
  readonly id: string
  readonly device: string
  /** Letters of the phases that are open, '' for all. */
  readonly phases: string
  /** Epoch ms; [start, end). */
  readonly start: number
  readonly end: number
  /** Customers left dark. */
  readonly affected: number
  /** When the first sign of it reached the system; undefined when none did. */
  readonly firstSignAt?: number | undefined
  /** From when on a perfect reader of the same evidence is surer than 0.9; undefined when never. */
  readonly knowableAt?: number | undefined
}

/** A true outage with the answer that is counted for it. */
export interface Match {
  readonly truth: TrueOutage
  readonly answer: IncidentAnswer
}

export interface IncidentScore {
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
  readonly precision: number
  readonly recall: number
  readonly f1: number
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

export interface Latency {
  readonly p50: number
  readonly p95: number
}

export interface Rate {
  readonly rate: number
  readonly upper: number
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

/** How far an answer's times may lie outside of an outage's and still mean it. */
const SLACK_MS = 15 * 60_000
const MINUTE_MS = 60_000
const MILLION = 1_000_000

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
  const precision = share(matches.length, opened.length)
  const recall = share(matches.length, truth.length)
  const isExact = (device: string, { truth: outage, answer }: Match): boolean =>
    tree.has(device) &&
    tree.isSameClass(tree.number(device), tree.number(outage.device)) &&
    samePhases(outage.phases, answer.phases)
  const said = sum(opened.map(answer => minutesOf(answer.start, answer.end ?? until) * answer.affected))
  const wanted = sum(truth.map(({ start, end, affected }) => minutesOf(start, end) * affected))
  return {
    outages: truth.length,
    opened: opened.length,
    matched: matches.length,
    falseIncidents,
    duplicates: unmatched.length - falseIncidents,
    falseSuspicions,
    precision,
    recall,
    f1: f1(precision || 0, recall || 0),
    exactAtFirst: share(
      matches.filter(match => isExact(match.answer.firstDevice, match)).length,
      matches.length
    ),
    exactAtEnd: share(matches.filter(match => isExact(match.answer.device, match)).length, matches.length),
    levelsOff: countLevels(tree, matches),
    latencyS: {
      fromStart: latencyOf(matches, ({ start }) => start),
      fromSign: latencyOf(matches, ({ firstSignAt }) => firstSignAt),
      fromKnowable: latencyOf(matches, ({ knowableAt }) => knowableAt)
    },
    falsePerMillion: {
      incidents: rateOf(falseIncidents, meterDays),
      suspicions: rateOf(falseSuspicions, meterDays)
    },
    customerMinutes: { said, true: wanted, error: share(Math.abs(said - wanted), wanted) }
  }
}

interface Fit {
  readonly isSameClass: boolean
  /** Customers of both as a share of those of either, 0..1. */
  readonly overlap: number
  readonly startsApartMs: number
}

/** Pairs of outage and incident, the best fits first, each used once. */
export function matchIncidents(given: IncidentCase, opened: readonly IncidentAnswer[]): Match[] {
  const pairs = given.truth.flatMap(truth =>
    opened.flatMap(answer => {
      const fit = fitOf(given, truth, answer)
      return fit === undefined ? [] : [{ truth, answer, fit }]
    })
  )
  pairs.sort(
    (one, other) =>
      Number(other.fit.isSameClass) - Number(one.fit.isSameClass) ||
      other.fit.overlap - one.fit.overlap ||
      one.fit.startsApartMs - other.fit.startsApartMs
  )
  const [outages, answers] = [new Set<TrueOutage>(), new Set<IncidentAnswer>()]
  const matches: Match[] = []
  for (const { truth, answer } of pairs) {
    if (outages.has(truth) || answers.has(answer)) continue
    outages.add(truth)
    answers.add(answer)
    matches.push({ truth, answer })
  }
  return matches
}

/** How well an incident means an outage; undefined when it cannot: other customers, or another time. */
function fitOf({ tree, until }: IncidentCase, truth: TrueOutage, answer: IncidentAnswer): Fit | undefined {
  if (!tree.has(answer.device)) return undefined
  const overlaps = answer.start < truth.end + SLACK_MS && (answer.end ?? until) > truth.start - SLACK_MS
  const [named, failed] = [tree.number(answer.device), tree.number(truth.device)]
  const shared = tree.sharedCustomers(named, failed)
  if (!overlaps || shared === 0) return undefined
  const either = tree.customersBelow(named) + tree.customersBelow(failed) - shared
  return {
    isSameClass: tree.isSameClass(named, failed),
    overlap: shared / either,
    startsApartMs: Math.abs(answer.start - truth.start)
  }
}

/** '' stands for all phases, and so does ABC; the order of letters says nothing. */
function samePhases(one: string, other: string): boolean {
  const inOrder = (phases: string): string => [...(phases === '' ? 'ABC' : phases)].sort().join('')
  return inOrder(one) === inOrder(other)
}

function countLevels(tree: FeedingTree, matches: readonly Match[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { truth, answer } of matches) {
    const levels = tree.levelsOff(tree.number(answer.device), tree.number(truth.device))
    const name = levels === undefined ? 'beside' : String(levels)
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Of the outages that have the moment. An incident that was opened before it took no time. */
function latencyOf(matches: readonly Match[], from: (outage: TrueOutage) => number | undefined): Latency {
  const seconds = matches.flatMap(({ truth, answer }) => {
    const begun = from(truth)
    return begun === undefined ? [] : [Math.max(0, (answer.openedAt ?? begun) - begun) / 1000]
  })
  return { p50: quantile(seconds, 0.5), p95: quantile(seconds, 0.95) }
}

const rateOf = (count: number, meterDays: number): Rate => ({
  rate: (count / meterDays) * MILLION,
  upper: (poissonUpperBound(count) / meterDays) * MILLION
})

const minutesOf = (start: number, end: number): number => Math.max(0, end - start) / MINUTE_MS
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
