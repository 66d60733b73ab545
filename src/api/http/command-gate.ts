/**
 * Lets commands run side by side, and one piece of work at times alone among them: while a backup takes its point no
 * command changes anything. Who comes while somebody waits to be alone waits behind him.
 */
export class CommandGate {
  #running = 0
  #alone: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  /** Runs a command when nobody is alone. */
  async share<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone
    this.#running++
    try {
      return await work()
    } finally {
      this.#running--
      if (this.#running === 0) this.#onIdle?.()
    }
  }

  /** Runs `work` while no command does. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone
    const done = Promise.withResolvers<void>()
    this.#alone = done.promise
    try {
      if (this.#running > 0) {
        await new Promise<void>(resolve => {
          this.#onIdle = resolve
        })
      }
      return await work()
    } finally {
      this.#onIdle = undefined
      this.#alone = undefined
      done.resolve()
    }
  }
}
