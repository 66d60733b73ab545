import type { Interruption } from './interruption.ts'
import { asMvUsers, type MvUserOf } from './mv-users.ts'
import type { ReliabilityParameters } from './profile.ts'
import { type Served, type ServedCount, servedIn } from './served.ts'

/**
 * What indices are made of. The scope is the caller's: any set of accounts, their interruptions and their number. All rows of an
 * account that may touch the period are needed, also what began before it: a part of an interruption would be counted as a whole.
 */
export interface ReliabilityInput {
  readonly interruptions: readonly Interruption[]
  readonly served: Served
  /** The period [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  /** Up to when anything is known, epoch ms: what is still open lasts until then. */
  readonly asOf: number
  /** IANA zone of the site: its days are the days. */
  readonly zone: string
  /**
   * Local dates (2026-03-08) of major event days, which are found over the whole system, not over the scope. Left out: nobody has
   * said which they are, so what leaves them out is not computed.
   */
  readonly majorEventDays?: readonly string[]
  /** Needed where users at medium voltage are counted. */
  readonly mvUserOf?: MvUserOf
}

/**
 * Rows that count by the unit that the profile counts.
 *
 * @throws RangeError for a period that is empty, for a divisor of another unit and for what the unit needs and is not there
 */
export function rowsByUnit(
  input: ReliabilityInput,
  parameters: ReliabilityParameters
): Map<string, Interruption[]> {
  const unit = parameters.unit.value
  if (!(input.to > input.from)) throw new RangeError('a period must be longer than 0 ms')
  if (input.served.unit !== unit)
    throw new RangeError(`${unit} is counted, but the number served is of ${input.served.unit}`)
  const rows = input.interruptions.filter(row => parameters.classes.value.includes(row.class))
  if (unit === 'account') return Map.groupBy(rows, row => row.account)
  if (unit === 'usage-point') return Map.groupBy(rows, usagePointOf)
  if (input.mvUserOf === undefined) throw new RangeError('mv-user is counted, but nobody said who is which')
  return Map.groupBy(asMvUsers(rows, input.mvUserOf, input.asOf), row => row.account)
}

function usagePointOf({ usagePoint, account, incident }: Interruption): string {
  if (usagePoint === undefined)
    throw new RangeError(`usage points are counted, but ${account} has none in ${incident}`)
  return usagePoint
}

/** N_T of a stretch of the period. */
export const servedOf = (
  { served }: ReliabilityInput,
  parameters: ReliabilityParameters,
  from: number,
  to: number
): ServedCount => servedIn(served, parameters.served.value, from, to)
