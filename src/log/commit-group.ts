import type { OnDurable } from './port.ts'
import { encodeRecord, spanOf } from './record-format.ts'

/** Records that become durable together: one buffer for one write, and who waits for it. Reused after `settle`. */
export class CommitGroup {
  firstSeq = 0
  lastSeq = 0
  /** Monotonic ms at which the first record came in. */
  openedAt = 0
  #bytes = new Uint8Array(1 << 18)
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  #waiting: OnDurable[] = []

  get bytes(): number {
    return this.#length
  }

  begin(firstSeq: number, openedAt: number): void {
    this.firstSeq = firstSeq
    this.lastSeq = firstSeq - 1
    this.openedAt = openedAt
    this.#length = 0
  }

  add(
    kind: number,
    seq: number,
    at: number,
    head: Uint8Array,
    payload: Uint8Array,
    onDurable: OnDurable
  ): void {
    this.#reserve(spanOf(head.length + payload.length))
    const record = { kind, seq, at, commit: this.firstSeq }
    this.#length += encodeRecord(this.#bytes, this.#view, this.#length, record, head, payload)
    this.lastSeq = seq
    this.#waiting.push(onDurable)
  }

  /** Also waits for the group without adding a record. */
  whenDone(onDurable: OnDurable): void {
    this.#waiting.push(onDurable)
  }

  /** The bytes to write. They stay unchanged until `begin`. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  settle(error: Error | undefined): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const onDurable of waiting) onDurable(error)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
