import type { PlannedType } from '../model/decisions.ts'
import type { Span } from './spans.ts'

/** 停电性质 (DL/T 836.1-2016, figure 1): 故障, 计划 (检修, 施工, 用户申请), 临时, 限电. */
export const OUTAGE_CLASSES = ['fault', 'planned', 'temporary', 'shortage'] as const
export type OutageClass = (typeof OUTAGE_CLASSES)[number]

/**
 * One stretch for which one account was without supply at one place by one incident. An account that is out by several
 * incidents, or at several usage points, has several, and they may overlap. A customer who goes on by a second feed is not
 * interrupted: the caller hands in rows only for the time in which none of his usage points has supply.
 *
 * Times are epoch ms.
 */
export interface Interruption {
  readonly incident: string
  readonly account: string
  /** Needed where usage points are counted. */
  readonly usagePoint?: string
  readonly start: number
  /** Null while it lasts. */
  readonly end: number | null
  readonly class: OutageClass
  /** Code of the cause, '' while nobody has said. */
  readonly cause: string
  /** The cause lay outside the utility's own network (外部影响). */
  readonly isExternal: boolean
  /** When a generator truck fed it meanwhile: these minutes do not accrue. */
  readonly fed?: readonly Span[]
}

/** The class of an interruption by the work that it belongs to; what nobody planned is a fault. */
export function classOfWork(type: PlannedType | undefined): OutageClass {
  if (type === undefined) return 'fault'
  return type === 'user-request' ? 'planned' : type
}

/** In one order, whatever the order they came in: the earlier one first, of one time the incident named first. */
export const inOrder = (a: Interruption, b: Interruption): number =>
  a.start - b.start ||
  compareText(a.incident, b.incident) ||
  (a.end ?? Number.POSITIVE_INFINITY) - (b.end ?? Number.POSITIVE_INFINITY) ||
  compareText(a.usagePoint ?? '', b.usagePoint ?? '') ||
  compareText(a.class, b.class) ||
  compareText(a.cause, b.cause) ||
  Number(a.isExternal) - Number(b.isExternal)

/** Order of code units: the same on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
