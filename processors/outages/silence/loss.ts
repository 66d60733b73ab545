import type { CommunicationLine, LifeState, LossScope } from '../../../src/model/outages.ts'

/** One loss of communication as it is known: plain data. */
export interface Loss {
  readonly id: number
  state: LifeState
  scope: LossScope
  /** Id of the meter, terminal, carrier or cell; of a branch that of the terminal it hangs on. */
  subject: string
  /** Ids of terminals that are silent by it. */
  terminals: string[]
  /** Numbers of meters, of scopes meter and branch. */
  meters: number[]
  start: number
  /** Of meters: the round in which the first of them was missed; NaN for terminals. */
  readonly missedSince: number
  /** NaN while it lasts. */
  end: number
  reason: string
}

export function lossLine(
  { id, state, scope, subject, terminals, meters, start, end, reason }: Loss,
  meterId: (meter: number) => string,
  at: number
): CommunicationLine {
  return {
    at,
    id: `C${id}`,
    state,
    ...(reason !== '' && { reason }),
    scope,
    subject,
    ...(terminals.length > 0 && { terminals }),
    ...(meters.length > 0 && { meters: meters.map(meterId) }),
    start: Math.round(start),
    end: Number.isNaN(end) ? null : Math.round(end)
  }
}
