/** Meters that are remembered one by one; beyond that all count. */
const MOST = 20_000

/** Meters that have rows, or may have, which their curve does not know. */
export class Touched {
  /** Undefined when there are too many to tell. */
  #meters: Set<number> | undefined = new Set()

  add(meters: Uint32Array | Float64Array): void {
    const known = this.#meters
    if (known === undefined) return
    for (let i = 0; i < meters.length; i++) known.add(meters[i] ?? 0)
    if (known.size > MOST) this.#meters = undefined
  }

  has(meter: number): boolean {
    return this.#meters?.has(meter) ?? true
  }

  get size(): number {
    return this.#meters?.size ?? Number.POSITIVE_INFINITY
  }
}
