/**
 * One thing at a time: the connection is one, so what ran between the statements of another transaction would become part
 * of it.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }
}
