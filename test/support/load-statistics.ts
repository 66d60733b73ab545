/** What a population of load curves is compared by: means over the homes. */
export interface LoadStatistics {
  readonly dailyKwh: number
  /** Mean over greatest power of a day, the median of its days. */
  readonly loadFactor: number
  /** Share of the energy that is taken from 17:00 to 22:00. */
  readonly eveningShare: number
  readonly autocorrelation1h: number
  readonly autocorrelation24h: number
  readonly zeroShare: number
}

const SLOTS = 96
const EVENING: readonly [from: number, to: number] = [17 * 4, 22 * 4]

/** @param curves kWh of each quarter of an hour, whole days from midnight on */
export function statisticsOf(curves: readonly (readonly number[])[]): LoadStatistics {
  const each = curves.map(ofOne)
  const mean = (of: (one: LoadStatistics) => number): number => meanOf(each.map(of).filter(Number.isFinite))
  return {
    dailyKwh: mean(one => one.dailyKwh),
    loadFactor: mean(one => one.loadFactor),
    eveningShare: mean(one => one.eveningShare),
    autocorrelation1h: mean(one => one.autocorrelation1h),
    autocorrelation24h: mean(one => one.autocorrelation24h),
    zeroShare: mean(one => one.zeroShare)
  }
}

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function ofOne(curve: readonly number[]): LoadStatistics {
  const days = curve.length / SLOTS
  const total = curve.reduce((sum, value) => sum + value, 0)
  const factors = Array.from({ length: days }, (_, day) => {
    const values = curve.slice(day * SLOTS, (day + 1) * SLOTS)
    return meanOf(values) / Math.max(...values)
  }).sort((a, b) => a - b)
  const evening = curve.filter((_, slot) => slot % SLOTS >= EVENING[0] && slot % SLOTS < EVENING[1])
  return {
    dailyKwh: total / days,
    loadFactor: factors[factors.length >> 1] ?? Number.NaN,
    eveningShare: evening.reduce((sum, value) => sum + value, 0) / total,
    autocorrelation1h: autocorrelation(curve, 4),
    autocorrelation24h: autocorrelation(curve, SLOTS),
    zeroShare: curve.filter(value => Math.abs(value) < 1e-9).length / curve.length
  }
}

function autocorrelation(curve: readonly number[], lag: number): number {
  const mean = meanOf(curve)
  const around = curve.map(value => value - mean)
  const variance = around.reduce((sum, value) => sum + value * value, 0)
  return around.slice(lag).reduce((sum, value, i) => sum + value * (around[i] ?? 0), 0) / variance
}
