import type { SupplySource } from '../../src/registry/lookup/customers.ts'
import type { Basis, SourceState, SupplyReason } from '../../src/model/supply.ts'
import type { SupplyFacts, Word } from './facts.ts'
import { CLOCK_MS, CONCLUDED_MS } from './lifetimes.ts'

/** How a source stands. Epoch ms. */
export interface JudgedSource {
  readonly state: SourceState
  readonly basis: Basis
  /** Since when; of what is not known when it was last; NaN where it never was. */
  readonly since: number
  readonly reason: SupplyReason
  /** From when on this has to be asked again: Infinity where nothing of it grows old. */
  readonly until: number
  /** It is ready, and a person has to start it or throw a switch. */
  readonly isByHand: boolean
}

/** What the outage stage says of the way from the network to a feed. */
export interface PathOutage {
  /** The incident that is open on it: since when; NaN for none. */
  readonly openSince: number
  /** When the latest that is over ended; NaN for none. */
  readonly overAt: number
}

export interface SourceQuestion {
  readonly source: SupplySource
  readonly facts: SupplyFacts
  readonly path: PathOutage
  /** Whether a generator of the same customer runs. */
  readonly isGenerating: boolean
  /** Of what its meter, or its plant's terminal, says, ms. */
  readonly lifetimeMs: number
  /** Log time. */
  readonly now: number
}

const judged = (
  state: SourceState,
  basis: Basis,
  since: number,
  reason: SupplyReason,
  until: number,
  isByHand = false
): JudgedSource => ({ state, basis, since, reason, until, isByHand })

/** How a source stands by what is known now. Pure. */
export function judgeSource(question: SourceQuestion): JudgedSource {
  const { source } = question
  if (source.kind === 'grid') return judgeFeed(question)
  if (source.terminal === '')
    return judged('unknown', 'declared', Number.NaN, 'DECLARED', Number.POSITIVE_INFINITY)
  return source.kind === 'ups' ? judgeUps(question) : judgeGenerator(question)
}

/** A source of which no channel tells: it makes nobody unknown, and counts for nothing. */
export const isDeclared = ({ basis }: JudgedSource): boolean => basis === 'declared'

/**
 * A feed is what its meter showed last, as long as that holds, unless something newer tells otherwise: an incident on its way, the end of one, a
 * section that went over to another source by itself.
 */
function judgeFeed({ source, facts, path, isGenerating, lifetimeMs, now }: SourceQuestion): JudgedSource {
  const fact = facts.feeds.get(source.id)
  const hint = facts.hints.get(source.id)
  const conclusions = [
    {
      at: path.openSince,
      isLive: false,
      reason: 'INCIDENT' as const,
      until: Number.POSITIVE_INFINITY,
      clock: CLOCK_MS
    },
    {
      at: path.overAt,
      isLive: true,
      reason: 'INCIDENT_OVER' as const,
      until: path.overAt + CONCLUDED_MS,
      clock: CLOCK_MS
    },
    // The same terminal reads the meter and tells of the switch.
    {
      at: hint?.at ?? Number.NaN,
      isLive: hint?.isLive === true,
      reason: 'TRANSFERRED' as const,
      until: (hint?.at ?? 0) + CONCLUDED_MS,
      clock: 0
    }
  ]
  const newer = conclusions
    .filter(({ at, until }) => !Number.isNaN(at) && now <= until)
    .filter(({ at, clock }) => fact === undefined || fact.at <= at + clock)
    .sort((a, b) => b.at - a.at)[0]
  if (newer !== undefined) {
    // Whoever agrees was there first.
    const since = fact?.isLive === newer.isLive ? Math.min(fact.since, newer.at) : newer.at
    return judged(newer.isLive ? 'live' : 'dead', 'inferred', since, newer.reason, newer.until)
  }
  if (fact === undefined) {
    const isSilent = source.meter === ''
    return isSilent
      ? judged('unknown', 'declared', Number.NaN, 'DECLARED', Number.POSITIVE_INFINITY)
      : judged('unknown', 'measured', Number.NaN, 'STALE', Number.POSITIVE_INFINITY)
  }
  const until = fact.at + lifetimeMs
  // Voltage on a line that is dead, beside a generator that runs: it is the generator's.
  if (fact.isLive && isGenerating && path.openSince < fact.at)
    return judged('dead', 'inferred', path.openSince, 'BACK_FEED', until)
  if (now <= until) {
    // An incident of its way that is open began before its meter could say so.
    const since = !fact.isLive && path.openSince < fact.since ? path.openSince : fact.since
    return judged(fact.isLive ? 'live' : 'dead', 'measured', since, fact.reason, until)
  }
  if (Number.isNaN(path.openSince))
    return judged('unknown', 'measured', until, 'STALE', Number.POSITIVE_INFINITY)
  // It was read after an incident of its way began, and not since: who said that it lives was right then.
  return fact.isLive
    ? judged('unknown', 'inferred', until, 'CONTRADICTED', Number.POSITIVE_INFINITY)
    : judged('dead', 'inferred', Math.min(fact.since, path.openSince), 'INCIDENT', Number.POSITIVE_INFINITY)
}

/** A word that holds, or how the source stands without one. */
function wordOf<T>(
  word: Word<T> | undefined,
  { lifetimeMs, now }: SourceQuestion
): { readonly word: Word<T>; readonly until: number } | JudgedSource {
  if (word === undefined) return judged('unknown', 'measured', Number.NaN, 'STALE', Number.POSITIVE_INFINITY)
  const until = word.at + lifetimeMs
  return now <= until
    ? { word, until }
    : judged('unknown', 'measured', until, 'STALE', Number.POSITIVE_INFINITY)
}

function judgeGenerator(question: SourceQuestion): JudgedSource {
  const { source, facts } = question
  const held = wordOf(facts.generators.get(source.id), question)
  if (!('word' in held)) return held
  const { word, until } = held
  const { isRunning, mode } = word.said
  const failedAt = facts.failedStarts.get(source.id) ?? Number.NEGATIVE_INFINITY
  if (isRunning === true) return judged('running', 'measured', word.since, 'MESSAGE', until)
  if (failedAt >= word.at) return judged('failed', 'measured', failedAt, 'START_FAILED', until)
  if (mode === 'off')
    return judged(
      'failed',
      'measured',
      word.since,
      failedAt > word.since - CLOCK_MS ? 'START_FAILED' : 'SWITCHED_OFF',
      until
    )
  if (mode === 'manual') return judged('ready', 'measured', word.since, 'BY_HAND', until, true)
  // Nobody has said that it would start.
  if (mode === '' || isRunning === undefined)
    return judged('unknown', 'measured', word.at, 'NOT_KNOWN', until)
  return judged('ready', 'measured', word.since, 'MESSAGE', until)
}

function judgeUps(question: SourceQuestion): JudgedSource {
  const { source, facts } = question
  const held = wordOf(facts.ups.get(source.id), question)
  if (!('word' in held)) return held
  const { word, until } = held
  switch (word.said.mode) {
    case 'line':
      return judged('ready', 'measured', word.since, 'MESSAGE', until)
    case 'battery':
      return judged('running', 'measured', word.since, 'MESSAGE', until)
    case 'bypass':
      return judged('failed', 'measured', word.since, 'BYPASS', until)
    case 'off':
      return judged('failed', 'measured', word.since, 'SWITCHED_OFF', until)
    default:
      return judged('unknown', 'measured', word.at, 'NOT_KNOWN', until)
  }
}
