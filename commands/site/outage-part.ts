import type { ApiOutages } from '../../src/api/context.ts'
import { NO_FIGURES } from '../../src/ledger/outage-port.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { partsOf, type RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { FollowData, Followed, SharedLog, ToLedger } from '../threads/messages.ts'

const NOTHING_FOLLOWED: Followed = { cursor: 0, seq: 0, figures: NO_FIGURES, trouble: '' }

/** The results log as its followers are given it. */
export interface ResultsLog {
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  /** Seq of its newest durable record. */
  readonly newest: () => number
}

/** How the ledger follows the results log, as the rest of the site sees it. */
export class OutagePart {
  readonly #send: (message: ToLedger) => void
  readonly #settings: Pick<FollowData, 'logLevel' | 'timezone'>
  readonly #onCursor: (cursor: number) => void
  #log: ResultsLog | undefined
  #registry: RegistryParts | undefined
  #isHeld = false
  #followed = NOTHING_FOLLOWED

  /** @param onCursor what lies before it in the results log is not needed any more */
  constructor(
    send: (message: ToLedger) => void,
    settings: Pick<FollowData, 'logLevel' | 'timezone'>,
    onCursor: (cursor: number) => void
  ) {
    this.#send = send
    this.#settings = settings
    this.#onCursor = onCursor
  }

  /** For each start of the thread. */
  get data(): FollowData | undefined {
    if (this.#log === undefined) return undefined
    const { bell, results } = this.#log
    return { bell, results, registry: this.#registry, isHeld: this.#isHeld, ...this.#settings }
  }

  /** Why it cannot go on, '' when it can. */
  get trouble(): string {
    return this.#followed.trouble
  }

  /** What the API shows without asking. */
  get shown(): ApiOutages {
    const { figures, seq } = this.#followed
    return { ...figures, recordsBehind: Math.max(0, (this.#log?.newest() ?? 0) - seq) }
  }

  follow(log: ResultsLog): void {
    this.#log = log
    const { data } = this
    if (data !== undefined) this.#send({ type: 'follow', follow: data })
  }

  /** From now on places are those of this registry. */
  setRegistry(registry: Registry): void {
    const parts = partsOf(registry)
    if (parts === undefined) return
    this.#registry = parts
    if (this.#log !== undefined) this.#send({ type: 'registry', parts })
  }

  /** For the next start of the thread: that it is held now is asked of it by a call. */
  setHeld(isHeld: boolean): void {
    this.#isHeld = isHeld
  }

  take(followed: Followed): void {
    this.#followed = followed
    this.#onCursor(followed.cursor)
  }
}
