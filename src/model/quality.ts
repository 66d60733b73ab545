import { FIELD_COUNT } from './fields.ts'

/**
 * What is known of a value, numbered as stored (three bits). `unchecked` means that no rule has judged
 * it, which is not the same as valid. `missing` marks an interval whose energy is unknown: never 0.
 */
export const QUALITIES = ['unchecked', 'valid', 'suspect', 'estimated', 'missing'] as const
export type Quality = (typeof QUALITIES)[number]
export const UNCHECKED = 0
export const VALID = 1
export const SUSPECT = 2
export const ESTIMATED = 3
export const MISSING = 4

/** Why a value was judged so. Bit numbers as stored: append, never reorder. Texts are for people. */
export const REASONS = [
  { code: 'REGISTER_FIRST', text: 'first register value of this meter, nothing to compare with' },
  { code: 'REGISTER_ROLLOVER', text: 'register passed its width and went on from zero' },
  { code: 'REGISTER_FELL', text: 'register is lower than before: reset, exchange or momentary fault' },
  {
    code: 'REGISTER_RECOVERED',
    text: 'register is back above the value it fell from; the fall was momentary'
  },
  { code: 'REGISTER_RESET', text: 'register goes on from the lower value: it was reset or exchanged' },
  { code: 'INCREMENT_LIMIT', text: 'energy exceeds what rating and time can deliver' },
  { code: 'POWER_LIMIT', text: 'power exceeds the rating of the meter' },
  { code: 'CURRENT_LIMIT', text: 'current exceeds the rating of the meter' },
  { code: 'VOLTAGE_HIGH', text: 'voltage is above 1.5 times rated' },
  {
    code: 'VOLTAGE_LOW',
    text: 'voltage is below 0.6 of rated while another phase is alive: evidence, kept valid'
  },
  { code: 'VOLTAGE_ALL_ZERO', text: 'all phases near zero in a live reading' },
  { code: 'POWER_FACTOR_RANGE', text: 'power factor is outside -1..1' },
  { code: 'FREQUENCY_RANGE', text: 'frequency is outside 40..70 Hz' },
  { code: 'LATE_INSERT', text: 'interval restated because an earlier reading arrived late' },
  { code: 'NEGATIVE_VALUE', text: 'a quantity that cannot be negative is' },
  { code: 'CORRECTED', text: 'interval restated because a reading was corrected' },
  {
    code: 'RATIO_CHANGED',
    text: 'the transformer ratio changed inside the interval; energy counted with the later one'
  }
] as const
export type ReasonCode = (typeof REASONS)[number]['code']

/** Bit of each reason. */
export const REASON: Readonly<Record<ReasonCode, number>> = Object.fromEntries(
  REASONS.map((reason, bit) => [reason.code, 2 ** bit])
) as Record<ReasonCode, number>

/** The codes whose bits are set in `mask`, in table order. */
export function reasonCodes(mask: number): ReasonCode[] {
  return REASONS.filter((_, bit) => (mask >>> bit) & 1).map(reason => reason.code)
}

/** Fields whose three quality bits share one 32-bit word: ten, so two words hold all twenty. */
export const QUALITIES_PER_WORD = 10
if (FIELD_COUNT > 2 * QUALITIES_PER_WORD) throw new Error('two quality words hold twenty fields')

/** Quality of one field out of the two packed words of a row. */
export function qualityAt(low: number, high: number, field: number): number {
  return field < QUALITIES_PER_WORD
    ? (low >>> (field * 3)) & 7
    : (high >>> ((field - QUALITIES_PER_WORD) * 3)) & 7
}
