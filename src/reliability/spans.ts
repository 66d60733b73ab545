/** Stretches of time [from, to), epoch ms. A list of them that functions return is in order, without overlaps and empty ones. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** What any of them covers; stretches that touch become one. */
export function union(spans: readonly Span[]): Span[] {
  if (spans.length === 1 && spans[0].from < spans[0].to) return [spans[0]]
  const joined: { from: number; to: number }[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    if (to <= from) continue
    const last = joined.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else joined.push({ from, to })
  }
  return joined
}

/** What of `spans` no stretch of `without` covers. */
export function subtract(spans: readonly Span[], without: readonly Span[]): Span[] {
  if (without.length === 0) return union(spans)
  const gaps = union(without)
  const left: Span[] = []
  for (const { from, to } of union(spans)) {
    let at = from
    for (const gap of gaps) {
      if (gap.to <= at || gap.from >= to) continue
      if (gap.from > at) left.push({ from: at, to: gap.from })
      at = gap.to
    }
    if (at < to) left.push({ from: at, to })
  }
  return left
}

/** What at least `count` of the lists cover at once; each list must be without overlaps. */
export function coveredBy(lists: readonly (readonly Span[])[], count: number): Span[] {
  const edges = lists.flat().flatMap(({ from, to }) => [
    { time: from, step: 1 },
    { time: to, step: -1 }
  ])
  edges.sort((a, b) => a.time - b.time)
  const covered: Span[] = []
  let depth = 0
  let since = 0
  for (const { time, step } of edges) {
    depth += step
    if (step > 0 && depth === count) since = time
    if (step < 0 && depth === count - 1) covered.push({ from: since, to: time })
  }
  return union(covered)
}

export const lengthOf = (spans: readonly Span[]): number =>
  spans.reduce((sum, { from, to }) => sum + to - from, 0)

/** How much of them lies inside [from, to), ms. */
export const lengthWithin = (spans: readonly Span[], from: number, to: number): number =>
  spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span.to) - Math.max(from, span.from)), 0)
