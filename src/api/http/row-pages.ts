import { textParameter, wholeParameter } from '../shapes/schemas.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

/** Pages of rows that have a number of their own: a cursor is the number of the last row that was shown. */
const MAX_ITEMS = 500
const DEFAULT_ITEMS = 100

export const pageQuery = {
  limit: wholeParameter(1, MAX_ITEMS, 'items of the page').optional(),
  cursor: textParameter(64, '`next` of the page before').optional()
}

interface PageWish {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/** What to ask for: one more than is shown, which tells whether there is another page. */
export function askedPage({ limit = DEFAULT_ITEMS, cursor }: PageWish): { limit: number; place?: number } {
  if (cursor === undefined) return { limit: limit + 1 }
  const [place = 0] = readCursor(cursor, 1)
  return { limit: limit + 1, place }
}

/** The page of what was found, and where the next one goes on. */
export function showPage<Row, Shown>(
  rows: readonly Row[],
  { limit = DEFAULT_ITEMS }: PageWish,
  placeOf: (row: Row) => number,
  show: (row: Row) => Shown
): { items: Shown[]; next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const next = rows.length > limit && last !== undefined ? writeCursor(placeOf(last)) : null
  return { items: shown.map(show), next }
}
