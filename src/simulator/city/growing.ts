/** A column of numbers that grows; `done` gives it as long as it is. */
export class Growing {
  #values = new Float64Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** @returns the place it got */
  push(value: number): number {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length] = value
    return this.#length++
  }

  at(place: number): number {
    return this.#values[place] ?? Number.NaN
  }

  done(): Float64Array {
    return this.#values.slice(0, this.#length)
  }
}
