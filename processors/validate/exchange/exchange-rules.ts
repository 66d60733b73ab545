import type { Registry } from '../../../src/registry/lookup/registry.ts'
import type { ReadingWindow } from '../window/window.ts'
import type { UnknownMeter, UnknownMeters } from './unknown-meters.ts'

/**
 * Expected reports that a neighbour has to miss before it counts as silent. Over power lines a single read is often
 * lost and two in a row now and then; three of one meter while its terminal goes on reporting are seldom chance.
 */
export const SILENT_INTERVALS = 3
/** Time between reports where the registry does not say: the usual sampling of collection terminals. */
const USUAL_INTERVAL_S = 900
/**
 * How long before the unknown meter's first reading the neighbour may have fallen silent: a crew exchanges the meter,
 * and the terminal learns its address when the work order is closed, at the latest after a weekend.
 */
const EXCHANGE_MS = 3 * 86_400_000
/** How long a stranger is remembered: the old meter may report until the new one is connected the next day. */
export const STRANGER_MS = 86_400_000

/** Time between two reports of a terminal, ms: what it samples arrives when it uploads. */
export function reportInterval(registry: Registry, terminal: string): number {
  const { sampleIntervalS = Number.NaN, uploadIntervalS = Number.NaN } =
    registry.terminals.get(terminal) ?? {}
  const known = [sampleIntervalS, uploadIntervalS].filter(seconds => seconds > 0)
  return 1000 * (known.length === 0 ? USUAL_INTERVAL_S : Math.max(...known))
}

/**
 * Tells which meters of a terminal may have been exchanged, by one registry.
 *
 *   neighbour   ──●──●──●                    silent: nothing of it is newer than the unknown meter's first reading,
 *   unknown               ●──●──●──●         and it was heard of up to three days before
 *   looked at                      ^ when the terminal has gone on for SILENT_INTERVALS, then once an interval
 */
export class ExchangeRules {
  readonly #registry: Registry
  #meters: Map<string, number[]> | undefined

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** The neighbour that the unknown meter may stand in for, -1 when all go on reporting. */
  neighbourOf(unknown: UnknownMeter, unknowns: UnknownMeters, window: ReadingWindow): number {
    const { terminal, neighbour } = unknown
    if (neighbour >= 0 && this.#isSilent(neighbour, unknown, window)) return neighbour
    const claimed = new Set(
      [...unknowns.of(terminal)].map(other => (other === unknown ? -1 : other.neighbour))
    )
    const meters = this.#metersOf(terminal)
    return meters.find(meter => !claimed.has(meter) && this.#isSilent(meter, unknown, window)) ?? -1
  }

  #isSilent(meter: number, { firstTime }: UnknownMeter, window: ReadingWindow): boolean {
    const last = window.count(meter) - 1
    if (last < 0) return false
    const newest = window.time(meter, last)
    const { installedAt, id } = this.#registry.meters
    const isInstalled = (installedAt[meter] ?? -Infinity) <= firstTime
    // The terminal's own sampling is no meter that a crew exchanges.
    return (
      isInstalled &&
      newest <= firstTime &&
      newest >= firstTime - EXCHANGE_MS &&
      !id.get(meter).startsWith('self:')
    )
  }

  /** Made when first needed: most registries meet no unknown meter. */
  #metersOf(terminal: string): readonly number[] {
    if (this.#meters === undefined) {
      const { meters } = this.#registry
      this.#meters = new Map()
      for (let meter = 0; meter < meters.count; meter++) {
        const of = meters.terminal.get(meter)
        const known = this.#meters.get(of)
        if (known !== undefined) known.push(meter)
        else if (of !== '') this.#meters.set(of, [meter])
      }
    }
    return this.#meters.get(terminal) ?? []
  }
}
