import type { ReadingColumns } from '../../../src/model/columns.ts'
import { ABC } from '../../../src/model/phases.ts'
import type { Books } from '../books.ts'
import { FilledPoints } from './filled-points.ts'
import { TOO_HIGH } from './meter-book.ts'
import { HIGH_ABOVE, hasLoad, LOW_BELOW, phasesBelow, type ShownRanges, type Values } from './shown.ts'

/** A reading that was collected so soon after its time is of now, not filled in for a time without supply. */
const LIVE_MS = 15 * 60_000
/** Meters that measure through voltage transformers are rated above this, V, or hang at medium voltage. */
const LOW_VOLTAGE = 1000

/** When rows of one message were read, when it arrived by our clock, log time of now; epoch ms. */
export interface RowTimes {
  readonly readAt: number
  readonly arrivedAt: number
  readonly now: number
}

/** What single rows of readings say of supply, entered into the books. */
export class RowIntake {
  /** Case that a low voltage belongs to, -1 for none. */
  readonly #oddCaseAt: (grid: Books['grid'], area: number, at: number) => number
  /** Meters with a supply of their own that showed nothing since the last tick, with the latest time of it: messages change places. */
  readonly #zeros = new Map<number, number>()
  readonly filled = new FilledPoints()

  constructor(oddCaseAt: (grid: Books['grid'], area: number, at: number) => number) {
    this.#oddCaseAt = oddCaseAt
  }

  /** Those meters, once. */
  takeZeros(): [meter: number, at: number][] {
    const zeros = [...this.#zeros]
    this.#zeros.clear()
    return zeros
  }

  /** What the rows of a frame from one on to before another show. @returns the area that the last of them hangs in, -1 for none */
  take(
    books: Books,
    columns: ReadingColumns,
    shown: ShownRanges,
    [firstRow, endRow]: readonly [number, number],
    { readAt, arrivedAt, now }: RowTimes
  ): number {
    const { meters, grid } = books
    const { placeOf, checkedBy } = grid
    const { pt } = grid.registry.meters
    const { heardAt } = meters
    const { meter, time, values } = columns
    let lastPlace = -1
    for (let row = firstRow; row < endRow; row++) {
      const number = meter[row]
      const at = Math.min(time[row], arrivedAt)
      const isLive = readAt - at < LIVE_MS
      const hasOwnSupply = pt[number] > 1
      // Who answers has supply; the time that a point stands for tells more only where that is long ago.
      const answers = readAt > at && !hasOwnSupply
      if (answers) meters.prove(number, readAt)
      if (!shown.isZero(row)) {
        if (hasOwnSupply || checkedBy[number] >= 0) noteLoad(books, number, at, hasOwnSupply, values, row)
        if (!isLive || !answers) meters.prove(number, at)
        this.#judgeVoltage(books, number, at, shown, values, row)
      } else if (hasLoad(values, row) === false) {
        if (hasOwnSupply) books.others.darkens(grid.meterId(number), at)
        if (hasOwnSupply && isLive) this.#zeros.set(number, Math.max(at, this.#zeros.get(number) ?? at))
        else if (answers) this.filled.note(number, at)
      }
      heardAt[number] = now
      if (placeOf[number] >= 0) lastPlace = placeOf[number]
    }
    return lastPlace < 0 ? -1 : grid.areaOf[lastPlace]
  }

  save(): [meter: number, at: number][] {
    return [...this.#zeros]
  }

  load(zeros: readonly (readonly [meter: number, at: number])[]): void {
    this.#zeros.clear()
    for (const [meter, at] of zeros) this.#zeros.set(meter, at)
  }

  /** Voltages that are low on some phases, and live, tell of a phase that failed; good ones that none did. */
  #judgeVoltage(
    { meters, grid }: Books,
    meter: number,
    at: number,
    shown: ShownRanges,
    values: Values,
    row: number
  ): void {
    const rated = grid.registry.meters.ratedV[meter]
    // Of meters at medium voltage the connection decides what a phase shows.
    if (!(rated > 0 && rated < LOW_VOLTAGE) || grid.placeOf[meter] < 0) return
    // Rows come in any order: an older one changes nothing of what is known since.
    if (at < meters.goodAt[meter]) return
    const isHigh = shown.highest(row) > HIGH_ABOVE * rated
    if (!isHigh && !(shown.lowest(row) < LOW_BELOW * rated)) {
      meters.goodAt[meter] = at
      meters.oddPhases[meter] = 0
      return
    }
    const known = grid.phases[meter]
    const low = known === ABC ? phasesBelow(values, row, LOW_BELOW * rated) : known
    meters.oddPhases[meter] = isHigh ? TOO_HIGH : low
    const found = this.#oddCaseAt(grid, grid.areaOf[grid.placeOf[meter]], at)
    if (found >= 0) meters.oddCase[meter] = found
  }
}

/** Where a voltage without load tells something: at a transformer's check meter, and at a feed. */
function noteLoad(
  { grid, meters, others }: Books,
  meter: number,
  at: number,
  hasOwnSupply: boolean,
  values: Values,
  row: number
): void {
  const isLoaded = hasLoad(values, row)
  if (isLoaded === undefined) return
  const device = grid.checkedBy[meter]
  if (device >= 0) others.checks(grid.id(device), at, isLoaded)
  else if (hasOwnSupply) others.feeds(grid.meterId(meter), at, isLoaded, meters.incident[meter] >= 0)
}
