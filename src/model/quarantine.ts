/** Why a whole frame, or one reading or event of it (level `reading`), was set aside. Numbered as stored: append, never reorder. */
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
    remedy: 'add it to meters.csv: the import takes what still waits (unbound), a replay the rest'
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
  },
  {
    code: 'TOO_MANY_EVENTS',
    level: 'frame',
    text: 'events of one frame name more meters than allowed',
    remedy: 'split the batch'
  },
  {
    code: 'EVENT_SHAPE',
    level: 'reading',
    text: 'event is not an object with a type',
    remedy: 'compare with docs/mqtt.md'
  },
  {
    code: 'EVENT_ORIGIN',
    level: 'reading',
    text: 'event does not say who saw it, or nobody we know',
    remedy: 'send origin: meter, module, collector, terminal or inferred'
  },
  {
    code: 'EVENT_SUBJECT',
    level: 'reading',
    text: 'event does not name one of meter, meters, device, source and section, or names several of them',
    remedy: 'send one of them: an id as text, of meters a list of ids'
  },
  {
    code: 'EVENT_SPAN',
    level: 'reading',
    text: 'event ends before it starts',
    remedy: 'check start and end, and the meter clock'
  },
  {
    code: 'EVENT_PHASES',
    level: 'reading',
    text: 'phases of an event are not letters of A, B and C',
    remedy: 'send for example "A" or "BC", or leave phases out'
  },
  {
    code: 'REPLY_SHAPE',
    level: 'frame',
    text: 'reply has no id, neither readings nor failures, or a failure without meter and known reason',
    remedy: 'compare with docs/mqtt.md'
  },
  {
    code: 'BACKUP_SHAPE',
    level: 'reading',
    text: 'entry of a backup message is not an object that names its source or section',
    remedy: 'compare with docs/mqtt.md'
  }
] as const
export type QuarantineCode = (typeof QUARANTINE_REASONS)[number]['code']

const QUARANTINE_NUMBERS = new Map<string, number>(
  QUARANTINE_REASONS.map((reason, number) => [reason.code, number])
)

/** Number of a quarantine reason as stored. */
export const quarantineNumber = (code: QuarantineCode): number => QUARANTINE_NUMBERS.get(code) ?? 0

/**
 * What became of an entry that was decoded and judged again: replayed by a person, or waiting until its meter is known.
 *
 *   decoded       a whole frame, whose readings go on as those of any frame; or an event
 *   stored, corrections, duplicates   a reading, as in the audit
 *   held          the store is asked first; one of the three follows
 *   unbound       of a meter that a probable exchange brought: waits until an import names it
 *   quarantined   set aside still, or again
 */
export const MARK_OUTCOMES = [
  'decoded',
  'stored',
  'corrections',
  'duplicates',
  'held',
  'unbound',
  'quarantined'
] as const
export type MarkOutcome = (typeof MARK_OUTCOMES)[number]

/** Which entry of the quarantine: no two have the same. */
export interface QuarantineKey {
  readonly log: 'frames' | 'events'
  readonly seq: number
  /** Position of the reading or event in its frame, -1 for the whole frame. */
  readonly index: number
}

/** What an entry's last judgement was. The entry itself is never changed: its newest mark counts. */
export interface QuarantineMark extends QuarantineKey {
  /** Log time, epoch ms. */
  readonly at: number
  /** Who asked for the replay, '' where nobody had to. */
  readonly by: string
  readonly outcome: MarkOutcome
  /** Index into QUARANTINE_REASONS: of what is set aside still the reason of now. */
  readonly reason: number
}

/** Whether an entry can be replayed, waits for its meter, or is out of the quarantine. */
export const QUARANTINE_STATES = ['open', 'unbound', 'replayed'] as const
export type QuarantineState = (typeof QUARANTINE_STATES)[number]

/** @param outcome of the newest mark, undefined while there is none */
export function quarantineState(outcome: MarkOutcome | undefined): QuarantineState {
  if (outcome === undefined || outcome === 'quarantined') return 'open'
  return outcome === 'unbound' ? 'unbound' : 'replayed'
}
