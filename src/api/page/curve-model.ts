import type { IntervalRow } from '../../series/port.ts'

/**
 * A household's day as a chart needs it: what is known, how well, and what is not known.
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
}

const HOUR_MS = 3_600_000
/** An interval that much longer than the usual one spans a gap. */
const COARSE_FACTOR = 1.5
/** Quality bits of importKwh: suspect (2). */
const SUSPECT_BITS = 2

/** The curve over [from, to) of intervals in order of end. */
export function buildCurve(
  intervals: readonly IntervalRow[],
  live: CurveModel['live'],
  from: number,
  to: number
): CurveModel {
  const inside = intervals.filter(({ start, end }) => end > from && start < to && end > start)
  const usual = median(inside.map(({ start, end }) => end - start))
  const pieces: Piece[] = []
  for (const { start, end, energy, quality } of inside) {
    const [imported, exported] = energy
    if (!Number.isFinite(imported)) continue
    const net = imported - (Number.isFinite(exported) ? exported : 0)
    pieces.push({
      start: Math.max(start, from),
      end: Math.min(end, to),
      kw: net / ((end - start) / HOUR_MS),
      isCoarse: end - start > usual * COARSE_FACTOR,
      isSuspect: (quality & 7) === SUSPECT_BITS
    })
  }
  const powers = [...pieces.map(({ kw }) => kw), ...(live ? [live.kw] : [])]
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
  return sorted[Math.floor(sorted.length / 2)] ?? 15 * 60_000
}
