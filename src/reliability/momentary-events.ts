import type { Episode } from './episodes.ts'
import type { ReliabilityParameters } from './profile.ts'

const MINUTE_MS = 60_000

/** Up to the limit and including it: exactly five minutes are momentary, a moment more is not. */
export const isMomentary = ({ darkMs }: Episode, { momentaryLimit }: ReliabilityParameters): boolean =>
  darkMs <= momentaryLimit.value * MINUTE_MS

/**
 * When the momentary events of one customer began (IM_E of MAIFI_E, IEEE 1366): a recloser that tries three times within the
 * window is one event, not three. The window runs from the first interruption, so that a chain of them does not go on for ever.
 * If a longer interruption begins in the window, the device tried and locked out: that counts as the longer one alone.
 *
 * @param episodes all of this customer, in order, the longer ones too
 */
export function momentaryEvents(episodes: readonly Episode[], parameters: ReliabilityParameters): number[] {
  const windowMs = parameters.momentaryEventWindow.value * MINUTE_MS
  const keepsLockouts = parameters.momentaryBeforeSustained.value === 'counted'
  const starts: number[] = []
  for (let at = 0; at < episodes.length; ) {
    const first = episodes[at]
    if (!isMomentary(first, parameters)) {
      at++
      continue
    }
    let locksOut = false
    for (; at < episodes.length && episodes[at].start <= first.start + windowMs; at++) {
      if (!isMomentary(episodes[at], parameters)) {
        locksOut = true
        break
      }
    }
    if (!locksOut || keepsLockouts) starts.push(first.start)
  }
  return starts
}
