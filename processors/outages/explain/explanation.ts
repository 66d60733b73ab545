import type { Phases } from '../../../src/model/phases.ts'
import type { AreaTally, Tally } from './tally.ts'

/** One device, or one service line, that explains what was told of a moment. */
export interface Explanation {
  /** Device, -1 for a service line. */
  readonly device: number
  /** Meter of the service line, -1 for a device. */
  readonly meter: number
  /** Phases of it that failed; 0 for all. */
  readonly phases: Phases
  /** Other devices that leave the same meters dark, from above to below. */
  readonly sameAs: readonly number[]
  /** ln of how much likelier the evidence is with it than without anything. */
  readonly score: number
  /** That it is this class of devices and not one above, its parts or nothing, 0..1. */
  readonly confidence: number
  /** Middle of the times at which meters claim to have lost their supply; NaN where only terminals speak. */
  readonly start: number
  readonly tally: Tally
  readonly told: AreaTally['told']
  /** Meters that claim to have lost their supply. */
  readonly claimers: number
}

/** Beside so many who claim it at the same moment a single one elsewhere is one of them with a wrong record. */
const CROWD = 3

/**
 * Beside a device that failed at the same moment a single meter that claims so elsewhere has a wrong record, more likely than that its
 * own line or its small transformer failed just then.
 */
export function withoutStrays(found: readonly Explanation[]): Explanation[] {
  const hasDevice = found.some(({ device }) => device >= 0)
  const hasCrowd = found.some(({ device, claimers }) => device >= 0 && claimers >= CROWD)
  return found.filter(
    ({ device, claimers, told }) =>
      (device >= 0 || !hasDevice) && (claimers !== 1 || told.down > 0 || !hasCrowd)
  )
}

/** The middle one of times, NaN of none. */
export function middleOf(times: readonly number[]): number {
  if (times.length === 0) return Number.NaN
  return Float64Array.from(times).sort()[times.length >> 1]
}
