import type { RefusalReason } from '../../../src/model/decisions.ts'
import type { Decided, DecisionLine, IncidentChange, OutageLines } from '../../../src/model/outages.ts'
import type { AlarmDecision, IncidentDecision } from '../../../src/model/decisions.ts'
import type { DecisionRecord } from '../../../src/records/gateway-record.ts'
import type { Books } from '../books.ts'
import { isOpen } from '../cases/case.ts'
import type { CaseBook } from '../cases/case-book.ts'
import { ACTS, type DecisionRoom, type Done } from './decision-acts.ts'
import { findById, findByPlace, type Found, numberOfId } from './decision-find.ts'
import { afterDecision } from './decision-standing.ts'
import { type Incident, incidentId, lineOf } from '../incidents/incident.ts'
import type { PlanBook } from '../incidents/plan-book.ts'
import { returnsOf } from '../incidents/returns.ts'

/** What became of a decision about an alarm. */
export interface AlarmOutcome {
  /** Id of the alarm; of one that is not known what was said of it. */
  readonly subject: string
  readonly refusal: RefusalReason | undefined
}

interface Room {
  readonly books: Books
  readonly cases: CaseBook
  readonly plans: PlanBook
  /** Log time. */
  readonly now: number
  readonly out: OutageLines
  decideAlarm(record: AlarmDecision): AlarmOutcome
  /** Whether a line below that device is fed back, and nobody has said that he knows. */
  isDangerous(place: number): boolean
}

/** Takes decisions in the order of the log, each at once; what became of each is said once. */
export class DecisionBook {
  #next = 1

  take(room: Room, record: DecisionRecord): void {
    const { subject, refusal } = 'alarm' in record ? room.decideAlarm(record) : decide(room, record)
    room.out.decisions.push({
      ...{ at: room.now, id: `D${this.#next++}`, state: refusal === undefined ? 'taken' : 'refused' },
      ...(refusal !== undefined && { reason: refusal }),
      ...('alarm' in record ? { about: 'alarm' } : { about: 'incident' }),
      subject,
      ...saidBy(record)
    })
  }

  save(): object {
    return { next: this.#next }
  }

  load(saved: object): void {
    this.#next = (saved as { next: number }).next
  }
}

/** What a person said, without whom it is about, in one order: records of a server and of a file may have others. */
function saidBy(
  record: DecisionRecord
): Omit<DecisionLine, 'at' | 'id' | 'state' | 'reason' | 'about' | 'subject'> {
  const { act, by, note } = record
  const words = note !== undefined && { note }
  if ('alarm' in record)
    return { act, by, ...(record.until !== undefined && { until: record.until }), ...words }
  const { device, into, cause, crew, expectedAt } = record
  return {
    ...{ act, by },
    ...(device !== undefined && { device }),
    ...(into !== undefined && { into }),
    ...(cause !== undefined && { cause }),
    ...(crew !== undefined && { crew }),
    ...(expectedAt !== undefined && { expectedAt }),
    ...words
  }
}

function decide(room: Room, record: IncidentDecision): AlarmOutcome {
  const { books, cases, now, out } = room
  const found =
    typeof record.incident === 'string'
      ? findById(cases.all, record.incident)
      : findByPlace(books, cases.all, record.incident)
  if (found === undefined) return { subject: nameOf(record), refusal: whyNot(cases, record) }
  const subject = incidentId(found.incident.id)
  const acting: DecisionRoom = {
    ...{ books, out, now },
    find: id => findById(cases.all, id),
    nextId: () => cases.nextIncidentId(),
    isDangerous: place => room.isDangerous(place)
  }
  const wasState = found.incident.state
  const done = ACTS[record.act](acting, found, record)
  if (typeof done === 'string') return { subject, refusal: done }
  tell(room, found, record, done, wasState)
  return { subject, refusal: undefined }
}

/** A note changes nothing, so it needs nothing that is at hand. */
function whyNot(cases: CaseBook, { incident, act }: IncidentDecision): RefusalReason | undefined {
  if (typeof incident !== 'string' || !cases.hasGiven(numberOfId(incident))) return 'UNKNOWN'
  return act === 'note' ? undefined : 'TOO_LATE'
}

const nameOf = ({ incident }: IncidentDecision): string =>
  typeof incident === 'string' ? incident : `${incident.device} ${new Date(incident.time).toISOString()}`

/** Lines of what has changed: first of the incident that it was about. */
function tell(room: Room, { incident }: Found, record: IncidentDecision, done: Done, wasState: string): void {
  const { facts, change, reason, mergedInto, other } = done
  const { cause, crew, expectedAt } = record
  // Words alone change nothing of how it stands.
  if (record.act === 'note' && (cause ?? crew ?? expectedAt) === undefined) return
  incident.decided = afterDecision(incident.decided, record, room.now, facts)
  const isNew = incident.state !== wasState
  say(room, incident, isNew, change ?? (isNew ? undefined : 'decided'), {
    ...(reason !== undefined && { reason }),
    ...(mergedInto !== undefined && { mergedInto })
  })
  if (other === undefined) return
  const isPart = other.incident.decided === undefined && other.facts.splitFrom !== undefined
  const { act, by } = record
  const decision: IncidentDecision = { incident: record.incident, act, by }
  other.incident.decided = afterDecision(other.incident.decided, decision, room.now, other.facts as Decided)
  say(room, other.incident, isPart, isPart ? undefined : 'decided', {})
}

/** @param isNew whether its state has just changed; else an open one is `updated` */
function say(
  { books, plans, now, out }: Room,
  incident: Incident,
  isNew: boolean,
  change: IncidentChange | undefined,
  extra: { reason?: string; mergedInto?: string }
): void {
  if (!isNew && isOpen(incident)) incident.state = 'updated'
  incident.plan = plans.match(books.grid, incident)
  // Who was without supply is told when it is closed, and not again.
  const returns = isNew && incident.state === 'closed' ? returnsOf(books, incident) : {}
  const told = { ...(change !== undefined && { change }), ...extra, ...returns }
  out.incidents.push(lineOf(books.grid, incident, now, told))
}
