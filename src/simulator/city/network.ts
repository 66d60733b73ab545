import { DEVICE_KINDS } from '../../registry/tables.ts'
import type { Chance } from './chance.ts'
import { Growing } from './growing.ts'

/**
 * The network of a city, from the substations down to the transformers, all looped and fed radially:
 *
 *   substation ─ bus ─ feeder ─ section ─ switch ─ section ─ switch ─ … ─ section ┄ tie ┄ section of the next feeder
 *                                 ├─ transformer                           └┄ tie ┄ section of another substation
 *                                 └─ fuse (lateral) ─ transformers
 */
export type DeviceKind = (typeof DEVICE_KINDS)[number]

/** Windings of distribution transformers: what an open phase above them looks like below depends on it. */
export const VECTOR_GROUPS = ['', 'Dyn11', 'Yyn0'] as const

/** Columns by device number; who feeds a device has a lower number. */
export interface Devices {
  readonly count: number
  /** Index into DEVICE_KINDS. */
  readonly kind: Uint8Array
  /** -1 for a substation. */
  readonly parent: Int32Array
  /** kVA, NaN where a device has no rating. */
  readonly ratedKva: Float64Array
  /** Index into VECTOR_GROUPS. */
  readonly vectorGroup: Uint8Array
  /** km east and north of the middle of the city. */
  readonly x: Float64Array
  readonly y: Float64Array
}

export interface Tie {
  readonly a: number
  readonly b: number
  readonly capacityKva: number
}

export interface Network {
  readonly devices: Devices
  readonly ties: readonly Tie[]
  /** Device numbers of the transformers, in order. */
  readonly transformers: Uint32Array
  /** Of each feeder its first and its last section. */
  readonly feeders: readonly { readonly feeder: number; readonly first: number; readonly last: number }[]
}

/** What hangs below a transformer, as far as its size depends on it. */
export interface TransformerPlan {
  readonly meters: number
  readonly peakKva: number
}

/** Ratings that are built, kVA (GB/T 6451). */
const RATINGS = [50, 100, 160, 200, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000] as const
/** A transformer is chosen so that its expected peak is at most this share of its rating. */
const PLANNED_SHARE = 0.7
const DYN_SHARE = 0.85
const FEEDERS_PER_BUS = 6
const BUSES_PER_SUBSTATION = 2
const FEEDERS_PER_SUBSTATION = FEEDERS_PER_BUS * BUSES_PER_SUBSTATION
const SUBSTATION_KVA = 50_000
const TIE_KVA = 6000
const SUBSTATION_SPACING_KM = 6

/** The smallest rating that carries a peak. */
export const ratingFor = (peakKva: number): number =>
  RATINGS.find(rating => rating * PLANNED_SHARE >= peakKva) ?? Math.ceil(peakKva / PLANNED_SHARE / 500) * 500

/** Grows the network over its transformers, which are dealt out in their order. */
export function growNetwork(plans: readonly TransformerPlan[], chance: Chance): Network {
  const grower = new Grower(chance)
  // A loop needs two feeders, and a hospital too: a small city has short ones.
  const most = Math.ceil(plans.length / 2)
  let next = 0
  while (next < plans.length) next = grower.addFeeder(plans.slice(0, next + most), next)
  return grower.done()
}

class Grower {
  readonly #sections: Chance
  readonly #direct: Chance
  readonly #laterals: Chance
  readonly #behind: Chance
  readonly #direction: Chance
  readonly #windings: Chance
  readonly #kind = new Growing()
  readonly #parent = new Growing()
  readonly #ratedKva = new Growing()
  readonly #vectorGroup = new Growing()
  readonly #x = new Growing()
  readonly #y = new Growing()
  readonly #transformers = new Growing()
  readonly #feeders: { feeder: number; first: number; last: number; middle: number }[] = []
  #buses: number[] = []

  constructor(chance: Chance) {
    this.#sections = chance.named('sections of a feeder')
    this.#direct = chance.named('transformers at the line')
    this.#laterals = chance.named('laterals of a section')
    this.#behind = chance.named('transformers behind a fuse')
    this.#direction = chance.named('direction')
    this.#windings = chance.named('vector group')
  }

  /** @returns the first plan that found no place on it */
  addFeeder(plans: readonly TransformerPlan[], from: number): number {
    const number = this.#feeders.length
    if (number % FEEDERS_PER_SUBSTATION === 0) this.#addSubstation(number / FEEDERS_PER_SUBSTATION)
    const bus = this.#buses[number % BUSES_PER_SUBSTATION] ?? 0
    const sections = 3 + this.#sections.integer(number, 4)
    const angle = 2 * Math.PI * ((number % FEEDERS_PER_SUBSTATION) / FEEDERS_PER_SUBSTATION)
    const feeder = this.#add('feeder', bus, Number.NaN)
    let [next, above] = [from, feeder]
    const made: number[] = []
    for (let i = 0; i < sections; i++) {
      // A small city has no sections that feed nobody; two are left, so that there is something to switch.
      if (i > 1 && next === plans.length) break
      if (i > 0) above = this.#add('switch', above, Number.NaN, i * 0.5, angle)
      const section = this.#add('section', above, Number.NaN, 0.3 + i * 0.5, angle)
      made.push(section)
      next = this.#hang(section, plans, next)
      above = section
    }
    const [first = feeder] = made
    this.#feeders.push({
      feeder,
      first,
      last: made.at(-1) ?? first,
      middle: made[made.length >> 1] ?? first
    })
    return next
  }

  done(): Network {
    const kind = Uint8Array.from(this.#kind.done())
    return {
      devices: {
        count: kind.length,
        kind,
        parent: Int32Array.from(this.#parent.done()),
        ratedKva: this.#ratedKva.done(),
        vectorGroup: Uint8Array.from(this.#vectorGroup.done()),
        x: this.#x.done(),
        y: this.#y.done()
      },
      ties: this.#tie(),
      transformers: Uint32Array.from(this.#transformers.done()),
      feeders: this.#feeders.map(({ feeder, first, last }) => ({ feeder, first, last }))
    }
  }

  /** Each feeder ends at the next one of its substation, and meets one of the next substation in its middle. */
  #tie(): Tie[] {
    const ties: Tie[] = []
    this.#feeders.forEach((one, i) => {
      const next = this.#feeders[i + 1]
      const isSame = Math.floor(i / FEEDERS_PER_SUBSTATION) === Math.floor((i + 1) / FEEDERS_PER_SUBSTATION)
      if (next !== undefined && isSame) ties.push({ a: one.last, b: next.last, capacityKva: TIE_KVA })
      const far = this.#feeders[i + FEEDERS_PER_SUBSTATION]
      if (far !== undefined && i % 2 === 0) ties.push({ a: one.middle, b: far.middle, capacityKva: TIE_KVA })
    })
    return ties
  }

  #addSubstation(number: number): void {
    const row = Math.floor(Math.sqrt(number))
    const place = number - row * row
    const x = Math.min(place, row) * SUBSTATION_SPACING_KM
    const y = Math.min(row, 2 * row - place) * SUBSTATION_SPACING_KM
    const substation = this.#place('substation', -1, SUBSTATION_KVA, x, y)
    this.#buses = Array.from({ length: BUSES_PER_SUBSTATION }, () =>
      this.#place('bus', substation, Number.NaN, x, y)
    )
  }

  /** Hangs the section's transformers: one or two at the line, the others behind the fuses of its laterals. */
  #hang(section: number, plans: readonly TransformerPlan[], from: number): number {
    const direct = 1 + this.#direct.integer(section, 2)
    let next = this.#addTransformers(section, plans, from, direct)
    const laterals = 1 + this.#laterals.integer(section, 3)
    for (let i = 0; i < laterals && next < plans.length; i++) {
      const fuse = this.#add('fuse', section, Number.NaN, 0.15, this.#turn(section * 4 + i))
      next = this.#addTransformers(fuse, plans, next, 2 + this.#behind.integer(fuse, 4))
    }
    return next
  }

  #addTransformers(above: number, plans: readonly TransformerPlan[], from: number, most: number): number {
    const to = Math.min(plans.length, from + most)
    for (const { peakKva } of plans.slice(from, to)) {
      const turn = this.#turn(this.#kind.length)
      const transformer = this.#add('transformer', above, ratingFor(peakKva), 0.1, turn)
      this.#transformers.push(transformer)
    }
    return to
  }

  #turn(number: number): number {
    return 2 * Math.PI * this.#direction.at(number)
  }

  /** A device some way from the one above it. */
  #add(kind: DeviceKind, parent: number, ratedKva: number, km = 0, angle = 0): number {
    const x = this.#x.at(parent) + km * Math.cos(angle)
    const y = this.#y.at(parent) + km * Math.sin(angle)
    return this.#place(kind, parent, ratedKva, x, y)
  }

  #place(kind: DeviceKind, parent: number, ratedKva: number, x: number, y: number): number {
    const number = this.#kind.push(DEVICE_KINDS.indexOf(kind))
    const isDyn = this.#windings.at(number) < DYN_SHARE
    this.#parent.push(parent)
    this.#ratedKva.push(ratedKva)
    this.#vectorGroup.push(kind !== 'transformer' ? 0 : isDyn ? 1 : 2)
    this.#x.push(x)
    this.#y.push(y)
    return number
  }
}
