/** Share of what was claimed that is true, NaN when nothing was claimed. */
export const share = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole)

/** Harmonic mean of precision and recall; 0 when both are 0. */
export function f1(precision: number, recall: number): number {
  if (precision + recall === 0) return 0
  return (2 * precision * recall) / (precision + recall)
}

export interface Rates {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** Of so many claims and so many truths that many fit each other. Precision is NaN when nothing was claimed, f1 is 0 then; of nothing at all it is NaN. */
export function ratesOf(matched: number, claimed: number, truths: number): Rates {
  const precision = share(matched, claimed)
  const recall = share(matched, truths)
  return { precision, recall, f1: claimed + truths === 0 ? Number.NaN : f1(precision || 0, recall || 0) }
}

/** The value below which a share of the sorted values lies (nearest rank), NaN when there are none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

const SEARCH_STEPS = 100

/**
 * Upper bound of the mean of a Poisson count: a larger one would give so few in less than 1 - confidence of all cases (Garwood 1936,
 * one-sided; 2.996 for a count of 0 at 95 %).
 */
export function poissonUpperBound(count: number, confidence = 0.95): number {
  let [low, high] = [count, count + 20 + 10 * Math.sqrt(count + 1)]
  for (let step = 0; step < SEARCH_STEPS; step++) {
    const middle = (low + high) / 2
    if (poissonAtMost(count, middle) > 1 - confidence) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Chance of at most `count` when `mean` are expected, summed in logarithms: e^-mean of large means is 0. */
function poissonAtMost(count: number, mean: number): number {
  let term = -mean
  let sum = Math.exp(term)
  for (let i = 1; i <= count; i++) {
    term += Math.log(mean / i)
    sum += Math.exp(term)
  }
  return sum
}
