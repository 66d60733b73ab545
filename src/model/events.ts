import type { Phases } from './phases.ts'

/** Types of events that terminals, network automation and backup plants report (docs/mqtt.md). Others are kept and counted. */
export const EVENT_TYPES = [
  'last-gasp',
  'power-down',
  'power-up',
  'power-outage-record',
  'phase-open',
  'voltage-loss',
  'all-voltage-loss',
  'current-loss',
  'neutral-loss',
  'under-voltage',
  'over-voltage',
  'reverse-power',
  'relay-open',
  'relay-closed',
  'cover-open',
  'cover-closed',
  'terminal-cover-open',
  'magnetic-field',
  'battery-low',
  'clock-fault',
  'clock-set',
  'register-cleared',
  'demand-reset',
  'programmed',
  'module-changed',
  'topology-result',
  'switch-state',
  'breaker-trip',
  'reclose',
  'fault-indicator',
  'transfer',
  'transfer-failed',
  'generator-start',
  'generator-start-failed',
  'generator-stop',
  'ups-on-battery',
  'ups-on-line',
  'truck-attached',
  'truck-detached'
] as const
export type EventType = (typeof EVENT_TYPES)[number]

/**
 * Who saw it. `inferred` is no evidence of the meter: a concentrator that loses its own supply may gasp for every meter it knows.
 */
export const EVENT_ORIGINS = ['meter', 'module', 'collector', 'terminal', 'inferred'] as const
export type EventOrigin = (typeof EVENT_ORIGINS)[number]

/** What one event says, about one or many of those who are named in it. */
export interface ReportedEvent {
  readonly type: EventType
  readonly origin: EventOrigin
  /** Ids of meters; `self` is the terminal that sends it. Empty when it is about equipment. */
  readonly meters: readonly string[]
  /** Device, source or section that it is about; '' when about meters. */
  readonly about: string
  /** When it happened by the clock of the origin, epoch ms; NaN when it does not say. */
  readonly time: number
  /** When the origin reported it, epoch ms; NaN when it does not say. */
  readonly reportedAt: number
  /** Of a record: its span by the meter's clock, epoch ms; NaN when open or not said. */
  readonly start: number
  readonly end: number
  /** Phases that it is about; 0 when it does not say. */
  readonly phases: Phases
  /** How often it has happened so far, by the meter's counter; NaN when it does not say. */
  readonly count: number
  /** Of a transfer: the sources between which it was, and how long the section had none, ms; '' and NaN when it does not say. */
  readonly from: string
  readonly to: string
  readonly durationMs: number
  /** A test raises nothing. */
  readonly isTest: boolean
}

/** What a terminal says of itself. */
export interface TerminalStatus {
  readonly state: 'online' | 'offline'
  /** What it lives on; '' when it does not say. */
  readonly supply: 'mains' | 'battery' | ''
  /** Rises when it lost its power or restarted, not when its link was lost; NaN when it does not say. */
  readonly bootCount: number
  readonly cell: string
  /** Epoch ms; NaN when it does not say. */
  readonly time: number
}
