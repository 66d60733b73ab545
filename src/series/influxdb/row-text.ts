import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import { FIELD_COUNT } from '../../model/fields.ts'
import type { IntervalRow, ReadingRow } from '../port.ts'
import { NO_REASONS } from '../row-columns.ts'
import type { Lines } from './lines.ts'

/**
 * A statement as text, all but what its point is known by (meter, kind, time, version). One text field costs InfluxDB as much as
 * two numbers do.
 *
 *   reading    seq ";" values ";" received *(";" part)
 *   seq        of the record of the results log that it came in
 *   values     [number "=" value *("," number "=" value)]     by column number of FIELDS
 *   part       "q" low "," high | "c" ct | "p" pt | "P" | "r" number "=" mask *(...) | "i" interval | "x" extras, the last, up to the end
 *   interval   start "|" received "|" revision "|" energies "|" quality "|" reasons     of the one that ends at the point's time
 *   energies   four with commas, empty where missing
 *   interval that is said without a reading    seq ";" interval
 *
 * Parts that say what is usual (ratios of 1, no quality) are left out. Registers are the first four fields, so the values of a reading
 * that has any begin with 0, 1, 2 or 3 and "=".
 */

/** Of InfluxQL: rows of readings that have a register. */
export const HAS_REGISTER = '/^[0-9]+;[0-3]=/'

/**
 * Writes a reading up to its extras.
 * @param present fields that any row has @param intervals of the one that ends at it, undefined where none is said with it
 * @returns its extras with their semicolon, '' for none: only they hold characters that a text in a line must be careful with
 */
export function writeReading(
  out: Lines,
  seq: number,
  columns: ReadingColumns,
  present: readonly number[],
  row: number,
  intervals: IntervalColumns | undefined,
  interval: number
): string {
  const { values, at, qualityLow, qualityHigh, ct, pt, primary } = columns
  out.whole(seq).ascii(';')
  let isMore = false
  for (let place = 0; place < present.length; place++) {
    const field = present[place] ?? 0
    const value = values[field]?.[row] ?? Number.NaN
    if (Number.isNaN(value)) continue
    if (isMore) out.ascii(',')
    out.whole(field).ascii('=').number(value)
    isMore = true
  }
  out.ascii(';').number(at[row] ?? 0)
  const low = qualityLow[row] ?? 0
  const high = qualityHigh[row] ?? 0
  if (low !== 0 || high !== 0) out.ascii(';q').whole(low).ascii(',').whole(high)
  if (ct[row] !== 1) out.ascii(';c').number(ct[row] ?? 1)
  if (pt[row] !== 1) out.ascii(';p').number(pt[row] ?? 1)
  if (primary[row] === 1) out.ascii(';P')
  const reasons = ofRow(columns.reasons, row)
  if (reasons.length > 0) out.ascii(`;r${reasons.map(({ field, mask }) => `${field}=${mask}`).join(',')}`)
  if (intervals !== undefined) writeInterval(out.ascii(';i'), intervals, interval)
  const [extras] = ofRow(columns.extras, row)
  return extras === undefined ? '' : `;x${extras.text}`
}

export function writeInterval(
  out: Lines,
  { start, at, revision, energy, quality, reasons }: IntervalColumns,
  row: number
): void {
  out
    .number(start[row] ?? 0)
    .ascii('|')
    .number(at[row] ?? 0)
    .ascii('|')
    .number(revision[row] ?? 0)
    .ascii('|')
  for (let register = 0; register < energy.length; register++) {
    const value = energy[register]?.[row] ?? Number.NaN
    if (register > 0) out.ascii(',')
    if (!Number.isNaN(value)) out.number(value)
  }
  out
    .ascii('|')
    .whole(quality[row] ?? 0)
    .ascii('|')
    .whole(reasons[row] ?? 0)
}

const NONE: readonly never[] = []

/** What of a sparse list, in order of rows, is of one row. */
function ofRow<T extends { readonly row: number }>(list: readonly T[], row: number): readonly T[] {
  if (list.length === 0) return NONE
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((list[middle]?.row ?? 0) < row) low = middle + 1
    else high = middle
  }
  let end = low
  while (list[end]?.row === row) end++
  return end === low ? NONE : list.slice(low, end)
}

/** The record that a statement came in. */
export const seqOf = (text: string): number => Number.parseInt(text, 10)

/** What the point itself says of a reading. */
export interface ReadingKey {
  readonly meter: number
  readonly time: number
  readonly kind: number
  readonly version: number
}

/** @param wanted columns of FIELDS; all when absent, and the extras @throws RangeError for a text that is none of ours */
export function readingOf(key: ReadingKey, text: string, wanted?: readonly number[]): ReadingRow {
  const [, values = '', received = '', ...parts] = headParts(text)
  const row = {
    ...key,
    at: numberIn(received),
    values: new Float64Array(FIELD_COUNT).fill(Number.NaN),
    ...{ qualityLow: 0, qualityHigh: 0, ct: 1, pt: 1, isPrimary: false },
    reasons: NO_REASONS,
    extras: ''
  }
  for (const [field, value] of pairs(values)) {
    if (wanted === undefined || wanted.includes(field)) row.values[field] = value
  }
  for (const part of parts) takePart(row, part, wanted === undefined)
  return row
}

type Filled = { -readonly [K in keyof ReadingRow]: ReadingRow[K] }

function takePart(row: Filled, part: string, withExtras: boolean): void {
  const rest = part.slice(1)
  switch (part[0]) {
    case 'q': {
      const [low = '', high = ''] = rest.split(',')
      row.qualityLow = numberIn(low)
      row.qualityHigh = numberIn(high)
      return
    }
    case 'c':
      row.ct = numberIn(rest)
      return
    case 'p':
      row.pt = numberIn(rest)
      return
    case 'P':
      row.isPrimary = true
      return
    case 'r':
      row.reasons = new Map(pairs(rest))
      return
    case 'i':
      return
    case 'x':
      if (withExtras) row.extras = rest
      return
    default:
      throw new RangeError(`part of a reading that is not known: ${part.slice(0, 40)}`)
  }
}

/** Parts between semicolons; the extras may hold some themselves. */
function headParts(text: string): string[] {
  const extrasAt = text.indexOf(';x')
  if (extrasAt < 0) return text.split(';')
  return [...text.slice(0, extrasAt).split(';'), text.slice(extrasAt + 1)]
}

function pairs(text: string): [number, number][] {
  if (text === '') return []
  return text.split(',').map(pair => {
    const at = pair.indexOf('=')
    return [numberIn(pair.slice(0, at)), numberIn(pair.slice(at + 1))]
  })
}

function numberIn(text: string): number {
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isNaN(value)) throw new RangeError(`not a number in a statement: ${text.slice(0, 40)}`)
  return value
}

/** The interval of a statement: of one said with a reading, or alone; undefined where a reading has none. @throws RangeError as `readingOf` */
export function intervalOf(meter: number, end: number, text: string): IntervalRow | undefined {
  const part = intervalPart(text)
  if (part === undefined) return undefined
  const [start = '', at = '', revision = '', energies = '', quality = '', reasons = ''] = part.split('|')
  const [a = '', b = '', c = '', d = ''] = energies.split(',')
  return {
    ...{ meter, end },
    start: numberIn(start),
    at: numberIn(at),
    revision: numberIn(revision),
    energy: [energyIn(a), energyIn(b), energyIn(c), energyIn(d)],
    quality: numberIn(quality),
    reasons: numberIn(reasons)
  }
}

function intervalPart(text: string): string | undefined {
  const head = headParts(text)
  // Alone it is all there is.
  if (head.length === 2) return head[1]
  return head.find((part, place) => place > 2 && part[0] === 'i')?.slice(1)
}

const energyIn = (text: string): number => (text === '' ? Number.NaN : numberIn(text))
