import type { LoadQuery, LoadSteps, MemberSpan } from './port.ts'

/**
 * Intervals as they are read, in any order and with all their revisions: columns of equal length.
 */
export interface LoadIntervals {
  readonly meter: Float64Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly revision: Float64Array
  readonly importKwh: Float64Array
  readonly exportKwh: Float64Array
}

/**
 * The load of many members together, by step. For each member it is what energy-steps.ts says for one meter: an interval counts
 * when it lies wholly inside a step, here also inside the span in which the meter counts for the member, and intervals that
 * overlap are never both added.
 */
export function loadSteps({ members, bounds }: LoadQuery, intervals: LoadIntervals): LoadSteps {
  const steps = Math.max(0, bounds.length - 1)
  const byMeter = orderByMeter(intervals)
  const total = {
    importKwh: new Float64Array(steps).fill(Number.NaN),
    exportKwh: new Float64Array(steps).fill(Number.NaN),
    expected: new Uint32Array(steps),
    complete: new Uint32Array(steps)
  }
  const boundMs = new Float64Array(steps)
  const coveredMs = new Float64Array(steps)
  members.forEach((span, at) => {
    addBound(span, bounds, boundMs)
    const rows = byMeter.get(span.meter) ?? NO_ROWS
    addRegister(rows, span, bounds, intervals, intervals.importKwh, total.importKwh, coveredMs)
    addRegister(rows, span, bounds, intervals, intervals.exportKwh, total.exportKwh, undefined)
    // Spans of one member stand together: it may have had several meters in a step.
    if (members[at + 1]?.member === span.member) return
    for (let step = 0; step < steps; step++) {
      const bound = boundMs[step] ?? 0
      if (bound > 0) {
        total.expected[step] = (total.expected[step] ?? 0) + 1
        if (coveredMs[step] === bound) total.complete[step] = (total.complete[step] ?? 0) + 1
      }
    }
    boundMs.fill(0)
    coveredMs.fill(0)
  })
  return total
}

const NO_ROWS: readonly number[] = []

/** Row numbers of each meter in order of end, of one end the highest revision alone. */
function orderByMeter({ meter, end, revision }: LoadIntervals): Map<number, readonly number[]> {
  const rows = new Map<number, number[]>()
  for (let row = 0; row < meter.length; row++) {
    const number = meter[row] ?? 0
    const known = rows.get(number)
    if (known === undefined) rows.set(number, [row])
    else known.push(row)
  }
  const compare = (a: number, b: number): number =>
    (end[a] ?? 0) - (end[b] ?? 0) || (revision[a] ?? 0) - (revision[b] ?? 0)
  for (const [number, list] of rows) {
    // A clustered day gives them in order.
    if (list.some((row, i) => i > 0 && compare(list[i - 1] ?? 0, row) > 0)) list.sort(compare)
    if (list.some((row, i) => end[row] === end[list[i + 1] ?? -1])) {
      rows.set(
        number,
        list.filter((row, i) => end[row] !== end[list[i + 1] ?? -1])
      )
    }
  }
  return rows
}

/** How long the span takes of each step, ms. */
function addBound({ from, to }: MemberSpan, bounds: readonly number[], boundMs: Float64Array): void {
  for (let step = 0; step < boundMs.length; step++) {
    const ms = Math.min(to, bounds[step + 1] ?? 0) - Math.max(from, bounds[step] ?? 0)
    if (ms > 0) boundMs[step] = (boundMs[step] ?? 0) + ms
  }
}

function addRegister(
  rows: readonly number[],
  span: MemberSpan,
  bounds: readonly number[],
  { start, end }: LoadIntervals,
  energy: Float64Array,
  sums: Float64Array,
  coveredMs: Float64Array | undefined
): void {
  let step = 0
  let until = Number.NEGATIVE_INFINITY
  for (const row of rows) {
    const [begins, ends, value] = [start[row] ?? 0, end[row] ?? 0, energy[row] ?? Number.NaN]
    while (step < sums.length && ends > (bounds[step + 1] ?? 0)) {
      step++
      until = Number.NEGATIVE_INFINITY
    }
    if (step === sums.length) return
    const isInside = begins >= Math.max(span.from, bounds[step] ?? 0) && ends <= span.to
    if (!isInside || Number.isNaN(value) || begins < until) continue
    until = ends
    const sum = sums[step] ?? Number.NaN
    sums[step] = Number.isNaN(sum) ? value : sum + value
    if (coveredMs !== undefined) coveredMs[step] = (coveredMs[step] ?? 0) + ends - begins
  }
}
