import type { LossScope, PlantTroubleKind } from './schema.ts'

/** Times of a run, epoch ms; [start, end). What lasts to the end of a run ends at Infinity. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A device that cannot feed, or some of its phases. */
export interface Failure extends Span {
  readonly device: number
  /** Bits. */
  readonly phases: number
  readonly cause: string
  /** Id of the planned work it is part of, '' for none. */
  readonly plan: string
}

/** One customer's service line is dead. */
export interface ServiceFailure extends Span {
  readonly customer: number
  readonly cause: string
}

/** A switch, fuse, feeder or tie that stands otherwise than it normally does. */
export interface Switching extends Span {
  readonly device: number
  readonly tie: number
  readonly isOpen: boolean
  /** Whether the network's own automation tells us. */
  readonly isReported: boolean
}

export interface BrokenNeutral extends Span {
  readonly device: number
}

/** Something else feeds a transformer's low-voltage side. */
export interface OtherSource extends Span {
  readonly device: number
  readonly source: 'truck' | 'panels'
}

/** Some cannot be heard though they have supply. */
export interface Loss extends Span {
  readonly scope: LossScope
  /** Id of a meter, terminal, carrier or cell; of a branch that of its terminal. */
  readonly subject: string
  /** All meters of these terminals, for scopes above a branch. */
  readonly terminals: readonly number[]
  /** For scopes meter and branch. */
  readonly customers: readonly number[]
}

export interface Reboot {
  readonly at: number
  readonly terminal: number
  readonly resends: boolean
}

/** What is the matter with one customer's meter. */
export interface OwnTrouble extends Span {
  readonly customer: number
  readonly kind: 'meter-fuse' | 'removed' | 'exchanged' | 'relay' | 'breaker' | 'clock'
  /** Bits, for a meter's fuse. */
  readonly phases: number
}

/** Messages that mean nothing. */
export interface Push {
  readonly at: number
  readonly terminal: number
  readonly what: 'wake-up' | 'test' | 'inferred'
}

export interface PlantTrouble extends Span {
  readonly keyCustomer: number
  readonly does: PlantTroubleKind
}

/** Planned work as it was announced; what is really done are failures of its own. */
export interface Plan extends Span {
  readonly id: string
  readonly type: string
  readonly devices: readonly number[]
  readonly announcedAt: number
  /** When it was called off; undefined when it was not. */
  readonly cancelledAt: number | undefined
}

/** Everything that happens in a run, by kind. */
export interface Happenings extends Span {
  /** How many times as fast as written people and records are. */
  readonly pace: number
  readonly failures: readonly Failure[]
  readonly services: readonly ServiceFailure[]
  readonly switchings: readonly Switching[]
  readonly neutrals: readonly BrokenNeutral[]
  readonly sources: readonly OtherSource[]
  readonly losses: readonly Loss[]
  /** Times in which the gateway was down. */
  readonly restarts: readonly Span[]
  readonly reboots: readonly Reboot[]
  readonly troubles: readonly OwnTrouble[]
  readonly pushes: readonly Push[]
  readonly plants: readonly PlantTrouble[]
  readonly plans: readonly Plan[]
}
