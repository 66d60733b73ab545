import { type Interruption, inOrder } from './interruption.ts'
import { lengthOf, type Span, subtract, union } from './spans.ts'

/** What one row adds to an episode: the time without supply that no earlier row accounts for. */
export interface EpisodePart {
  readonly row: Interruption
  readonly dark: readonly Span[]
}

/**
 * One interruption of one customer, as indices count it: from losing supply until having it again.
 *
 * Rows that overlap or touch are one, because the customer had no supply between them: a customer cannot be interrupted while
 * it is. So an account of which two usage points are out together, or which a nested fault keeps out when the first one is
 * mended, counts once, for as long as any row lasts. A customer that had supply in between, be it for a minute, was
 * interrupted twice. Each moment belongs to one row, the earliest that covers it: what incidents, classes and causes have adds up
 * to the whole.
 */
export interface Episode {
  readonly unit: string
  readonly start: number
  /** Or as far as is known. */
  readonly end: number
  /** Time without any supply, ms: minutes on a generator truck are none. */
  readonly darkMs: number
  readonly isOpen: boolean
  readonly parts: readonly EpisodePart[]
}

/**
 * Episodes of one customer, in order. One that a truck fed from its first to its last moment was none.
 *
 * @param rows of this customer alone, in any order
 * @param asOf up to when anything is known: what is open lasts until then, and nothing later is told
 * @throws RangeError for a row that ends before it begins
 */
export function episodesOf(unit: string, rows: readonly Interruption[], asOf: number): Episode[] {
  const episodes: Episode[] = []
  let group: Interruption[] = []
  let end = Number.NEGATIVE_INFINITY
  const finish = (): void => {
    const episode = episodeOf(unit, group, asOf)
    if (episode !== undefined) episodes.push(episode)
  }
  for (const row of [...rows].sort(inOrder)) {
    if (!(row.start <= (row.end ?? Number.POSITIVE_INFINITY)))
      throw new RangeError(`interruption of ${row.account} by ${row.incident} ends before it begins`)
    const until = endOf(row, asOf)
    if (until <= row.start) continue
    if (row.start > end && group.length > 0) {
      finish()
      group = []
    }
    group.push(row)
    end = Math.max(end, until)
  }
  if (group.length > 0) finish()
  return episodes
}

/** When it ended, as far as is known. */
export const endOf = ({ end }: Interruption, asOf: number): number => Math.min(end ?? asOf, asOf)

function episodeOf(unit: string, rows: readonly Interruption[], asOf: number): Episode | undefined {
  const parts: EpisodePart[] = []
  let covered: Span[] = []
  let end = Number.NEGATIVE_INFINITY
  for (const row of rows) {
    const until = endOf(row, asOf)
    end = Math.max(end, until)
    const dark = subtract([{ from: row.start, to: until }], [...(row.fed ?? []), ...covered])
    if (dark.length === 0) continue
    parts.push({ row, dark })
    covered = union([...covered, ...dark])
  }
  if (parts.length === 0) return undefined
  const isOpen = rows.some(row => row.end === null || row.end > asOf)
  return { unit, start: covered[0].from, end, darkMs: lengthOf(covered), isOpen, parts }
}
