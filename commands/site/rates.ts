import type { Clock } from '../../src/clock.ts'

const WINDOW_MS = 5000

/** Frames and readings per second over the last few seconds, from cumulative counts. */
export class Rates {
  readonly #clock: Clock
  #samples: { at: number; frames: number; readings: number }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  sample(frames: number, readings: number): void {
    const at = this.#clock.monotonic()
    this.#samples.push({ at, frames, readings })
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift()
  }

  get(): { framesPerSecond: number; readingsPerSecond: number } {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at)
      return { framesPerSecond: 0, readingsPerSecond: 0 }
    const seconds = (last.at - first.at) / 1000
    return {
      framesPerSecond: (last.frames - first.frames) / seconds,
      readingsPerSecond: (last.readings - first.readings) / seconds
    }
  }
}
