/**
 * Days of customers as running energies: whole weeks that come round again and again, so that what a register shows is a closed form
 * of time,
 *
 *   C(t) = turns x E(all slots) + E(slot) + share of the slot x (E(slot + 1) - E(slot))
 *
 * for any time, without the days before, and with days, weeks and neighbours in time as they were drawn or recorded. A meter
 * follows one pattern with an offset of whole weeks and a few slots, and a scale.
 */
export interface LoadPatterns {
  readonly count: number
  readonly slotsPerDay: number
  /** Whole weeks, beginning on a Monday. */
  readonly days: number
  /**
   * Energy taken since the weeks began, in units of a mean day: slots + 1 values of each pattern, one pattern after the other. The first is 0.
   */
  readonly taken: Float64Array
  /** Energy fed back, likewise; undefined where nobody does. */
  readonly fedBack?: Float64Array
  /** Energy of a mean day as it was recorded, kWh; undefined where the scale is the customer's own. */
  readonly meanKwh?: Float64Array
}

const DAY_MS = 86400000
/** The cities lie in a zone without daylight saving: their days begin at 16:00 UTC of the day before. */
export const CITY_OFFSET_MS = 8 * 3600000
/** Monday on which all registers begin to count: 2024-12-30 00:00 in UTC+8. */
export const CITY_EPOCH_MS = Date.UTC(2024, 11, 30) - CITY_OFFSET_MS

/** Place in the weeks: since the epoch, in slots. */
export const slotsSinceEpoch = (time: number, slotsPerDay: number): number =>
  ((time - CITY_EPOCH_MS) * slotsPerDay) / DAY_MS

/**
 * Energy since the epoch, in mean days, that a pattern has taken (or fed back) at a place in time. Rises without a step.
 * @param energies `taken` or `fedBack` @param at slots since the epoch, not negative
 */
export function runningEnergy(
  { slotsPerDay, days }: LoadPatterns,
  energies: Float64Array,
  pattern: number,
  at: number
): number {
  const slots = slotsPerDay * days
  const turns = Math.floor(at / slots)
  const within = at - turns * slots
  const slot = Math.floor(within)
  const place = pattern * (slots + 1) + slot
  const low = energies[place] ?? 0
  // The last slot of the weeks has its end at its own place, and so needs no turn.
  const high = energies[place + 1] ?? low
  const all = energies[(pattern + 1) * (slots + 1) - 1] ?? 0
  return turns * all + low + (within - slot) * (high - low)
}
