type Release = (error: Error | undefined) => void

interface Waiting {
  readonly release: Release
  isSettled: boolean
  error: Error | undefined
}

/**
 * Releases the acknowledgements of one connection in the order of its publishes [MQTT-4.6.0-2]. A terminal's readings
 * and events go to two logs, which become durable on their own.
 */
export class AckOrder {
  readonly #waiting: Waiting[] = []

  /** Takes the next place. The returned function settles it; `release` runs once all places before it have. */
  hold(release: Release): Release {
    const place: Waiting = { release, isSettled: false, error: undefined }
    this.#waiting.push(place)
    return error => {
      place.isSettled = true
      place.error = error
      this.#releaseSettled()
    }
  }

  #releaseSettled(): void {
    for (let first = this.#waiting[0]; first?.isSettled === true; first = this.#waiting[0]) {
      this.#waiting.shift()
      first.release(first.error)
    }
  }
}
