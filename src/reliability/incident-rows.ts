import { PLANNED_TYPES } from '../model/decisions.ts'
import { classOfWork, type Interruption, type OutageClass } from './interruption.ts'

/** An incident that counts, as far as reliability has to know it. */
export interface CountedIncident {
  readonly id: string
  /** `planned`, else it is a fault. */
  readonly kind: string
  /** Why its work was planned; null where nobody said. */
  readonly planType: string | null
  readonly cause: string
  readonly start: number
  /** Null while it lasts. */
  readonly end: number | null
}

/** A usage point that it left without supply. */
export interface InterruptedPoint {
  readonly usagePoint: string
  /** '' when nobody knows: then it stands for itself. */
  readonly account: string
  /** When it had supply again; null: with the incident. */
  readonly end: number | null
}

/**
 * Their interruption, one row a usage point. While an incident lasts nobody has supply again for good: what was said of it when it
 * was closed before it was opened again is not believed. Nobody says yet whether a cause lay outside the utility's network.
 */
export function interruptionOf(incident: CountedIncident, point: InterruptedPoint): Interruption {
  const { id, start, end, cause } = incident
  const { usagePoint } = point
  return {
    incident: id,
    account: point.account || usagePoint,
    usagePoint,
    start,
    end: end === null ? null : Math.max(start, point.end ?? end),
    class: classOf(incident),
    cause,
    isExternal: false
  }
}

function classOf({ kind, planType }: CountedIncident): OutageClass {
  if (kind !== 'planned') return 'fault'
  return classOfWork(PLANNED_TYPES.find(type => type === planType) ?? 'planned')
}
