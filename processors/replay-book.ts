import { type QuarantineKey, type QuarantineMark, quarantineNumber } from '../src/model/quarantine.ts'
import type { ReplayEntry, ReplayRecord } from '../src/records/gateway-record.ts'

/** How long it is remembered what was taken out of the quarantine, log time. A request is minutes on its way. */
const MEMORY_MS = 3_600_000
/** Entries remembered at most. */
const MOST = 100_000

interface Taken {
  readonly key: string
  /** Record of the events log that took it out. */
  readonly seq: number
  readonly at: number
}

const BYTES_LOST = quarantineNumber('LOG_DAMAGED')
const keyOf = ({ log, seq, index }: QuarantineKey): string => `${log[0]}${seq}/${index}`

/**
 * What was taken out of the quarantine of late. A request holds the entries that the store showed as open when it was
 * made; a request before it may have taken the same. Each is counted out of the quarantine once: what is remembered
 * here is passed over, and a request that was made before what is remembered is passed over whole.
 *
 *   events log   ── store was here ── other request ── request ──
 *                   (eventsSeq)       └ remembered ┘
 */
export class ReplayBook {
  /** In the order in which they were taken. */
  readonly #taken = new Map<string, Taken>()
  /** Seq of the newest record that is forgotten. */
  #forgotten = 0

  /** An entry was taken out by this record of the events log, or came back. */
  note(mark: QuarantineMark, seq: number): void {
    const key = keyOf(mark)
    this.#taken.delete(key)
    if (mark.outcome !== 'quarantined') this.#taken.set(key, { key, seq, at: mark.at })
    for (const [oldest, { seq, at }] of this.#taken) {
      if (this.#taken.size <= MOST && at >= mark.at - MEMORY_MS) break
      this.#taken.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, seq)
    }
  }

  /** The entries of a request that are set aside still. */
  *open({ eventsSeq, entries }: ReplayRecord): Generator<ReplayEntry> {
    if (eventsSeq < this.#forgotten) return
    for (const entry of entries) {
      // Of bytes that are lost there is nothing to decode.
      if (entry.reason !== BYTES_LOST && !this.#taken.has(keyOf(entry))) yield entry
    }
  }

  save(): object {
    return { taken: [...this.#taken.values()], forgotten: this.#forgotten }
  }

  load(saved: object): void {
    const { taken, forgotten } = saved as { taken: Taken[]; forgotten: number }
    this.#taken.clear()
    for (const each of taken) this.#taken.set(each.key, each)
    this.#forgotten = forgotten
  }
}
