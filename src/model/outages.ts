import type { AlarmAct, DecisionAct, PlannedType, RefusalReason } from './decisions.ts'

/**
 * What the outage stage says, line by line: the words of docs/backtest.md. Times are epoch ms; `at` is the log time at which it
 * was known. A later line of the same id says how it stands then; what it leaves out stays.
 */

/** Life of an incident, a lost communication: a suspicion is not yet one, `open` confirms it. */
export type LifeState = 'suspected' | 'open' | 'updated' | 'restored' | 'closed' | 'withdrawn'

/** What an update changes. */
export type IncidentChange = 'evidence' | 'moved' | 'split' | 'partial' | 'reopened' | 'supply' | 'decided'

export interface IncidentLine {
  readonly at: number
  readonly id: string
  readonly state: LifeState
  readonly change?: IncidentChange
  /** Of a nested one: the incident above. */
  readonly parent?: string
  /** On withdrawn: why, and what it became part of. */
  readonly reason?: string
  readonly mergedInto?: string
  /** The device; of a service line the usage point. */
  readonly device: string
  /** Devices that leave the same customers dark: nobody can tell them apart by meters. */
  readonly sameAs?: readonly string[]
  /** Letters of the phases that are gone, '' for all. */
  readonly phases: string
  readonly kind: 'sustained' | 'momentary' | 'planned'
  /** Of planned work: its id, why it was planned, how long it began before the time that was announced and ended after it. */
  readonly plan?: string
  readonly planType?: PlannedType
  readonly earlyS?: number
  readonly overrunS?: number
  readonly cause: string
  readonly supply: 'none' | 'temporary' | 'back-feed' | 'transferred'
  readonly start: number
  readonly end: number | null
  /** Accounts that it leaves without supply. */
  readonly affected: number
  /** Meters left at a low voltage by an open phase: listed, not counted. */
  readonly degraded?: number
  /** Meters whose loss is proven. */
  readonly confirmed: number
  /** That it is this device and no other explanation, 0..1. */
  readonly confidence: number
  /** Minutes without supply, all its accounts together, once it is restored. */
  readonly customerMinutes?: number
  /** Whether it counts in reliability indices. */
  readonly counted: boolean
  /** On close: usage points that were without supply, in the order in which they had it again. */
  readonly usagePoints?: readonly string[]
  /**
   * With them, when that was: the first so many at the end of the first step, the next at that of the second. Earlier releases
   * left them out, then named in no step who is of an account that had supply elsewhere.
   */
  readonly steps?: readonly RestorationStep[]
  readonly evidence?: readonly EvidenceItem[]
  /** What people decided about it, as it stands: beside what the system thinks, which goes on in the other members. */
  readonly decided?: Decided
}

export interface Decided {
  /** The latest decision: what, who, log time. */
  readonly act: DecisionAct
  readonly by: string
  readonly at: number
  /** What a person says that it is: an outage, or over. */
  readonly state?: 'open' | 'closed'
  /** Who looks after it. */
  readonly claimedBy?: string
  /** Where it is. */
  readonly device?: string
  /** The one that it became part of. */
  readonly into?: string
  /** Incidents that became part of it, and that were taken out of it; the one that it was taken out of. */
  readonly merged?: readonly string[]
  readonly splitOff?: readonly string[]
  readonly splitFrom?: string
  readonly cause?: string
  readonly crew?: string
  /** When supply is expected back, epoch ms. */
  readonly expectedAt?: number
}

/** So many usage points that had supply again at one time, epoch ms. */
export interface RestorationStep {
  readonly end: number
  readonly usagePoints: number
}

/**
 * When each of the usage points of a line had supply again, in their order: null with the incident, where no steps were told; undefined of
 * whom no step names.
 */
export function pointEnds({ usagePoints = [], steps }: IncidentLine): (number | null | undefined)[] {
  if (steps === undefined) return usagePoints.map(() => null)
  const ends = steps.flatMap(({ end, usagePoints: count }) => new Array<number>(count).fill(end))
  return usagePoints.map((_, place) => ends[place])
}

/** One reason to believe or doubt it, for people to read. */
export interface EvidenceItem {
  /** A row of the table of likelihoods (docs/outages.md). */
  readonly kind: string
  readonly count: number
  /** Of how many that could have said so; left out where that makes no sense. */
  readonly of?: number
  /** ln of how much more likely it is with the incident than without. */
  readonly weight: number
}

export type LossScope = 'meter' | 'branch' | 'terminal' | 'carrier' | 'cell' | 'gateway'

export interface CommunicationLine {
  readonly at: number
  readonly id: string
  readonly state: LifeState
  /** `POWER_OR_COMMUNICATION` while nobody can tell. */
  readonly reason?: string
  readonly scope: LossScope
  readonly subject: string
  readonly terminals?: readonly string[]
  readonly meters?: readonly string[]
  readonly start: number
  readonly end: number | null
}

export interface OutageFinding {
  readonly at: number
  readonly id: string
  readonly kind: string
  readonly subject: string
  readonly evidence: string
}

export interface OutageAlarm {
  readonly at: number
  readonly id: string
  readonly state: 'pending' | 'firing' | 'acknowledged' | 'shelved' | 'resolved'
  readonly kind: string
  readonly subject: string
  readonly value: number | null
  readonly threshold: number | null
  readonly start: number
  readonly end: number | null
  /** Of acknowledged and shelved: who, and why; when it comes back by itself. */
  readonly by?: string
  readonly note?: string
  readonly until?: number
}

/** One decision of a person, and what became of it. Said once. */
export interface DecisionLine {
  readonly at: number
  readonly id: string
  readonly state: 'taken' | 'refused'
  /** Of a refused one: why. */
  readonly reason?: RefusalReason
  readonly about: 'incident' | 'alarm'
  /** Id of the incident or alarm; of one that is not known what was said of it. */
  readonly subject: string
  readonly act: DecisionAct | AlarmAct
  readonly by: string
  readonly device?: string
  readonly into?: string
  readonly cause?: string
  readonly crew?: string
  /** Epoch ms; `until` when a shelved alarm comes back. */
  readonly expectedAt?: number
  readonly until?: number
  readonly note?: string
}

/** Lines of one step by their table, each table in order of `at`. */
export interface OutageLines {
  readonly incidents: IncidentLine[]
  readonly communication: CommunicationLine[]
  readonly findings: OutageFinding[]
  readonly alarms: OutageAlarm[]
  readonly decisions: DecisionLine[]
}

/** Those of these tables that have lines. */
export type OutageTables = { readonly [Table in keyof OutageLines]?: readonly OutageLines[Table][number][] }

export const OUTAGE_TABLES = ['incidents', 'communication', 'findings', 'alarms', 'decisions'] as const

export const noOutageLines = (): OutageLines => ({
  incidents: [],
  communication: [],
  findings: [],
  alarms: [],
  decisions: []
})
