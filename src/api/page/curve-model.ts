import { SUSPECT } from '../../model/quality.ts'
import type { IntervalRow } from '../../series/port.ts'

/**
 * A household's day as a chart needs it: what is known, how well, and what is not known. Intervals shorter than
 * a quarter of an hour are joined to quarters: in ten seconds a register of 0.01 kWh shows 0 or 3.6 kW.
 *
 *   fine     an interval of the meter's usual length: its mean power
 *   coarse   a longer one (the register went on across a gap): only the total is known
 *   gap      nothing is known; never drawn as zero
 */
export interface CurveModel {
  readonly from: number
  readonly to: number
  readonly pieces: readonly Piece[]
  readonly gaps: readonly { readonly start: number; readonly end: number }[]
  readonly live: { readonly time: number; readonly kw: number; readonly isSuspect: boolean } | undefined
  readonly lowKw: number
  readonly highKw: number
}

export interface Piece {
  readonly start: number
  readonly end: number
  /** Mean net power, import positive. */
  readonly kw: number
  readonly isCoarse: boolean
  readonly isSuspect: boolean
  /** The beginning of the present quarter: too short for its register steps to be a power worth drawing. */
  readonly isYoung: boolean
}

const HOUR_MS = 3_600_000
/** An interval that much longer than the usual one spans a gap. */
const COARSE_FACTOR = 1.5
const QUARTER_MS = 900_000
const YOUNG_MS = 300_000

/** The curve over [from, to) of intervals in order of end. */
export function buildCurve(
  intervals: readonly IntervalRow[],
  live: CurveModel['live'],
  from: number,
  to: number
): CurveModel {
  const spans = joinShort(intervals.filter(({ start, end }) => end > from && start < to && end > start))
  const usual = Math.max(QUARTER_MS, median(spans.map(({ start, end }) => end - start)))
  const pieces = spans.map(({ start, end, kwh, isSuspect }, place) => ({
    start: Math.max(start, from),
    end: Math.min(end, to),
    kw: kwh / ((end - start) / HOUR_MS),
    isCoarse: end - start > usual * COARSE_FACTOR,
    isSuspect,
    isYoung: place === spans.length - 1 && end - start < YOUNG_MS
  }))
  const powers = [...pieces.filter(({ isYoung }) => !isYoung).map(({ kw }) => kw), ...(live ? [live.kw] : [])]
  return {
    from,
    to,
    pieces,
    gaps: findGaps(pieces, from, to, usual * COARSE_FACTOR),
    live,
    lowKw: Math.min(0, ...powers),
    highKw: Math.max(0, ...powers)
  }
}

interface Span {
  start: number
  end: number
  kwh: number
  isSuspect: boolean
}

/** Known intervals in order; short ones that follow each other without a hole are one span a quarter. */
function joinShort(intervals: readonly IntervalRow[]): Span[] {
  const spans: Span[] = []
  let quarter = -1
  for (const { start, end, energy, quality } of intervals) {
    const [imported, exported] = energy
    if (!Number.isFinite(imported)) continue
    const kwh = imported - (Number.isFinite(exported) ? exported : 0)
    const isSuspect = (quality & 7) === SUSPECT
    const own = end - start < QUARTER_MS ? Math.floor((start + end) / 2 / QUARTER_MS) : -1
    const last = spans.at(-1)
    if (last !== undefined && own !== -1 && own === quarter && last.end === start) {
      last.end = end
      last.kwh += kwh
      last.isSuspect ||= isSuspect
    } else spans.push({ start, end, kwh, isSuspect })
    quarter = own
  }
  return spans
}

/** What no fine piece covers. The end may wait for its next reading as long as an interval takes. */
function findGaps(pieces: readonly Piece[], from: number, to: number, patience: number) {
  const gaps: { start: number; end: number }[] = []
  let known = from
  for (const piece of [...pieces].sort((a, b) => a.start - b.start)) {
    if (piece.start > known) gaps.push({ start: known, end: piece.start })
    known = Math.max(known, piece.end)
  }
  if (to - known > patience) gaps.push({ start: known, end: to })
  return gaps
}

/** Energy of the pieces inside [from, to), kWh, and the share of that time which they cover. */
export function sumEnergy(
  pieces: readonly Piece[],
  from: number,
  to: number
): { kwh: number; coverage: number } {
  let kwh = 0
  let covered = 0
  for (const piece of pieces) {
    const ms = Math.min(piece.end, to) - Math.max(piece.start, from)
    if (ms <= 0) continue
    kwh += piece.kw * (ms / HOUR_MS)
    covered += ms
  }
  return { kwh: covered > 0 ? kwh : Number.NaN, coverage: to > from ? covered / (to - from) : 0 }
}

/** A round step that cuts [0, span] into about `parts`: 1, 2, 2.5 or 5 times a power of ten. */
export function roundStep(span: number, parts: number): number {
  if (!(span > 0)) return 0.25
  const power = 10 ** Math.floor(Math.log10(span / parts))
  const times = [1, 2, 2.5, 5, 10].find(factor => factor * power * parts >= span) ?? 10
  return times * power
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? QUARTER_MS
}
