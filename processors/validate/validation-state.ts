import type { LateReadings } from './late-readings.ts'
import type { ReadingWindow } from './window.ts'

/** What validation remembers between steps; all of it is checkpointed. */
export interface ValidationState {
  readonly window: ReadingWindow
  readonly late: LateReadings
  /** The reading before an open fall of the registers, by meter. */
  readonly falls: Map<number, FallenFrom>
  /** Number of the last interval stated. */
  revision: number
}

export interface FallenFrom {
  readonly time: number
  readonly registers: readonly number[]
}

/** How the quality of a reading's registers was found. */
export type RegisterJudgements = readonly { readonly quality: number; readonly reasons: number }[]
