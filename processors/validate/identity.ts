import { INTERNED } from '../../src/codecs/decoded-frame.ts'
import type { QuarantineCode } from '../../src/model/quarantine.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import { bindingAt, type Registry } from '../../src/registry/lookup/registry.ts'

export const DAY_MS = 86_400_000
export const MINUTE_MS = 60_000

/** Whose reading it is: a dense meter number, or why the reading is set aside. */
export type Identity = number | QuarantineCode

/** Tells whose readings come, by one registry under one set of settings. */
export class Identification {
  readonly #registry: Registry
  readonly #settings: SettingsRecord
  /** The id last met at each place of the scanner's table, and its number: most look-ups end here. */
  readonly #ids: string[] = new Array<string>(INTERNED).fill('')
  readonly #numbers = new Int32Array(INTERNED)

  constructor(registry: Registry, settings: SettingsRecord) {
    this.#registry = registry
    this.#settings = settings
  }

  /** The registry's own text object for a terminal's id: comparing a text with itself costs nothing. */
  terminal(id: string): string {
    return this.#registry.terminals.get(id)?.id ?? id
  }

  /**
   * Identity and time of a reading, checked in this order: known meter, bound to this terminal then, inside the time
   * window around the arrival, installed at that time.
   * @param id meter id as sent; `self` is the terminal's own sampling
   * @param place where the scanner keeps the id, -1 when it does not
   * @param time data time @param at arrival, both epoch ms
   */
  identify(terminal: string, id: string, place: number, time: number, at: number): Identity {
    const meter = this.#number(terminal, id, place)
    if (meter < 0) return 'UNKNOWN_METER'
    const { meters } = this.#registry
    const binding = bindingAt(meters, meter, time)
    if (meters.terminal.get(binding) !== terminal) return 'FOREIGN_METER'
    if (time < at - this.#settings.pastDays * DAY_MS) return 'TIME_TOO_OLD'
    if (time > at + this.#settings.futureMinutes * MINUTE_MS) return 'TIME_IN_FUTURE'
    const installed = meters.installedAt[binding] ?? -Infinity
    const removed = meters.removedAt[binding] ?? Infinity
    return time < installed || time > removed ? 'METER_INACTIVE' : meter
  }

  #number(terminal: string, id: string, place: number): number {
    const { meterNumbers } = this.#registry
    if (id === 'self') return meterNumbers.get(`self:${terminal}`) ?? -1
    if (place < 0) return meterNumbers.get(id) ?? -1
    if (this.#ids[place] !== id) {
      this.#ids[place] = id
      this.#numbers[place] = meterNumbers.get(id) ?? -1
    }
    return this.#numbers[place] ?? -1
  }
}
