import { z } from 'zod'
import { FIELDS, REGISTER_FIELDS } from '../../model/fields.ts'
import { QUALITIES, reasonCodes } from '../../model/quality.ts'
import { type EnergyStep, energySteps, type StepEnergy, type StepRule } from '../../series/energy-steps.ts'
import type { ApiContext } from '../context.ts'
import { InvalidRequest } from '../http/route.ts'
import { component, quality, reasonCode, showTime, timeOut, timezoneOut } from '../shapes/schemas.ts'

/**
 * Energies by step. Steps tile [from, to) exactly: a `from` that was asked for begins the first step, and days
 * and months end at local midnight. Without `from` the first step begins on a local boundary.
 */
export const STEPS = ['15m', '30m', '1h', '1d', '1mo'] as const
export type Step = (typeof STEPS)[number]

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
export const STEP_MS = {
  '15m': 15 * MINUTE_MS,
  '30m': 30 * MINUTE_MS,
  '1h': 60 * MINUTE_MS,
  '1d': DAY_MS,
  '1mo': 28 * DAY_MS
}
/** How far back a request without `from` looks. */
const DEFAULT_SPAN_MS = { '15m': DAY_MS, '30m': DAY_MS, '1h': DAY_MS, '1d': 30 * DAY_MS, '1mo': 365 * DAY_MS }
/** Most steps of one answer, and most days it may look over. */
export const MAX_STEPS = 5000
export const MAX_SPAN_DAYS = 1100
/** Sums of decimals have noise in their last digits. */
const SUM_DIGITS = 15

const registers = REGISTER_FIELDS.map(column => FIELDS[column].name) as RegisterName[]
type RegisterName = Exclude<keyof EnergyStep, 'start' | 'end' | 'reasons'>

const stepValue = component(
  'StepEnergy',
  z.object({
    v: z
      .number()
      .nullable()
      .meta({ description: 'kWh or kvarh, primary; null when nothing is known, never 0' }),
    q: quality,
    coverage: z.number().min(0).meta({ description: 'part of the step that `v` covers, 0..1' })
  })
)

export const stepsOut = component(
  'EnergySteps',
  z.object({
    meter: z.string(),
    timezone: timezoneOut,
    from: timeOut,
    to: timeOut,
    step: z.enum(STEPS),
    items: z.array(
      z.object({
        start: timeOut,
        end: timeOut,
        values: z.partialRecord(z.enum(registers), stepValue),
        reasons: z.array(reasonCode)
      })
    )
  })
)

/** Start of the span of a request without `from`: a local boundary of the step. */
export function defaultFrom(step: Step, to: number, timezone: string): number {
  const local = Temporal.Instant.fromEpochMilliseconds(to - DEFAULT_SPAN_MS[step]).toZonedDateTimeISO(
    timezone
  )
  const date = local.toPlainDate()
  if (step === '1d') return date.toZonedDateTime(timezone).epochMilliseconds
  if (step === '1mo') return date.with({ day: 1 }).toZonedDateTime(timezone).epochMilliseconds
  const offset = local.offsetNanoseconds / 1e6
  const time = local.epochMilliseconds + offset
  return Math.max(0, time - (time % STEP_MS[step]) - offset)
}

/** Steps of [from, to) with what is known of each register. @throws API_BAD_REQUEST when there are too many */
export async function readSteps(
  context: ApiContext,
  meter: number,
  span: { readonly from: number; readonly to: number },
  step: Step,
  columns: readonly number[] | undefined
) {
  const { from, to } = span
  if ((to - from) / STEP_MS[step] > MAX_STEPS || to - from > MAX_SPAN_DAYS * DAY_MS) {
    const message = `at most ${MAX_STEPS} steps and ${MAX_SPAN_DAYS} days in one request`
    throw new InvalidRequest([{ path: 'query.from', message }])
  }
  const names = columns === undefined ? registers : columns.map(registerOf)
  const intervals = await context.series.intervals({ meter, from, to })
  const items = energySteps(intervals, from, to, ruleOf(step, context.timezone)).map(it => ({
    start: showTime(it.start),
    end: showTime(it.end),
    values: Object.fromEntries(names.map(name => [name, showEnergy(it[name])])),
    reasons: reasonCodes(it.reasons)
  }))
  return { step, items }
}

function registerOf(column: number): RegisterName {
  const name = FIELDS[column]?.name
  const register = registers.find(it => it === name)
  if (register !== undefined) return register
  const message = `with step only energies are known: ${registers.join(', ')}`
  throw new InvalidRequest([{ path: 'query.fields', message }])
}

export function ruleOf(step: Step, timeZone: string): StepRule {
  if (step === '1d') return { kind: 'day', timeZone }
  if (step === '1mo') return { kind: 'month', timeZone }
  return { kind: 'fixed', stepMs: STEP_MS[step] }
}

const showEnergy = ({ sum, coverage, quality: number }: StepEnergy) => ({
  v: sum === null ? null : Number(sum.toPrecision(SUM_DIGITS)),
  q: QUALITIES[number] ?? 'unchecked',
  coverage
})
