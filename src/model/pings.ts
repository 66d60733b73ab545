/** Words of pings: meters that are asked, through their terminal, whether they have supply now. */

/**
 * Why a terminal has no reading of a meter: it asked and the meter did not answer, it does not know the meter, or it did not ask
 * (it lives on its backup, or had no time).
 */
export const PING_FAILURES = ['no-answer', 'unknown-meter', 'not-asked'] as const
export type PingFailure = (typeof PING_FAILURES)[number]

/** A reply of a terminal, beside the readings in it. */
export interface PingReply {
  /** Of the ping that it answers. */
  readonly id: string
  readonly failures: readonly { readonly meter: string; readonly reason: PingFailure }[]
}

/** What goes down to a terminal. There is no other command, so that nothing that writes or switches can be formed. */
export interface ReadCommand {
  readonly id: string
  readonly meters: readonly string[]
  /** Until when a reply is wanted, epoch ms. */
  readonly deadline: number
}

/** Longest id of a ping. */
export const MOST_PING_ID = 64

/** Of one terminal: ids of meters that it is asked for. */
export interface AskedTerminal {
  readonly terminal: string
  readonly meters: readonly string[]
}

/** Meters by their terminal, in order of its first one. */
export function byTerminal(
  meters: Iterable<{ readonly terminal: string; readonly meter: string }>
): AskedTerminal[] {
  const groups = new Map<string, string[]>()
  for (const { terminal, meter } of meters) groups.set(terminal, [...(groups.get(terminal) ?? []), meter])
  return [...groups].map(([terminal, own]) => ({ terminal, meters: own }))
}

/** What became of one meter that was asked for. */
export interface PingAnswer {
  readonly id: string
  readonly terminal: string
  readonly meter: string
  readonly state: 'answered' | 'failed'
  /** Why it failed, '' when it did not. */
  readonly reason: PingFailure | ''
  /** When it was read, epoch ms; of what failed when it was asked. */
  readonly readAt: number
  /** Voltages of its elements as it shows them, null for one that is not there; empty when it failed. */
  readonly voltageV: readonly (number | null)[]
}

/** Meters whose answers would decide about a suspicion. */
export interface PingWish {
  /** Log time, epoch ms. */
  readonly at: number
  readonly incident: string
  readonly asked: readonly AskedTerminal[]
}

export interface PingLines {
  readonly answers: PingAnswer[]
  readonly wishes: PingWish[]
}

export const noPingLines = (): PingLines => ({ answers: [], wishes: [] })

/**
 * How the ask of a meter stands: sent, read, not read, no reply in time; not sent, because its terminal is not there, or was asked for
 * too many of late.
 */
export const PING_STATES = ['asked', 'answered', 'failed', 'timed-out', 'unreachable', 'limited'] as const
export type PingState = (typeof PING_STATES)[number]

export interface PingedMeter extends Pick<PingAnswer, 'terminal' | 'meter' | 'reason' | 'voltageV'> {
  readonly state: PingState
  /** When it was read, epoch ms; NaN when it was not. */
  readonly readAt: number
}

/** Meters that were asked together, as they stand. */
export interface Ping {
  readonly id: string
  /** Epoch ms. */
  readonly askedAt: number
  readonly deadline: number
  /** Who asked; '' for the outage stage, on its own. */
  readonly by: string
  /** What they were asked about, '' for nothing but themselves. */
  readonly device: string
  readonly incident: string
  readonly meters: readonly PingedMeter[]
}
