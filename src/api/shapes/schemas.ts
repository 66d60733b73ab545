import { z } from 'zod'
import { FIELD, FIELDS, type FieldName, READING_KINDS } from '../../model/fields.ts'
import { QUALITIES, REASONS } from '../../model/quality.ts'

/**
 * The words of the HTTP contract. Times come in as RFC 3339 with offset or epoch milliseconds and go out as
 * ISO 8601 UTC with milliseconds; spans are [from, to). Named schemas become components of the OpenAPI document.
 */
export const components = z.registry<{ id: string }>()

/** Registers a schema under its name in the OpenAPI document. */
export function component<T extends z.ZodType>(id: string, schema: T): T {
  components.add(schema, { id })
  return schema
}

/** Most rows of one page of readings, and what a page has when nobody says. */
export const MAX_PAGE = 5000
export const DEFAULT_PAGE = 1000

/** Clocks of people are off by this: what they say of a later time lies ahead. */
export const AHEAD_MS = 5 * 60_000

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+ -]\d\d:\d\d)$/
const EPOCH_MS = /^\d{11,15}$/
/** 9999-12-31: later times have no ISO form of four-digit years. */
const MAX_TIME = 253402300799999

/**
 * Epoch ms of a time in a query, undefined when it is none. A space before the offset is a plus sign that was
 * not percent-encoded.
 */
export function parseTime(text: string): number | undefined {
  if (EPOCH_MS.test(text)) return Number(text) <= MAX_TIME ? Number(text) : undefined
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [, date = '', time = '', offset = ''] = match
  const atUtc = Date.parse(`${date}T${time}Z`)
  // V8 takes 31 February for a day in March: a date that does not come back was none.
  if (Number.isNaN(atUtc) || new Date(atUtc).toISOString().slice(0, 10) !== date) return undefined
  const parsed = Date.parse(`${date}T${time}${offset.replace(' ', '+')}`)
  return Number.isNaN(parsed) || parsed < 0 || parsed > MAX_TIME ? undefined : parsed
}

const DAY_MS = 86_400_000

/** The date that times were last shown of: a page's rows are of few days, and a date costs ten times what the rest does. */
const shown = { day: Number.NaN, date: '' }

/** ISO 8601 UTC with milliseconds. @throws RangeError when it is not a time */
export function showTime(epochMs: number): string {
  const day = Math.floor(epochMs / DAY_MS)
  if (day !== shown.day) {
    shown.date = new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length)
    shown.day = day
  }
  const inDay = Math.trunc(epochMs - day * DAY_MS)
  const seconds = Math.trunc(inDay / 1000)
  const minutes = Math.trunc(seconds / 60)
  const time = `${digits(Math.trunc(minutes / 60), 2)}:${digits(minutes % 60, 2)}:${digits(seconds % 60, 2)}`
  return `${shown.date}${time}.${digits(inDay % 1000, 3)}Z`
}

const digits = (value: number, places: number): string => String(value).padStart(places, '0')

/** A finite time of the registry, null when it does not say. */
export const showOptionalTime = (epochMs: number): string | null =>
  Number.isFinite(epochMs) ? showTime(epochMs) : null

/** NaN is how columns say that there is nothing; JSON says null. */
export const showNumber = (value: number): number | null => (Number.isFinite(value) ? value : null)

export const timeParameter = z
  .string()
  .transform((text, context) => {
    const time = parseTime(text)
    if (time !== undefined) return time
    context.addIssue({
      code: 'custom',
      message: 'not RFC 3339 with offset (2026-11-20T08:15:00+08:00) nor epoch milliseconds'
    })
    return z.NEVER
  })
  .meta({
    description: 'RFC 3339 with offset, or epoch milliseconds',
    examples: ['2026-11-20T08:15:00+08:00']
  })

/** A whole number in [low, high] written as digits. */
export const wholeParameter = (low: number, high: number, about: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'not a whole number')
    .transform(Number)
    .refine(value => value >= low && value <= high, `must be ${low}..${high}`)
    .meta({ type: 'integer', minimum: low, maximum: high, description: about })

export const fieldsParameter = z
  .string()
  .transform((text, context) => {
    const columns: number[] = []
    for (const name of text.split(',')) {
      const column = Object.hasOwn(FIELD, name) ? FIELD[name as FieldName] : undefined
      if (column === undefined) {
        const known = FIELDS.map(field => field.name).join(', ')
        context.addIssue({
          code: 'custom',
          message: `unknown field ${JSON.stringify(name)}; known are ${known}`
        })
        return z.NEVER
      }
      columns.push(column)
    }
    return [...new Set(columns)]
  })
  .meta({ description: 'comma list of field names; all when absent', examples: ['importKwh,voltageVA'] })

/** What fits in a cursor or an id is decided where it is used; longer ones are refused before. */
export const textParameter = (most: number, about: string) =>
  z.string().min(1).max(most).meta({ description: about, maxLength: most })

export const meterParams = z.strictObject({ id: textParameter(128, 'meter id of the registry') })

export const timeOut = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: 'date-time', description: 'ISO 8601 UTC, milliseconds' })

export const count = z.int().nonnegative()

export const timezoneOut = z.string().meta({
  description: 'IANA zone of the site; local dates are its dates',
  examples: ['Asia/Shanghai']
})

export const quality = z.enum(QUALITIES)
export const reasonCode = z.enum(REASONS.map(({ code }) => code))
export const kind = z.enum(READING_KINDS)

export const valueOut = component(
  'Value',
  z.object({
    v: z.number().meta({ description: 'primary value, in the unit that ends the name of the field' }),
    q: quality,
    reasons: z.array(reasonCode),
    raw: z
      .number()
      .optional()
      .meta({ description: 'as the meter shows it (secondary); only where the ratio is not 1' })
  })
)

export const valuesOut = component(
  'Values',
  z
    .partialRecord(z.enum(FIELDS.map(({ name }) => name)), valueOut)
    .meta({ description: 'by field; a field that was not sent is absent. Phases end in A, B, C' })
)
