import {
  EVENT_ORIGINS,
  EVENT_TYPES,
  type EventOrigin,
  type EventType,
  type ReportedEvent
} from '../model/events.ts'
import { phasesOf } from '../model/phases.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import type { RefusedReading } from './decoded-frame.ts'
import { isGiven, isObject, type Json, parseObject, safeText } from './json-readings.ts'
import { parseTime } from './time-text.ts'

/**
 * The JSON form of `gv1/{terminal}/events` (docs/mqtt.md).
 *
 *   {"events": [{"type", "origin", <subject>, "time"?, "reportedAt"?, "start"?, "end"?, "phases"?, "count"?,
 *                "from"?, "to"?, "durationMs"?, "test"?}, …]}
 *
 *   subject   exactly one of meter: id | meters: [id…] | device, source or section: id
 *   times     src/codecs/time-text.ts; an absent one is NaN: the arrival serves
 *
 * As for fields, null means the same as leaving it out, and members nobody knows are passed over.
 */

/** An event set aside, as a reading is; its meter is '' when it names several or none. */
export type RefusedEvent = RefusedReading

/** The events of one frame. Those of a type that nobody knows are counted only: the frame keeps them. */
export interface DecodedEvents {
  readonly events: ReportedEvent[]
  readonly refused: RefusedEvent[]
  readonly unknownTypes: number
}

const TYPES = new Map<unknown, EventType>(EVENT_TYPES.map(type => [type, type]))
const ORIGINS = new Map<unknown, EventOrigin>(EVENT_ORIGINS.map(origin => [origin, origin]))
const SUBJECTS = ['meter', 'meters', 'device', 'source', 'section'] as const
const TIMES = ['time', 'reportedAt', 'start', 'end'] as const
/** Counters of meters are words of at most 32 bits. */
const MOST_COUNT = 2 ** 32 - 1

/**
 * Decodes a payload. One bad event is refused alone; only what cannot be told apart refuses the frame.
 * @param maxEvents meters named in all events together; more refuse the frame. An event counts as one at least.
 */
export function decodeJsonEvents(payload: Uint8Array, maxEvents: number): DecodedEvents | QuarantineCode {
  const message = parseObject(payload)
  if (typeof message === 'string') return message
  if (!Array.isArray(message.events)) return 'BAD_SHAPE'
  const given: readonly unknown[] = message.events
  if (isMoreThan(maxEvents, given)) return 'TOO_MANY_EVENTS'
  const events: ReportedEvent[] = []
  const refused: RefusedEvent[] = []
  let unknownTypes = 0
  for (const [index, each] of given.entries()) {
    const read = readEvent(each)
    if (read === undefined) unknownTypes++
    else if (typeof read !== 'string') events.push(read)
    else refused.push({ index, code: read, meter: meterOf(each), text: safeText(each) })
  }
  return { events, refused, unknownTypes }
}

/** Judges an event of the quarantine again. @returns why it is refused still; undefined when it can be read now */
export function refusalOfEvent(bytes: Uint8Array): QuarantineCode | undefined {
  const event = parseObject(bytes)
  const read = typeof event === 'string' ? 'EVENT_SHAPE' : readEvent(event)
  return typeof read === 'string' ? read : undefined
}

function isMoreThan(most: number, events: readonly unknown[]): boolean {
  let named = 0
  for (const event of events) {
    const meters = isObject(event) && Array.isArray(event.meters) ? event.meters.length : 1
    named += Math.max(1, meters)
    if (named > most) return true
  }
  return false
}

/** An event; why it is refused; undefined when nobody knows its type. */
function readEvent(event: unknown): ReportedEvent | QuarantineCode | undefined {
  if (!isObject(event) || typeof event.type !== 'string') return 'EVENT_SHAPE'
  const type = TYPES.get(event.type)
  if (type === undefined) return undefined
  const origin = ORIGINS.get(event.origin)
  if (origin === undefined) return 'EVENT_ORIGIN'
  const subject = subjectOf(event)
  if (subject === undefined) return 'EVENT_SUBJECT'
  const times = timesOf(event)
  if (typeof times === 'string') return times
  if (times.end < times.start) return 'EVENT_SPAN'
  const { phases = null, count = null, test = null, durationMs = null } = event
  const bits = phases === null ? 0 : typeof phases === 'string' ? phasesOf(phases) : undefined
  if (bits === undefined) return 'EVENT_PHASES'
  if (count !== null && !isCount(count)) return 'VALUE_TYPE'
  if (durationMs !== null && !isDuration(durationMs)) return 'VALUE_TYPE'
  const ends = { from: event.from ?? '', to: event.to ?? '' }
  if (!isText(ends.from) || !isText(ends.to)) return 'VALUE_TYPE'
  // A test that is not seen as one would raise an alarm.
  if (test !== null && typeof test !== 'boolean') return 'VALUE_TYPE'
  return {
    type,
    origin,
    ...subject,
    ...times,
    phases: bits,
    count: count ?? Number.NaN,
    from: ends.from,
    to: ends.to,
    durationMs: durationMs ?? Number.NaN,
    isTest: test === true
  }
}

/** Whom it is about: of an event that names none or several nobody can tell. */
function subjectOf(event: Json): Pick<ReportedEvent, 'meters' | 'about'> | undefined {
  const [name, ...others] = SUBJECTS.filter(each => isGiven(event[each]))
  if (name === undefined || others.length > 0) return undefined
  const value = event[name]
  if (name === 'meters') return areIds(value) ? { meters: value, about: '' } : undefined
  if (!isId(value)) return undefined
  return name === 'meter' ? { meters: [value], about: '' } : { meters: [], about: value }
}

function timesOf(event: Json): Record<(typeof TIMES)[number], number> | QuarantineCode {
  const times = { time: Number.NaN, reportedAt: Number.NaN, start: Number.NaN, end: Number.NaN }
  for (const name of TIMES) {
    if (!isGiven(event[name])) continue
    const parsed = parseTime(event[name])
    if ('refused' in parsed) return parsed.refused
    times[name] = parsed.ms
  }
  return times
}

const meterOf = (event: unknown): string =>
  isObject(event) && typeof event.meter === 'string' ? event.meter.slice(0, 64) : ''

const isText = (value: unknown): value is string => typeof value === 'string'

/** Finite, as all numbers of JSON but those beyond its range. */
const isDuration = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && Number.isFinite(value)

const isId = (value: unknown): value is string => typeof value === 'string' && value !== ''

const areIds = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every(isId)

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_COUNT
