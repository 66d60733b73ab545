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
  { code: 'CORRECTED', text: 'interval restated because a reading was corrected' }
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

/** Why a whole frame or one reading of it was set aside. Numbered as stored: append, never reorder. */
export const QUARANTINE_REASONS = [
  {
    code: 'NOT_JSON',
    level: 'frame',
    text: 'payload is not JSON',
    remedy: 'check the codec of the terminal'
  },
  {
    code: 'NO_CODEC',
    level: 'frame',
    text: 'no codec for this payload yet',
    remedy: 'kept; replay it when a codec exists'
  },
  {
    code: 'BAD_SHAPE',
    level: 'frame',
    text: 'payload is not an object with readings, columns or events',
    remedy: 'compare with docs/mqtt.md'
  },
  {
    code: 'COLUMN_LENGTH',
    level: 'frame',
    text: 'columns differ in length',
    remedy: 'send one value per meter in every column'
  },
  {
    code: 'TOO_MANY_READINGS',
    level: 'frame',
    text: 'more readings in one frame than allowed',
    remedy: 'split the batch'
  },
  {
    code: 'LOG_DAMAGED',
    level: 'frame',
    text: 'the stored frame failed its checksum',
    remedy: 'check the disk; ask the terminal to send again'
  },
  {
    code: 'READING_SHAPE',
    level: 'reading',
    text: 'reading is not an object',
    remedy: 'compare with docs/mqtt.md'
  },
  {
    code: 'METER_MISSING',
    level: 'reading',
    text: 'reading names no meter',
    remedy: 'send the meter id as text'
  },
  {
    code: 'VALUE_TYPE',
    level: 'reading',
    text: 'a value has the wrong type or is not finite',
    remedy: 'compare with docs/mqtt.md'
  },
  {
    code: 'NO_VALUES',
    level: 'reading',
    text: 'reading carries no value we know',
    remedy: 'compare the field names with docs/mqtt.md'
  },
  {
    code: 'TIME_MISSING',
    level: 'reading',
    text: 'neither reading nor message has a time',
    remedy: 'send time as RFC 3339 or epoch milliseconds'
  },
  {
    code: 'TIME_FORMAT',
    level: 'reading',
    text: 'time is neither RFC 3339 with offset nor epoch milliseconds',
    remedy: 'send an offset or epoch milliseconds'
  },
  {
    code: 'TIME_SECONDS',
    level: 'reading',
    text: 'time is a 10-digit number: epoch seconds are not accepted',
    remedy: 'multiply by 1000'
  },
  {
    code: 'TIME_NO_OFFSET',
    level: 'reading',
    text: 'time has no UTC offset',
    remedy: 'append the offset, for example +08:00'
  },
  {
    code: 'TIME_TOO_OLD',
    level: 'reading',
    text: 'time is before the accepted window',
    remedy: 'check the meter clock, or widen validation.pastDays and replay'
  },
  {
    code: 'TIME_IN_FUTURE',
    level: 'reading',
    text: 'time is after the accepted window',
    remedy: 'check the meter clock'
  },
  {
    code: 'UNKNOWN_METER',
    level: 'reading',
    text: 'meter is not in the registry',
    remedy: 'add it to meters.csv and replay'
  },
  {
    code: 'FOREIGN_METER',
    level: 'reading',
    text: 'meter is bound to another terminal',
    remedy: 'correct the terminal column of meters.csv and replay'
  },
  {
    code: 'METER_INACTIVE',
    level: 'reading',
    text: 'meter was not installed at that time',
    remedy: 'correct installed_at or removed_at and replay'
  },
  {
    code: 'KIND_UNKNOWN',
    level: 'reading',
    text: 'kind of reading is unknown',
    remedy: 'use one of the kinds in docs/mqtt.md'
  },
  {
    code: 'SCALE_UNKNOWN',
    level: 'reading',
    text: 'scale is neither primary nor secondary',
    remedy: 'send "primary", or leave scale out'
  }
] as const
export type QuarantineCode = (typeof QUARANTINE_REASONS)[number]['code']

const QUARANTINE_NUMBERS = new Map<string, number>(
  QUARANTINE_REASONS.map((reason, number) => [reason.code, number])
)

/** Number of a quarantine reason as stored. */
export const quarantineNumber = (code: QuarantineCode): number => QUARANTINE_NUMBERS.get(code) ?? 0
