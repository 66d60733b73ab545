import type { QuarantineCode } from '../../src/model/quality.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/registry.ts'

/** Whose reading this is, or why it is set aside. */
export type Identity =
  | { readonly kind: 'meter'; readonly meter: number }
  | { readonly kind: 'refused'; readonly code: QuarantineCode }

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const refused = (code: QuarantineCode): Identity => ({ kind: 'refused', code })

const UNKNOWN_METER = refused('UNKNOWN_METER')
const FOREIGN_METER = refused('FOREIGN_METER')
const METER_INACTIVE = refused('METER_INACTIVE')
const TIME_TOO_OLD = refused('TIME_TOO_OLD')
const TIME_IN_FUTURE = refused('TIME_IN_FUTURE')

/**
 * Identity and time of a reading, checked in this order: known meter, bound to this terminal, inside the time window
 * around the arrival, installed at that time.
 * @param id meter id as sent; `self` is the terminal's own sampling
 * @param time data time @param at arrival, both epoch ms
 */
export function identify(
  registry: Registry,
  settings: SettingsRecord,
  terminal: string,
  id: string,
  time: number,
  at: number
): Identity {
  const meter = registry.meterNumbers.get(id === 'self' ? `self:${terminal}` : id)
  if (meter === undefined) return UNKNOWN_METER
  const { meters } = registry
  if (meters.terminal[meter] !== terminal) return FOREIGN_METER
  if (time < at - settings.pastDays * DAY_MS) return TIME_TOO_OLD
  if (time > at + settings.futureMinutes * MINUTE_MS) return TIME_IN_FUTURE
  const installed = meters.installedAt[meter] ?? -Infinity
  const removed = meters.removedAt[meter] ?? Infinity
  if (time < installed || time > removed) return METER_INACTIVE
  return { kind: 'meter', meter }
}
