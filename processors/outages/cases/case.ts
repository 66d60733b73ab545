import type { Beginning } from '../evidence/filled-points.ts'
import type { Incident } from '../incidents/incident.ts'

/** One moment at which something failed, with what is suspected of it: plain data. */
export interface OutageCase {
  readonly id: number
  /** Middle of what is claimed, event time. */
  start: number
  /** Top of the tree in which it happened. */
  readonly root: number
  /** Log time of its first claim, and of the latest. */
  readonly beganAt: number
  heardAt: number
  /** Between which times it began, as long as nobody says when. */
  between: Beginning | undefined
  /** Claimed times, some of them: the middle of them is the start. */
  readonly claims: number[]
  /** How long records say that it lasted, some of them. */
  readonly durations: number[]
  /** Areas in which somebody claims to have lost supply. */
  readonly areas: Set<number>
  /** Feeders of these. */
  readonly feeders: Set<number>
  /** When the first of those who claimed had supply again; NaN while nobody has. */
  backAt: number
  /** Whether it was told of by records alone, after the fact. */
  isPast: boolean
  /** Whether somebody told of a voltage that is odd. */
  hasOdd: boolean
  isDirty: boolean
  /** Log time of the last explanation. */
  explainedAt: number
  /** Log time at which its last incident was closed; NaN before. */
  closedAt: number
  readonly incidents: Incident[]
}

export const isOpen = ({ state }: Incident): boolean => state === 'open' || state === 'updated'

/** Not withdrawn, and not closed. */
export const isLive = ({ state }: Incident): boolean => state !== 'withdrawn' && state !== 'closed'

/** Suspected, or open: it is not known who is without supply, or until when. */
export const isUnsettled = (incident: Incident): boolean => incident.state === 'suspected' || isOpen(incident)

/** Whether anything that is heard may change what is thought of a case. */
export const isAsking = ({ incidents }: OutageCase): boolean =>
  incidents.length === 0 || incidents.some(isLive)

/** Claims that are remembered for the middle of them. */
export const MOST_CLAIMS = 101
