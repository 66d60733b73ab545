import type { RefusalReason } from '../../../src/model/decisions.ts'
import type { OutageAlarm, OutageLines } from '../../../src/model/outages.ts'
import type { AlarmDecision } from '../../../src/model/decisions.ts'

import { figure } from '../likelihoods.ts'

/** A condition that a rule finds. */
export interface Condition {
  readonly kind: string
  readonly subject: string
  /** Since when, event time. */
  readonly start: number
  /** What was measured, and the limit that it broke; NaN where nothing was measured. */
  readonly value: number
  readonly threshold: number
}

type State = 'firing' | 'acknowledged' | 'shelved' | 'resolved'

/** Plain data, saved as it stands; NaN is saved as null. Times of transitions are log times, NaN while there was none. */
interface Alarm extends Omit<Condition, 'value'> {
  readonly id: string
  state: State
  value: number
  firingAt: number
  acknowledgedAt: number
  shelvedAt: number
  resolvedAt: number
  /** Event time; NaN while it lasts. */
  end: number
  /** Of acknowledged and shelved: who, and why. */
  by: string
  note: string
  /** When a shelved one comes back, log time. */
  until: number
}

/** Of a shelf without a time. */
const SHELF_MS = 3_600_000

/**
 * The life of alarms: the rules say that a condition begins and is over, people that they have seen it or do not want to.
 *
 *   raise ─> firing ── acknowledge ──> acknowledged ─┐
 *             │  ^ └──── shelve ──┐      │      ^    ├─ resolve ─> resolved
 *             │  └── until ─── shelved <─┘      │    │
 *             │                 └─ acknowledge ──┘   │
 *             └──────────────────────────────────────┘
 *
 * What comes off the shelf by itself fires again, unacknowledged (ISA-18.2): who shelved it may not be there any more. Every
 * transition is said once, with its time.
 */
export class AlarmBook {
  readonly #alarms = new Map<string, Alarm>()

  /** @param now log time @returns the id of the alarm */
  raise(condition: Condition, now: number, out: OutageLines): string {
    const { kind, subject } = condition
    // Two rules may find the same within one second.
    const known = this.#alarms.get(`${kind}:${subject}:${now}`)
    if (known !== undefined && known.state !== 'resolved') return known.id
    const none = Number.NaN
    const alarm: Alarm = {
      ...condition,
      ...{ id: `${kind}:${subject}:${now}`, state: 'firing', firingAt: now },
      ...{ acknowledgedAt: none, shelvedAt: none, resolvedAt: none, end: none, until: none, by: '', note: '' }
    }
    this.#alarms.set(alarm.id, alarm)
    out.alarms.push(lineOf(alarm, now))
    return alarm.id
  }

  /** The highest value so far. Said when it is the first. */
  measure(id: string, value: number, now: number, out: OutageLines): void {
    const alarm = this.#alarms.get(id)
    if (alarm === undefined || Number.isNaN(value) || value <= alarm.value) return
    const isFirst = Number.isNaN(alarm.value)
    alarm.value = value
    if (isFirst) out.alarms.push(lineOf(alarm, now))
  }

  /** The condition is over. @param end event time */
  resolve(id: string, end: number, now: number, out: OutageLines): void {
    const alarm = this.#alarms.get(id)
    if (alarm === undefined || alarm.state === 'resolved') return
    Object.assign(alarm, { state: 'resolved', resolvedAt: now, end: Math.max(end, alarm.start) })
    out.alarms.push(lineOf(alarm, now))
  }

  /** What a person decides. @returns the alarm's id, and why it cannot be done */
  decide(
    record: AlarmDecision,
    now: number,
    out: OutageLines
  ): { subject: string; refusal: RefusalReason | undefined } {
    const { by, note = '' } = record
    const alarm = this.#find(record.alarm)
    if (alarm === undefined) return { subject: nameOf(record.alarm), refusal: 'UNKNOWN' }
    const subject = alarm.id
    if (record.act === 'acknowledge') {
      if (alarm.state !== 'firing' && alarm.state !== 'shelved') return { subject, refusal: 'STATE' }
      Object.assign(alarm, { state: 'acknowledged', acknowledgedAt: now, until: Number.NaN, by, note })
    } else {
      const { until = now + SHELF_MS } = record
      if (alarm.state === 'resolved') return { subject, refusal: 'STATE' }
      if (until <= now) return { subject, refusal: 'TOO_LATE' }
      Object.assign(alarm, { state: 'shelved', shelvedAt: now, until, by, note })
    }
    out.alarms.push(lineOf(alarm, now))
    return { subject, refusal: undefined }
  }

  /** Takes off the shelf whose time is over; forgets what has been resolved for long. */
  tick(now: number, out: OutageLines): void {
    for (const alarm of this.#alarms.values()) {
      if (now >= alarm.resolvedAt + figure('recordFreshness')) this.#alarms.delete(alarm.id)
      if (alarm.state !== 'shelved' || now < alarm.until) continue
      Object.assign(alarm, { state: 'firing', firingAt: now, until: Number.NaN, by: '', note: '' })
      out.alarms.push(lineOf(alarm, now))
    }
  }

  /** Subjects of alarms of a kind that are up and that nobody has said that he has seen: who puts one aside has not. */
  unseen(kind: string): string[] {
    return [...this.#alarms.values()]
      .filter(alarm => alarm.kind === kind && (alarm.state === 'firing' || alarm.state === 'shelved'))
      .map(({ subject }) => subject)
  }

  #find(named: AlarmDecision['alarm']): Alarm | undefined {
    if (typeof named === 'string') return this.#alarms.get(named)
    return [...this.#alarms.values()].findLast(
      ({ kind, subject, state }) => kind === named.kind && subject === named.subject && state !== 'resolved'
    )
  }

  save(): object {
    return [...this.#alarms.values()]
  }

  load(saved: object): void {
    this.#alarms.clear()
    for (const each of saved as Record<keyof Alarm, unknown>[]) {
      const whole = Object.entries(each).map(([name, value]) => [name, value ?? Number.NaN])
      const alarm = Object.fromEntries(whole) as Alarm
      this.#alarms.set(alarm.id, alarm)
    }
  }
}

const nameOf = (named: AlarmDecision['alarm']): string =>
  typeof named === 'string' ? named : `${named.kind}:${named.subject}`

const decimal = (value: number): number | null => (Number.isNaN(value) ? null : Math.round(value * 10) / 10)
const whole = (time: number): number | null => (Number.isNaN(time) ? null : Math.round(time))

function lineOf(alarm: Alarm, at: number): OutageAlarm {
  const { id, state, kind, subject, start, end, value, threshold, by, note, until } = alarm
  const isDecided = state === 'acknowledged' || state === 'shelved'
  return {
    ...{ at, id, state, kind, subject, value: decimal(value), threshold: decimal(threshold) },
    ...{ start: Math.round(start), end: whole(end) },
    ...(isDecided && { by }),
    ...(isDecided && note !== '' && { note }),
    ...(state === 'shelved' && { until })
  }
}
