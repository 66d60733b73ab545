import type { EventOrigin, EventType } from '../../src/model/events.ts'

/** What each origin and type of event says, for docs/mqtt.md. */
export const ORIGIN_WORDS: Readonly<Record<EventOrigin, string>> = {
  meter: 'the meter itself, in its own records',
  module: 'the communication module of the meter, on its own supply',
  collector: 'a collector or concentrator that gathered the words of its meters',
  terminal: 'the terminal that sends it',
  inferred:
    'nobody: concluded, for example by a concentrator that gasps for every meter it knows; no evidence of a meter'
}

export const EVENT_WORDS: Readonly<Record<EventType, string>> = {
  'last-gasp': 'supply lost, said with the last charge',
  'power-down': 'supply lost',
  'power-up': 'supply is back',
  'power-outage-record': 'a loss of supply as the meter recorded it: `start`, and `end` once it is over',
  'phase-open': 'a phase is interrupted (断相)',
  'voltage-loss': 'voltage lost on some phases while current flows (失压)',
  'all-voltage-loss': 'voltage lost on all phases while current flows (全失压)',
  'current-loss': 'current lost on some phases (失流)',
  'neutral-loss': 'the neutral is interrupted',
  'under-voltage': 'voltage below its limit',
  'over-voltage': 'voltage above its limit',
  'reverse-power': 'power flows backwards',
  'relay-open': 'the relay of the meter opened',
  'relay-closed': 'the relay of the meter closed',
  'cover-open': 'the cover of the meter was opened',
  'cover-closed': 'the cover of the meter was closed',
  'terminal-cover-open': 'the cover over the terminals was opened',
  'magnetic-field': 'a strong magnetic field',
  'battery-low': 'the battery is low',
  'clock-fault': 'the clock is wrong',
  'clock-set': 'the clock was set',
  'register-cleared': 'registers were set to zero',
  'demand-reset': 'the demand register was reset',
  programmed: 'settings were changed',
  'module-changed': 'the communication module was changed',
  'topology-result': 'a result of topology recognition',
  'switch-state': 'a switch opened or closed',
  'breaker-trip': 'a breaker tripped',
  reclose: 'a breaker closed again by itself',
  'fault-indicator': 'a fault indicator saw a fault current',
  transfer: 'a section was transferred to another source',
  'transfer-failed': 'a transfer did not come off',
  'generator-start': 'a generator started',
  'generator-start-failed': 'a generator did not start',
  'generator-stop': 'a generator stopped',
  'ups-on-battery': 'an uninterruptible supply went over to its battery',
  'ups-on-line': 'an uninterruptible supply is back on the line',
  'truck-attached': 'a generator truck was connected',
  'truck-detached': 'a generator truck was disconnected'
}
