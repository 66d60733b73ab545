import { REGISTER_FIELDS } from '../model/fields.ts'
import type { HistoryAnswer, HistoryNeighbour, HistoryRequest, ReadingRow } from './port.ts'

/** As in HistoryNeighbour. */
const ratioOf = ({ ct, pt, isPrimary }: ReadingRow): number => (isPrimary ? 0 : ct * pt)

/** Whether a reading has a register: only such bound intervals. */
export const hasRegister = ({ values }: ReadingRow): boolean =>
  REGISTER_FIELDS.some(field => !Number.isNaN(values[field]))

export function neighbourOf(row: ReadingRow): HistoryNeighbour {
  const [a = Number.NaN, b = Number.NaN, c = Number.NaN, d = Number.NaN] = REGISTER_FIELDS.map(
    field => row.values[field]
  )
  return { time: row.time, ratio: ratioOf(row), registers: [a, b, c, d] }
}

/** What a store has found for a request. */
export interface HistoryFound {
  /** Highest version of what was asked about. */
  readonly stored: ReadingRow | undefined
  /** Highest versions of other kinds at the same time, in any order. */
  readonly others: readonly ReadingRow[]
  readonly before: HistoryNeighbour | undefined
  readonly after: HistoryNeighbour | undefined
}

export function answerOf(
  { meter, time, kind }: HistoryRequest,
  { stored, others, before, after }: HistoryFound
): HistoryAnswer {
  const beside = others.filter(hasRegister).map(row => ({ ...neighbourOf(row), kind: row.kind }))
  return {
    ...{ meter, time, kind },
    version: stored?.version ?? 0,
    values: stored === undefined ? undefined : [...stored.values],
    ratio: stored === undefined ? undefined : ratioOf(stored),
    extras: stored?.extras ?? '',
    ...{ before, after },
    ...(beside.length > 0 && { beside: beside.sort((a, b) => a.kind - b.kind) })
  }
}
