import type { MeterColumns } from '../../../src/registry/lookup/registry.ts'
import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import type { MeterRulesBook } from '../meter-rules.ts'
import { type RegisterPoint, rulesUnder } from './ratios.ts'
import type { RegisterRules } from './register.ts'

/** A cut between bindings: what the register showed when one ended, and when the next began. */
interface Cut {
  /** A reading at this time or later lies behind the cut; the last cut of all lies behind a reading at its time. */
  readonly at: number
  readonly isLast: boolean
  readonly closing: RegisterPoint | undefined
  readonly opening: RegisterPoint | undefined
}

const NO_CUTS: readonly Cut[] = []

/**
 * One meter's bindings as bounds of its intervals. Where the registry says what the register showed at the end of a
 * binding, that is a point like a reading's, and no interval reaches across: the energy up to the removal counts with
 * the ratio of then, the energy from the installation on with that of now.
 *
 *   zone    0            cut          1
 *   ──●─────●─── removed ┊ installed ───●─────●──
 *               (closing)┊(opening)
 *
 * One that is not known is that of the other side where both are of one moment: the ratio changed, the register went
 * on. A cut of which neither side is known is none.
 */
export class MeterBindings {
  readonly #meter: number
  readonly #rules: MeterRulesBook
  readonly #cuts: readonly Cut[]

  constructor(meters: MeterColumns, meter: number, rules: MeterRulesBook) {
    this.#meter = meter
    this.#rules = rules
    this.#cuts = mayHaveEnds(meters, meter) ? cutsOf(meters, meter, rules) : NO_CUTS
  }

  /** Rules for the interval that ends at this point. */
  rulesOf({ time, ratio }: RegisterPoint): RegisterRules {
    return rulesUnder(this.#rules.of(this.#meter, time), ratio)
  }

  /** Whether no interval reaches from one to the other. */
  isApart(before: RegisterPoint, now: RegisterPoint): boolean {
    return this.#cuts.length > 0 && this.#zoneOf(before) !== this.#zoneOf(now)
  }

  /** What bounds the interval that ends at `own`: the reading before it, or the beginning of its binding. */
  before(own: RegisterPoint, reading: RegisterPoint | undefined): RegisterPoint | undefined {
    if (this.#cuts.length === 0) return reading
    if (reading !== undefined && !this.isApart(reading, own)) return reading
    const opening = this.#cuts[this.#zoneOf(own) - 1]?.opening
    return opening !== undefined && opening.time < own.time ? opening : undefined
  }

  /** What bounds the interval that begins at `own`: the reading after it, or the end of its binding. */
  after(own: RegisterPoint, reading: RegisterPoint | undefined): RegisterPoint | undefined {
    if (this.#cuts.length === 0) return reading
    if (reading !== undefined && !this.isApart(own, reading)) return reading
    const closing = this.#cuts[this.#zoneOf(own)]?.closing
    return closing !== undefined && closing.time > own.time ? closing : undefined
  }

  /** Readings, oldest first, with the ends of bindings in [from, to] among them; a reading at an end stands for it. */
  withEnds(readings: readonly RegisterPoint[], from = -Infinity, to = Infinity): readonly RegisterPoint[] {
    if (this.#cuts.length === 0) return readings
    const ends = this.#cuts
      .flatMap(({ closing, opening }) => [closing, opening])
      .filter(end => end !== undefined)
      .filter(end => end.time >= from && end.time <= to)
      .filter(end => !readings.some(reading => reading.time === end.time && !this.isApart(reading, end)))
    return [...readings, ...ends].sort((a, b) => a.time - b.time || this.#zoneOf(a) - this.#zoneOf(b))
  }

  /** How many ends are known. */
  get ends(): number {
    return this.#cuts.flatMap(({ closing, opening }) => [closing, opening]).filter(end => end !== undefined)
      .length
  }

  /** Equal for bindings with the same ends. */
  get endsKey(): string {
    return JSON.stringify(this.#cuts)
  }

  #zoneOf({ zone, time }: RegisterPoint): number {
    if (zone !== undefined) return zone
    let behind = 0
    for (const { at, isLast } of this.#cuts) if (isLast ? time > at : time >= at) behind++
    return behind
  }
}

/** Whether a meter's ends are to be looked at: most have one binding of which the registry says no register. */
export function mayHaveEnds(meters: MeterColumns, meter: number): boolean {
  if ((meters.earlier[meter] ?? -1) >= 0) return true
  const isKnown = (shown = Number.NaN): boolean => !Number.isNaN(shown)
  return isKnown(meters.initialRegister[meter]) || isKnown(meters.removedRegister[meter])
}

/** Whether two registries surely say the same of a meter's ends; false where it has to be looked at. */
export function areEndsEqual(was: MeterColumns, is: MeterColumns, meter: number): boolean {
  if (!mayHaveEnds(was, meter) && !mayHaveEnds(is, meter)) return true
  if ((was.earlier[meter] ?? -1) >= 0 || (is.earlier[meter] ?? -1) >= 0) return false
  const columns = ['installedAt', 'removedAt', 'initialRegister', 'removedRegister', 'ct', 'pt'] as const
  return columns.every(column => Object.is(was[column][meter], is[column][meter]))
}

function cutsOf(meters: MeterColumns, meter: number, rules: MeterRulesBook): Cut[] {
  const rows: number[] = []
  for (let row = meter; row >= 0; row = meters.earlier[row] ?? -1) rows.unshift(row)
  const begin = (row: number): number => meters.installedAt[row] ?? -Infinity
  const end = (row: number): number => meters.removedAt[row] ?? Infinity
  const cuts: Cut[] = []
  for (let i = 0; i <= rows.length; i++) {
    const [closed, opened] = [rows[i - 1], rows[i]]
    const shownBefore = closed === undefined ? Number.NaN : (meters.removedRegister[closed] ?? Number.NaN)
    const shownAfter = opened === undefined ? Number.NaN : (meters.initialRegister[opened] ?? Number.NaN)
    const isMoment = closed !== undefined && opened !== undefined && end(closed) === begin(opened)
    const zone = cuts.length
    const point = (time: number, shown: number, row: number, zone: number): RegisterPoint | undefined => {
      if (!Number.isFinite(time) || Number.isNaN(shown)) return undefined
      return { time, registers: registersOf(shown), ratio: rules.ofBinding(row).register.ratio, zone }
    }
    const closing =
      closed === undefined
        ? undefined
        : point(end(closed), isMoment && Number.isNaN(shownBefore) ? shownAfter : shownBefore, closed, zone)
    const opening =
      opened === undefined
        ? undefined
        : point(
            begin(opened),
            isMoment && Number.isNaN(shownAfter) ? shownBefore : shownAfter,
            opened,
            zone + 1
          )
    if (closing === undefined && opening === undefined) continue
    const isLast = opened === undefined
    cuts.push({ at: isLast ? (closing?.time ?? 0) : begin(opened), isLast, closing, opening })
  }
  return cuts
}

/** The registry knows the import register alone. */
const registersOf = (importKwh: number): number[] => [
  importKwh,
  ...new Array<number>(REGISTER_COUNT - 1).fill(Number.NaN)
]
