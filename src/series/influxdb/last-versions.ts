import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import type { SeriesBatch } from '../port.ts'

/**
 * Which rows of a batch are the last word on their point: two requests are under way at once, and of two lines with one key
 * nobody knows which InfluxDB takes last.
 */
export class LastVersions {
  /** Points that the batch says more than once, each with the version that counts. */
  readonly #readings = new Map<string, number>()
  readonly #intervals = new Map<string, number>()

  constructor({ readings, intervals }: Pick<SeriesBatch, 'readings' | 'intervals'>) {
    for (const { columns } of readings) {
      for (let row = 0; row < columns.rows; row++) {
        const version = columns.version[row] ?? 1
        if (version > 1) raise(this.#readings, readingKey(columns, row), version)
      }
    }
    for (const { columns } of intervals) {
      for (let row = 0; row < columns.rows; row++)
        raise(this.#intervals, intervalKey(columns, row), columns.revision[row] ?? 0)
    }
  }

  readonly ofReading = (columns: ReadingColumns, row: number): boolean => {
    if (this.#readings.size === 0) return true
    const last = this.#readings.get(readingKey(columns, row))
    return last === undefined || last === (columns.version[row] ?? 1)
  }

  readonly ofInterval = (columns: IntervalColumns, row: number): boolean =>
    this.#intervals.get(intervalKey(columns, row)) === (columns.revision[row] ?? 0)
}

const readingKey = ({ meter, kind, time }: ReadingColumns, row: number): string =>
  `${meter[row]}/${kind[row]}/${time[row]}`

const intervalKey = ({ meter, end }: IntervalColumns, row: number): string => `${meter[row]}/${end[row]}`

function raise(most: Map<string, number>, key: string, version: number): void {
  if ((most.get(key) ?? -1) < version) most.set(key, version)
}
