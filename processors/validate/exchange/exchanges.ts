import type { SettingsRecord } from '../../../src/records/gateway-record.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { DAY_MS, MINUTE_MS } from '../identity.ts'
import type { ReadingWindow } from '../window/window.ts'
import { ExchangeRules, reportInterval, SILENT_INTERVALS, STRANGER_MS } from './exchange-rules.ts'
import type { UnboundReading, UnknownMeter, UnknownMeters } from './unknown-meters.ts'

/**
 * Probable exchanges: an unknown meter on a known terminal, one of whose meters falls silent. Its readings wait.
 *
 *   unknown ─> waits ─> a neighbour is silent? ─ yes ─> waits on ─> an import names it ─> judged as late data
 *                            └ no: a stranger, set aside            └ too long: set aside
 */
export class Exchanges {
  readonly #registry: Registry
  readonly #settings: SettingsRecord
  readonly #unknowns: UnknownMeters
  readonly #window: ReadingWindow
  readonly #rules: ExchangeRules

  constructor(registry: Registry, settings: SettingsRecord, unknowns: UnknownMeters, window: ReadingWindow) {
    this.#registry = registry
    this.#settings = settings
    this.#unknowns = unknowns
    this.#window = window
    this.#rules = new ExchangeRules(registry)
  }

  /** @returns whether the reading waits; else it is to be set aside */
  hold(id: string, reading: UnboundReading): boolean {
    const { origin, time, heldAt } = reading
    const { terminal, at } = origin
    if (id === 'self' || !this.#registry.terminals.has(terminal)) return false
    const { pastDays, futureMinutes } = this.#settings
    if (time < at - pastDays * DAY_MS || time > at + futureMinutes * MINUTE_MS) return false
    const unknown = this.#unknowns.get(terminal, id)
    if (unknown !== undefined && heldAt < unknown.strangerUntil) return false
    if (unknown !== undefined && unknown.strangerUntil > 0) this.#unknowns.end(unknown)
    const meter = this.#unknowns.get(terminal, id) ?? this.#begin(terminal, id, time, heldAt)
    return meter !== undefined && this.#unknowns.add(meter, reading)
  }

  #begin(terminal: string, id: string, firstTime: number, firstAt: number): UnknownMeter | undefined {
    const checkAt = firstAt + SILENT_INTERVALS * reportInterval(this.#registry, terminal)
    const heard = { firstTime, firstAt, checkAt }
    return this.#unknowns.begin({ terminal, id, ...heard, neighbour: -1, strangerUntil: 0 })
  }

  /**
   * After a frame of the terminal: whether its neighbours are silent still.
   * @param now log time @returns what turned out to be of strangers
   */
  judge(terminal: string, now: number): UnboundReading[] {
    const strange: UnboundReading[] = []
    for (const unknown of this.#unknowns.of(terminal)) {
      if (unknown.strangerUntil > 0 || now < unknown.checkAt) continue
      unknown.checkAt = now + reportInterval(this.#registry, terminal)
      unknown.neighbour = this.#rules.neighbourOf(unknown, this.#unknowns, this.#window)
      if (unknown.neighbour >= 0) continue
      unknown.strangerUntil = now + STRANGER_MS
      strange.push(...this.#unknowns.take(unknown))
    }
    return strange
  }

  /** What has waited too long. @param now log time */
  sweep(now: number): UnboundReading[] {
    return this.#unknowns.sweep(now, this.#settings.pastDays)
  }

  /** What waited for this registry, in order of data time. */
  release(): UnboundReading[] {
    return this.#unknowns.release(id => this.#registry.meterNumbers.has(id))
  }
}
