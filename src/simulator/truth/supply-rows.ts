import type { CollectionContext, PlantWord } from '../collection/context.ts'
import type { GridKeyCustomer } from '../grid/grid.ts'
import { type PlantStretch, supplyWords } from '../world/plant.ts'
import type { TruthRow } from './truth-row.ts'

/** How key customers were supplied, when that could be known, and when nothing could be. */
export function supplyRows(context: CollectionContext): TruthRow[] {
  const { keyCustomers, terminals, customers } = context.world.index.grid
  const { start: begin, end: until } = context.world.happenings
  return keyCustomers.flatMap((customer, place) => {
    const stretches = context.plants[place]?.stretches ?? []
    const words = context.plantWords[place] ?? []
    const states = supplyWords(stretches, customer)
    const toldBy = (start: number, end: number): number | null => {
      const first = stretches.findIndex(each => each.start === start)
      // Whether a truck is there only who told of it can know.
      const isByTruck = first > 0 && stretches[first]?.truck !== stretches[first - 1]?.truck
      return words
        .filter(
          ({ of, time, at }) => (of === 'truck' || !isByTruck) && time >= start && time < end && at < end
        )
        .reduce<number | null>((least, { at }) => Math.min(at, least ?? at), null)
    }
    const plant = stretches.map((stretch, i) => ({
      table: 'plant',
      keyCustomer: customer.id,
      state: states[i],
      start: stretch.start,
      end: stretch.end,
      decidableAt: partsToldBy(stretches, i, words),
      sections: customer.sections.map(({ id }, section) => ({ section: id, fedBy: stretch.fedBy[section] })),
      sources: [
        ...customer.feeds.map(({ source }, feed) => ({
          source,
          state: stretch.isLive[feed] ? 'live' : 'dead',
          carries: stretch.fedBy.includes(source)
        })),
        ...(customer.generator === undefined
          ? []
          : [
              {
                source: customer.generator,
                state: stretch.generator,
                carries: stretch.fedBy.includes(customer.generator)
              }
            ]),
        ...(stretch.truck === ''
          ? []
          : [{ source: stretch.truck, state: 'running', carries: stretch.fedBy.includes(stretch.truck) }])
      ],
      ...securityOf(stretch, customer)
    }))
    const rows = sameStates(plant).map(({ state, start, end }) => ({
      ...{ table: 'supply', keyCustomer: customer.id, state, start, end },
      decidableAt: toldBy(start, end)
    }))
    const reader = customer.feeds.map(feed => terminals[customers.terminal[feed.customer] ?? -1])[0]
    const { sampleMs = 60_000, uploadMs = 300_000, uploadDelayMs = 5_000 } = reader ?? {}
    // Who does not know of the feeds, or of the plant, cannot say how it is supplied.
    const blind = (['feeds', 'plant'] as const).flatMap(kind => {
      const told = words.filter(({ of }) => of === kind)
      return told.length === 0 ? [] : blindSpans(told, sampleMs + uploadMs + uploadDelayMs, begin, until)
    })
    return [
      ...plant,
      ...rows,
      ...together(blind).map(span => ({ table: 'blind', keyCustomer: customer.id, ...span }))
    ]
  })
}

/** Whether the security load had supply: a UPS alone is partly (DESIGN section 6). Nothing of a customer without one. */
function securityOf({ fedBy, isUpsOnBattery }: PlantStretch, { sections, ups }: GridKeyCustomer): object {
  const own = fedBy.filter((_, section) => sections[section]?.isSecurity)
  const dark = own.filter(source => source === '').length
  if (own.length === 0) return {}
  if (dark === 0) return { securityLoad: 'yes' }
  const isPartly = dark < own.length || (ups !== undefined && isUpsOnBattery)
  return { securityLoad: isPartly ? 'partly' : 'no' }
}

/**
 * When all parts of a stretch could be known: feeds by a word of them since they live or not as they do, a truck by one of whoever told of it, the rest by one of the plant.
 * Null when that was not before its end.
 */
function partsToldBy(
  stretches: readonly PlantStretch[],
  place: number,
  words: readonly PlantWord[]
): number | null {
  const { start, end } = stretches[place] as PlantStretch
  const sinceOf = (part: (stretch: PlantStretch) => string): number => {
    const now = part(stretches[place] as PlantStretch)
    const before = stretches.slice(0, place).findLastIndex(stretch => part(stretch) !== now)
    return stretches[before + 1]?.start ?? start
  }
  const since = {
    feeds: sinceOf(({ isLive }) => isLive.join()),
    // Of what a truck feeds its terminal knows that the switch is open.
    plant: sinceOf(({ fedBy, generator, truck }) =>
      [generator, ...fedBy.map(source => (source === truck ? '' : source))].join()
    ),
    truck: sinceOf(({ truck }) => truck)
  }
  const told = { feeds: Infinity, plant: Infinity, truck: Infinity }
  for (const { of, time, at } of words)
    if (time >= since[of] && time < end && at < end) told[of] = Math.min(told[of], at)
  const kinds = new Set(words.map(({ of }) => of))
  // None was there from the beginning.
  if (since.truck === stretches[0]?.start) kinds.delete('truck')
  const last = Math.max(start, ...[...kinds].map(kind => told[kind]))
  return kinds.size === 0 || last === Infinity ? null : last
}

/** Stretches that follow each other in the same state as one. */
function sameStates<T extends { readonly state: unknown; readonly start: number; readonly end: number }>(
  stretches: readonly T[]
): T[] {
  const joined: T[] = []
  for (const stretch of stretches) {
    const last = joined.at(-1)
    if (last?.state === stretch.state) joined[joined.length - 1] = { ...last, end: stretch.end } as T
    else joined.push(stretch)
  }
  return joined
}

/** Spans that overlap as one. */
function together(spans: readonly { start: number; end: number }[]): { start: number; end: number }[] {
  const joined: { start: number; end: number }[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last !== undefined && span.start <= last.end) last.end = Math.max(last.end, span.end)
    else joined.push({ ...span })
  }
  return joined
}

/**
 * Times in which no word that has arrived is inside its lifetime (DESIGN section 6).
 * @param words of which time, and when they arrived @param lifetimeMs from the time it is of
 */
export function blindSpans(
  words: readonly { readonly time: number; readonly at: number }[],
  lifetimeMs: number,
  begin: number,
  until: number
): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = []
  let seenUntil = begin
  for (const { time, at } of [...words].sort((a, b) => a.at - b.at)) {
    if (time + lifetimeMs <= at) continue
    if (at > seenUntil) spans.push({ start: seenUntil, end: Math.min(at, until) })
    seenUntil = Math.max(seenUntil, time + lifetimeMs)
  }
  if (seenUntil < until) spans.push({ start: seenUntil, end: until })
  return spans.filter(({ start, end }) => end > start)
}
