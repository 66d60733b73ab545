import { z } from 'zod'
import type { AlarmRow, DecisionRow, FindingRow, IncidentRow, LossRow } from '../../ledger/outage-port.ts'
import type {
  CommunicationLine,
  Decided,
  DecisionLine,
  IncidentLine,
  LifeState,
  LossScope,
  OutageAlarm,
  OutageFinding
} from '../../model/outages.ts'
import { ALARM_ACTS, DECISION_ACTS, PLANNED_TYPES, REFUSAL_REASONS } from '../../model/decisions.ts'
import { component, count, showTime, timeOut, timeParameter } from './schemas.ts'

/**
 * Incidents, lost communication, findings and alarms as the API and the live stream show them: `…Out` is how one stands, its
 * line is what was said of it at a time.
 */
export const LIFE_STATES = [
  'suspected',
  'open',
  'updated',
  'restored',
  'closed',
  'withdrawn'
] as const satisfies readonly LifeState[]
export const ALARM_STATES = [
  'pending',
  'firing',
  'acknowledged',
  'shelved',
  'resolved'
] as const satisfies readonly OutageAlarm['state'][]
export const INCIDENT_KINDS = [
  'sustained',
  'momentary',
  'planned'
] as const satisfies readonly IncidentLine['kind'][]
export const LOSS_SCOPES = [
  'meter',
  'branch',
  'terminal',
  'carrier',
  'cell',
  'gateway'
] as const satisfies readonly LossScope[]

const text = z.string()
const lifeState = z.enum(LIFE_STATES).or(text)
const reason = text.nullable().meta({ examples: ['MERGED', 'POWER_OR_COMMUNICATION'] })
const start = timeOut.meta({ description: 'event time' })
const end = timeOut.nullable().meta({ description: 'null while it lasts' })

/** When an id was first and last told of. */
const told = {
  firstAt: timeOut.meta({ description: 'first heard of' }),
  at: timeOut.meta({ description: 'last changed' })
}

const decidedOut = component(
  'Decided',
  z.object({
    act: text.meta({ description: 'the latest decision' }),
    by: text,
    at: timeOut,
    state: text
      .optional()
      .meta({ examples: ['open', 'closed'], description: 'what a person says that it is' }),
    claimedBy: text.optional().meta({ description: 'who looks after it' }),
    device: text.optional().meta({ description: 'where it is' }),
    into: text.optional().meta({ description: 'the incident that it became part of' }),
    merged: z.array(text).optional().meta({ description: 'incidents that became part of it' }),
    splitOff: z.array(text).optional().meta({ description: 'incidents that were taken out of it' }),
    splitFrom: text.optional().meta({ description: 'the incident that it was taken out of' }),
    cause: text.optional(),
    crew: text.optional(),
    expectedAt: timeOut.optional().meta({ description: 'when supply is expected back' })
  })
)

const incidentFacts = {
  device: text.meta({ description: 'the highest device that failed; of a service line the usage point' }),
  sameAs: z.array(text).meta({ description: 'devices that leave the same customers dark' }),
  phases: text.meta({ description: 'letters of the phases that are gone, empty for all' }),
  kind: z.enum(INCIDENT_KINDS).or(text),
  cause: text,
  supply: text.meta({ examples: ['none', 'temporary', 'back-feed', 'transferred'] }),
  start,
  end,
  affected: count.meta({ description: 'accounts without supply' }),
  confirmed: count.meta({ description: 'meters, not accounts, whose loss is proven' }),
  confidence: z.number().meta({ description: 'that it is this device, 0..1' }),
  counted: z.boolean().meta({ description: 'whether reliability indices count it' })
}

/** Of planned work, and of what is over. An incident has null where its line leaves them out. */
const planFacts = {
  plan: text.meta({ description: 'id of the planned work that it is' }),
  planType: z.enum(PLANNED_TYPES).or(text).meta({ description: 'why that was planned' }),
  earlyS: count.meta({ description: 'seconds by which it began before the time that was announced' }),
  overrunS: count.meta({ description: 'seconds by which it ended after that time, 0 while it lasts' }),
  customerMinutes: z.number().meta({ description: 'minutes without supply, all accounts together' })
}

const evidenceOut = z.object({
  kind: text,
  count,
  of: count.optional().meta({ description: 'how many could have said so' }),
  weight: z.number().meta({ description: 'ln of how much likelier it is with the incident than without' })
})

export const incidentOut = component(
  'Incident',
  z.object({
    id: text,
    state: lifeState.meta({ description: 'as last told; `updated` is open, unless there is an end' }),
    ...told,
    openedAt: timeOut.nullable().meta({ description: 'when it was confirmed; null while it is a suspicion' }),
    parent: text.nullable(),
    mergedInto: text.nullable(),
    reason,
    ...incidentFacts,
    plan: planFacts.plan.nullable(),
    planType: planFacts.planType.nullable(),
    earlyS: planFacts.earlyS.nullable(),
    overrunS: planFacts.overrunS.nullable(),
    customerMinutes: planFacts.customerMinutes
      .nullable()
      .meta({ description: 'minutes without supply, all accounts together; null until it is over' }),
    usagePoints: count.nullable().meta({ description: 'named as without supply; null until they are' }),
    decided: decidedOut.nullable().meta({
      description: 'what people decided, as it stands; the other members are what the system thinks'
    })
  })
)

export const incidentLineOut = component(
  'IncidentLine',
  z.object({
    id: text,
    at: timeOut.meta({ description: 'when it was known' }),
    state: lifeState,
    change: text
      .optional()
      .meta({ examples: ['moved', 'split', 'partial', 'reopened', 'supply', 'decided'] }),
    parent: text.optional(),
    reason: text.optional(),
    mergedInto: text.optional(),
    ...incidentFacts,
    plan: planFacts.plan.optional(),
    planType: planFacts.planType.optional(),
    earlyS: planFacts.earlyS.optional(),
    overrunS: planFacts.overrunS.optional(),
    customerMinutes: planFacts.customerMinutes.optional(),
    sameAs: incidentFacts.sameAs.optional(),
    start: start.nullable(),
    usagePoints: count.optional(),
    evidence: z.array(evidenceOut).optional(),
    decided: decidedOut.optional()
  })
)

export const evidenceList = z
  .array(evidenceOut)
  .meta({ description: 'why it is believed, and what speaks against it' })

export const lossOut = component(
  'CommunicationLoss',
  z.object({
    id: text,
    state: lifeState,
    ...told,
    reason: reason.meta({ description: '`POWER_OR_COMMUNICATION` while nobody can tell' }),
    scope: z.enum(LOSS_SCOPES).or(text),
    subject: text.meta({ description: 'meter, terminal, carrier, cell; of a branch its terminal' }),
    terminals: z.array(text),
    meters: z.array(text),
    start,
    end
  })
)

export const lossLineOut = component(
  'CommunicationLine',
  z.object({
    id: text,
    at: timeOut.meta({ description: 'when it was known' }),
    state: lifeState,
    reason: text.optional(),
    scope: z.enum(LOSS_SCOPES).or(text),
    subject: text,
    terminals: z.array(text).optional(),
    meters: z.array(text).optional(),
    start: start.nullable(),
    end
  })
)

export const findingOut = component(
  'Finding',
  z.object({
    id: text,
    ...told,
    kind: text.meta({ examples: ['registry-device', 'exchange', 'metering-fault', 'gasp-flood'] }),
    subject: text.meta({ description: 'meter, usage point, device or terminal' }),
    evidence: text
  })
)

export const alarmOut = component(
  'Alarm',
  z.object({
    id: text,
    state: z.enum(ALARM_STATES).or(text),
    ...told,
    kind: text.meta({ examples: ['broken-neutral', 'back-feed'] }),
    subject: text,
    value: z.number().nullable(),
    threshold: z.number().nullable(),
    start,
    end,
    by: text.nullable().meta({ description: 'who acknowledged or shelved it; null in other states' }),
    note: text.nullable().meta({ description: 'why' }),
    until: timeOut.nullable().meta({ description: 'when a shelved one fires again' })
  })
)

export const alarmLineOut = component(
  'AlarmLine',
  z.object({
    id: text,
    at: timeOut.meta({ description: 'when it became so' }),
    state: z.enum(ALARM_STATES).or(text),
    kind: text,
    subject: text,
    value: z.number().nullable(),
    threshold: z.number().nullable(),
    start: start.nullable(),
    end,
    by: text.optional(),
    note: text.optional(),
    until: timeOut.optional()
  })
)

export const decisionOut = component(
  'Decision',
  z.object({
    id: text,
    at: timeOut.meta({ description: 'when it was taken, in log time' }),
    state: text.meta({ examples: ['taken', 'refused'] }),
    reason: text.nullable().meta({ examples: Object.keys(REFUSAL_REASONS), description: 'of a refused one' }),
    about: text.meta({ examples: ['incident', 'alarm'] }),
    subject: text.meta({ description: 'id of the incident or alarm' }),
    act: text.meta({ examples: [...DECISION_ACTS, ...ALARM_ACTS] }),
    by: text,
    device: text.optional(),
    into: text.optional(),
    cause: text.optional(),
    crew: text.optional(),
    expectedAt: timeOut.optional(),
    until: timeOut.optional(),
    note: text.optional()
  })
)

const showEnd = (time: number | null): string | null => (time === null ? null : showTime(time))
const showTold = ({ firstAt, at }: { readonly firstAt: number; readonly at: number }) => ({
  firstAt: showTime(firstAt),
  at: showTime(at)
})

export function showIncident(row: IncidentRow) {
  const { n: _n, evidence: _evidence, sameAs, openedAt, decided, ...rest } = row
  return {
    ...rest,
    ...showTold(row),
    openedAt: showEnd(openedAt),
    sameAs: [...sameAs],
    start: showTime(row.start),
    end: showEnd(row.end),
    decided: decided === null ? null : showDecided(decided)
  }
}

function showDecided({ at, expectedAt, merged, splitOff, ...rest }: Decided): z.input<typeof decidedOut> {
  return {
    ...rest,
    at: showTime(at),
    ...(merged !== undefined && { merged: [...merged] }),
    ...(splitOff !== undefined && { splitOff: [...splitOff] }),
    ...(expectedAt !== undefined && { expectedAt: showTime(expectedAt) })
  }
}

/** A line as it was told; of its usage points their number, and not when each of them had supply again. */
export function showIncidentLine(line: Omit<IncidentLine, 'usagePoints'>, usagePoints?: number) {
  const { sameAs, evidence, decided, steps: _steps, ...rest } = line
  return {
    ...rest,
    at: showTime(line.at),
    start: showEnd(line.start),
    end: showEnd(line.end),
    ...(sameAs !== undefined && { sameAs: [...sameAs] }),
    ...(evidence !== undefined && { evidence: evidence.map(item => ({ ...item })) }),
    ...(usagePoints !== undefined && { usagePoints }),
    ...(decided !== undefined && { decided: showDecided(decided) })
  }
}

export function showLoss(row: LossRow) {
  const { n: _n, terminals, meters, ...rest } = row
  const times = { ...showTold(row), start: showTime(row.start), end: showEnd(row.end) }
  return { ...rest, ...times, terminals: [...terminals], meters: [...meters] }
}

export function showFinding(row: FindingRow) {
  const { n: _n, ...rest } = row
  return { ...rest, ...showTold(row) }
}

export function showAlarm(row: AlarmRow) {
  const { n: _n, ...rest } = row
  const times = { ...showTold(row), start: showTime(row.start), end: showEnd(row.end) }
  return { ...rest, ...times, until: showEnd(row.until) }
}

export function showDecision({ n: _n, firstAt: _firstAt, facts, at, ...rest }: DecisionRow) {
  return { ...rest, ...showFacts(facts), at: showTime(at) }
}

/** A decision as it was told, for the live stream. */
export const showDecisionLine = (line: DecisionLine) => ({
  ...line,
  ...showFacts(line),
  at: showTime(line.at)
})

const showFacts = ({ expectedAt, until, ...rest }: DecisionRow['facts']) => ({
  ...rest,
  ...(expectedAt !== undefined && { expectedAt: showTime(expectedAt) }),
  ...(until !== undefined && { until: showTime(until) })
})

/** Lines of the other tables, for the live stream. */
export const showLossLine = ({ terminals, meters, ...line }: CommunicationLine) => ({
  ...line,
  ...(terminals !== undefined && { terminals: [...terminals] }),
  ...(meters !== undefined && { meters: [...meters] }),
  at: showTime(line.at),
  start: showEnd(line.start),
  end: showEnd(line.end)
})
export const showFindingLine = (line: OutageFinding) => ({ ...line, at: showTime(line.at) })
export const showAlarmLine = ({ until, ...line }: OutageAlarm) => ({
  ...line,
  at: showTime(line.at),
  start: showEnd(line.start),
  end: showEnd(line.end),
  ...(until !== undefined && { until: showTime(until) })
})

/** A comma list of states. */
export const statesParameter = (known: readonly string[]) =>
  text
    .transform((given, context) => {
      const states = given.split(',')
      const unknown = states.find(state => !known.includes(state))
      if (unknown === undefined) return states
      const message = `unknown state ${JSON.stringify(unknown.slice(0, 64))}; known are ${known.join(', ')}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .meta({ description: `comma list of ${known.join(', ')}`, examples: [known[1] ?? ''] })

/** Whoever looks for what is open means also what was updated since. */
export const withUpdated = (states: readonly string[]): string[] =>
  states.includes('open') ? [...new Set([...states, 'updated'])] : [...states]

export const spanQuery = {
  from: timeParameter.optional().meta({ description: 'those that lasted after it' }),
  to: timeParameter.optional().meta({ description: 'those that began before it' })
}
