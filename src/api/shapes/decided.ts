import { z } from 'zod'
import type { Decision } from '../../model/decisions.ts'
import { component, showTime, timeOut, timeParameter } from './schemas.ts'

const MAX_WORD = 64
const MAX_NOTE = 1000

/** In words of a person: what no page, file and table could give back as it was written is refused. */
export const written = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine(text => text.isWellFormed() && !/[^\P{Cc}\n\t]/u.test(text), {
      message: 'has control characters other than line feed and tab, or half a character'
    })

export const noteParameter = written(MAX_NOTE)

/** What may come with any decision about an incident. */
export const factsBody = {
  cause: written(MAX_WORD).optional().meta({ description: 'code of the cause' }),
  crew: written(MAX_WORD).optional().meta({ description: 'who is sent' }),
  expectedAt: timeParameter.optional().meta({
    description: 'when supply is expected back: a day ago at the earliest, in a year at the latest'
  }),
  note: noteParameter.optional().meta({ description: 'why, in words' })
}

/** A decision that has become a record of the log. */
export const decidedOut = component(
  'DecisionLogged',
  z.object({
    about: z.enum(['incident', 'alarm']),
    subject: z.string().meta({ description: 'id of the incident or alarm' }),
    act: z.string(),
    by: z.string(),
    at: timeOut.meta({ description: 'when it was logged' }),
    device: z.string().optional(),
    into: z.string().optional(),
    cause: z.string().optional(),
    crew: z.string().optional(),
    expectedAt: timeOut.optional(),
    until: timeOut.optional(),
    note: z.string().optional()
  })
)

/** @param at epoch ms */
export function showLogged(record: Decision, at: number): z.input<typeof decidedOut> {
  if ('alarm' in record) {
    const { alarm, until, ...rest } = record
    return {
      ...{ about: 'alarm', subject: String(alarm), at: showTime(at) },
      ...rest,
      ...(until !== undefined && { until: showTime(until) })
    }
  }
  const { incident, expectedAt, ...rest } = record
  return {
    ...{ about: 'incident', subject: String(incident), at: showTime(at) },
    ...rest,
    ...(expectedAt !== undefined && { expectedAt: showTime(expectedAt) })
  }
}
