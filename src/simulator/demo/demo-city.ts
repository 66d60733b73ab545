import { makeCity } from '../city/city.ts'
import type { Rhythm } from '../city/terminals.ts'
import { writeCity } from '../city/write-city.ts'
import type { Credentials } from '../credentials.ts'

/** Transformers of the demo are small, so that there are many. */
const DEMO_TRANSFORMER: readonly [least: number, most: number] = [10, 30]
/** Points every quarter of an hour; what is now every fifteen seconds, because nobody watches for longer. */
const DEMO_RHYTHM: Rhythm = { sampleS: 900, uploadS: 15, uploadDelayS: 12, heartbeatS: 15 }

/** Writes the demo's city into `folder`. */
export function writeDemoCity(folder: string, seed: string, meters: number): Credentials {
  return writeCity(makeCity({ seed, meters, transformerMeters: DEMO_TRANSFORMER }), folder, DEMO_RHYTHM)
}
