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
  const { order, stretches } = orderByMeter(intervals)
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
    const { from, to } = stretches.get(span.meter) ?? NO_ROWS
    const rows = order.subarray(from, to)
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

/** Rows of one meter: `order[from]` to `order[to - 1]`. */
interface Stretch {
  readonly from: number
  readonly to: number
}

const NO_ROWS: Stretch = { from: 0, to: 0 }

/** Row numbers by meter, within a meter in order of end, of one end the highest revision alone. */
function orderByMeter(intervals: LoadIntervals): { order: Uint32Array; stretches: Map<number, Stretch> } {
  const { meters, placeOf, counts } = countByMeter(intervals.meter)
  const order = new Uint32Array(placeOf.length)
  const next = new Uint32Array(counts.length)
  for (let place = 1; place < counts.length; place++) {
    next[place] = (next[place - 1] ?? 0) + (counts[place - 1] ?? 0)
  }
  const starts = next.slice()
  for (let row = 0; row < placeOf.length; row++) {
    const place = placeOf[row] ?? 0
    const at = next[place] ?? 0
    order[at] = row
    next[place] = at + 1
  }
  const stretches = new Map<number, Stretch>()
  meters.forEach((meter, place) => {
    const from = starts[place] ?? 0
    const kept = putInOrder(order.subarray(from, from + (counts[place] ?? 0)), intervals)
    stretches.set(meter, { from, to: from + kept })
  })
  return { order, stretches }
}

/** The different meters, for each row which of them it is of, and how many rows each has. */
function countByMeter(meter: Float64Array): { meters: number[]; placeOf: Uint32Array; counts: number[] } {
  const places = new Map<number, number>()
  const placeOf = new Uint32Array(meter.length)
  const counts: number[] = []
  let place = 0
  for (let row = 0; row < meter.length; row++) {
    const number = meter[row] ?? 0
    // The rows of a clustered day come a meter after the other.
    if (row === 0 || number !== meter[row - 1]) {
      place = places.get(number) ?? places.size
      if (place === places.size) {
        places.set(number, place)
        counts.push(0)
      }
    }
    placeOf[row] = place
    counts[place] = (counts[place] ?? 0) + 1
  }
  return { meters: [...places.keys()], placeOf, counts }
}

/** Orders one meter's rows in place. @returns how many of them count; they come first */
function putInOrder(rows: Uint32Array, { end, revision }: LoadIntervals): number {
  const isBefore = (a: number, b: number): boolean => (end[a] ?? 0) < (end[b] ?? 0)
  let ordered = 1
  while (ordered < rows.length && isBefore(rows[ordered - 1] ?? 0, rows[ordered] ?? 0)) ordered++
  if (ordered >= rows.length) return rows.length
  rows.sort((a, b) => (end[a] ?? 0) - (end[b] ?? 0) || (revision[a] ?? 0) - (revision[b] ?? 0))
  let kept = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0
    const isLast = i + 1 === rows.length || isBefore(row, rows[i + 1] ?? 0)
    if (isLast) rows[kept++] = row
  }
  return kept
}

/** How long the span takes of each step, ms. */
function addBound({ from, to }: MemberSpan, bounds: readonly number[], boundMs: Float64Array): void {
  for (let step = 0; step < boundMs.length; step++) {
    const ms = Math.min(to, bounds[step + 1] ?? 0) - Math.max(from, bounds[step] ?? 0)
    if (ms > 0) boundMs[step] = (boundMs[step] ?? 0) + ms
  }
}

function addRegister(
  rows: Uint32Array,
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
    const begins = start[row] ?? 0
    const ends = end[row] ?? 0
    const value = energy[row] ?? Number.NaN
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
