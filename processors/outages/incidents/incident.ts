import type { PlannedType } from '../../../src/model/decisions.ts'
import type { Decided, EvidenceItem, IncidentLine, LifeState } from '../../../src/model/outages.ts'
import { lettersOf } from '../../../src/model/phases.ts'
import type { Stretch } from '../evidence/other-sources.ts'
import type { Explanation } from '../explain/explanation.ts'
import type { PresentGrid } from '../grid/present-grid.ts'
import { figure } from '../likelihoods.ts'

/** An incident's planned work: how long before the time that was announced it began, and how long after it ended. */
export interface PlanMatch {
  readonly id: string
  /** Undefined of work that an earlier release was told of. */
  readonly type?: PlannedType
  readonly earlyMs: number
  readonly overrunMs: number
}

/** Part of an incident that something else fed while its device was dead: plain data, times epoch ms. */
export interface KeptUp extends Stretch {
  readonly unit: number
  /** A truck; a key customer's own generator; what keeps itself up while the transformer carries nothing: panels. */
  readonly by: 'truck' | 'generator' | 'panels'
}

/** Usage point that lost its supply by an incident and has no meter any more: it comes back with its part. Plain data. */
export interface LeftPoint {
  readonly usagePoint: string
  /** Its last meter: what that recorded stays known. */
  readonly meter: number
  /** Unit in which it comes back, -1 when that is gone too. */
  readonly unit: number
  /** Whether it stands for its account: that had lost its supply, and no other usage point of it does. */
  readonly isCounted: boolean
}

/** One outage as it is known: plain data, saved as it stands. */
export interface Incident {
  readonly id: number
  /** Number of its case. */
  readonly caseId: number
  /** The incident above, of one that came to light when that ended. */
  readonly parent?: number
  state: LifeState
  /** Device, or the meter whose service line it is; the other is -1. */
  device: number
  meter: number
  sameAs: number[]
  phases: number
  start: number
  /** Since when its members have been without supply: later than the start when it came back in between. */
  since: number
  /** NaN while it lasts. */
  end: number
  confidence: number
  score: number
  /** Log times at which it was first suspected, confirmed, restored. */
  suspectedAt: number
  openedAt: number
  restoredAt: number
  /** Meters that lost their supply by it. */
  members: number[]
  /** Usage points of those that were taken down meanwhile, and have no other meter yet. */
  left: LeftPoint[]
  /** Meters that live at a low voltage by it: listed, not counted. */
  degraded: number[]
  /** Areas, or of a box its place, that are not back yet, and when those that are came back. */
  waiting: number[]
  readonly back: Map<number, number>
  /** Of these: which stay dark by a failure of their own, in a nested incident. */
  nested: number[]
  /** Log time at which a switch was known last to keep any of those that it waits for from being fed; NaN for never. */
  cutOffAt: number
  evidence: EvidenceItem[]
  /** Parts that something else fed meanwhile. */
  keptUp: KeptUp[]
  /** What some of its customers were fed by meanwhile. */
  supply: IncidentLine['supply']
  /** Planned work that it is; undefined for none. */
  plan: PlanMatch | undefined
  /** Minutes without supply, all its accounts together; NaN while it lasts. */
  customerMinutes: number
  confirmed: number
  /** Whether supply had come back for a moment. */
  isAgain: boolean
  /** What people decided about it, as it stands; undefined while nobody did. */
  decided?: Decided
  /** Device that a person says it is at; left out where nobody said so, or that device is gone. */
  decidedAt?: number
}

/** Device that its members hang below: where a person says so, else the system; -1 for a service line. */
export const placeOf = ({ decidedAt, device }: Incident): number => decidedAt ?? device

export function newIncident(id: number, caseId: number, now: number, parent?: number): Incident {
  return {
    id,
    caseId,
    ...(parent !== undefined && { parent }),
    state: 'suspected',
    device: -1,
    meter: -1,
    sameAs: [],
    phases: 0,
    start: Number.NaN,
    since: Number.NaN,
    end: Number.NaN,
    confidence: 0,
    score: 0,
    suspectedAt: now,
    openedAt: Number.NaN,
    restoredAt: Number.NaN,
    members: [],
    left: [],
    degraded: [],
    waiting: [],
    back: new Map(),
    nested: [],
    cutOffAt: Number.NaN,
    evidence: [],
    keptUp: [],
    supply: 'none',
    plan: undefined,
    customerMinutes: Number.NaN,
    confirmed: 0,
    isAgain: false
  }
}

/** Takes over what an explanation says. */
export function explainBy(incident: Incident, explanation: Explanation, start: number): void {
  const { tally, told } = explanation
  incident.device = explanation.device
  incident.meter = explanation.meter
  incident.phases = explanation.phases
  incident.sameAs = [...explanation.sameAs]
  incident.score = explanation.score
  incident.confidence = explanation.confidence
  incident.start = Number.isNaN(explanation.start) ? start : explanation.start
  if (!incident.isAgain) incident.since = incident.start
  incident.confirmed = Math.max(tally.gasps + tally.collected + tally.zeros, tally.records)
  const item = (kind: string, count: number, of: number | undefined, weight: number): EvidenceItem[] =>
    count === 0
      ? []
      : [{ kind, count, ...(of !== undefined && { of }), weight: Math.round(weight * 10) / 10 }]
  const records = tally.records - tally.filled - tally.risen
  incident.evidence = [
    ...item('last-gasp', tally.gasps, tally.n, -tally.gasps * Math.log(figure('falseGasp'))),
    ...item(
      'collected-gasp',
      tally.collected,
      tally.n,
      -tally.collected * Math.log(figure('falseCollected'))
    ),
    ...item('no-voltage', tally.zeros, tally.n, -tally.zeros * Math.log(figure('falseZero'))),
    ...item('outage-record', records, tally.n, -records * Math.log(figure('falseRecord'))),
    ...item('filled-points', tally.filled, tally.n, -tally.filled * Math.log(figure('falseRecord'))),
    ...item('power-up', tally.risen, tally.n, -tally.risen * Math.log(figure('falseRecord'))),
    ...item('terminal-supply-lost', told.down, undefined, -told.down * Math.log(figure('falseWord'))),
    ...item('terminal-unlinked', told.unlinked, undefined, told.unlinked),
    ...item('low-voltage', tally.odd, tally.n + tally.live, -tally.odd * Math.log(figure('falseLow'))),
    ...item('silent', tally.silent, tally.n, tally.silentWeight),
    ...item('unanswered', tally.unanswered, tally.n, -tally.unanswered * Math.log(figure('unanswered'))),
    ...item('live', tally.live, tally.n + tally.live, tally.doubt),
    ...item('terminal-on-mains', told.mains, undefined, told.mains * Math.log(figure('wrongPoweredBy')))
  ]
}

export const incidentId = (number: number): string => `I${number}`

/** What is to be said of an incident now. */
export function lineOf(
  grid: PresentGrid,
  incident: Incident,
  at: number,
  extra: Partial<Pick<IncidentLine, 'change' | 'reason' | 'mergedInto' | 'usagePoints' | 'steps'>> = {}
): IncidentLine {
  const { usagePoint } = grid.registry.meters
  const { start, end, state, confidence, plan, customerMinutes, decided } = incident
  const left = incident.left.find(({ meter }) => meter === incident.meter)
  const isOver = !Number.isNaN(end)
  const isShort = isOver && end - start <= figure('momentarySustained')
  return {
    at,
    id: incidentId(incident.id),
    state,
    ...(incident.parent !== undefined && { parent: incidentId(incident.parent) }),
    ...extra,
    device:
      incident.device >= 0 ? grid.id(incident.device) : (left?.usagePoint ?? usagePoint.get(incident.meter)),
    ...(incident.sameAs.length > 0 && { sameAs: incident.sameAs.map(device => grid.id(device)) }),
    phases: lettersOf(incident.phases),
    kind: plan !== undefined ? 'planned' : isShort ? 'momentary' : 'sustained',
    ...(plan !== undefined && {
      plan: plan.id,
      ...(plan.type !== undefined && { planType: plan.type }),
      earlyS: seconds(plan.earlyMs),
      overrunS: seconds(plan.overrunMs)
    }),
    cause: decided?.cause ?? '',
    ...(decided !== undefined && { decided }),
    supply: incident.supply,
    start: Math.round(start),
    end: isOver ? Math.round(end) : null,
    affected: accountsOf(grid, incident.members).size + countedLeft(incident).length,
    ...(incident.degraded.length > 0 && { degraded: incident.degraded.length }),
    confirmed: incident.confirmed,
    confidence: Math.round(confidence * 1000) / 1000,
    ...(!Number.isNaN(customerMinutes) && { customerMinutes: Math.round(customerMinutes * 10) / 10 }),
    counted: state !== 'suspected' && state !== 'withdrawn',
    ...(incident.evidence.length > 0 && { evidence: incident.evidence })
  }
}

/** Usage points without a meter that count as an account. */
export const countedLeft = ({ left }: Incident): LeftPoint[] => left.filter(({ isCounted }) => isCounted)

const seconds = (ms: number): number => Math.round(ms / 1000)

/** Accounts that lost their supply: all meters of them did. Whoever has another feed still has his. */
export function accountsOf({ accountOf, accountSize }: PresentGrid, meters: readonly number[]): Set<number> {
  const counts = new Map<number, number>()
  for (const meter of meters) counts.set(accountOf[meter], (counts.get(accountOf[meter]) ?? 0) + 1)
  return new Set(
    [...counts].filter(([account, count]) => count >= accountSize[account]).map(([account]) => account)
  )
}
