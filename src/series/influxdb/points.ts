import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import { FIELDS, ratioOf } from '../../model/fields.ts'
import { qualityAt, SUSPECT } from '../../model/quality.ts'
import type { SeriesBatch } from '../port.ts'
import { nanoseconds, tagInLine, textInLine } from './line-text.ts'
import type { Lines } from './lines.ts'
import { IntervalEnds, pairBlocks } from './pair-blocks.ts'
import { writeInterval, writeReading } from './row-text.ts'
import { ENERGY_FIELDS, KIND_SPACE, MEASUREMENTS, type Policy, REVISION_SPACE } from './schema.ts'

/** What a meter is called in tags; undefined for a number whose registry has not come yet. */
export type MeterNames = (meter: number) => string | undefined

/**
 * Takes the lines. A few requests are under way at once, and of two lines of one point nobody knows which InfluxDB takes last: a final that follows
 * another of its meter at a time not newer goes to `again`, which is sent in order after all others.
 */
export interface LineSink {
  /** Where the next line of a policy is written; `wrote` follows when it has ended. */
  lines(policy: Policy): Lines
  wrote(policy: Policy): void
  again(policy: Policy, line: string): void
  /** What to wait for before the next line, undefined where there is room. */
  room(): Promise<void> | undefined
}

/** Text of a row that fits into one field, characters: 64 KB end it, and a character is three bytes at most. */
const ROW_CHARS = 20_000

const FIELD_NAMES = FIELDS.map(({ name }) => `${name}=`)

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
    for (const { seq, readings: columns, intervals: rest } of pairBlocks(readings, intervals)) {
      const ends = rest === undefined ? undefined : new IntervalEnds(rest)
      const present = presentIn(columns)
      for (let row = 0; columns !== undefined && row < columns.rows; row++) {
        this.#reading(seq, columns, present, row, rest, ends)
        const room = this.#sink.room()
        if (room !== undefined) await room
      }
      for (let row = 0; rest !== undefined && row < rest.rows; row++) {
        if (ends?.isTaken(row) === true) continue
        this.#interval(seq, rest, row)
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
    intervals: IntervalColumns | undefined,
    ends: IntervalEnds | undefined
  ): void {
    const meter = columns.meter[row] ?? 0
    const time = columns.time[row] ?? 0
    const version = columns.version[row] ?? 1
    const tag = this.#tagOf(meter)
    const interval = ends?.take(meter, time) ?? -1
    const said = interval >= 0 ? intervals : undefined
    // Five digits are there for it: what was corrected so often has lost its order anyway.
    const below = (columns.kind[row] ?? 0) * KIND_SPACE + Math.min(version, KIND_SPACE - 1)
    const out = this.#begin('raw', MEASUREMENTS.readingVersions, tag).ascii('row="')
    const extras = writeReading(out, seq, columns, present, row, said, interval)
    if (extras === '') out.ascii('"')
    else this.#extras(out, extras, tag, time, below)
    if (version > 1) out.ascii(',correction=1i')
    this.#end('raw', out, time, below)
    this.#final(meter, tag, time, final => {
      const hasValues = writeFinal(final, columns, present, row, version)
      const hasEnergies = said !== undefined && writeEnergies(final, said, interval, hasValues)
      return hasValues || hasEnergies
    })
  }

  /** What is too long for one field goes on in points of its own. */
  #extras(out: Lines, extras: string, tag: string, time: number, below: number): void {
    const [first = '', ...more] = partsOf(extras)
    out.text(textInLine(first).slice(1))
    if (more.length > 0) out.ascii(`,parts=${more.length}i`)
    for (const [part, rest] of more.entries()) {
      const line = `${MEASUREMENTS.longTexts},meter=${tag},part=${part} row=${textInLine(rest)}`
      this.#sink.again('raw', `${line} ${nanoseconds(time, below)}`)
    }
  }

  #interval(seq: number, columns: IntervalColumns, row: number): void {
    const meter = columns.meter[row] ?? 0
    const end = columns.end[row] ?? 0
    const tag = this.#tagOf(meter)
    const out = this.#begin('raw', MEASUREMENTS.intervalVersions, tag).ascii('row="').whole(seq).ascii(';')
    writeInterval(out, columns, row)
    this.#end('raw', out.ascii('"'), end, (columns.revision[row] ?? 0) % REVISION_SPACE)
    this.#final(meter, tag, end, final => writeEnergies(final, columns, row, false))
  }

  /** @param write gives whether it has written any field */
  #final(meter: number, tag: string, time: number, write: (out: Lines) => boolean): void {
    const out = this.#begin('final', MEASUREMENTS.readings, tag)
    if (!write(out)) {
      out.drop()
      return
    }
    if (time > (this.#newest.get(meter) ?? Number.NEGATIVE_INFINITY)) {
      this.#newest.set(meter, time)
      this.#end('final', out, time, 0)
      return
    }
    writeTime(out, time, 0)
    out.end()
    this.#sink.again('final', out.takeLast())
  }

  #begin(policy: Policy, measurement: string, tag: string): Lines {
    return this.#sink.lines(policy).ascii(measurement).ascii(',meter=').text(tag).ascii(' ')
  }

  #end(policy: Policy, out: Lines, time: number, below: number): void {
    writeTime(out, time, below)
    out.end()
    this.#sink.wrote(policy)
  }

  #tagOf(meter: number): string {
    const name = this.#names(meter)
    if (name === undefined) throw new Error(`meter ${meter} is in no registry that has come yet`)
    return tagInLine(name)
  }
}

/** Times of ours are after 1970 nearly always. */
function writeTime(out: Lines, time: number, below: number): void {
  out.ascii(' ')
  if (time > 0 && Number.isSafeInteger(time)) out.whole(time).padded(below, 6)
  else out.ascii(nanoseconds(time, below))
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

/** Primary values; how many of them are suspect where any is, or where a version before may have said so. @returns whether there is any */
function writeFinal(
  out: Lines,
  columns: ReadingColumns,
  present: readonly number[],
  row: number,
  version: number
): boolean {
  const isPrimary = columns.primary[row] === 1
  const ct = isPrimary ? 1 : (columns.ct[row] ?? 1)
  const pt = isPrimary ? 1 : (columns.pt[row] ?? 1)
  const low = columns.qualityLow[row] ?? 0
  const high = columns.qualityHigh[row] ?? 0
  let [hasAny, suspects] = [false, 0]
  for (let place = 0; place < present.length; place++) {
    const field = present[place] ?? 0
    const value =
      (columns.values[field]?.[row] ?? Number.NaN) * ratioOf(FIELDS[field]?.scale ?? 'none', ct, pt)
    if (!Number.isFinite(value)) continue
    if (hasAny) out.ascii(',')
    out.ascii(FIELD_NAMES[field] ?? '').number(value)
    hasAny = true
    if (qualityAt(low, high, field) === SUSPECT) suspects++
  }
  if (hasAny && (suspects > 0 || version > 1)) out.ascii(`,suspectValues=${suspects}i`)
  return hasAny
}

/** @param isMore whether fields stand before them already @returns whether there is any */
function writeEnergies(out: Lines, { energy }: IntervalColumns, row: number, isMore: boolean): boolean {
  let hasAny = false
  for (let register = 0; register < ENERGY_FIELDS.length; register++) {
    const value = energy[register]?.[row] ?? Number.NaN
    if (!Number.isFinite(value)) continue
    if (isMore || hasAny) out.ascii(',')
    out
      .ascii(ENERGY_FIELDS[register] ?? '')
      .ascii('=')
      .number(value)
    hasAny = true
  }
  return hasAny
}
