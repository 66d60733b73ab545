import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import type { HistoryAnswer, HistoryNeighbour } from '../../../src/model/history.ts'
import { REASON } from '../../../src/model/quality.ts'
import type { StepOutput } from '../../output.ts'
import { type Candidate, hashReading } from '../candidate.ts'
import type { MeterBindings } from '../intervals/bindings.ts'
import { type IntervalStatement, stateChain, voidInterval } from '../intervals/chain.ts'
import { areEqual, hasAny, judgeFirst, stateInterval } from '../intervals/interval-rules.ts'
import type { RegisterPoint } from '../intervals/ratios.ts'
import { emit } from '../intervals/window-intervals.ts'
import type { RegisterJudgements, ValidationState } from '../validation-state.ts'
import type { ReadingWindow } from '../window/window.ts'
import { enter, ownPoint } from '../window/window-points.ts'
import type { AnsweredReading } from './late-readings.ts'

/** What became of one held reading. */
export interface LateOutcome {
  readonly candidate: Candidate
  readonly outcome: 'stored' | 'corrections' | 'duplicates'
  /** Version to store, unless it is a duplicate. */
  readonly version: number
  readonly registers: RegisterJudgements
}

/** One (time, kind) of the round: as the store had it, and as the round leaves it. */
interface Entry {
  readonly stored: RegisterPoint | undefined
  readonly storedVersion: number
  version: number
  hash: number
  /** Of that version; a duplicate changes nothing, though the registry may give it another ratio by now. */
  now: RegisterPoint
  candidate: Candidate
}

/** What the round does to the meter's points around it. */
interface Change {
  /** The points that the store told of and those of the round, oldest first. */
  readonly points: readonly RegisterPoint[]
  /** Times whose point the round brought, changed or took, and why that restates intervals. */
  readonly causes: ReadonlyMap<number, number>
  readonly gone: readonly number[]
}

/**
 * Judges one meter's round of held readings, in order of time. The store's answers were given before any of them was
 * stored: together they are a sparse row of points into which the round's own are put.
 *
 *   store    a     b           c      d          answers about x: before b, after c
 *   round             x  y              z
 *   stated           [bx)[xy)[yc)     [d z)      (c, d) touches nothing of the round and stands
 */
export function resolveRound(
  round: readonly AnsweredReading[],
  bindings: MeterBindings,
  state: ValidationState,
  at: number,
  out: StepOutput
): LateOutcome[] {
  const [first] = round
  if (first === undefined) return []
  const stated = { meter: first.candidate.meter, at: Math.max(first.candidate.at, at) }
  const entries = new Map<string, Entry>()
  const verdicts = round.map(({ candidate, answer }) => settle(entries, candidate, answer))
  const change = changeOf(bindings, round, entries)
  stateChange(state, bindings, stated, change, out)
  enterWindow(state.window, entries.values())
  let next = 0
  return round.map(({ candidate }, index) => {
    while ((change.points[next]?.time ?? Infinity) < candidate.time) next++
    const own = ownPoint(candidate)
    return {
      candidate: { ...candidate, at: Math.max(candidate.at, at) },
      ...(verdicts[index] ?? { outcome: 'duplicates', version: 0 }),
      registers: judgeOwn(bindings, own, change.points[next - 1])
    }
  })
}

/** Duplicate or next version, after what the store and the round before it say of the same time and kind. */
function settle(
  entries: Map<string, Entry>,
  candidate: Candidate,
  answer: HistoryAnswer
): Pick<LateOutcome, 'outcome' | 'version'> {
  const key = `${candidate.time}/${candidate.kind}`
  const seen = entries.get(key)
  // Answers pass through JSON, where an absent value is null.
  const values = answer.values?.map(value => value ?? Number.NaN)
  const { ratio = 0 } = answer
  const stands = seen?.version ?? answer.version
  const storedHash =
    answer.hash ?? (values === undefined ? 0 : hashReading(values, answer.extras, ratio === 0))
  const hash = seen?.hash ?? storedHash
  const isDuplicate = stands > 0 && hash === candidate.hash
  const version = isDuplicate ? stands : stands + 1
  if (seen === undefined) {
    const registers = values?.slice(0, REGISTER_COUNT)
    const stored = registers && { time: candidate.time, registers, ratio }
    const now = isDuplicate && stored !== undefined ? stored : ownPoint(candidate)
    const { hash } = candidate
    entries.set(key, { stored, storedVersion: answer.version, version, hash, now, candidate })
  } else if (!isDuplicate) {
    Object.assign(seen, { version, hash: candidate.hash, now: ownPoint(candidate), candidate })
  }
  if (isDuplicate) return { outcome: 'duplicates', version }
  return { outcome: version === 1 ? 'stored' : 'corrections', version }
}

/** Where the round's points lie among those of the store. */
function changeOf(
  bindings: MeterBindings,
  round: readonly AnsweredReading[],
  entries: ReadonlyMap<string, Entry>
): Change {
  const points = new Map<number, RegisterPoint>()
  for (const { answer } of round) {
    for (const side of [answer.before, answer.after]) {
      const point = fromStore(side)
      if (point !== undefined) points.set(point.time, point)
    }
  }
  const causes = new Map<number, number>()
  const gone: number[] = []
  for (const [time, kinds] of kindsOf(round, entries)) {
    const stood = lowest(kinds, kind => kind.stored)
    const now = lowest(kinds, kind => kind.now)
    if (!areEqual(stood, now)) causes.set(time, stood === undefined ? REASON.LATE_INSERT : REASON.CORRECTED)
    if (now !== undefined) points.set(time, now)
    else if (points.delete(time) || stood !== undefined) gone.push(time)
  }
  const ordered = [...points.values()].sort((a, b) => a.time - b.time)
  // All ends of bindings: what the round does not touch is not stated.
  return { points: bindings.withEnds(ordered), causes, gone }
}

/** What a kind says at a time: in the store, and after the round. */
interface KindPoints {
  readonly stored: RegisterPoint | undefined
  readonly now: RegisterPoint | undefined
}

/** By time of the round and kind, those too that only the store has. */
function kindsOf(
  round: readonly AnsweredReading[],
  entries: ReadonlyMap<string, Entry>
): Map<number, Map<number, KindPoints>> {
  const times = new Map<number, Map<number, KindPoints>>(
    round.map(({ candidate }) => [candidate.time, new Map()])
  )
  for (const { answer } of round) {
    for (const sibling of answer.beside ?? []) {
      const point = fromStore(sibling)
      times.get(sibling.time)?.set(sibling.kind, { stored: point, now: point })
    }
  }
  for (const { candidate, stored, now } of entries.values()) {
    times.get(candidate.time)?.set(candidate.kind, { stored, now })
  }
  return times
}

/** Of several kinds with registers the lowest speaks for its time. */
function lowest(
  kinds: ReadonlyMap<number, KindPoints>,
  pick: (kind: KindPoints) => RegisterPoint | undefined
): RegisterPoint | undefined {
  return [...kinds]
    .sort(([a], [b]) => a - b)
    .map(([, points]) => pick(points))
    .find(point => point !== undefined && hasAny(point))
}

/** Emits the intervals that the change touches. */
function stateChange(
  state: ValidationState,
  bindings: MeterBindings,
  stated: Pick<Candidate, 'meter' | 'at'>,
  { points, causes, gone }: Change,
  out: StepOutput
): void {
  const { meter } = stated
  const chain = stateChain(bindings, points, index => causeAt(points, causes, gone, index), undefined)
  for (const interval of voidGone(points, gone)) emit(state, stated, interval, out)
  for (const interval of chain.intervals) emit(state, stated, interval, out)
  // Only where nothing later is known does the meter go on from here.
  const newest = state.window.time(meter, state.window.count(meter) - 1)
  if (
    chain.fall !== undefined &&
    (points.findLast(({ zone }) => zone === undefined)?.time ?? -Infinity) >= newest
  ) {
    state.falls.set(meter, chain.fall)
  }
}

/** No interval ends at a point that went, nor at one before which all went. */
function voidGone(points: readonly RegisterPoint[], gone: readonly number[]): IntervalStatement[] {
  const intervals: IntervalStatement[] = []
  const voidUntil = (end: number, start: number | undefined): void => {
    if (start !== undefined) intervals.push(voidInterval(start, end, REASON.CORRECTED))
  }
  const goneBefore = (end: number): number | undefined => gone.findLast(time => time < end)
  for (const time of gone) {
    voidUntil(time, points.findLast(point => point.time < time)?.time ?? goneBefore(time))
  }
  const [first] = points
  if (first !== undefined) voidUntil(first.time, goneBefore(first.time))
  return intervals
}

/** Why the interval that ends at `points[index]` is stated; undefined when the round does not touch it. */
function causeAt(
  points: readonly RegisterPoint[],
  causes: ReadonlyMap<number, number>,
  gone: readonly number[],
  index: number
): number | undefined {
  const start = points[index - 1]?.time ?? -Infinity
  const end = points[index]?.time ?? Infinity
  const atStart = causes.get(start)
  const atEnd = causes.get(end)
  const between = gone.some(time => time > start && time < end) ? REASON.CORRECTED : undefined
  if (atStart === undefined && atEnd === undefined && between === undefined) return undefined
  // The newest reading of all was held only because nothing before it was at hand: it is not late.
  const isNewest = index === points.length - 1 && atStart === undefined && atEnd === REASON.LATE_INSERT
  return isNewest ? 0 : (atStart ?? 0) | (atEnd ?? 0) | (between ?? 0)
}

/** What is younger than the window's oldest entry goes into it; what it has is brought to the last version. */
function enterWindow(window: ReadingWindow, entries: Iterable<Entry>): void {
  for (const { candidate, version, storedVersion } of entries) {
    if (version === storedVersion) continue
    const { meter, time, kind } = candidate
    const position = window.find(meter, time, kind)
    if (position >= 0 || time > window.knownAfter(meter)) enter(window, candidate, position, version)
  }
}

function judgeOwn(
  bindings: MeterBindings,
  own: RegisterPoint,
  before: RegisterPoint | undefined
): RegisterJudgements {
  if (before === undefined || bindings.isApart(before, own)) return judgeFirst(own.registers)
  return stateInterval(bindings.rulesOf(own), before, own, undefined, 0).registers
}

/** A stored neighbour. */
function fromStore(neighbour: HistoryNeighbour | undefined | null): RegisterPoint | undefined {
  if (neighbour === undefined || neighbour === null) return undefined
  const { time, registers, ratio } = neighbour
  return { time, registers: registers.map(value => value ?? Number.NaN), ratio }
}
