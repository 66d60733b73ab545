import { CONFIRMED, type LifeState } from './answers.ts'
import {
  byFit,
  type Fit,
  type Latency,
  latencies,
  matchBest,
  overlaps,
  type Rate,
  rateOf,
  type TrueSpan
} from './matching.ts'
import { type Rates, ratesOf, share } from './rates.ts'

/** What lost its voice, from one meter to everybody. */
export type LossScope = 'meter' | 'branch' | 'terminal' | 'carrier' | 'cell' | 'gateway'

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
  /** Opened for a loss that another answer is counted for. */
  readonly duplicates: number
  /** Opened where nobody could have told, and so not counted. */
  readonly excused: number
  /** Of the matched: scope and subject are right. */
  readonly exact: number
  readonly latencyS: Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>>
  readonly falsePerMillion: Rate
}

/** Folds lines in order of `at`, each loss by itself; what a later line leaves out stays. */
export function foldLosses(lines: readonly LossLine[]): LossAnswer[] {
  const answers = new Map<string, LossAnswer>()
  for (const line of lines) {
    const before = answers.get(line.id)
    const named = line.meters ?? line.terminals
    answers.set(line.id, {
      id: line.id,
      openedAt: before?.openedAt ?? (CONFIRMED.has(line.state) ? line.at : undefined),
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
export function scoreLosses({ truth, undecidable, answers, meterDays, until }: LossCase): LossScore {
  const opened = answers.filter(({ openedAt }) => openedAt !== undefined)
  const fitOf = (loss: TrueLoss, answer: LossAnswer): Fit | undefined => fit(loss, answer, until)
  const matches = matchBest(truth, opened, fitOf, byFit)
  const used = new Set(matches.map(({ answer }) => answer))
  const unmatched = opened.filter(answer => !used.has(answer))
  const again = unmatched.filter(answer => truth.some(loss => fitOf(loss, answer) !== undefined))
  const excused = unmatched.filter(
    answer => !again.includes(answer) && undecidable.some(one => isExcused(one, answer, until))
  )
  const counted = opened.length - excused.length
  const falseLosses = counted - matches.length - again.length
  const found = new Set(matches.map(match => match.truth))
  const duties = truth.filter(loss => loss.observable !== false || found.has(loss)).length
  return {
    losses: truth.length,
    opened: opened.length,
    matched: matches.length,
    falseLosses,
    duplicates: again.length,
    excused: excused.length,
    ...ratesOf(matches.length, counted, duties),
    exact: share(matches.filter(match => isExact(match.truth, match.answer)).length, matches.length),
    latencyS: latencies(matches),
    falsePerMillion: rateOf(falseLosses, meterDays)
  }
}

const isExact = (loss: TrueLoss, answer: LossAnswer): boolean =>
  answer.scope === loss.scope && answer.subject === loss.subject

/** Undefined when the answer cannot mean the loss: nobody in common and another subject, or another time. */
function fit(loss: TrueLoss, answer: LossAnswer, until: number): Fit | undefined {
  const shared = loss.silent.filter(id => answer.silent.has(id)).length
  const names = isExact(loss, answer)
  if ((shared === 0 && !names) || !overlaps(loss, answer, until)) return undefined
  const either = new Set([...loss.silent, ...answer.silent]).size
  return {
    isExact: names,
    overlap: either === 0 ? 1 : shared / either,
    startsApartMs: Math.abs(answer.start - loss.start)
  }
}

/** All that were named are in doubt at that time. */
const isExcused = ({ terminals, start, end }: Undecidable, answer: LossAnswer, until: number): boolean =>
  answer.silent.size > 0 &&
  [...answer.silent].every(id => terminals.includes(id)) &&
  overlaps({ start, end }, answer, until)
