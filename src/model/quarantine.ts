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
    text: 'payload is not an object with either readings or columns, or with events',
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
