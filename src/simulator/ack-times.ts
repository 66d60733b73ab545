/** How long PUBACKs took, counted by whole milliseconds. */
export class AckTimes {
  readonly #counts = new Uint32Array(MOST_MS)
  #total = 0

  get count(): number {
    return this.#total
  }

  add(ms: number): void {
    const bucket = Math.min(MOST_MS - 1, Math.max(0, Math.floor(ms)))
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total++
  }

  /** The whole number of ms within which so many were there; 0 when there were none. */
  within(part: number): number {
    let seen = 0
    for (let ms = 0; ms < MOST_MS && this.#total > 0; ms++) {
      seen += this.#counts[ms] ?? 0
      if (seen >= this.#total * part) return ms + 1
    }
    return 0
  }
}

/** Longer ones are as good as lost. */
const MOST_MS = 60_000
