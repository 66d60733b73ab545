import { GridvigilError } from '../../errors.ts'
import type { MeterSeries } from '../replay-source.ts'
import { accumulate } from './drawn-patterns.ts'
import type { LoadPatterns } from './load-patterns.ts'

const DAY_MS = 86400000
const WEEK_MS = 7 * DAY_MS

/**
 * Patterns that real homes were recorded with: each keeps its own days in their order, and its mean day in kWh. Homes with gaps and
 * homes that took nothing at all are left out.
 *
 * @param series of whole weeks that begin on a Monday, all as long as the first and with its interval
 * @throws SENDER_FORMAT when no home is left
 */
export async function recordedHomes(series: AsyncIterable<MeterSeries>): Promise<LoadPatterns> {
  const homes: { taken: Float64Array; mean: number }[] = []
  let [slotsPerDay, days] = [0, 0]
  for await (const { intervalMs, starts, registers } of series) {
    const [register] = registers
    const span = starts.length * intervalMs
    if (days === 0 && span % WEEK_MS === 0) [slotsPerDay, days] = [DAY_MS / intervalMs, span / DAY_MS]
    const isWhole = (starts.at(-1) ?? 0) - (starts[0] ?? 0) === span - intervalMs
    if (register === undefined || !isWhole || span !== days * DAY_MS) continue
    const taken = new Float64Array(starts.length + 1)
    const mean = accumulate(register.units, taken, 0, days) / register.unitsPerKwh
    if (mean > 0) homes.push({ taken, mean })
  }
  if (homes.length === 0)
    throw new GridvigilError('SENDER_FORMAT', 'no home of the file has whole weeks without gaps')
  const length = slotsPerDay * days + 1
  const taken = new Float64Array(homes.length * length)
  homes.forEach((home, i) => {
    taken.set(home.taken, i * length)
  })
  return {
    count: homes.length,
    slotsPerDay,
    days,
    taken,
    meanKwh: Float64Array.from(homes, ({ mean }) => mean)
  }
}
