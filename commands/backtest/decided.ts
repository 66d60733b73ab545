import { parseTime } from '../../src/codecs/time-text.ts'
import {
  ALARM_ACTS,
  DECISION_ACTS,
  type DecisionAct,
  PLANNED_STATES,
  PLANNED_TYPES,
  SWITCH_STATES
} from '../../src/model/decisions.ts'
import type { AlarmDecision, IncidentDecision } from '../../src/model/decisions.ts'
import { OBSERVATION_MS, OBSERVED_FACTS } from '../../src/model/observation.ts'
import { TRUCK_MS } from '../../src/model/truck.ts'
import type {
  DecisionRecord,
  ObservationRecord,
  TruckRecord,
  PingRecord,
  PlannedOutageRecord,
  SwitchStateRecord
} from '../../src/records/gateway-record.ts'

/** Makes the error that says where a line cannot be read. */
export type Complain = (what: string) => Error

/** What an act cannot be without. */
const NEEDED: { readonly [Act in DecisionAct]?: 'device' | 'into' } = { move: 'device', merge: 'into' }

/** What a `switch-state` line says. @throws what `wrong` makes */
export function switchStateOf(payload: object, wrong: Complain): SwitchStateRecord {
  const of = new Members(payload, wrong)
  return {
    device: of.text('device'),
    state: of.word('state', SWITCH_STATES),
    time: of.time('time'),
    origin: of.text('origin', '')
  }
}

/** What a `planned-outage` line says; what it leaves out is as in a blank cell of planned_outages.csv. @throws what `wrong` makes */
export function plannedOutageOf(payload: object, wrong: Complain): PlannedOutageRecord {
  const of = new Members(payload, wrong)
  const plan = {
    id: of.text('id'),
    type: of.word('type', PLANNED_TYPES, 'planned'),
    devices: of.texts('devices'),
    from: of.time('from'),
    to: of.time('to'),
    announcedAt: of.has('announcedAt') ? of.time('announcedAt') : null,
    state: of.word('state', PLANNED_STATES, 'planned'),
    ticket: of.text('ticket', '')
  }
  if (plan.to <= plan.from) throw wrong('`to` is not after `from`')
  return plan
}

/** What a `decision` line says. @throws what `wrong` makes */
export function decisionOf(payload: object, wrong: Complain): DecisionRecord {
  const of = new Members(payload, wrong)
  return of.has('alarm') ? alarmDecisionOf(of, wrong) : incidentDecisionOf(of, wrong)
}

function alarmDecisionOf(of: Members, wrong: Complain): AlarmDecision {
  const place = of.object('alarm')
  const at = new Members(place ?? {}, what => wrong(`\`alarm\`: ${what}`))
  return {
    alarm: place === undefined ? of.text('alarm') : { kind: at.text('kind'), subject: at.text('subject') },
    act: of.word('act', ALARM_ACTS),
    by: of.text('by', ''),
    ...(of.has('until') && { until: of.time('until') }),
    ...(of.has('note') && { note: of.text('note') })
  }
}

function incidentDecisionOf(of: Members, wrong: Complain): IncidentDecision {
  const act = of.word('act', DECISION_ACTS)
  const needed = NEEDED[act]
  if (needed !== undefined && !of.has(needed)) throw wrong(`\`${act}\` needs \`${needed}\``)
  return {
    incident: incidentOf(of, wrong),
    act,
    by: of.text('by', ''),
    ...(of.has('device') && { device: of.text('device') }),
    ...(of.has('into') && { into: of.text('into') }),
    ...(of.has('cause') && { cause: of.text('cause') }),
    ...(of.has('crew') && { crew: of.text('crew') }),
    ...(of.has('expectedAt') && { expectedAt: of.time('expectedAt') }),
    ...(of.has('note') && { note: of.text('note') })
  }
}

/** What an `observation` line says. @throws what `wrong` makes */
export function observationOf(payload: object, wrong: Complain): ObservationRecord {
  const of = new Members(payload, wrong)
  const about = of.has('source') ? 'source' : 'section'
  const fact = of.word('fact', OBSERVED_FACTS)
  const observedAt = of.time('observedAt')
  const observation = {
    keyCustomer: of.text('keyCustomer'),
    [about]: of.text(about),
    fact,
    ...(fact === 'fed' && { fedBy: of.text('fedBy') }),
    observedAt,
    heardFrom: of.text('heardFrom', ''),
    validUntil: of.has('validUntil') ? of.time('validUntil') : observedAt + OBSERVATION_MS,
    by: of.text('by', '')
  }
  if (observation.validUntil <= observedAt) throw wrong('`validUntil` is not after `observedAt`')
  return observation
}

/** What a `truck` line says. @throws what `wrong` makes */
export function truckOf(payload: object, wrong: Complain): TruckRecord {
  const of = new Members(payload, wrong)
  const attachedAt = of.time('attachedAt')
  const truck = {
    ...{ keyCustomer: of.text('keyCustomer'), source: of.text('source') },
    sections: of.has('sections') ? of.texts('sections', true) : [],
    ...(of.has('capacityKw') && { capacityKw: of.figure('capacityKw') }),
    ...(of.has('fuelLitres') && { fuelLitres: of.figure('fuelLitres') }),
    ...(of.has('litresPerKwh') && { litresPerKwh: of.figure('litresPerKwh') }),
    attachedAt,
    ...(of.has('detachedAt') && { detachedAt: of.time('detachedAt') }),
    validUntil: of.has('validUntil') ? of.time('validUntil') : attachedAt + TRUCK_MS,
    by: of.text('by', '')
  }
  if ((truck.detachedAt ?? attachedAt) < attachedAt) throw wrong('`detachedAt` is before `attachedAt`')
  return truck
}

/** What a `ping` line says. @throws what `wrong` makes */
export function pingOf(payload: object, wrong: Complain): PingRecord {
  const of = new Members(payload, wrong)
  const asked = of.objects('asked').map(each => {
    const one = new Members(each, what => wrong(`\`asked\`: ${what}`))
    return { terminal: one.text('terminal'), meters: one.texts('meters') }
  })
  return { id: of.text('id'), deadline: of.time('deadline'), asked }
}

function incidentOf(of: Members, wrong: Complain): IncidentDecision['incident'] {
  const place = of.object('incident')
  if (place === undefined) return of.text('incident')
  const at = new Members(place, what => wrong(`\`incident\`: ${what}`))
  return { device: at.text('device'), time: at.time('time') }
}

/** Members of a payload by name; null and '' are as good as left out. */
class Members {
  readonly #payload: Readonly<Record<string, unknown>>
  readonly #wrong: Complain

  constructor(payload: object, wrong: Complain) {
    this.#payload = payload as Readonly<Record<string, unknown>>
    this.#wrong = wrong
  }

  has(name: string): boolean {
    const value = this.#payload[name]
    return value !== undefined && value !== null && value !== ''
  }

  /** @param blank what it is when left out; it may not be left out otherwise */
  text(name: string, blank?: string): string {
    const value = this.#payload[name]
    if (typeof value === 'string' && value !== '') return value
    if (blank !== undefined && !this.has(name)) return blank
    throw this.#wrong(`\`${name}\` is no text`)
  }

  texts(name: string, mayBeEmpty = false): string[] {
    const value = this.#payload[name]
    const isRead =
      Array.isArray(value) &&
      (mayBeEmpty || value.length > 0) &&
      value.every(text => typeof text === 'string' && text !== '')
    if (isRead) return value as string[]
    throw this.#wrong(`\`${name}\` is no list of texts`)
  }

  word<const Word extends string>(name: string, words: readonly Word[], blank?: Word): Word {
    const text = this.text(name, blank)
    const word = words.find(each => each === text)
    if (word !== undefined) return word
    throw this.#wrong(`\`${name}\` is none of ${words.join(', ')}`)
  }

  /** Not below 0. */
  figure(name: string): number {
    const value = this.#payload[name]
    if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
    throw this.#wrong(`\`${name}\` is no number from 0 on`)
  }

  time(name: string): number {
    const time = parseTime(this.#payload[name])
    if ('ms' in time) return time.ms
    throw this.#wrong(`\`${name}\` is neither RFC 3339 with offset nor epoch milliseconds`)
  }

  objects(name: string): object[] {
    const value = this.#payload[name]
    if (Array.isArray(value) && value.every(each => typeof each === 'object' && each !== null)) return value
    throw this.#wrong(`\`${name}\` is no list of objects`)
  }

  /** Undefined where it is no object. */
  object(name: string): object | undefined {
    const value = this.#payload[name]
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  }
}
