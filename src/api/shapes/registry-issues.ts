import { z } from 'zod'
import { component, count } from './schemas.ts'

/** Rejected rows that an answer lists; the reject file in the data folder has them all. */
export const SHOWN_ISSUES = 200

export const issueOut = component(
  'RegistryIssue',
  z.object({
    severity: z.enum(['row', 'fatal']),
    code: z.string(),
    file: z.string(),
    line: count.meta({ description: '1 is the header, 0 the file as a whole' }),
    column: z.string(),
    message: z.string(),
    remedy: z.string()
  })
)
