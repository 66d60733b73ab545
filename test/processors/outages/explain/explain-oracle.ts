import { CLAIM, MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { OtherSources } from '../../../../processors/outages/evidence/other-sources.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import type { Books } from '../../../../processors/outages/books.ts'
import type { Moment } from '../../../../processors/outages/explain/tally.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { FIGURES } from '../../../../processors/outages/likelihoods.ts'
import { drawRegistry, type DrawnMeters, type DrawnRow } from '../../../support/outage-registry.ts'

/** What one meter says of the moment. */
export interface Said {
  readonly gasp?: boolean
  readonly collected?: boolean
  readonly record?: boolean
  /** Proven to have supply a minute later. */
  readonly alive?: boolean
  /** Missed since, and -ln of how likely that is by chance. */
  readonly silent?: number
}

export interface Drawing {
  readonly devices: readonly DrawnRow[]
  readonly meters: readonly DrawnMeters[]
  readonly terminals: readonly { readonly id: string; readonly poweredBy: string; readonly backup: string }[]
  /** By meter. */
  readonly said: ReadonlyMap<string, Said>
  /** By terminal. */
  readonly words: ReadonlyMap<string, 'down' | 'mains'>
}

export const START = Date.UTC(2026, 10, 20, 8)
export const NOW = START + 120_000
const CASE = 1

/** The drawing as the stage's books hold it. */
export function booksOf({ devices, meters, terminals, said, words }: Drawing): Books & { moment: Moment } {
  const registry = drawRegistry({ devices, meters, terminals })
  const grid = new PresentGrid(registry)
  const book = new MeterBook()
  book.grow(registry.meters.count)
  for (const [id, { gasp, collected, record, alive, silent }] of said) {
    const meter = registry.meterNumbers.get(id)!
    book.prove(meter, START - 60_000)
    if (gasp === true || collected === true) {
      book.lostCase[meter] = CASE
      book.lostAt[meter] = START
      book.lostBy[meter] = gasp === true ? CLAIM.gasp : CLAIM.collected
    }
    if (record === true) {
      book.recordCase[meter] = CASE
      book.recordStart[meter] = START
      book.recordEnd[meter] = START + 100_000
    }
    if (alive === true) book.prove(meter, START + 60_000)
    if (silent !== undefined) book.missRound(meter, silent, START + 30_000, false)
  }
  const book2 = new TerminalBook()
  for (const [id, word] of words) {
    const state = book2.of(id)
    if (word === 'down') Object.assign(state, { downAt: START, downCase: CASE })
    else state.mainsAt = START + 60_000
  }
  const moment = {
    id: CASE,
    start: START,
    backAt: Number.NaN,
    incidents: new Set<number>(),
    hasOdd: false,
    isPast: false
  }
  return { grid, meters: book, terminals: book2, others: new OtherSources(), moment }
}

/** A device or a service line that may have failed. */
export interface Part {
  readonly name: string
  readonly isService: boolean
  readonly score: number
}

const BUNDLE = -Math.log(FIGURES.falseBundle.value)

/** Explains a drawing by trying everything: no tree, no sums on the way up, no memory. */
export class Oracle {
  readonly #drawing: Drawing
  readonly #parent: ReadonlyMap<string, string>
  readonly #kind: ReadonlyMap<string, string>
  /** By meter. */
  readonly #placeOf: ReadonlyMap<string, string>
  readonly #meters: readonly string[]
  readonly devices: readonly Part[]
  readonly services: readonly Part[]

  constructor(drawing: Drawing) {
    this.#drawing = drawing
    this.#parent = new Map(drawing.devices.map(([id, , parent]) => [id, parent]))
    this.#kind = new Map(drawing.devices.map(([id, kind]) => [id, kind]))
    const places = drawing.meters.flatMap(({ ids, device }) => ids.map(id => [id, device] as const))
    this.#placeOf = new Map(places)
    this.#meters = places.map(([id]) => id)
    this.devices = drawing.devices.map(([id]) => ({
      name: id,
      isService: false,
      score: this.#scoreOfDevice(id) + BUNDLE * this.#bundledIn({ name: id }).length
    }))
    // A line of its own explains something before the bundle counts, or is none.
    this.services = this.#meters
      .filter(id => this.#scoreOfService(id) > 0)
      .map(id => ({
        name: id,
        isService: true,
        score: this.#scoreOfService(id) + BUNDLE * this.#bundledIn({ name: id }).length
      }))
  }

  isBelow(name: string, device: string): boolean {
    for (let at = this.#placeOf.get(name) ?? name; at !== ''; at = this.#parent.get(at)!)
      if (at === device) return true
    return false
  }

  metersBelow(device: string): string[] {
    return this.#meters.filter(meter => this.isBelow(meter, device))
  }

  /** The best of all sets of parts of which none lies below another. @param within only what lies strictly below this */
  best(within?: string): { parts: Part[]; score: number; isTied: boolean } {
    const isAsked = ({ name }: Part): boolean =>
      within === undefined || (name !== within && this.isBelow(name, within))
    const devices = this.devices.filter(isAsked)
    let best: { parts: Part[]; score: number } = { parts: [], score: 0 }
    let second = Number.NEGATIVE_INFINITY
    for (let bits = 0; bits < 2 ** devices.length; bits++) {
      const chosen = devices.filter((_, i) => (bits >> i) & 1)
      if (chosen.some(one => chosen.some(other => other !== one && this.isBelow(one.name, other.name))))
        continue
      const free = this.services.filter(
        service => isAsked(service) && !chosen.some(({ name }) => this.isBelow(service.name, name))
      )
      for (let lines = 0; lines < 2 ** free.length; lines++) {
        const parts = [...chosen, ...free.filter((_, i) => (lines >> i) & 1)]
        const score = parts.reduce((sum, part) => sum + part.score, 0) - this.#sharedTwice(parts)
        if (score > best.score) {
          second = best.score
          best = { parts, score }
        } else if (parts.length > 0 && score > second) second = score
      }
    }
    return { ...best, isTied: best.score - second < 1e-9 }
  }

  /** Areas in which somebody is named in a bundle: one says that somebody there is dark, once, whoever of these failed. */
  #bundledIn({ name }: Pick<Part, 'name'>): string[] {
    const areas = new Set(
      this.#meters
        .filter(meter => this.#said(meter).collected === true && this.#said(meter).gasp !== true)
        .map(meter => this.#areaOf(meter))
    )
    const own = this.#placeOf.has(name)
      ? this.#areaOf(name)
      : this.#kind.get(name) === 'box'
        ? this.#areaOf(this.metersBelow(name)[0] ?? '')
        : ''
    return [...areas].filter(area => area === own || this.isBelow(area, name))
  }

  #sharedTwice(parts: readonly Part[]): number {
    const areas = parts.flatMap(part => this.#bundledIn(part))
    return (areas.length - new Set(areas).size) * BUNDLE
  }

  /** The share of a part's class among that, what is above it, what it consists of, and nothing. */
  confidence(part: Part): number {
    const own = part.isService ? [part.name] : this.metersBelow(part.name)
    const isOfClass = ({ name, isService }: Part): boolean =>
      !isService && !part.isService && `${this.metersBelow(name)}` === `${own}`
    const group = part.isService ? [part] : this.devices.filter(isOfClass)
    const lowest = group.find(({ name }) => group.every(other => this.isBelow(name, other.name)))!
    const above = this.devices.filter(
      device => this.isBelow(part.name, device.name) && !group.some(({ name }) => name === device.name)
    )
    // Each is compared with the best there is at or below it.
    const worse = [
      ...above.map(({ name, score }) => score - this.#bestIn(name)),
      (part.isService ? 0 : this.best(lowest.name).score) - part.score,
      -part.score
    ]
    const inClass = group.reduce((sum, { score }) => sum + Math.exp(score - part.score), 0)
    return inClass / (inClass + worse.reduce((sum, each) => sum + Math.exp(each), 0))
  }

  /** The best at or below a device. */
  #bestIn(device: string): number {
    const own = this.devices.find(({ name }) => name === device)!
    return Math.max(own.score, this.best(device).score)
  }

  #scoreOfDevice(device: string): number {
    const rare: Record<string, number> = {
      feeder: FIGURES.feederFails.value,
      transformer: FIGURES.transformerFails.value,
      box: FIGURES.boxFails.value
    }
    let odds = Math.log(rare[this.#kind.get(device)!] ?? FIGURES.lineFails.value)
    if (this.#kind.get(device) === 'box') {
      const below = this.metersBelow(device)
      // One meter alone is not heard for other reasons far more often than several.
      const silentElse = below.length > 1 ? FIGURES.branchSilent.value : FIGURES.meterSilent.value
      return odds + this.#dead(below, FIGURES.terminalAbleMains.value, silentElse)
    }
    const areas = new Set(this.metersBelow(device).map(meter => this.#areaOf(meter)))
    for (const area of areas) {
      const meters = this.#meters.filter(meter => this.#areaOf(meter) === area)
      const terminal = this.#drawing.terminals.find(({ poweredBy }) => poweredBy === area)
      odds += this.#dead(meters, ableOf(terminal?.backup))
      const word = terminal === undefined ? undefined : this.#drawing.words.get(terminal.id)
      if (word === 'down') odds -= Math.log(FIGURES.falseWord.value)
      else if (word === 'mains') odds += Math.log(FIGURES.wrongPoweredBy.value)
    }
    return odds
  }

  #scoreOfService(meter: string): number {
    const place = this.#placeOf.get(meter)!
    const area = this.#areaOf(meter)
    // Of whom no box is known anybody below the transformer is a neighbour, while nobody else there claims.
    const claimers = this.#meters.filter(other => {
      const { gasp, collected, record } = this.#said(other)
      return this.#areaOf(other) === area && (gasp === true || collected === true || record === true)
    })
    const isNeighbour = (other: string): boolean =>
      place === area && claimers.length === 1
        ? this.#areaOf(other) === area
        : this.#placeOf.get(other) === place
    const neighbours = this.#meters.filter(
      other => other !== meter && isNeighbour(other) && this.#lives(other)
    )
    const { gasp, collected, record } = this.#said(meter)
    if (gasp !== true && collected !== true && record !== true) return Number.NEGATIVE_INFINITY
    if (neighbours.length === 0 && record !== true) return Number.NEGATIVE_INFINITY
    const odds = this.#dead([meter], FIGURES.terminalAbleMains.value, FIGURES.meterSilent.value)
    return odds + Math.log(FIGURES.serviceFails.value)
  }

  #areaOf(meter: string): string {
    let at = this.#placeOf.get(meter)!
    while (this.#kind.get(at) === 'box') at = this.#parent.get(at)!
    return at
  }

  #said = (meter: string): Said => this.#drawing.said.get(meter) ?? {}

  /** Who claims to have lost his supply is not believed to live. */
  #lives(meter: string): boolean {
    const { gasp, collected, record, alive } = this.#said(meter)
    return alive === true && gasp !== true && collected !== true && record !== true
  }

  /** ln of how much likelier all this is, had these meters lost their supply, than had they kept it. */
  #dead(meters: readonly string[], able: number, silentElse = FIGURES.branchSilent.value): number {
    const asked = meters.filter(meter => !this.#lives(meter)).map(meter => this.#said(meter))
    const n = asked.length
    const gasps = asked.filter(({ gasp }) => gasp === true).length
    const collected = asked.filter(({ gasp, collected: named }) => gasp !== true && named === true).length
    const records = asked.filter(({ record }) => record === true).length
    const speaks = able * (1 - FIGURES.gaspsSilent.value)
    const told = gasps + collected
    const { gaspShareAlpha, gaspShareBeta } = FIGURES
    const arrive = speaks * urn(told, n, gaspShareAlpha.value, gaspShareBeta.value)
    const dead = (told === 0 ? 1 - speaks + arrive : arrive) * (records === 0 ? 1 : urn(records, n, 1, 1))
    const living =
      FIGURES.falseGasp.value ** gasps *
      FIGURES.falseCollected.value ** collected *
      FIGURES.falseRecord.value ** records
    const silence = asked.reduce((sum, { silent = 0 }) => sum + Math.fround(silent), 0)
    const wrong = meters.length - n
    return (
      Math.log(dead / living) +
      Math.min(silence, -Math.log(silentElse)) +
      wrong * Math.log(Math.fround(FIGURES.wrongRecord.value))
    )
  }
}

function ableOf(backup: string | undefined): number {
  const { terminalAbleBackup, terminalAbleNone, terminalAbleUnknown, terminalAbleMains } = FIGURES
  if (backup === undefined) return terminalAbleMains.value
  if (backup === 'none') return terminalAbleNone.value
  return backup === 'supercap' || backup === 'battery' ? terminalAbleBackup.value : terminalAbleUnknown.value
}

/** Chance of exactly these k of n: drawn from an urn of a and b that gets one more of each that is drawn. */
function urn(k: number, n: number, a: number, b: number): number {
  let chance = 1
  for (let i = 0; i < n; i++) chance *= (i < k ? a + i : b + i - k) / (a + b + i)
  return chance
}
