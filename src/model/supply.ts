/**
 * How key customers are supplied: lines that the supply stage writes (DESIGN section 6, docs/backtest.md). Times are epoch ms.
 */

/** Of a customer, the first that fits. */
export const SUPPLY_STATES = ['interrupted', 'emergency', 'unknown', 'reduced', 'normal'] as const
export type SupplyState = (typeof SUPPLY_STATES)[number]

/** Of a feed `live` and `dead`; of a generator, UPS or truck `ready`, `running` and `failed`. */
export type SourceState = 'live' | 'dead' | 'ready' | 'running' | 'failed' | 'unknown'

/** `carrying` a section; `available` to one at once; `open`: a person has to come; `none`: it cannot. */
export type SourceRole = 'carrying' | 'available' | 'open' | 'none'

/** How it is known: by a measurement, from others, because a person saw it (that expires), or as somebody wrote it down. */
export type Basis = 'measured' | 'inferred' | 'reported' | 'declared'

/** Why a source, a section or a customer is said to stand as it does. Sentences of them are made where they are shown. */
export const SUPPLY_REASONS = [
  'VOLTAGE',
  'NO_VOLTAGE',
  'PHASE_LOST',
  'METER_FUSE',
  'METER_EVENT',
  'BACK_FEED',
  'INCIDENT',
  'INCIDENT_OVER',
  'TRANSFERRED',
  'MESSAGE',
  'START_FAILED',
  'SWITCHED_OFF',
  'BY_HAND',
  'BYPASS',
  'STALE',
  'CONTRADICTED',
  'OBSERVED',
  'DECLARED',
  'ATTACHED',
  'NOT_ATTACHED',
  'SWITCH',
  'SWITCH_OPEN',
  'SOURCE_DEAD',
  'ONLY_SOURCE',
  'TRANSFERRING',
  'SECTION_DARK',
  'ALL_DARK',
  'OWN_SOURCE',
  'NOT_KNOWN',
  'SOURCE_LOST',
  'ALL_THERE'
] as const
export type SupplyReason = (typeof SUPPLY_REASONS)[number]

export interface SourceLine {
  readonly source: string
  readonly state: SourceState
  readonly role: SourceRole
  readonly basis: Basis
  /** Since when it is so; of what is `unknown` when it was known last; absent where it never was. */
  readonly since?: number
  readonly reason: SupplyReason
}

export interface SectionLine {
  readonly section: string
  /** A source, or `dark`, or `unknown`. */
  readonly fedBy: string
  readonly basis: Basis
  readonly since?: number
  readonly reason: SupplyReason
}

/** How a customer is supplied, as it is shown. */
export interface SupplyPicture {
  readonly state: SupplyState
  /** Of what is interrupted. */
  readonly extent?: 'partial' | 'full'
  readonly securityLoadSupplied: 'yes' | 'partly' | 'no' | 'unknown'
  readonly sources: readonly SourceLine[]
  readonly sections: readonly SectionLine[]
  /** Fewer ways to feed all security sections than it has in order, and one at most; or it lives on own sources for less than two hours more. */
  readonly atRisk: boolean
  /** How long own sources last from then on, or would, minutes: counting on nothing, and on everything; absent where nobody knows. */
  readonly autonomyMin?: readonly [low: number, high: number]
  readonly reason: SupplyReason
}

/** A section went from one source to another within the gap that it allows. */
export interface TransferLine {
  readonly section: string
  readonly from: string
  readonly to: string
  readonly start: number
  /** For so long it was dark, ms, and by how much that may be wrong: what lies between two words of its switch. */
  readonly gapMs: number
  readonly resolutionMs: number
}

/**
 * A stretch of time in which a customer was supplied so, in the order in which it was known. Each takes the place of what was said before of its time:
 * without `end` of all that comes.
 */
export interface SupplyLine extends SupplyPicture {
  /** Log time at which this was known. */
  readonly at: number
  /** Since when the state is the same. */
  readonly start: number
  readonly keyCustomer: string
  /** From when on all of this is so, by the times of what tells so. */
  readonly from: number
  /** Of what is over: until when. */
  readonly end?: number
  /** Of what is over and was said otherwise before: log time of what it takes the place of at `from`. */
  readonly supersedes?: number
  /** Of what began with transfers: that they were, and no interruption. */
  readonly transfers?: readonly TransferLine[]
}
