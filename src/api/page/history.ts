import type { ApiContext, ApiRates } from '../context.ts'

/** Five minutes of rates, one sample a second, for the sparklines. */
export const HISTORY_SAMPLES = 300
const SAMPLE_MS = 1000

export class RateHistory {
  readonly #context: ApiContext
  #samples: ApiRates[] = []
  #cancel: (() => void) | undefined

  constructor(context: ApiContext) {
    this.#context = context
  }

  /** Takes a sample a second until `stop`. */
  start(): void {
    this.#cancel ??= this.#context.clock.every(SAMPLE_MS, () => this.sample())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  sample(): void {
    this.#samples.push(this.#context.rates())
    if (this.#samples.length > HISTORY_SAMPLES) this.#samples = this.#samples.slice(-HISTORY_SAMPLES)
  }

  /** Oldest first. */
  samples(): readonly ApiRates[] {
    return this.#samples
  }
}
