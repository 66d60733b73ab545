import type { LossAnswer } from './communication.ts'
import { overlaps } from './matching.ts'
import type { DarkSpan, Voices } from './voices.ts'

/** Outages of which no word of lost power arrived while they lasted: silence is all there is to see of them. */
export interface DoubtScore {
  readonly withoutSign: number
  /** Those of them that were shown as `POWER_OR_COMMUNICATION`. */
  readonly shown: number
}

/** Judges what was shown of outages without a sign. Missed are those too that were over before a round of readings fell into them. */
export function scoreDoubt(
  outages: readonly DarkSpan[],
  answers: readonly LossAnswer[],
  voices: Voices,
  until: number
): DoubtScore {
  const doubts = answers.filter(({ openedAt, isInDoubt }) => openedAt !== undefined && isInDoubt)
  const silent = outages.filter(({ firstSignAt, end }) => firstSignAt === undefined || firstSignAt >= end)
  const isShown = (outage: DarkSpan): boolean => {
    const dark = new Set(outage.usagePoints)
    return doubts.some(
      answer =>
        overlaps(outage, answer, until) &&
        [...answer.silent].some(id => voices.get(id)?.some(point => dark.has(point)) === true)
    )
  }
  return { withoutSign: silent.length, shown: silent.filter(isShown).length }
}
