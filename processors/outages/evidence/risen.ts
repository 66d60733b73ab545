import type { Books } from '../books.ts'
import { middleOf } from '../explain/explanation.ts'
import { figure } from '../likelihoods.ts'
import { CLAIM } from './meter-book.ts'

/** Of an area so many have to say so: one module starts again by itself. */
const RISEN_LEAST = 3

/** A power-up of a meter: when it had supply again, and log time when that was heard; epoch ms. */
export interface Rise {
  readonly meter: number
  readonly at: number
  readonly heardAt: number
}

/**
 * Who is asked what ended on the feeder of an area at a time. @returns the case that ended then and when that began, undefined where none
 * did
 */
export type EndedAround = (
  area: number,
  at: number
) => { readonly id: number; readonly start: number } | undefined

/** Who is told that some of an area were without supply by a case. */
export type JoinCase = (id: number, area: number) => void

/**
 * Meters that say that they have supply again and never said that they lost it: their terminal's link was down meanwhile. They are remembered
 * until it is known what ended then.
 */
export class RisenMeters {
  /** By the area in which they hang. */
  #areas = new Map<number, Map<number, Rise>>()

  note({ grid, meters }: Books, rise: Rise): void {
    const { meter, at } = rise
    // Whom an incident held, and who was not proven to be back before, comes back to that one.
    const isBackToIt =
      at > meters.heldSince[meter] && !(meters.firstBack[meter] < at - figure('momentTolerance'))
    if (!isBackToIt) this.#add(grid, rise)
  }

  #add(grid: Books['grid'], rise: Rise): void {
    const place = grid.placeOf[rise.meter]
    if (place < 0) return
    const rises = this.#areas.get(grid.areaOf[place])
    if (rises === undefined) this.#areas.set(grid.areaOf[place], new Map([[rise.meter, rise]]))
    else rises.set(rise.meter, rise)
  }

  /** Under another registry they hang elsewhere. */
  regroup({ grid }: Books): void {
    const rises = this.save()
    this.#areas.clear()
    for (const rise of rises) this.#add(grid, rise)
  }

  /** Those of whom it is known what ended when they rose, and who were not seen alive since it began, are joined to it. @param now log time */
  tick(books: Books, now: number, endedAround: EndedAround, join: JoinCase): void {
    const latest = figure('recordsWait') + figure('freshness')
    for (const [area, rises] of this.#areas) {
      for (const { meter, heardAt } of rises.values()) if (now - heardAt > latest) rises.delete(meter)
      if (rises.size === 0) this.#areas.delete(area)
      // Their own records come first.
      const due = [...rises.values()].filter(({ heardAt }) => now - heardAt >= figure('recordsWait'))
      if (due.length < RISEN_LEAST) continue
      const ended = endedAround(area, middleOf(due.map(({ at }) => at)))
      const dark = ended === undefined ? [] : due.filter(rise => wasDark(books, rise, ended.start))
      if (ended === undefined || dark.length < RISEN_LEAST) continue
      for (const { meter, at } of dark) {
        books.meters.lose(meter, ended.start, CLAIM.risen)
        books.meters.lostCase[meter] = ended.id
        books.meters.backAt[meter] = at
        rises.delete(meter)
      }
      join(ended.id, area)
    }
  }

  save(): Rise[] {
    return [...this.#areas.values()].flatMap(rises => [...rises.values()])
  }

  /** What was saved, until it is grouped. */
  load(rises: readonly Rise[]): void {
    this.#areas = new Map([[-1, new Map(rises.map(rise => [rise.meter, rise]))]])
  }
}

/** Whether nothing says that a meter had supply between the beginning of something and its own return, or tells of another loss then. */
function wasDark({ meters }: Books, { meter, at }: Rise, start: number): boolean {
  const before = at - figure('momentTolerance')
  const isTold =
    (meters.lostAt[meter] > start - figure('heldTolerance') && meters.lostAt[meter] <= at) ||
    Math.abs(meters.recordEnd[meter] - at) <= figure('heldTolerance')
  return (
    !isTold && meters.incident[meter] < 0 && !meters.wasAlive(meter, start + figure('clockTolerance'), before)
  )
}
