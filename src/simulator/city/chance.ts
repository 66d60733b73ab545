import { seededRandom } from '../../random.ts'

/**
 * Chance by number instead of by turn: what happens to number 17 is the same whoever else is asked before, so that parts of a
 * city can be made alone and a new question changes no old answer. Each question has a name of its own.
 */
export class Chance {
  readonly #seed: string
  readonly #word: number

  constructor(seed: string) {
    this.#seed = seed
    this.#word = seededRandom(seed).integer(2 ** 32)
  }

  /** Uniform in [0, 1). */
  at(number: number): number {
    return hash(this.#word, number)
  }

  /** Uniform integer in [0, below). */
  integer(number: number, below: number): number {
    return Math.floor(this.at(number) * below)
  }

  /** The first whose share, counted up, exceeds the chance; shares add up to 1. */
  pick<T>(number: number, choices: readonly (readonly [choice: T, share: number])[]): T {
    let left = this.at(number)
    for (const [choice, share] of choices) {
      left -= share
      if (left < 0) return choice
    }
    const last = choices.at(-1)
    if (last === undefined) throw new RangeError('nothing to choose from')
    return last[0]
  }

  /** Another question of the same seed. */
  named(name: string): Chance {
    return new Chance(`${this.#seed}/${name}`)
  }
}

/** Uniform in [0, 1) from two integers (finalizer of MurmurHash3). */
export function hash(seed: number, index: number): number {
  let h = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

/** A whole number so far from the least to the most. @param share 0 to 1 */
export const within = ([least, most]: readonly [number, number], share: number): number =>
  Math.round(least + (most - least) * share)
