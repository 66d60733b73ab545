import { FIELDS } from '../../model/fields.ts'
import type { ReadingRow } from '../port.ts'
import { HEAD_COLUMNS, NO_REASONS, rowsOfColumns } from '../row-columns.ts'
import type { Columns } from './columns.ts'
import { dayOf } from './days.ts'

export const ALL_FIELDS: readonly number[] = FIELDS.map((_, field) => field)

/** In the order that `toReadings` reads. */
const HEAD = 'time, received, version, kind, quality_low, quality_high, ct, pt, sent_primary'

/** What is read of a reading beside the head. */
export interface RowShape {
  readonly fields: readonly number[]
  readonly hasExtras: boolean
  readonly hasLengths: boolean
}

const namesOf = (fields: readonly number[]): string[] =>
  fields.flatMap(field => FIELDS[field] ?? []).map(({ name }) => `"${name}"`)

/** Columns of a reading in the order of a curve's (curve-bytes.ts). */
export const CURVE_SELECT = [HEAD, 'interval_ms', ...namesOf(ALL_FIELDS)].join(', ')

export const readingColumns = ({ fields, hasExtras, hasLengths }: RowShape): string =>
  [HEAD, ...namesOf(fields), ...(hasExtras ? ['extras'] : []), ...(hasLengths ? ['interval_ms'] : [])].join(
    ', '
  )

/** @param known days whose readings know how long their intervals were */
export function toReadings(
  meter: number,
  columns: Columns,
  { fields, hasExtras, hasLengths }: RowShape,
  known: ReadonlySet<number>
): ReadingRow[] {
  const head = Array.from({ length: HEAD_COLUMNS }, (_, column) => columns.numbers(column))
  const given = fields.map((field, at) => ({ field, of: columns.numbers(HEAD_COLUMNS + at) }))
  const next = HEAD_COLUMNS + fields.length
  const extras = hasExtras ? columns.texts(next) : []
  const lengths = hasLengths ? columns.numbers(hasExtras ? next + 1 : next) : undefined
  return rowsOfColumns(meter, columns.rows, head, given, (row, time) => ({
    reasons: NO_REASONS,
    extras: extras[row] ?? '',
    ...(lengths !== undefined && known.has(dayOf(time)) ? { start: time - (lengths[row] ?? Number.NaN) } : {})
  }))
}

export type Place = Pick<ReadingRow, 'time' | 'kind' | 'version'>

export const byPlace = (a: Place, b: Place): number =>
  a.time - b.time || a.kind - b.kind || a.version - b.version

/** Of rows in order the last of each time and kind. */
export const highestVersions = (rows: readonly ReadingRow[]): ReadingRow[] =>
  rows.filter((row, at) => row.time !== rows[at + 1]?.time || row.kind !== rows[at + 1]?.kind)
