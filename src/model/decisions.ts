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
