/** Words of what is decided, announced or reported outside the terminals. */

/** How a switch stands. */
export const SWITCH_STATES = ['open', 'closed'] as const
export type SwitchState = (typeof SWITCH_STATES)[number]

/** Why work is planned. */
export const PLANNED_TYPES = ['planned', 'temporary', 'user-request', 'shortage'] as const
export type PlannedType = (typeof PLANNED_TYPES)[number]

/** Life of planned work. */
export const PLANNED_STATES = ['planned', 'started', 'finished', 'cancelled'] as const
export type PlannedState = (typeof PLANNED_STATES)[number]

/** What a dispatcher does about an incident. */
export const DECISION_ACTS = [
  'claim',
  'confirm',
  'move',
  'merge',
  'split',
  'close',
  'reopen',
  'note'
] as const
export type DecisionAct = (typeof DECISION_ACTS)[number]

/** What a dispatcher does about an alarm. */
export const ALARM_ACTS = ['acknowledge', 'shelve'] as const
export type AlarmAct = (typeof ALARM_ACTS)[number]

/** Why a decision changed nothing. */
export const REFUSAL_REASONS = {
  UNKNOWN: 'there is no such incident or alarm',
  TOO_LATE: 'it was over for so long that it is not at hand any more',
  STATE: 'it is in no state in which this can be done',
  DEVICE_UNKNOWN: 'the registry has no such device',
  NOBODY: 'nobody below the device is without supply by it',
  ALL: 'everybody whom it holds is below the device: nothing would be left',
  DONE: 'it was decided so before, and nothing new is said',
  SAME: 'it cannot become part of itself',
  DANGER: 'something feeds back there, and nobody has acknowledged that alarm',
  INTO: 'the other incident is unknown or not open'
} as const
export type RefusalReason = keyof typeof REFUSAL_REASONS

/** What a person decided: about an incident or an alarm. */
export type Decision = IncidentDecision | AlarmDecision

/** It stands beside the system's opinion and takes nothing of it away. */
export interface IncidentDecision {
  /** Its id; or a device and when it was out (epoch ms), for those who cannot know which ids a run will give. */
  readonly incident: string | { readonly device: string; readonly time: number }
  readonly act: DecisionAct
  /** Who; '' in an export. */
  readonly by: string
  /** Where it is moved to, or what is split off. */
  readonly device?: string
  /** Id of the incident that it is merged into. */
  readonly into?: string
  readonly cause?: string
  readonly crew?: string
  /** When supply is expected back, epoch ms. */
  readonly expectedAt?: number
  /** In words. */
  readonly note?: string
}

export interface AlarmDecision {
  /** Its id; or of which kind and about what, which means the one that is up. */
  readonly alarm: string | { readonly kind: string; readonly subject: string }
  readonly act: AlarmAct
  /** Who; '' in an export. */
  readonly by: string
  /** Of `shelve`: when it comes back, epoch ms. */
  readonly until?: number
  /** Why, in words. */
  readonly note?: string
}

/** Planned work as a row of planned_outages.csv says it. */
export interface AnnouncedOutage {
  readonly id: string
  readonly type: PlannedType
  readonly devices: readonly string[]
  /** Epoch ms, [from, to). */
  readonly from: number
  readonly to: number
  /** Epoch ms; null: not said. */
  readonly announcedAt: number | null
  readonly state: PlannedState
  readonly ticket: string
}
