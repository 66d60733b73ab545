import { decimalText, rowsMessage, rowText } from '../codecs/json-readings-encode.ts'
import type { MeterSeries, Register } from './replay-source.ts'

/**
 * Interval energies become readings of accumulating registers:
 *
 *   intervals        |--0.161--|--0.892--|   gap   |--0.079--|
 *   readings sent    0.000000  0.161000  1.053000  1.053000  1.132000
 *
 * The register stands still in a gap, and the reading at its end makes the interval after it whole. The sums run in
 * whole units; only the shown text is rounded to the register's step, so nothing drifts.
 */
export const REGISTER_DECIMALS = 6
const STEPS_PER_KWH = 10 ** REGISTER_DECIMALS

/** One reading of one meter as it is sent. */
export interface ReplayReading {
  readonly meter: string
  readonly time: number
  /** A reading of a rows message. */
  readonly text: string
}

/** The readings of one meter in order of time. @param shiftMs added to every time */
export function* readingsOf(series: MeterSeries, shiftMs: number): Generator<ReplayReading> {
  const { meter, starts, intervalMs, registers, gauges } = series
  const sums = registers.map(() => 0)
  let end = NaN
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] ?? NaN
    if (start !== end) yield makeReading(meter, start + shiftMs, registers, sums, [])
    registers.forEach((register, r) => {
      sums[r] = (sums[r] ?? 0) + (register.units[i] ?? 0)
    })
    end = start + intervalMs
    const averages = gauges.map(gauge => [gauge.name, gauge.texts[i] ?? 'null'] as const)
    yield makeReading(meter, end + shiftMs, registers, sums, averages)
  }
}

/** How many readings `readingsOf` gives. */
export function countReadings(series: MeterSeries): number {
  let count = 0
  let end = NaN
  for (const start of series.starts) {
    count += start === end ? 1 : 2
    end = start + series.intervalMs
  }
  return count
}

export interface ReplayMessage {
  readonly payload: string
  readonly readings: number
}

/** The messages of one terminal: readings of all its meters in order of time, at most `size` in each. */
export function* messagesOf(
  meters: readonly MeterSeries[],
  shiftMs: number,
  size: number
): Generator<ReplayMessage> {
  let rows: string[] = []
  for (const reading of mergeByTime(meters.map(series => readingsOf(series, shiftMs)))) {
    rows.push(reading.text)
    if (rows.length < size) continue
    yield { payload: rowsMessage('curve', rows), readings: rows.length }
    rows = []
  }
  if (rows.length > 0) yield { payload: rowsMessage('curve', rows), readings: rows.length }
}

/** Few sources (the meters of one terminal), so the earliest is found by looking at each. */
function* mergeByTime(sources: readonly Generator<ReplayReading>[]): Generator<ReplayReading> {
  const heads = sources.map(source => source.next())
  for (;;) {
    let time = Infinity
    for (const head of heads) if (!head.done && head.value.time < time) time = head.value.time
    if (time === Infinity) return
    for (let i = 0; i < heads.length; i++) {
      const head = heads[i]
      const source = sources[i]
      if (head === undefined || source === undefined || head.done || head.value.time !== time) continue
      yield head.value
      heads[i] = source.next()
    }
  }
}

function makeReading(
  meter: string,
  time: number,
  registers: readonly Register[],
  sums: readonly number[],
  averages: readonly (readonly [string, string])[]
): ReplayReading {
  const shown = registers.map((register, r) => {
    const steps = Math.round(((sums[r] ?? 0) * STEPS_PER_KWH) / register.unitsPerKwh)
    return [register.name, decimalText(steps, REGISTER_DECIMALS)] as const
  })
  return { meter, time, text: rowText(meter, time, [...shown, ...averages]) }
}
