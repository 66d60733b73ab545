import { CONFIRMED, type LifeState } from './answers.ts'
import {
  byFit,
  canMean,
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
import type { DarkSpan, Voices } from './voices.ts'

/** What lost its voice, from one meter to everybody. */
export const LOSS_SCOPES = ['meter', 'branch', 'terminal', 'cell', 'carrier', 'gateway'] as const
export type LossScope = (typeof LOSS_SCOPES)[number]

/** True loss of communication: power was there all the time. */
export interface TrueLoss extends TrueSpan {
  readonly id: string
  readonly scope: LossScope
  /** Id of the meter, terminal, carrier or cell; of a branch that of the terminal it hangs on. */
  readonly subject: string
  /** Everybody who fell silent by it: meters of scopes meter and branch, terminals of all others. */
  readonly silent: readonly string[]
  /** False when no round of readings fell into it: finding it is no duty, missing it no fault. */
  readonly observable?: boolean
}

/** One line of `communication.ndjson`, as far as scoring reads it. */
export interface LossLine {
  readonly at: number
  readonly id: string
  readonly state: LifeState
  /** `POWER_OR_COMMUNICATION` while nobody can tell. */
  readonly reason?: string
  readonly scope?: LossScope
  readonly subject?: string
  readonly terminals?: readonly string[]
  readonly meters?: readonly string[]
  readonly start?: number
  readonly end?: number | null
}

/** What a system said of one loss over time. */
export interface LossAnswer {
  readonly id: string
  /** When it was first said to be one; undefined while it was only suspected. */
  readonly openedAt: number | undefined
  /** Said with `POWER_OR_COMMUNICATION` when it was opened. */
  readonly isInDoubt: boolean
  readonly scope: LossScope | undefined
  readonly subject: string
  readonly silent: ReadonlySet<string>
  readonly start: number
  readonly end: number | undefined
}

/** Silence that nobody can tell apart while it lasts: a terminal without backup whose own supply is gone. */
export interface Undecidable {
  readonly terminals: readonly string[]
  readonly start: number
  readonly end: number
}

export interface LossCase {
  readonly truth: readonly TrueLoss[]
  /** Times in which saying so is neither right nor wrong. */
  readonly undecidable: readonly Undecidable[]
  readonly answers: readonly LossAnswer[]
  /** What lost its supply meanwhile, and who speaks for whom: a doubt about somebody who is dark is no wrong word. */
  readonly outages?: readonly DarkSpan[]
  readonly voices?: Voices
  /** Meters times days that were watched. */
  readonly meterDays: number
  /** When watching ended, epoch ms. */
  readonly until: number
}

export interface LossScore extends Rates {
  readonly losses: number
  readonly opened: number
  readonly matched: number
  /** Opened although everybody named could speak all the time. */
  readonly falseLosses: number
  /** Of them those that name a single meter. */
  readonly falseMeterLosses: number
  /** Opened for a loss that another answer is counted for. */
  readonly duplicates: number
  /** Opened where nobody could have told, or in doubt about those who were dark, and so not counted. */
  readonly excused: number
  /** Of the matched: scope and subject are right. */
  readonly exact: number
  /** Those of each scope, with the right subject: another name for a loss is no match here. */
  readonly byScope: Readonly<Record<LossScope, ScopeScore>>
  /** All scopes but `meter`: single meters are many, and decide the sum of all. */
  readonly allButMeter: ScopeScore
  readonly latencyS: Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>>
  readonly falsePerMillion: Rate
}

export interface ScopeScore extends Rates {
  /** Losses that had to be found, or were. */
  readonly losses: number
  readonly said: number
  readonly matched: number
}

/** What became of the losses that were opened. */
export interface JudgedLosses {
  readonly matches: readonly LossMatch[]
  /** Opened for a loss that another answer is counted for. */
  readonly again: readonly LossAnswer[]
  readonly wrong: readonly LossAnswer[]
  readonly excused: readonly LossAnswer[]
  /** Not found, although somebody could have. */
  readonly missed: readonly TrueLoss[]
}

type LossMatch = Match<TrueLoss, LossAnswer>

const DOUBT = 'POWER_OR_COMMUNICATION'

/** Folds lines in order of `at`, each loss by itself; what a later line leaves out stays. */
export function foldLosses(lines: readonly LossLine[]): LossAnswer[] {
  const answers = new Map<string, LossAnswer>()
  for (const line of lines) {
    const before = answers.get(line.id)
    const named = line.meters ?? line.terminals
    const opens = CONFIRMED.has(line.state) && before?.openedAt === undefined
    answers.set(line.id, {
      id: line.id,
      openedAt: opens ? line.at : before?.openedAt,
      isInDoubt: opens ? line.reason === DOUBT : before?.isInDoubt === true,
      scope: line.scope ?? before?.scope,
      subject: line.subject ?? before?.subject ?? '',
      silent: named === undefined ? (before?.silent ?? new Set()) : new Set(named),
      start: line.start ?? before?.start ?? line.at,
      end: line.end === undefined ? before?.end : (line.end ?? undefined)
    })
  }
  return [...answers.values()]
}

/**
 * Judges what was said of lost communication. One answer is counted for one loss: the same scope and subject first, then who is
 * named, then the starts. One that was withdrawn later stays said.
 */
export function scoreLosses(given: LossCase): LossScore {
  const judged = judgeLosses(given)
  const { matches, again, wrong, excused, missed } = judged
  const counted = matches.length + again.length + wrong.length
  return {
    losses: given.truth.length,
    opened: counted + excused.length,
    matched: matches.length,
    falseLosses: wrong.length,
    falseMeterLosses: wrong.filter(({ scope }) => scope === 'meter').length,
    duplicates: again.length,
    excused: excused.length,
    ...ratesOf(matches.length, counted, matches.length + missed.length),
    exact: share(matches.filter(match => isExactLoss(match.truth, match.answer)).length, matches.length),
    byScope: Object.fromEntries(
      LOSS_SCOPES.map(scope => [scope, scopeScore(judged, each => each === scope)])
    ) as Record<LossScope, ScopeScore>,
    allButMeter: scopeScore(judged, scope => scope !== 'meter'),
    latencyS: latencies(matches),
    falsePerMillion: rateOf(wrong.length, given.meterDays)
  }
}

export function judgeLosses(given: LossCase): JudgedLosses {
  const { truth, undecidable, answers, outages = [], voices = new Map(), until } = given
  const opened = answers.filter(({ openedAt }) => openedAt !== undefined)
  const fitOf = (loss: TrueLoss, answer: LossAnswer): Fit | undefined =>
    canMean(loss, answer, answer.openedAt ?? answer.start, until) ? fit(loss, answer) : undefined
  // Of two that overlap the one that somebody could see is meant.
  const seen = matchBest(
    truth.filter(({ observable }) => observable !== false),
    opened,
    fitOf,
    byFit
  )
  const taken = new Set(seen.map(({ answer }) => answer))
  const hidden = truth.filter(({ observable }) => observable === false)
  const others = opened.filter(answer => !taken.has(answer))
  const matches = [...seen, ...matchBest(hidden, others, fitOf, byFit)]
  const used = new Set(matches.map(({ answer }) => answer))
  const unmatched = opened.filter(answer => !used.has(answer))
  const again = unmatched.filter(answer => truth.some(loss => fitOf(loss, answer) !== undefined))
  // What is said near a loss, of those who fell silent by it, is a word about it: where it is wrong nothing excuses it.
  const isAbout = (answer: LossAnswer): boolean =>
    truth.some(loss => fit(loss, answer) !== undefined && overlaps(loss, answer, until))
  const excused = unmatched.filter(
    answer =>
      !isAbout(answer) &&
      (undecidable.some(one => isExcused(one, answer, until)) ||
        (answer.isInDoubt && outages.some(outage => isAllDark(outage, answer, voices, until))))
  )
  const found = new Set(matches.map(match => match.truth))
  return {
    matches,
    again,
    wrong: unmatched.filter(answer => !again.includes(answer) && !excused.includes(answer)),
    excused,
    missed: truth.filter(loss => loss.observable !== false && !found.has(loss))
  }
}

/** A match counts for the scope of the loss, everything else that was said for the scope that it names. */
function scopeScore(
  { matches, again, wrong, missed }: JudgedLosses,
  isMeant: (scope: LossScope | undefined) => boolean
): ScopeScore {
  const exact = matches.filter(match => isExactLoss(match.truth, match.answer))
  const inexact = matches.filter(match => !exact.includes(match))
  const matched = exact.filter(({ truth }) => isMeant(truth.scope)).length
  const other = [...inexact.map(({ answer }) => answer), ...again, ...wrong]
  const said = matched + other.filter(({ scope }) => isMeant(scope)).length
  const lost = [...missed, ...matches.map(({ truth }) => truth)].filter(({ scope }) => isMeant(scope)).length
  return { losses: lost, said, matched, ...ratesOf(matched, said, lost) }
}

/**
 * Scope and subject are right; or the answer names a smaller scope and exactly those who fell silent: the branch of a box with one meter
 * is that meter, a cell in which there is one terminal is that terminal, and nobody can tell them apart.
 */
export function isExactLoss(loss: TrueLoss, answer: LossAnswer): boolean {
  if (answer.scope === loss.scope && answer.subject === loss.subject) return true
  const { scope } = answer
  return (
    scope !== undefined &&
    isOfMeters(scope) === isOfMeters(loss.scope) &&
    LOSS_SCOPES.indexOf(scope) < LOSS_SCOPES.indexOf(loss.scope) &&
    answer.silent.size === loss.silent.length &&
    loss.silent.every(id => answer.silent.has(id))
  )
}

/** Whether meters fall silent by it; by all others terminals do. */
const isOfMeters = (scope: LossScope): boolean => scope === 'meter' || scope === 'branch'

/** Undefined when the answer cannot mean the loss, whenever it is said: nobody in common and another subject. */
function fit(loss: TrueLoss, answer: LossAnswer): Fit | undefined {
  const shared = loss.silent.filter(id => answer.silent.has(id)).length
  const names = isExactLoss(loss, answer)
  if (shared === 0 && !names) return undefined
  const either = new Set([...loss.silent, ...answer.silent]).size
  return {
    isExact: names,
    overlap: either === 0 ? 1 : shared / either,
    startsApartMs: Math.abs(answer.start - loss.start)
  }
}

/** Of all that were named everybody whom they speak for has lost his supply at that time. */
function isAllDark(outage: DarkSpan, answer: LossAnswer, voices: Voices, until: number): boolean {
  if (answer.silent.size === 0 || !overlaps(outage, answer, until)) return false
  const dark = new Set(outage.usagePoints)
  return [...answer.silent].every(id => {
    const points = voices.get(id) ?? []
    return points.length > 0 && points.every(point => dark.has(point))
  })
}

/** All that were named are in doubt at that time. */
const isExcused = ({ terminals, start, end }: Undecidable, answer: LossAnswer, until: number): boolean =>
  answer.silent.size > 0 &&
  [...answer.silent].every(id => terminals.includes(id)) &&
  overlaps({ start, end }, answer, until)
