/** One of each, then the next of each, until all are through. */
export function* inTurns<T>(parts: readonly Iterator<T>[]): Generator<T> {
  let left = parts
  while (left.length > 0) {
    const more: Iterator<T>[] = []
    for (const part of left) {
      const { done, value } = part.next()
      if (done === true) continue
      yield value
      more.push(part)
    }
    left = more
  }
}
