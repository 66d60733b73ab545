import type { UnknownMeters } from './exchange/unknown-meters.ts'
import type { RegisterPoint } from './intervals/ratios.ts'
import type { LateReadings } from './late/late-readings.ts'
import type { ReadingWindow } from './window/window.ts'

/** What validation remembers between steps; all of it is checkpointed. */
export interface ValidationState {
  readonly window: ReadingWindow
  readonly late: LateReadings
  /** Readings of meters that the registry does not know yet. */
  readonly unknown: UnknownMeters
  /** The last fall of the registers, by meter. */
  readonly falls: Map<number, FallenFrom>
  /** Number of the last interval stated. */
  revision: number
}

/** The reading before a fall of the registers. */
export interface FallenFrom extends RegisterPoint {
  /** When they were back above it; undefined while the fall is open. */
  readonly recoveredAt?: number
}

/** How the quality of a reading's registers was found. */
export type RegisterJudgements = readonly { readonly quality: number; readonly reasons: number }[]
