import type {
  CommunicationLine,
  DecisionLine,
  IncidentLine,
  OutageAlarm,
  OutageFinding
} from '../model/outages.ts'
import type { AlarmRow, DecisionRow, FindingRow, IncidentRow, LossRow, OutageTable } from './outage-port.ts'
import type { OutageTableRows } from './outage-tables.ts'

/** What the rows of all these tables have. */
export interface KeptRow {
  n: number
  id: string
  first_at: number
  at: number
}

export type OutageLine = IncidentLine | CommunicationLine | OutageFinding | OutageAlarm | DecisionLine

type Rows = OutageTableRows

/** Table of the ledger by the table that lines are told in. */
export const KEPT_IN = {
  incidents: 'incident',
  communication: 'communication_loss',
  findings: 'finding',
  alarms: 'alarm',
  decisions: 'decision'
} as const satisfies Readonly<Record<OutageTable, keyof OutageTableRows>>

/** States in which something has been confirmed: the line that did it may be lost. */
const CONFIRMED = ['open', 'updated', 'restored', 'closed']

/** How an id stands after a line: what the line leaves out stays as it was. */
export const AFTER: Readonly<
  Record<OutageTable, (head: KeptRow, before: KeptRow | undefined, line: OutageLine) => KeptRow>
> = {
  incidents: (head, before, line) => afterIncident(head, before as Rows['incident'], line as IncidentLine),
  communication: (head, before, line) =>
    afterLoss(head, before as Rows['communication_loss'], line as CommunicationLine),
  findings: (head, _before, line) => afterFinding(head, line as OutageFinding),
  alarms: (head, _before, line) => afterAlarm(head, line as OutageAlarm),
  decisions: (head, _before, line) => afterDecision(head, line as DecisionLine)
}

function afterIncident(
  head: KeptRow,
  before: Rows['incident'] | undefined,
  line: IncidentLine
): Rows['incident'] {
  const isSameDevice = before?.device === line.device
  // Once it is no planned work any more, nothing of the plan stays; once it goes on, no minutes.
  const planned = line.kind === 'planned' ? before : undefined
  const over = line.end === null ? undefined : before
  return {
    ...head,
    state: line.state,
    opened_at: before?.opened_at ?? (CONFIRMED.includes(line.state) ? line.at : null),
    parent: line.parent ?? before?.parent ?? null,
    merged_into: line.mergedInto ?? before?.merged_into ?? null,
    reason: line.reason ?? before?.reason ?? null,
    device: line.device,
    same_as: line.sameAs === undefined && isSameDevice ? before.same_as : JSON.stringify(line.sameAs ?? []),
    phases: line.phases,
    kind: line.kind,
    cause: line.cause,
    supply: line.supply,
    started_at: line.start ?? before?.started_at ?? line.at,
    ended_at: line.end,
    affected: line.affected,
    confirmed: line.confirmed,
    confidence: line.confidence,
    counted: line.counted ? 1 : 0,
    evidence: line.evidence === undefined ? (before?.evidence ?? '[]') : JSON.stringify(line.evidence),
    usage_points: line.usagePoints?.length ?? before?.usage_points ?? null,
    plan_type: line.planType ?? before?.plan_type ?? null,
    plan: line.plan ?? planned?.plan ?? null,
    early_s: line.earlyS ?? planned?.early_s ?? null,
    overrun_s: line.overrunS ?? planned?.overrun_s ?? null,
    customer_minutes: line.customerMinutes ?? over?.customer_minutes ?? null,
    decided: line.decided === undefined ? (before?.decided ?? null) : JSON.stringify(line.decided)
  }
}

function afterLoss(
  head: KeptRow,
  before: Rows['communication_loss'] | undefined,
  line: CommunicationLine
): Rows['communication_loss'] {
  const list = (told: readonly string[] | undefined, kept: string | undefined): string =>
    told === undefined ? (kept ?? '[]') : JSON.stringify(told)
  return {
    ...head,
    state: line.state,
    reason: line.reason ?? before?.reason ?? null,
    scope: line.scope,
    subject: line.subject,
    terminals: list(line.terminals, before?.terminals),
    meters: list(line.meters, before?.meters),
    started_at: line.start ?? before?.started_at ?? line.at,
    ended_at: line.end
  }
}

const afterFinding = (head: KeptRow, { kind, subject, evidence }: OutageFinding): Rows['finding'] => ({
  ...head,
  ...{ kind, subject, evidence }
})

function afterAlarm(head: KeptRow, line: OutageAlarm): Rows['alarm'] {
  const { state, kind, subject, value, threshold, start, end, by, note, until } = line
  return {
    ...{ ...head, state, kind, subject, value, threshold },
    ...{ started_at: start, ended_at: end },
    ...{ decided_by: by ?? null, note: note ?? null, until_at: until ?? null }
  }
}

function afterDecision(head: KeptRow, line: DecisionLine): Rows['decision'] {
  const { at: _at, id: _id, state, reason, about, subject, act, by, ...facts } = line
  return {
    ...{ ...head, state, about, subject, act },
    ...{ reason: reason ?? null, decided_by: by, facts: JSON.stringify(facts) }
  }
}

const headOf = ({ n, id, first_at, at }: KeptRow) => ({ n, id, firstAt: first_at, at })

export const toIncident = (row: Rows['incident']): IncidentRow => ({
  ...headOf(row),
  state: row.state,
  openedAt: row.opened_at,
  parent: row.parent,
  mergedInto: row.merged_into,
  reason: row.reason,
  device: row.device,
  sameAs: JSON.parse(row.same_as),
  phases: row.phases,
  kind: row.kind,
  plan: row.plan,
  planType: row.kind === 'planned' ? row.plan_type : null,
  earlyS: row.early_s,
  overrunS: row.overrun_s,
  cause: row.cause,
  supply: row.supply,
  start: row.started_at,
  end: row.ended_at,
  affected: row.affected,
  confirmed: row.confirmed,
  confidence: row.confidence,
  customerMinutes: row.customer_minutes,
  counted: row.counted === 1,
  evidence: JSON.parse(row.evidence),
  usagePoints: row.usage_points,
  decided: row.decided === null ? null : JSON.parse(row.decided)
})

export const toLoss = (row: Rows['communication_loss']): LossRow => ({
  ...headOf(row),
  state: row.state,
  reason: row.reason,
  scope: row.scope,
  subject: row.subject,
  terminals: JSON.parse(row.terminals),
  meters: JSON.parse(row.meters),
  start: row.started_at,
  end: row.ended_at
})

export const toFinding = (row: Rows['finding']): FindingRow => ({
  ...headOf(row),
  kind: row.kind,
  subject: row.subject,
  evidence: row.evidence
})

export const toAlarm = (row: Rows['alarm']): AlarmRow => ({
  ...headOf(row),
  state: row.state,
  kind: row.kind,
  subject: row.subject,
  value: row.value,
  threshold: row.threshold,
  start: row.started_at,
  end: row.ended_at,
  by: row.decided_by,
  note: row.note,
  until: row.until_at
})

export const toDecision = (row: Rows['decision']): DecisionRow => ({
  ...headOf(row),
  state: row.state,
  reason: row.reason,
  about: row.about,
  subject: row.subject,
  act: row.act,
  by: row.decided_by,
  facts: JSON.parse(row.facts)
})
