import type { Quantity } from './profile.ts'
import type { Tally } from './tally.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** Indices of one variant; null where the divisor is 0 (nobody served, nobody interrupted): unknown is never 0. */
export type Indices = Readonly<Record<Quantity, number | null>>

/**
 * Indices after IEEE 1366, which DL/T 836 calls by other names. With N_T customers served, N_i customers in interruption i and r_i
 * its duration:
 *
 *   SAIFI = sum of N_i / N_T           times per customer; AITC
 *   SAIDI = sum of r_i N_i / N_T       minutes or hours per customer; AIHC
 *   CAIDI = SAIDI / SAIFI              minutes per interruption
 *   ASAI  = 1 - sum of r_i N_i / (N_T T)   with T the hours of the period: 8760 of a year, 8784 of a leap year; RS in percent
 *   MAIFI, MAIFI_E = momentary interruptions, momentary events / N_T
 *   customer-hours = sum of r_i N_i    停电时户数, h
 *
 * Where minutes go to the beginning of an interruption, ASAI of a short period can be below 0: it lost more than it had.
 */
export function indicesOf(tally: Tally, served: number, periodMs: number): Indices {
  const perCustomer = (value: number): number | null => (served > 0 ? value / served : null)
  const asai = perCustomer(tally.customerMs / periodMs)
  return {
    saifi: perCustomer(tally.interruptions),
    saidiMinutes: perCustomer(tally.customerMs / MINUTE_MS),
    saidiHours: perCustomer(tally.customerMs / HOUR_MS),
    caidiMinutes: tally.interruptions > 0 ? tally.customerMs / MINUTE_MS / tally.interruptions : null,
    asai: asai === null ? null : 1 - asai,
    asaiPercent: asai === null ? null : 100 * (1 - asai),
    maifi: perCustomer(tally.momentary),
    maifiEvents: perCustomer(tally.momentaryEvents),
    customerHours: tally.customerMs / HOUR_MS
  }
}
