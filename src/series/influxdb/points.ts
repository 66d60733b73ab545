import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import { FIELDS, ratioOf } from '../../model/fields.ts'
import { qualityAt, SUSPECT } from '../../model/quality.ts'
import type { SeriesBatch } from '../port.ts'
import { nanoseconds, tagInLine, textInLine } from './line-text.ts'
import { intervalText, numberText, readingText, valueText } from './row-text.ts'
import { ENERGY_FIELDS, KIND_SPACE, MEASUREMENTS, type Policy, REVISION_SPACE } from './schema.ts'

/** What a meter is called in tags; undefined for a number whose registry has not come yet. */
export type MeterNames = (meter: number) => string | undefined

/**
 * Takes the lines. Two requests are under way at once, and of two lines of one point nobody knows which InfluxDB takes last: a final that follows
 * another of its meter at a time not newer goes to `again`, which is sent in order after all others.
 */
export interface LineSink {
  put(policy: Policy, line: string): void
  again(policy: Policy, line: string): void
  /** What to wait for before the next line, undefined where there is room. */
  room(): Promise<void> | undefined
}

/** Text of a row that fits into one field, characters: 64 KB end it, and a character is three bytes at most. */
const ROW_CHARS = 20_000

/** Readings of a record of the log, and intervals of the record right behind it: both are of one step. */
interface Block {
  readonly seq: number
  readonly readings: ReadingColumns | undefined
  readonly intervals: IntervalColumns | undefined
}

/**
 * Makes lines of the readings and intervals of a batch:
 *
 *   reading    statement with what is said of the interval that ends at it, in one point; final values with its energies, in one point
 *   interval   that is said anew, without a reading: a statement of its own, and its energies in the final point of its end
 *
 * Which interval goes with which reading follows from the log alone, so that a batch that comes again in other pieces gives the same points.
 */
export class PointMaker {
  readonly #names: MeterNames
  readonly #sink: LineSink
  /** Time of the newest final of each meter in this batch. */
  readonly #newest = new Map<number, number>()

  constructor(names: MeterNames, sink: LineSink) {
    this.#names = names
    this.#sink = sink
  }

  /** @throws Error for a meter nobody knows; what the sink throws */
  async take({ readings, intervals }: Pick<SeriesBatch, 'readings' | 'intervals'>): Promise<void> {
    for (const block of pairBlocks(readings, intervals)) {
      const { seq, readings: columns, intervals: rest } = block
      const ends = rest === undefined ? undefined : new Ends(rest)
      const present = presentIn(columns)
      for (let row = 0; row < (columns?.rows ?? 0); row++) {
        if (columns === undefined) break
        const interval = ends?.take(columns.meter[row] ?? 0, columns.time[row] ?? 0) ?? -1
        if (rest === undefined || interval < 0) this.#reading(seq, columns, present, row, '', '')
        else
          this.#reading(
            seq,
            columns,
            present,
            row,
            intervalText(rest, interval),
            energyFields(rest, interval)
          )
        const room = this.#sink.room()
        if (room !== undefined) await room
      }
      for (let row = 0; row < (rest?.rows ?? 0); row++) {
        if (rest !== undefined && ends?.isTaken(row) !== true) this.#interval(seq, rest, row)
        const room = this.#sink.room()
        if (room !== undefined) await room
      }
    }
  }

  #reading(
    seq: number,
    columns: ReadingColumns,
    present: readonly number[],
    row: number,
    said: string,
    energies: string
  ): void {
    const meter = columns.meter[row] ?? 0
    const time = columns.time[row] ?? 0
    const version = columns.version[row] ?? 1
    const tag = this.#tagOf(meter)
    const { values, final } = valuesOf(columns, present, row, version)
    const text = readingText(seq, columns, row, values, said)
    // Only extras hold characters that a text must be careful with.
    const isPlain = text.extras === ''
    const [first = '', ...more] = isPlain ? [text.head] : partsOf(text.head + text.extras)
    // Five digits are there for it: what was corrected so often has lost its order anyway.
    const below = (columns.kind[row] ?? 0) * KIND_SPACE + Math.min(version, KIND_SPACE - 1)
    const at = nanoseconds(time, below)
    let fields = `row=${isPlain ? `"${first}"` : textInLine(first)}`
    if (version > 1) fields += ',correction=1i'
    if (more.length > 0) fields += `,parts=${more.length}i`
    for (const [part, rest] of more.entries())
      this.#sink.put(
        'raw',
        `${MEASUREMENTS.longTexts},meter=${tag},part=${part} row=${textInLine(rest)} ${at}`
      )
    this.#sink.put('raw', `${MEASUREMENTS.readingVersions},meter=${tag} ${fields} ${at}`)
    this.#final(meter, tag, time, final !== '' && energies !== '' ? `${final},${energies}` : final + energies)
  }

  #interval(seq: number, columns: IntervalColumns, row: number): void {
    const meter = columns.meter[row] ?? 0
    const end = columns.end[row] ?? 0
    const tag = this.#tagOf(meter)
    const at = nanoseconds(end, (columns.revision[row] ?? 0) % REVISION_SPACE)
    const text = `${seq};${intervalText(columns, row)}`
    this.#sink.put('raw', `${MEASUREMENTS.intervalVersions},meter=${tag} row="${text}" ${at}`)
    this.#final(meter, tag, end, energyFields(columns, row))
  }

  #final(meter: number, tag: string, time: number, fields: string): void {
    if (fields === '') return
    const line = `${MEASUREMENTS.readings},meter=${tag} ${fields} ${nanoseconds(time)}`
    if (time > (this.#newest.get(meter) ?? Number.NEGATIVE_INFINITY)) {
      this.#newest.set(meter, time)
      this.#sink.put('final', line)
    } else this.#sink.again('final', line)
  }

  #tagOf(meter: number): string {
    const name = this.#names(meter)
    if (name === undefined) throw new Error(`meter ${meter} is in no registry that has come yet`)
    return tagInLine(name)
  }
}

/** In order of seq. */
function pairBlocks(readings: SeriesBatch['readings'], intervals: SeriesBatch['intervals']): Block[] {
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
class Ends {
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

/** A long text in parts, none of which ends inside a character. */
function partsOf(text: string): string[] {
  const parts: string[] = []
  for (let from = 0; from < text.length; ) {
    const end = from + ROW_CHARS
    const isInside = /[\uD800-\uDBFF]/.test(text[end - 1] ?? '')
    parts.push(text.slice(from, isInside ? end - 1 : end))
    from = isInside ? end - 1 : end
  }
  return parts
}

/** Fields that any row of a block has. */
const presentIn = (columns: ReadingColumns | undefined): number[] =>
  FIELDS.flatMap((_, field) => (columns?.values[field] === undefined ? [] : [field]))

/**
 * Values as sent, for the statement, and primary ones as fields of the final point: with how many of them are suspect where any is, or
 * where a version before may have said so.
 */
function valuesOf(
  columns: ReadingColumns,
  present: readonly number[],
  row: number,
  version: number
): { readonly values: string; readonly final: string } {
  const isPrimary = columns.primary[row] === 1
  const ct = isPrimary ? 1 : (columns.ct[row] ?? 1)
  const pt = isPrimary ? 1 : (columns.pt[row] ?? 1)
  const [low, high] = [columns.qualityLow[row] ?? 0, columns.qualityHigh[row] ?? 0]
  let [values, final, suspects] = ['', '', 0]
  for (const field of present) {
    const value = columns.values[field]?.[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    const text = numberText(value)
    values = valueText(values, field, text)
    const { name, scale } = FIELDS[field] ?? FIELDS[0]
    const ratio = ratioOf(scale, ct, pt)
    const primary = value * ratio
    if (!Number.isFinite(primary)) continue
    final += `${final === '' ? '' : ','}${name}=${ratio === 1 ? text : primary}`
    if (qualityAt(low, high, field) === SUSPECT) suspects++
  }
  if (final !== '' && (suspects > 0 || version > 1)) final += `,suspectValues=${suspects}i`
  return { values, final }
}

function energyFields({ energy }: IntervalColumns, row: number): string {
  let text = ''
  for (let register = 0; register < ENERGY_FIELDS.length; register++) {
    const value = energy[register]?.[row] ?? Number.NaN
    if (Number.isFinite(value)) text += `${text === '' ? '' : ','}${ENERGY_FIELDS[register]}=${value}`
  }
  return text
}
