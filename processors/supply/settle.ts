import type { SupplyPicture, TransferLine } from '../../src/model/supply.ts'
import type { IndexedCustomer } from './indexed.ts'
import { conclude, type Known, momentsOf } from './conclude.ts'

/** A stretch of time in which nothing that counts changed; it ends where the next one begins. */
export interface Stretch {
  readonly from: number
  readonly picture: SupplyPicture
  /** With which it began. */
  readonly transfers: readonly TransferLine[]
}

export interface Settled {
  /** In order of time, the first from where it was asked, the last until now. */
  readonly stretches: readonly Stretch[]
  /** When the last of them may end by itself. */
  readonly until: number
}

/**
 * How a customer was supplied from a moment to now, by all that is known of it now: each moment is judged by what was so until then, whenever that was heard.
 * A gap that ended while it was allowed was a transfer. Pure.
 */
export function settle(known: Known, indexed: IndexedCustomer, from: number, now: number): Settled {
  const stretches: Stretch[] = []
  let until = Number.POSITIVE_INFINITY
  const look = (moment: number): number => {
    const concluded = conclude(known, indexed, moment)
    until = concluded.until
    const { picture } = concluded
    const last = stretches.at(-1)
    if (last !== undefined && keyOf(last.picture) === keyOf(picture))
      stretches[stretches.length - 1] = { ...last, picture }
    else stretches.push({ from: moment, picture, transfers: [] })
    return concluded.gapEndsAt
  }
  let gapEndsAt = Number.POSITIVE_INFINITY
  for (const moment of momentsOf(known, indexed, from, now)) {
    while (gapEndsAt < moment) gapEndsAt = look(gapEndsAt)
    gapEndsAt = look(moment)
  }
  return { stretches: withoutGaps(stretches, known), until }
}

/** What of a picture makes it another one: not how it is known, nor since when. */
export function keyOf({
  state,
  extent,
  securityLoadSupplied,
  sources,
  sections,
  atRisk
}: SupplyPicture): string {
  return [
    ...[state, extent ?? '', securityLoadSupplied, atRisk],
    ...sources.map(each => `${each.source} ${each.state} ${each.role}`),
    ...sections.map(({ section, fedBy }) => `${section} ${fedBy}`)
  ].join('|')
}

const isGap = ({ picture }: Stretch): boolean => picture.reason === 'TRANSFERRING'

/** Gaps belong to what came after them: to an interruption its beginning, to all else a transfer. The last may be one still. */
function withoutGaps(stretches: readonly Stretch[], known: Known): Stretch[] {
  const kept: Stretch[] = []
  let gap: Stretch | undefined
  for (const [place, stretch] of stretches.entries()) {
    const isLast = place === stretches.length - 1
    if (isGap(stretch) && !isLast) {
      gap ??= stretch
      continue
    }
    const isOver = gap !== undefined && stretch.picture.state !== 'interrupted'
    const transfers = isOver ? transfersOf(kept.at(-1), gap as Stretch, stretch, known) : []
    kept.push({ ...stretch, from: gap?.from ?? stretch.from, transfers })
    gap = undefined
  }
  return kept
}

/** Sections that were dark in a gap, with what fed them before and after it. */
function transfersOf(
  before: Stretch | undefined,
  gap: Stretch,
  after: Stretch,
  { facts }: Known
): TransferLine[] {
  const fedBy = (stretch: Stretch | undefined, id: string): string =>
    stretch?.picture.sections.find(({ section }) => section === id)?.fedBy ?? ''
  return gap.picture.sections
    .filter(section => section.fedBy === 'dark')
    .map(({ section, since = gap.from }) => {
      const [from, to] = [fedBy(before, section), fedBy(after, section)]
      return { section, from, to, ...facts.gapOf(section, from, Math.max(since, gap.from), after.from) }
    })
    .filter(({ to }) => to !== 'dark' && to !== 'unknown')
}
