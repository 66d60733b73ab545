import type { SupplyLine, SupplyState } from '../model/supply.ts'
import type { Decided, DecisionLine, EvidenceItem, OutageLines, OutageTables } from '../model/outages.ts'

/**
 * What the processor says about outages, as the ledger keeps it: of each id how it stands by now, and every line that was
 * ever said of it. Written by one consumer of the results log; read by whoever asks.
 *
 *   results log ── whole steps ──> takeLines ──> rows of now, lives, cursor: one transaction
 *
 * What an adapter promises:
 * - Lines and cursor are stored together or not at all. What lies at or before the cursor is passed over, and a line that is
 *   told again word by word (a log that was made anew) is too: nothing is ever there twice.
 * - An id may be first seen in any state: the lines before it may be lost.
 * - A later line of an id says how it stands then; what it leaves out stays as it was.
 */
export interface OutageLedger {
  /** @returns lines that were new */
  takeLines(batch: OutageBatch, places: OutagePlaces): Promise<number>
  /** Seq of the results log up to which it has taken everything; 0 before the first. */
  cursor(): Promise<number>
  /** What is asked for all the time, to be kept in memory. */
  figures(): Promise<OutageFigures>

  /** Newest first: by when they were first heard of. So are the other lists. */
  incidents(query: IncidentQuery): Promise<IncidentRow[]>
  incident(id: string): Promise<IncidentRow | undefined>
  /** Lines of one id, oldest first, behind `after`. */
  life(table: OutageTable, id: string, page: LifePage): Promise<LineRow[]>
  /** Usage points that an incident names, in order of their ids. */
  points(incident: string, page: PointPage): Promise<NamedPoint[]>
  communication(query: LossQuery): Promise<LossRow[]>
  findings(query: FindingQuery): Promise<FindingRow[]>
  alarms(query: AlarmQuery): Promise<AlarmRow[]>
  loss(id: string): Promise<LossRow | undefined>
  finding(id: string): Promise<FindingRow | undefined>
  alarm(id: string): Promise<AlarmRow | undefined>
  decisions(query: DecisionQuery): Promise<DecisionRow[]>
  /** Confirmed incidents that leave or left a usage point without supply. */
  outagesOf(query: PointQuery): Promise<PointOutage[]>
}

export type OutageTable = keyof OutageLines

/** Lines of whole steps. */
export interface OutageBatch {
  /** Seq of the results log at which the last of the steps ends. */
  readonly seq: number
  readonly parts: readonly ToldPart[]
}

/** One record of the results log: about outages, or about the supply of key customers (supply-port.ts). */
export interface ToldPart {
  readonly seq: number
  readonly tables: OutageTables
  readonly supply?: readonly SupplyLine[]
}

/** Where things hang by the registry of now: what a line names is kept with what was above it then. */
export interface OutagePlaces {
  /** What it is itself, a device or a usage point, and what feeds it up to the top. */
  path(device: string): readonly string[]
  /** '' when nobody knows. */
  account(usagePoint: string): string
}

export interface OutageFigures {
  /** Lines ever taken. */
  readonly lines: readonly { readonly table: string; readonly state: string; readonly count: number }[]
  /** Confirmed and not restored. */
  readonly openIncidents: number
  /** Not restored, whether confirmed or not. */
  readonly openLosses: number
  /** The newest of the open incidents. */
  readonly newest: readonly IncidentRow[]
  /** The newest of those that are over: restored or closed. */
  readonly past: readonly IncidentRow[]
  /** The newest of the open losses. */
  readonly losses: readonly LossRow[]
  readonly findings: readonly FindingRow[]
  /** The newest of the alarms that are not resolved. */
  readonly alarms: readonly AlarmRow[]
  /** Key customers of whom something was said, by how they are supplied now. */
  readonly supplied: Readonly<Partial<Record<SupplyState, number>>>
}

export const NO_FIGURES: OutageFigures = {
  lines: [],
  openIncidents: 0,
  openLosses: 0,
  newest: [],
  past: [],
  losses: [],
  findings: [],
  alarms: [],
  supplied: {}
}

/** A list behind `before`, the `n` of the last one of the page before. */
export interface OutagePage {
  readonly limit: number
  readonly before?: number
}

export interface LifePage {
  readonly limit: number
  readonly after?: number
}

export interface PointPage {
  readonly limit: number
  readonly skip: number
}

export interface NamedPoint {
  readonly usagePoint: string
  /** Of which it was when the incident named it; '' when nobody knew. */
  readonly account: string
}

/** `from` and `to`, epoch ms: what lasted at some time in between. */
interface Span {
  readonly from?: number
  readonly to?: number
}

export interface IncidentQuery extends OutagePage, Span {
  readonly states?: readonly string[]
  readonly kind?: string
  /** At it or below it, as the network was when they were told of. */
  readonly device?: string
}

export interface LossQuery extends OutagePage, Span {
  readonly states?: readonly string[]
  readonly scope?: string
  readonly subject?: string
}

export interface FindingQuery extends OutagePage, Span {
  readonly kind?: string
  readonly subject?: string
}

export interface AlarmQuery extends OutagePage, Span {
  readonly states?: readonly string[]
  readonly kind?: string
  readonly subject?: string
}

export interface DecisionQuery extends OutagePage {
  readonly about?: string
  readonly subject?: string
  readonly states?: readonly string[]
}

export interface PointQuery extends OutagePage, Span {
  readonly usagePoint: string
  /** Only what hit it while it was of one of these accounts; any when absent. */
  readonly accounts?: readonly string[]
  /** The usage point and what feeds it: what is not over yet and on this path counts too. */
  readonly path: readonly string[]
}

interface KeptRow {
  /** Place in the order in which ids were first heard of. */
  readonly n: number
  readonly id: string
  /** Log times of its first and its latest line, epoch ms. */
  readonly firstAt: number
  readonly at: number
}

export interface IncidentRow extends KeptRow {
  /** As last told; `updated` is open still, unless it has an end. */
  readonly state: string
  /** Log time at which it was confirmed; null while it is a suspicion. */
  readonly openedAt: number | null
  readonly parent: string | null
  readonly mergedInto: string | null
  readonly reason: string | null
  readonly device: string
  readonly sameAs: readonly string[]
  readonly phases: string
  readonly kind: string
  /** Of planned work: its id, why it was planned, by how much it began too early and ended too late; null of what is none. */
  readonly plan: string | null
  readonly planType: string | null
  readonly earlyS: number | null
  readonly overrunS: number | null
  readonly cause: string
  readonly supply: string
  readonly start: number
  readonly end: number | null
  readonly affected: number
  /** Meters whose loss is proven: not accounts, as the affected are. */
  readonly confirmed: number
  readonly confidence: number
  /** Minutes without supply, all its accounts together; null while it lasts, and where nobody said. */
  readonly customerMinutes: number | null
  readonly counted: boolean
  readonly evidence: readonly EvidenceItem[]
  /** Usage points that were named; null while none were. */
  readonly usagePoints: number | null
  /** What people decided, as it stands; null while nobody did. */
  readonly decided: Decided | null
}

export interface LossRow extends KeptRow {
  readonly state: string
  readonly reason: string | null
  readonly scope: string
  readonly subject: string
  readonly terminals: readonly string[]
  readonly meters: readonly string[]
  readonly start: number
  readonly end: number | null
}

export interface FindingRow extends KeptRow {
  readonly kind: string
  readonly subject: string
  readonly evidence: string
}

export interface AlarmRow extends KeptRow {
  readonly state: string
  readonly kind: string
  readonly subject: string
  readonly value: number | null
  readonly threshold: number | null
  readonly start: number
  readonly end: number | null
  /** Of acknowledged and shelved: who, and why, and when it comes back. */
  readonly by: string | null
  readonly note: string | null
  readonly until: number | null
}

export interface DecisionRow extends KeptRow {
  readonly state: string
  readonly reason: string | null
  readonly about: string
  readonly subject: string
  readonly act: string
  readonly by: string
  readonly facts: DecisionFacts
}

/** What a person said with a decision. */
export type DecisionFacts = Pick<
  DecisionLine,
  'device' | 'into' | 'cause' | 'crew' | 'expectedAt' | 'until' | 'note'
>

export interface LineRow {
  readonly n: number
  readonly at: number
  /** '' in tables without. */
  readonly state: string
  readonly change: string | null
  readonly reason: string | null
  /** JSON text as it was told, without the list of usage points. */
  readonly line: string
}

export interface PointOutage {
  readonly incident: IncidentRow
  /** `stated`: the incident names the usage point; `located`: it is not over yet and lies on its path. */
  readonly basis: 'stated' | 'located'
}

/** Methods that may be called from another thread. */
export const OUTAGE_METHODS = [
  'cursor',
  'figures',
  'incidents',
  'incident',
  'life',
  'points',
  'communication',
  'findings',
  'alarms',
  'loss',
  'finding',
  'alarm',
  'decisions',
  'outagesOf'
] as const satisfies readonly (keyof OutageLedger)[]

/** The same as other threads see it. */
export type OutageCalls = Pick<OutageLedger, (typeof OUTAGE_METHODS)[number]>
