import type { Terminal } from '../../src/registry/lookup/registry.ts'

/** What a registry that says nothing of a terminal's rhythm means: a quarter of an hour of points, uploaded as often. */
const [SAMPLE_S, UPLOAD_S, DELAY_S] = [900, 900, 600]

/** An hour and a half of nothing else is what lost communication is; a transfer or a return is concluded from for so long. */
export const CONCLUDED_MS = 90 * 60_000
/** Clocks of meters and terminals are off by up to 15 s: times so near to each other are of one moment. */
export const CLOCK_MS = 20_000
/** A phase below this share of the rated voltage is gone, as plants see it that change over then (GB 51039-2014, 8.5 asks it of safety sources from 10 % on). */
export const PHASE_GONE = 0.8

/**
 * How long what a terminal said or read holds, ms from its data time: until the next one of its kind must have come (DESIGN section 6: sample, upload
 * and delay of it). Undefined: of a terminal that nobody knows nothing holds longer than the usual.
 */
export function lifetimeOf(terminal: Terminal | undefined): number {
  const seconds = (given: number | undefined, usual: number): number =>
    given === undefined || Number.isNaN(given) ? usual : given
  const sample = seconds(terminal?.sampleIntervalS, SAMPLE_S)
  const upload = seconds(terminal?.uploadIntervalS, UPLOAD_S)
  const delay = seconds(terminal?.uploadDelayS, DELAY_S)
  return (sample + upload + delay) * 1000
}
