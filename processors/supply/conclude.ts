import type { SupplyPicture } from '../../src/model/supply.ts'
import type { Truck } from '../../src/model/truck.ts'
import type { PresentGrid } from '../outages/grid/present-grid.ts'
import { autonomyOf } from './autonomy.ts'
import type { IndexedCustomer, IndexedSource } from './indexed.ts'
import type { FactsAt, SupplyFacts } from './facts.ts'
import { judgeCustomer } from './judge-customer.ts'
import { type JudgedSection, judgeSection } from './judge-sections.ts'
import { type JudgedSource, judgeSource, type PathOutage } from './judge-sources.ts'
import type { PathWatch } from './path-watch.ts'
import type { Trucks } from './trucks.ts'

/** All that conclusions are drawn from. */
export interface Known {
  readonly grid: PresentGrid
  readonly facts: SupplyFacts
  readonly paths: PathWatch
  readonly trucks: Trucks
}

export interface Concluded {
  readonly picture: SupplyPicture
  /** From then on it may be another one by itself. */
  readonly until: number
  /** When a gap ends to be allowed; Infinity where there is none. */
  readonly gapEndsAt: number
}

const NO_OUTAGE: PathOutage = { openSince: Number.NaN, overAt: Number.NaN }

/** How a customer was supplied at a moment, by all that is known of it now. Pure. */
export function conclude(known: Known, registered: IndexedCustomer, moment: number): Concluded {
  const indexed = known.trucks.joined(registered, moment)
  const { customer, plantRhythm, trucks } = indexed
  const facts = known.facts.at(moment)
  const generatingSince = Math.min(...indexed.sources.map(each => runningSince(each, facts, moment, trucks)))
  const sources = new Map<string, JudgedSource>()
  for (const { source, place, rhythm } of indexed.sources) {
    const own = (time: number, isLive: boolean): number => known.facts.ownTime(source.id, time, isLive)
    const { usagePoint } = source
    const path = place < 0 ? NO_OUTAGE : known.paths.onWay(known.grid, place, usagePoint, moment, own)
    const question = { source, facts, path, generatingSince, lifetimeMs: rhythm.keepsMs, now: moment }
    sources.set(source.id, judgeSource({ ...question, truck: trucks.get(source.id) }))
  }
  const sections = new Map<string, JudgedSection>()
  for (const section of customer.sections) {
    const plugged = [...trucks.values()].filter(truck => truck.sections.includes(section.id))
    const words = {
      word: facts.switchOf(section.id),
      seen: facts.seenSection(section.id),
      plugged: plugged.map(({ source }) => source)
    }
    sections.set(section.id, judgeSection(section, words, sources, plantRhythm.keepsMs, moment))
  }
  const autonomy = autonomyOf({ customer, sources, sections, facts, now: moment })
  const picture = judgeCustomer({ customer, sources, sections, autonomy }, moment)
  const ends = [...sources.values(), ...sections.values()].map(({ until }) => until)
  const gapEndsAt = Math.min(...gapEnds(indexed, sections).filter(end => end >= moment)) + 1
  // What holds until a time has grown old after it.
  const until = Math.min(gapEndsAt, Math.max(Math.min(...ends), moment) + 1)
  return { picture, until, gapEndsAt }
}

/** A gap that is still allowed is none from then on. */
function gapEnds({ customer }: IndexedCustomer, sections: ReadonlyMap<string, JudgedSection>): number[] {
  return customer.sections.flatMap(({ id, allowedGapS }) => {
    const judged = sections.get(id)
    return judged?.fedBy === 'dark' ? [judged.since + allowedGapS * 1000] : []
  })
}

/** Since when a generator or a truck runs; Infinity where it does not, as far as a word of it holds. */
function runningSince(
  { source, rhythm }: IndexedSource,
  facts: FactsAt,
  moment: number,
  trucks: ReadonlyMap<string, Truck>
): number {
  const word = source.kind === 'grid' || source.kind === 'ups' ? undefined : facts.generator(source.id)
  if (word !== undefined && moment <= word.at + rhythm.keepsMs)
    return word.said.isRunning === true ? word.since : Number.POSITIVE_INFINITY
  const truck = trucks.get(source.id)
  return truck !== undefined && moment <= truck.validUntil ? truck.attachedAt : Number.POSITIVE_INFINITY
}

/**
 * Moments between two at which a customer may have been supplied otherwise than before, both ends among them, ascending. What was dark for as long as its
 * gap is allowed is found by `until` of what is concluded.
 */
export function momentsOf(known: Known, indexed: IndexedCustomer, from: number, to: number): number[] {
  const moments = new Set([from, to])
  const add = (all: Iterable<number>): void => {
    for (const moment of all) if (moment > from && moment < to) moments.add(moment)
  }
  const { grid, facts, paths, trucks } = known
  for (const { source, moments: known } of trucks.changes(indexed.customer.id)) {
    add(known)
    add(facts.changesOfSource(source, indexed.plantRhythm, { from, to }))
  }
  for (const { source, place, rhythm } of indexed.sources) {
    add(facts.changesOfSource(source.id, rhythm, { from, to }))
    if (place < 0) continue
    for (const moment of paths.changes(grid, place, source.usagePoint))
      add(facts.changesBy(source.id, moment))
  }
  for (const { id } of indexed.customer.sections)
    add(facts.changesOfSection(id, indexed.plantRhythm, { from, to }))
  return [...moments].sort((one, other) => one - other)
}
