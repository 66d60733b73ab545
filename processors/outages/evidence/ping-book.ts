import type { PingRecord } from '../../../src/records/gateway-record.ts'
import { figure } from '../likelihoods.ts'

/** Meters that one terminal was asked for, as far as they have not been answered. */
export interface OpenPing {
  readonly id: string
  readonly terminal: string
  /** Log time at which it was asked. */
  readonly askedAt: number
  readonly deadline: number
  /** Ids of meters that wait for their answer. */
  readonly waiting: Set<string>
}

/**
 * Who was asked and has not answered yet. Answers to anything else say nothing: what a terminal tells without being asked comes by
 * the topic of readings.
 */
export class PingBook {
  /** By id, then by terminal: none of both is free of every letter that could part them. */
  readonly #open = new Map<string, Map<string, OpenPing>>()

  asked({ id, deadline, asked }: PingRecord, now: number): void {
    const pings = new Map<string, OpenPing>()
    for (const { terminal, meters } of asked)
      pings.set(terminal, { id, terminal, askedAt: now, deadline, waiting: new Set(meters) })
    this.#open.set(id, pings)
  }

  /** What a terminal was asked under an id; undefined when it was not, or when that is too long ago. */
  of(id: string, terminal: string): OpenPing | undefined {
    return this.#open.get(id)?.get(terminal)
  }

  /** Forgets what nobody answers any more: an answer that waited so long for a link says nothing about now. */
  forget(now: number): void {
    for (const [id, pings] of this.#open)
      for (const { terminal, deadline, waiting } of pings.values()) {
        if (waiting.size > 0 && now <= deadline + figure('freshness')) continue
        pings.delete(terminal)
        if (pings.size === 0) this.#open.delete(id)
      }
  }

  save(): object {
    return [...this.#open.values()].flatMap(pings =>
      [...pings.values()].map(ping => ({ ...ping, waiting: [...ping.waiting] }))
    )
  }

  load(saved: object): void {
    this.#open.clear()
    for (const ping of saved as (Omit<OpenPing, 'waiting'> & { waiting: string[] })[]) {
      const pings = this.#open.get(ping.id) ?? new Map<string, OpenPing>()
      pings.set(ping.terminal, { ...ping, waiting: new Set(ping.waiting) })
      this.#open.set(ping.id, pings)
    }
  }
}
