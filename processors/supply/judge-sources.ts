import type { SupplySource } from '../../src/registry/lookup/customers.ts'
import { type Observation, OWN_SOURCE_FACTS } from '../../src/model/observation.ts'
import type { Basis, SourceState, SupplyReason } from '../../src/model/supply.ts'
import type { Truck } from '../../src/model/truck.ts'
import type { FactsAt } from './facts.ts'
import { CLOCK_MS, CONCLUDED_MS } from './lifetimes.ts'
import type { Word } from './track.ts'

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
  readonly facts: FactsAt
  readonly path: PathOutage
  /** Since when a generator of the same customer runs; Infinity where none does. */
  readonly generatingSince: number
  /** Of what its meter, or its plant's terminal, says, ms. */
  readonly lifetimeMs: number
  /** The moment that is asked about. */
  readonly now: number
  /** Of a truck that is there: what was told of it. */
  readonly truck?: Truck | undefined
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
  const { source, facts, now } = question
  if (source.kind === 'grid') return judgeFeed(question)
  if (source.kind === 'truck') return judgeTruck(question)
  const seen = seenOf(facts.seenSource(source.id), now)
  const told = source.kind === 'ups' ? facts.ups(source.id) : facts.generator(source.id)
  if (seen !== undefined && (told === undefined || told.at < seen.at)) return judgeSeen(seen)
  if (source.terminal === '')
    return judged('unknown', 'declared', Number.NaN, 'DECLARED', Number.POSITIVE_INFINITY)
  return source.kind === 'ups' ? judgeUps(question) : judgeGenerator(question)
}

/** What a person saw, as long as it holds. */
const seenOf = (word: Word<Observation> | undefined, now: number): Word<Observation> | undefined =>
  word !== undefined && now <= word.said.validUntil ? word : undefined

/** An own source as a person saw it last. */
function judgeSeen({ said: { fact, validUntil }, since }: Word<Observation>): JudgedSource {
  const state = OWN_SOURCE_FACTS.find(each => each === fact)
  return state === undefined
    ? judged('unknown', 'reported', Number.NaN, 'NOT_KNOWN', validUntil)
    : judged(state, 'reported', since, 'OBSERVED', validUntil)
}

/** A source of which no channel tells: it makes nobody unknown, and counts for nothing. */
export const isDeclared = ({ basis }: JudgedSource): boolean => basis === 'declared'

/** What is said of a feed by something else than its meter. Epoch ms. */
interface Conclusion {
  readonly at: number
  readonly since: number
  readonly isLive: boolean
  readonly basis: Basis
  readonly reason: SupplyReason
  readonly until: number
  /** How far its clock may be off from the meter's, ms. */
  readonly clock: number
}

/** All that hold still, the newest first. */
function conclusionsOf({ source, facts, path, now }: SourceQuestion): Conclusion[] {
  const hint = facts.hint(source.id)
  const seen = seenOf(facts.seenSource(source.id), now)
  const { openSince, overAt } = path
  const inferred = { basis: 'inferred' as const, clock: CLOCK_MS }
  const all: Conclusion[] = [
    {
      ...{ ...inferred, at: openSince, since: openSince, isLive: false },
      ...{ reason: 'INCIDENT', until: Number.POSITIVE_INFINITY }
    },
    {
      ...{ ...inferred, at: overAt, since: overAt, isLive: true },
      ...{ reason: 'INCIDENT_OVER', until: overAt + CONCLUDED_MS }
    }
  ]
  // The same terminal reads the meter and tells of the switch.
  if (hint !== undefined)
    all.push({
      ...{ ...inferred, clock: 0, at: hint.at, since: hint.at, isLive: hint.said.isLive },
      ...{ reason: 'TRANSFERRED', until: hint.at + CONCLUDED_MS }
    })
  if (seen !== undefined)
    all.push({
      ...{ basis: 'reported', clock: 0, at: seen.at, since: seen.since, isLive: seen.said.fact === 'live' },
      ...{ reason: 'OBSERVED', until: seen.said.validUntil }
    })
  return all.filter(({ at, until }) => !Number.isNaN(at) && now <= until).sort((a, b) => b.at - a.at)
}

/**
 * A feed is what its meter showed last, as long as that holds, unless something newer tells otherwise: an incident on its way, the end of one, a
 * section that went over to another source by itself, what a person saw.
 */
function judgeFeed(question: SourceQuestion): JudgedSource {
  const { source, facts, path, generatingSince, lifetimeMs, now } = question
  const fact = facts.feed(source.id)
  const newer = conclusionsOf(question).find(({ at, clock }) => fact === undefined || fact.at <= at + clock)
  if (newer !== undefined) {
    const { isLive, basis, reason, until } = newer
    // A word against an incident that is open still: both are shown.
    if (isLive && basis === 'reported' && path.openSince <= newer.at)
      return judged('unknown', 'reported', Number.NaN, 'CONTRADICTED', until)
    // Whoever agrees was there first.
    const since = fact?.said.isLive === isLive ? Math.min(fact.since, newer.since) : newer.since
    return judged(isLive ? 'live' : 'dead', basis, since, reason, until)
  }
  if (fact === undefined) {
    const isSilent = source.meter === ''
    return isSilent
      ? judged('unknown', 'declared', Number.NaN, 'DECLARED', Number.POSITIVE_INFINITY)
      : judged('unknown', 'measured', Number.NaN, 'STALE', Number.POSITIVE_INFINITY)
  }
  const until = fact.at + lifetimeMs
  // Voltage on a line that is dead, which came after a generator had started: it is the generator's. One that ran before has not brought it.
  const isFedBack = !(generatingSince < facts.feedWasOtherwise(source.id) - CLOCK_MS)
  if (fact.said.isLive && generatingSince <= now && isFedBack && path.openSince < fact.at)
    return judged('dead', 'inferred', path.openSince, 'BACK_FEED', until)
  if (now <= until) {
    // An incident of its way that is open began before its meter could say so.
    const since = !fact.said.isLive && path.openSince < fact.since ? path.openSince : fact.since
    return judged(fact.said.isLive ? 'live' : 'dead', 'measured', since, fact.said.reason, until)
  }
  if (Number.isNaN(path.openSince))
    return judged('unknown', 'measured', until, 'STALE', Number.POSITIVE_INFINITY)
  // It was read after an incident of its way began, and not since: who said that it lives was right then.
  return fact.said.isLive
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
  const held = wordOf(facts.generator(source.id), question)
  if (!('word' in held)) return held
  const { word, until } = held
  const { isRunning, mode } = word.said
  const failedAt = facts.failedStart(source.id)
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

/** A truck that is there runs, unless something newer tells otherwise of it; one on file that is not there is none to count on. */
function judgeTruck(question: SourceQuestion): JudgedSource {
  const { source, facts, truck, lifetimeMs, now } = question
  if (truck === undefined)
    return judged('unknown', 'declared', Number.NaN, 'NOT_ATTACHED', Number.POSITIVE_INFINITY)
  const { attachedAt, validUntil } = truck
  const seen = seenOf(facts.seenSource(source.id), now)
  const told = facts.generator(source.id)
  const isTold = told !== undefined && told.at >= attachedAt && now <= told.at + lifetimeMs
  if (seen !== undefined && seen.at >= attachedAt && !(isTold && told.at >= seen.at)) return judgeSeen(seen)
  if (isTold) return judgeGenerator(question)
  return now <= validUntil
    ? judged('running', 'reported', attachedAt, 'ATTACHED', validUntil)
    : judged('unknown', 'reported', validUntil, 'STALE', Number.POSITIVE_INFINITY)
}

function judgeUps(question: SourceQuestion): JudgedSource {
  const { source, facts } = question
  const held = wordOf(facts.ups(source.id), question)
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
