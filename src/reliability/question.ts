import type { ReliabilityProfile } from './profile.ts'
import type { ReliabilityReport } from './report.ts'

/** What somebody wants to know about the reliability of supply. */
export interface ReliabilityQuestion {
  readonly profile: ReliabilityProfile['id']
  /** [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  /** At it and below it, by the registry of now; everybody when left out. */
  readonly device?: string | undefined
  /** So many interruptions within so many days are repeated ones; as REPEATED when left out. */
  readonly repeatedCount?: number | undefined
  readonly repeatedDays?: number | undefined
}

/** Who answers. */
export interface ReliabilityCalls {
  /** @throws API_BAD_REQUEST when too much would have to be read */
  reliabilityReport(question: ReliabilityQuestion): Promise<ReliabilityReport>
}

/** Methods that may be called from another thread. */
export const RELIABILITY_METHODS = [
  'reliabilityReport'
] as const satisfies readonly (keyof ReliabilityCalls)[]
