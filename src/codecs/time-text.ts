import type { QuarantineCode } from '../model/quarantine.ts'

/**
 * Times as terminals send them (docs/mqtt.md): RFC 3339 with offset, or epoch milliseconds.
 * Each other form has its own reason: 10-digit numbers are seconds and ambiguous, texts without offset too.
 */
export type ParsedTime =
  | { readonly ms: number }
  | {
      readonly refused: Extract<
        QuarantineCode,
        'TIME_MISSING' | 'TIME_FORMAT' | 'TIME_SECONDS' | 'TIME_NO_OFFSET'
      >
    }

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?$/
/** 1973 and 5138: epoch milliseconds have 12 to 14 digits for all dates a meter can mean. */
const LEAST_MS = 1e11
const MOST_MS = 1e14

const TIME_MISSING: ParsedTime = { refused: 'TIME_MISSING' }
const TIME_FORMAT: ParsedTime = { refused: 'TIME_FORMAT' }
const TIME_SECONDS: ParsedTime = { refused: 'TIME_SECONDS' }
const TIME_NO_OFFSET: ParsedTime = { refused: 'TIME_NO_OFFSET' }

/** Epoch milliseconds of a `time` value, or why it is none. Fractions of a millisecond are cut. */
export function parseTime(value: unknown): ParsedTime {
  if (value === undefined || value === null) return TIME_MISSING
  if (typeof value === 'number') return fromNumber(value)
  if (typeof value === 'string') return fromText(value)
  return TIME_FORMAT
}

/** Epoch milliseconds of a time that refuses nothing; NaN when it is absent or none. */
export function timeOrNaN(value: unknown): number {
  const parsed = parseTime(value)
  return 'ms' in parsed ? parsed.ms : Number.NaN
}

function fromNumber(value: number): ParsedTime {
  if (!Number.isInteger(value)) return TIME_FORMAT
  if (value >= 1e9 && value < 1e10) return TIME_SECONDS
  return value >= LEAST_MS && value < MOST_MS ? { ms: value } : TIME_FORMAT
}

function fromText(value: string): ParsedTime {
  const match = RFC3339.exec(value)
  if (match === null) return TIME_FORMAT
  const [, year, month, day, hour, minute, second, fraction, offset] = match
  if (offset === undefined) return TIME_NO_OFFSET
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // Date.UTC takes years below 100 for 19xx and rolls 30 February over into March: defects of the sender.
  if (Number(year) < 100) return TIME_FORMAT
  if (new Date(date).getUTCMonth() !== Number(month) - 1 || Number(day) === 0) return TIME_FORMAT
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return TIME_FORMAT
  const offsetMs = offsetOf(offset)
  if (offsetMs === undefined) return TIME_FORMAT
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second)
  const milliseconds = Number((fraction ?? '.').slice(1, 4).padEnd(3, '0'))
  return { ms: date + seconds * 1000 + milliseconds - offsetMs }
}

function offsetOf(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0
  const hours = Number(text.slice(1, 3))
  const minutes = Number(text.slice(4, 6))
  if (hours > 23 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
