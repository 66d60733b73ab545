import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import type { SeriesBatch } from '../port.ts'

/** Readings of a record of the log, and intervals of the record right behind it: both are of one step. */
export interface Block {
  readonly seq: number
  readonly readings: ReadingColumns | undefined
  readonly intervals: IntervalColumns | undefined
}

/** In order of seq. */
export function pairBlocks(readings: SeriesBatch['readings'], intervals: SeriesBatch['intervals']): Block[] {
  const behind = new Map(intervals.map(({ seq, columns }) => [seq, columns]))
  const blocks: Block[] = readings.map(({ seq, columns }) => {
    const next = behind.get(seq + 1)
    behind.delete(seq + 1)
    return { seq, readings: columns, intervals: next }
  })
  for (const [seq, columns] of behind) blocks.push({ seq, readings: undefined, intervals: columns })
  return blocks.sort((a, b) => a.seq - b.seq)
}

/** Which interval of a block ends at a reading of it: each goes with one at most. */
export class IntervalEnds {
  readonly #columns: IntervalColumns
  /** Of each meter its last interval that is not taken, and the one before each. */
  readonly #last = new Map<number, number>()
  readonly #before: Int32Array
  readonly #taken: Uint8Array

  constructor(columns: IntervalColumns) {
    this.#columns = columns
    this.#before = new Int32Array(columns.rows)
    this.#taken = new Uint8Array(columns.rows)
    for (let row = 0; row < columns.rows; row++) {
      const meter = columns.meter[row] ?? 0
      this.#before[row] = this.#last.get(meter) ?? -1
      this.#last.set(meter, row)
    }
  }

  /** @returns the row of the interval, -1 for none */
  take(meter: number, end: number): number {
    for (let row = this.#last.get(meter) ?? -1; row >= 0; row = this.#before[row] ?? -1) {
      if (this.#taken[row] === 1 || this.#columns.end[row] !== end) continue
      this.#taken[row] = 1
      return row
    }
    return -1
  }

  isTaken(row: number): boolean {
    return this.#taken[row] === 1
  }
}
