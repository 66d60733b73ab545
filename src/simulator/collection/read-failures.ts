import type { Chance } from '../city/chance.ts'

/** Hours in which a power line is noisy: how often, and how much worse; the mean over all hours is 1. */
const [NOISY_SHARE, NOISY_FACTOR, QUIET_FACTOR] = [0.05, 8, 0.632]
const HOUR_MS = 3_600_000

/**
 * How readings fail that nothing is the matter with: more in noisy hours of a terminal, more with a few bad meters. The reference
 * explanation asks for the very chances that are drawn from.
 */
export class ReadFailures {
  readonly #rate: number
  readonly #fails: Chance
  readonly #trait: Chance
  readonly #noisy: Chance

  /** @param rate mean share of readings that fail */
  constructor(rate: number, chance: Chance) {
    this.#rate = rate
    this.#fails = chance.named('fails')
    this.#trait = chance.named('trait')
    this.#noisy = chance.named('noisy')
  }

  /** Mean rate of a terminal's meters in the hour of a time. */
  rateOf(terminal: number, collectedAt: number): number {
    const isNoisy = this.#noisy.at(terminal * 8192 + Math.floor(collectedAt / HOUR_MS)) < NOISY_SHARE
    return this.#rate * (isNoisy ? NOISY_FACTOR : QUIET_FACTOR)
  }

  /** Chance that a meter is not read. The third power makes a few bad ones, and the mean is 1. */
  chanceOf(customer: number, rate: number): number {
    return Math.min(1, rate * (0.2 + 3.2 * this.#trait.at(customer) ** 3))
  }

  fails(customer: number, time: number, rate: number): boolean {
    return this.#fails.at(customer * 131071 + Math.floor(time / 1000)) < this.chanceOf(customer, rate)
  }
}
