import type { DurableMark } from './port.ts'

/**
 * How far a log is durable, shared between threads: slot 0 the seq, slot 1 how often the writer began another
 * segment. A bell shared by several logs wakes a reader that waits for any of them.
 */
export class SharedMark implements DurableMark {
  readonly buffer: SharedArrayBuffer
  readonly bell: SharedArrayBuffer
  readonly #slots: BigInt64Array
  readonly #bell: Int32Array

  constructor(bell = new SharedArrayBuffer(4), buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer
    this.bell = bell
    this.#slots = new BigInt64Array(buffer)
    this.#bell = new Int32Array(bell)
  }

  get(): number {
    return Number(Atomics.load(this.#slots, 0))
  }

  get rolls(): number {
    return Number(Atomics.load(this.#slots, 1))
  }

  set(seq: number): void {
    Atomics.store(this.#slots, 0, BigInt(seq))
    ring(this.#bell)
  }

  rolled(): void {
    Atomics.add(this.#slots, 1, 1n)
  }
}

/** Wakes everyone who waits on this bell. */
export function ring(bell: Int32Array): void {
  Atomics.add(bell, 0, 1)
  Atomics.notify(bell, 0)
}

/** Waits until the bell has rung since `seen`, at most `timeoutMs`. Returns the count to wait with next. */
export async function listen(bell: Int32Array, seen: number, timeoutMs: number): Promise<number> {
  const outcome = Atomics.waitAsync(bell, 0, seen, timeoutMs)
  if (outcome.async) await outcome.value
  return Atomics.load(bell, 0)
}
