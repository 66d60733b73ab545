import { changesOver, type LoadSection } from '../../src/registry/lookup/customers.ts'
import type { Observation } from '../../src/model/observation.ts'
import type { Basis, SupplyReason } from '../../src/model/supply.ts'
import type { SwitchReport } from '../../src/model/plant.ts'
import type { Word } from './track.ts'
import type { JudgedSource } from './judge-sources.ts'

/** Who feeds a section. Epoch ms. */
export interface JudgedSection {
  /** A source, or `dark`, or `unknown`. */
  readonly fedBy: string
  readonly basis: Basis
  readonly since: number
  readonly reason: SupplyReason
  readonly until: number
  /** Whether its switch changes over by itself, as far as it says so or the registry does. */
  readonly isAutomatic: boolean
}

/** Whether a switch goes to another source by itself, as it says. */
export const isChangingOver = ({ position, isAutomatic, hasFault }: SwitchReport): boolean =>
  position !== 'open' && isAutomatic !== false && hasFault !== true

/** A source that carries what stands on it. */
export const carries = ({ state }: JudgedSource): boolean => state === 'live' || state === 'running'
const isKnown = ({ state }: JudgedSource): boolean => state !== 'unknown'

/** What was told of a section last: by its switch, and by a person who saw it. */
export interface SectionWords {
  readonly word: Word<SwitchReport> | undefined
  readonly seen: Word<Observation> | undefined
  /** Trucks that are plugged in behind its switch. */
  readonly plugged: readonly string[]
}

/** Who feeds a section: its switch, or a truck behind that where nothing alive stands before it. Pure. As `judgeBySwitch`. */
export function judgeSection(
  section: LoadSection,
  words: SectionWords,
  sources: ReadonlyMap<string, JudgedSource>,
  lifetimeMs: number,
  now: number
): JudgedSection {
  const judged = judgeBySwitch(section, words, sources, lifetimeMs, now)
  if (judged.fedBy !== 'dark' && judged.fedBy !== 'unknown') return judged
  for (const fedBy of words.plugged) {
    const truck = sources.get(fedBy)
    // Whoever has seen the section dark since it came knows better.
    const isDenied = judged.reason === 'OBSERVED' && judged.since >= (truck?.since ?? 0)
    if (truck === undefined || !carries(truck) || isDenied) continue
    const since = judged.fedBy === 'dark' ? Math.max(truck.since, judged.since) : truck.since
    const { basis, reason, until } = truck
    return { ...judged, fedBy, basis, reason, since, until: Math.min(until, judged.until) }
  }
  return judged
}

/**
 * Who feeds a section by its switch: what that stands on, if that is alive; without word of the switch the source that it prefers where nothing was ever said of it,
 * or the only one that can. Pure.
 * @param lifetimeMs of words of its switch @param now log time
 */
function judgeBySwitch(
  section: LoadSection,
  { word, seen }: SectionWords,
  sources: ReadonlyMap<string, JudgedSource>,
  lifetimeMs: number,
  now: number
): JudgedSection {
  const until = (word?.at ?? Number.NEGATIVE_INFINITY) + lifetimeMs
  const isFresh = word !== undefined && now <= until
  const isAutomatic =
    changesOver(section) && (!isFresh || (word.said.isAutomatic !== false && word.said.hasFault !== true))
  const said = (
    fedBy: string,
    basis: Basis,
    since: number,
    reason: SupplyReason,
    ends = Number.POSITIVE_INFINITY
  ): JudgedSection => ({
    ...{ fedBy, basis, since, reason, isAutomatic },
    until: ends
  })
  if (seen !== undefined && now <= seen.said.validUntil && (word === undefined || word.at < seen.at)) {
    const { fact, fedBy = '', validUntil } = seen.said
    if (fact === 'dark') return said('dark', 'reported', seen.since, 'OBSERVED', validUntil)
    const source = sources.get(fedBy)
    // Whoever saw it fed was right then; what feeds it has been lost since.
    return source !== undefined && isKnown(source) && !carries(source)
      ? said('dark', 'inferred', Math.max(source.since, seen.since), 'SOURCE_DEAD', validUntil)
      : said(fedBy, 'reported', seen.since, 'OBSERVED', validUntil)
  }
  if (isFresh && word.said.position === 'open')
    return said('dark', 'measured', word.since, 'SWITCH_OPEN', until)
  const standsOn = isFresh ? sources.get(word.said.position) : undefined
  if (isFresh && standsOn !== undefined) {
    if (carries(standsOn)) return said(word.said.position, 'measured', word.since, 'SWITCH', until)
    return isKnown(standsOn)
      ? said('dark', 'inferred', Math.max(standsOn.since, word.since), 'SOURCE_DEAD', until)
      : said('unknown', 'inferred', standsOn.since, 'NOT_KNOWN', until)
  }
  // It stands on something that nobody has on file.
  if (isFresh && word.said.position !== '') return said('unknown', 'inferred', Number.NaN, 'NOT_KNOWN', until)
  const own = section.sources.flatMap(id => {
    const source = sources.get(id)
    return source === undefined ? [] : [{ id, source }]
  })
  const able = own.filter(({ source }) => carries(source))
  if (own.length > 0 && able.length === 0 && own.every(({ source }) => isKnown(source)))
    return said('dark', 'inferred', Math.max(...own.map(({ source }) => source.since)), 'SOURCE_DEAD')
  const [first] = able
  const isPreferred = word === undefined && first?.id === section.sources[0]
  // One that stood open, or could not change over, when it was heard last is taken to be so still.
  const isAble = changesOver(section) && (word === undefined || isChangingOver(word.said))
  const isOnly = isAble && able.length === 1 && own.every(({ source }) => isKnown(source))
  if (first !== undefined && (isPreferred || isOnly))
    return said(first.id, 'inferred', first.source.since, 'ONLY_SOURCE')
  return said('unknown', 'inferred', word === undefined ? Number.NaN : until, 'NOT_KNOWN')
}
