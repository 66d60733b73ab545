import type { IntervalColumns, ReadingColumns } from '../../model/columns.ts'
import { FIELDS, READING_KINDS, ratioOf } from '../../model/fields.ts'
import { qualityAt, SUSPECT } from '../../model/quality.ts'
import { nanoseconds, tagInLine, textInLine } from './line-text.ts'
import { intervalText, readingText } from './row-text.ts'
import { MEASUREMENTS, type Policy } from './schema.ts'

/** A line and where it is kept. */
export type PolicyLine = readonly [policy: Policy, line: string]

/** What a meter is called in tags; undefined for a number whose registry has not come yet. */
export type MeterNames = (meter: number) => string | undefined

/** Text of a row that fits into one field, characters: 64 KB end it, and a character is three bytes at most. */
const ROW_CHARS = 20_000

const FIELD_KEYS = FIELDS.map(({ name }) => name)
const REVISION_SPACE = 1_000_000

/**
 * Lines of a block of readings: a statement for each row, and what is final of it where the batch has no later version.
 * @param isLast whether a row is the last version of its point in the batch
 * @throws Error for a meter nobody knows
 */
export function* readingLines(
  seq: number,
  columns: ReadingColumns,
  names: MeterNames,
  isLast: (columns: ReadingColumns, row: number) => boolean
): Generator<PolicyLine> {
  const reasons = Map.groupBy(columns.reasons, ({ row }) => row)
  const extras = new Map(columns.extras.map(({ row, text }) => [row, text]))
  for (let row = 0; row < columns.rows; row++) {
    const tags = `meter=${tagOf(names, columns.meter[row] ?? 0)},kind=${READING_KINDS[columns.kind[row] ?? 0]}`
    const version = columns.version[row] ?? 1
    const time = columns.time[row] ?? 0
    const masks = (reasons.get(row) ?? []).map(({ field, mask }) => [field, mask] as const)
    const text = readingText(columns, row, masks, extras.get(row) ?? '')
    // Six digits are there for it; a reading that was corrected a million times has lost its order anyway.
    const at = nanoseconds(time, Math.min(version, REVISION_SPACE - 1))
    const correction = version > 1 ? ',correction=1i' : ''
    const [first = '', ...more] = text.length > ROW_CHARS ? partsOf(text) : [text]
    const parts = more.length > 0 ? `,parts=${more.length}i` : ''
    for (const [part, rest] of more.entries())
      yield ['raw', `${MEASUREMENTS.longTexts},${tags},part=${part} row=${textInLine(rest)} ${at}`]
    yield [
      'raw',
      `${MEASUREMENTS.readingVersions},${tags} seq=${seq}i,row=${textInLine(first)}${parts}${correction} ${at}`
    ]
    const final = isLast(columns, row) ? finalFields(columns, row, version) : ''
    if (final !== '') yield ['final', `${MEASUREMENTS.readings},${tags} ${final} ${nanoseconds(time)}`]
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

/** Primary values; how many of them are suspect where any is, or where a version before may have said so. */
function finalFields(columns: ReadingColumns, row: number, version: number): string {
  const isPrimary = columns.primary[row] === 1
  const [ct, pt] = isPrimary ? [1, 1] : [columns.ct[row] ?? 1, columns.pt[row] ?? 1]
  const [low, high] = [columns.qualityLow[row] ?? 0, columns.qualityHigh[row] ?? 0]
  let text = ''
  let suspects = 0
  for (const [field, { scale }] of FIELDS.entries()) {
    const value = (columns.values[field]?.[row] ?? Number.NaN) * ratioOf(scale, ct, pt)
    if (!Number.isFinite(value)) continue
    text += `${text === '' ? '' : ','}${FIELD_KEYS[field]}=${value}`
    if (qualityAt(low, high, field) === SUSPECT) suspects++
  }
  return text !== '' && (suspects > 0 || version > 1) ? `${text},suspectValues=${suspects}i` : text
}

const ENERGIES = ['importKwh', 'exportKwh', 'importKvarh', 'exportKvarh'] as const

/** Lines of a block of intervals, as `readingLines`. */
export function* intervalLines(
  seq: number,
  columns: IntervalColumns,
  names: MeterNames,
  isLast: (columns: IntervalColumns, row: number) => boolean
): Generator<PolicyLine> {
  for (let row = 0; row < columns.rows; row++) {
    const tags = `meter=${tagOf(names, columns.meter[row] ?? 0)}`
    const end = columns.end[row] ?? 0
    const at = nanoseconds(end, (columns.revision[row] ?? 0) % REVISION_SPACE)
    yield [
      'raw',
      `${MEASUREMENTS.intervalVersions},${tags} seq=${seq}i,row=${textInLine(intervalText(columns, row))} ${at}`
    ]
    const energies = isLast(columns, row) ? energyFields(columns, row) : ''
    if (energies !== '') yield ['final', `${MEASUREMENTS.intervals},${tags} ${energies} ${nanoseconds(end)}`]
  }
}

function energyFields({ energy, start, end }: IntervalColumns, row: number): string {
  let text = ''
  for (const [register, name] of ENERGIES.entries()) {
    const value = energy[register]?.[row] ?? Number.NaN
    if (Number.isFinite(value)) text += `${name}=${value},`
  }
  return text === '' ? '' : `${text}minutes=${((end[row] ?? 0) - (start[row] ?? 0)) / 60_000}`
}

function tagOf(names: MeterNames, meter: number): string {
  const name = names(meter)
  if (name === undefined) throw new Error(`meter ${meter} is in no registry that has come yet`)
  return tagInLine(name)
}
