import type { Terminal } from '../../src/registry/lookup/registry.ts'
import type { Rhythm } from './track.ts'

/** What a registry that says nothing of a terminal's rhythm means: a quarter of an hour of points, uploaded as often. */
const [SAMPLE_S, UPLOAD_S, DELAY_S] = [900, 900, 600]

/** An hour and a half of nothing else is what lost communication is; a transfer or a return is concluded from for so long. */
export const CONCLUDED_MS = 90 * 60_000
/** So long what was shown is made right when something comes late: a terminal sends a day again, and a week-end may pass before it is repaired. */
export const HISTORY_MS = 7 * 86_400_000
/** A declaration of a tank that is older says nothing: fuel is taken, and ages. Generators are run and filled up each month. */
export const DECLARED_MS = 31 * 86_400_000
/** Below this whoever lives on its own source is at risk, minutes: a generator truck is two hours away. [M] */
export const SHORT_AUTONOMY_MIN = 120
/** Clocks of meters and terminals are off by up to 15 s: times so near to each other are of one moment. */
export const CLOCK_MS = 20_000
/** The beginning of an incident is that of many meters' words, so far off from what one of them says of itself. As the outage stage's own tolerance. */
export const SAME_MOMENT_MS = 60_000
/** A phase below this share of the rated voltage is gone, as plants see it that change over then (GB 51039-2014, 8.5 asks it of safety sources from 10 % on). */
export const PHASE_GONE = 0.8

/**
 * What a terminal says or reads comes once a sample, and holds, from its data time, until the next one of its kind must have come (DESIGN section 6:
 * sample, upload and delay of it). Undefined: a terminal that nobody knows has the usual rhythm.
 */
export function rhythmOf(terminal: Terminal | undefined): Rhythm {
  const seconds = (given: number | undefined, usual: number): number =>
    given === undefined || Number.isNaN(given) ? usual : given
  const sample = seconds(terminal?.sampleIntervalS, SAMPLE_S)
  const upload = seconds(terminal?.uploadIntervalS, UPLOAD_S)
  const delay = seconds(terminal?.uploadDelayS, DELAY_S)
  return { stepMs: sample * 1000, keepsMs: (sample + upload + delay) * 1000 }
}
