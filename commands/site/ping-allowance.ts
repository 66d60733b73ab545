const MINUTE_MS = 60_000

/** How many meters each terminal may still be asked for: so many in any minute, whoever asks. */
export class PingAllowance {
  readonly #metersPerMinute: number
  /** When each terminal was asked for a meter in the last minute, epoch ms, the earliest first. */
  readonly #asked = new Map<string, number[]>()

  constructor(metersPerMinute: number) {
    this.#metersPerMinute = metersPerMinute
  }

  /** Takes one meter of a terminal. @returns false when it was asked for too many of late */
  take(terminal: string, now: number): boolean {
    const recent = (this.#asked.get(terminal) ?? []).filter(at => at > now - MINUTE_MS && at <= now)
    const isFree = recent.length < this.#metersPerMinute
    if (isFree) recent.push(now)
    this.#asked.set(terminal, recent)
    return isFree
  }
}
