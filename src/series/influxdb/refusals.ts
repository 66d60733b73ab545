import { InfluxFailure } from './link.ts'

/**
 * What a refused write means:
 *
 *   later     nobody answered, the server is busy or full, the log-in is wrong: the same again, when somebody has seen to it
 *   limit     the database is set to take no more series or values of a tag: as `later`, but a person has to raise the limit
 *   missing   the database or policy is gone: to be made again
 *   expired   points older than the policy keeps; the others are stored
 *   lines     some of the lines cannot be stored, ever
 */
export type Refusal = 'later' | 'limit' | 'missing' | 'expired' | 'lines'

/** Statuses of a body that will be refused again: one that does not parse, is too large, or conflicts in a type. */
const BY_CONTENT = new Set([400, 413, 422])

export function refusalOf(thrown: unknown): Refusal {
  if (!(thrown instanceof InfluxFailure)) return 'later'
  const { status, message } = thrown
  // 1.x answers an unknown retention policy with 500.
  if (status === 404 || /(database|retention policy|bucket).*not found/i.test(message)) return 'missing'
  if (/limit exceeded|max-(series|values)/i.test(message)) return 'limit'
  if (!BY_CONTENT.has(status)) return 'later'
  return /beyond retention policy|outside retention/i.test(message) ? 'expired' : 'lines'
}
