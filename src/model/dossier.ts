import type { Truck } from './truck.ts'

/** What people did for a key customer and wrote down: patrols, drills, tests of its backup supplies, hazards. */
export const DOSSIER_KINDS = ['patrol', 'drill', 'backup-test', 'hazard'] as const
export type DossierKind = (typeof DOSSIER_KINDS)[number]

/** Why somebody went there (特巡). */
export const PATROL_OCCASIONS = ['routine', 'storm', 'heat', 'cold', 'event', 'other'] as const
export const HAZARD_LEVELS = ['general', 'serious', 'major'] as const
/** The four duties of the utility about a hazard: 服务, 通知, 报告, 督导. */
export const HAZARD_DUTIES = ['served', 'notified', 'reported', 'supervised'] as const

export interface Patrol {
  readonly occasion: (typeof PATROL_OCCASIONS)[number]
  /** What was found, in words. */
  readonly found: string
}

export interface Drill {
  readonly scenario: string
  readonly minutes: number
  readonly passed: boolean
}

export interface BackupTest {
  /** A supply source of the customer. */
  readonly source: string
  /** Of its capacity; null where nobody wrote it down. */
  readonly loadPct: number | null
  readonly minutes: number
  /** From the start signal until it carried, s. */
  readonly startS: number | null
  readonly passed: boolean
}

/** Times are epoch ms, null for what has not happened. */
export interface Hazard extends Readonly<Record<(typeof HAZARD_DUTIES)[number], number | null>> {
  readonly what: string
  readonly level: (typeof HAZARD_LEVELS)[number]
  /** Until when it has to be put right. */
  readonly due: number | null
  readonly fixed: number | null
  readonly verified: number | null
  /** Which post or team saw that it was put right; every member of staff reads it, so it names no person. */
  readonly verifiedBy: string | null
}

export interface DossierBodies {
  readonly patrol: Patrol
  readonly drill: Drill
  readonly 'backup-test': BackupTest
  readonly hazard: Hazard
}

/** Stays of generator trucks are written, changed, listed and audited as a dossier's entries are, and are none of it. */
export type EntryKind = DossierKind | 'truck'

/** What is kept of a stay beside its id, customer and beginning. */
export type TruckStay = Omit<Truck, 'keyCustomer' | 'source' | 'attachedAt' | 'by'>

export interface EntryBodies extends DossierBodies {
  readonly truck: TruckStay
}

export interface EntryOf<K extends EntryKind> {
  /** Unique among those of its kind and customer. */
  readonly id: string
  readonly keyCustomer: string
  readonly kind: K
  /** When it was done, or found; epoch ms. */
  readonly at: number
  readonly body: EntryBodies[K]
  /** Taken back: a mistake. */
  readonly isWithdrawn: boolean
  readonly writtenAt: number
  readonly writtenBy: string
}

export type DossierEntry = { [K in DossierKind]: EntryOf<K> }[DossierKind]
export type TruckEntry = EntryOf<'truck'>
export type LedgerEntry = DossierEntry | TruckEntry
