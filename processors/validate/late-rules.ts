import { REGISTER_COUNT } from '../../src/model/fields.ts'
import type { HistoryNeighbour } from '../../src/model/history.ts'
import { REASON } from '../../src/model/quality.ts'
import type { StepOutput } from '../output.ts'
import { type Candidate, hashReading } from './candidate.ts'
import { judgeFirst, type RegisterPoint, stateInterval } from './interval-rules.ts'
import type { AnsweredReading } from './late-readings.ts'
import type { MeterRules } from './meter-rules.ts'
import type { RegisterJudgements, ValidationState } from './validation-state.ts'
import { emit, pointAt } from './window-intervals.ts'

/** What became of one held reading. */
export interface LateOutcome {
  readonly terminal: string
  readonly outcome: 'stored' | 'corrections' | 'duplicates'
}

type AddRow = (candidate: Candidate, version: number, registers: RegisterJudgements) => void

interface Known {
  version: number
  hash: number
  point: RegisterPoint
}

/**
 * Judges one meter's round of held readings, oldest first. The store's answers were given before any of them was
 * stored, so each also looks at those of the round that were judged before it.
 */
export function resolveRound(
  round: readonly AnsweredReading[],
  rules: MeterRules,
  state: ValidationState,
  at: number,
  addRow: AddRow,
  out: StepOutput
): LateOutcome[] {
  const known = new Map<string, Known>()
  return round.map(({ candidate: held, answer }) => {
    const candidate = { ...held, at: Math.max(held.at, at) }
    const key = `${candidate.time}/${candidate.kind}`
    const seen = known.get(key) ?? stored(answer)
    const terminal = candidate.terminal
    if (seen.version > 0 && seen.hash === candidate.hash) {
      known.set(key, { ...seen, point: pointOf(candidate) })
      return { terminal, outcome: 'duplicates' }
    }
    const judged = [...known.values()].map(entry => entry.point)
    const cause = seen.version === 0 ? REASON.LATE_INSERT : REASON.CORRECTED
    const register = candidate.primary ? rules.primary : rules.register
    const now = pointOf(candidate)
    const before = nearest([scaled(answer.before, candidate), ...judged], now.time, -1)
    const after = nearest(
      [scaled(answer.after, candidate), ...judged, ...ofWindow(state, candidate)],
      now.time,
      1
    )
    const stated = before === undefined ? undefined : stateInterval(register, before, now, undefined, cause)
    if (hasAny(now)) {
      if (stated !== undefined) emit(state, candidate, stated, out)
      if (after !== undefined)
        emit(state, candidate, stateInterval(register, now, after, undefined, cause), out)
    }
    known.set(key, { version: seen.version + 1, hash: candidate.hash, point: now })
    addRow(candidate, seen.version + 1, stated?.registers ?? judgeFirst(now.registers))
    return { terminal, outcome: seen.version === 0 ? 'stored' : 'corrections' }
  })
}

function stored(answer: AnsweredReading['answer']): Pick<Known, 'version' | 'hash'> {
  // Answers pass through JSON, where an absent value is null.
  const values = answer.values?.map(value => value ?? Number.NaN)
  return { version: answer.version, hash: values === undefined ? 0 : hashReading(values, answer.extras) }
}

function pointOf(candidate: Candidate): RegisterPoint {
  return { time: candidate.time, registers: candidate.values.slice(0, REGISTER_COUNT) }
}

function scaled(
  neighbour: HistoryNeighbour | undefined | null,
  candidate: Candidate
): RegisterPoint | undefined {
  if (neighbour === undefined || neighbour === null) return undefined
  const scale = (neighbour.ct * neighbour.pt) / (candidate.ct * candidate.pt)
  return { time: neighbour.time, registers: neighbour.registers.map(value => (value ?? Number.NaN) * scale) }
}

function ofWindow(state: ValidationState, candidate: Candidate): RegisterPoint[] {
  const { window } = state
  for (let p = 0; p < window.count(candidate.meter); p++) {
    if (window.time(candidate.meter, p) > candidate.time && window.hasRegisters(candidate.meter, p)) {
      return [pointAt(state, candidate, p)]
    }
  }
  return []
}

function nearest(
  points: readonly (RegisterPoint | undefined)[],
  time: number,
  side: -1 | 1
): RegisterPoint | undefined {
  let best: RegisterPoint | undefined
  for (const point of points) {
    if (point === undefined || !hasAny(point) || (point.time - time) * side <= 0) continue
    if (best === undefined || (best.time - point.time) * side > 0) best = point
  }
  return best
}

const hasAny = (point: RegisterPoint): boolean => point.registers.some(value => !Number.isNaN(value))
