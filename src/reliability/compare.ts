import { compareText } from './interruption.ts'
import type { ReliabilityResult, Share } from './reliability.ts'

/** One thing that is told otherwise now; null where it was not told then, or is not any more. */
export interface ResultChange {
  readonly what: string
  readonly before: number | string | null
  readonly after: number | string | null
}

/** What a recomputation changed, for the audit trail. All lists are empty where nothing did. */
export interface ResultDifference {
  readonly isSame: boolean
  /** Rules of counting, the number served, major event days: why figures may differ although no incident does. */
  readonly rules: readonly ResultChange[]
  /** Named indices; those of a variant are `RS-2`, or `SAIDI (without-major-event-days)` where the name alone is not enough. */
  readonly indices: readonly ResultChange[]
  /** Incidents by their customer-minutes. */
  readonly incidents: readonly ResultChange[]
  /** Incidents by how often they interrupted a customer. */
  readonly interruptions: readonly ResultChange[]
}

/**
 * Compares two results of one period by one profile. Figures are compared as they are, not rounded: sums are whole milliseconds, so
 * a difference is one.
 *
 * @throws RangeError for results that are of different periods or profiles: that is no recomputation
 */
export function compareResults(before: ReliabilityResult, after: ReliabilityResult): ResultDifference {
  for (const name of ['profile', 'from', 'to'] as const)
    if (before[name] !== after[name]) throw new RangeError(`results are of different ${name}`)
  const rules = changes(rulesOf(before), rulesOf(after))
  const indices = changes(indicesOf(before), indicesOf(after))
  const incidents = changes(
    sharesOf(before, share => share.customerMinutes),
    sharesOf(after, share => share.customerMinutes)
  )
  const interruptions = changes(
    sharesOf(before, share => share.interruptions),
    sharesOf(after, share => share.interruptions)
  )
  const isSame = [rules, indices, incidents, interruptions].every(list => list.length === 0)
  return { isSame, rules, indices, incidents, interruptions }
}

type Told = ReadonlyMap<string, number | string | null>

function changes(before: Told, after: Told): ResultChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort(compareText)
    .map(what => ({ what, before: before.get(what) ?? null, after: after.get(what) ?? null }))
    .filter(change => change.before !== change.after)
}

function rulesOf({ parameters, served, majorEventDays, isFinal }: ReliabilityResult): Told {
  const told = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])
  return new Map<string, number | string | null>([
    ...told,
    ['served', served.count],
    ['servedRule', served.rule],
    ['servedDate', served.date ?? null],
    ['majorEventDays', majorEventDays === null ? null : majorEventDays.join(' ')],
    ['isFinal', String(isFinal)]
  ])
}

const indicesOf = ({ indices }: ReliabilityResult): Told =>
  new Map(
    indices.map(({ name, variant, value }) => {
      const isAmbiguous = indices.some(it => it.name === name && it.variant !== variant)
      return [isAmbiguous ? `${name} (${variant})` : name, value]
    })
  )

const sharesOf = ({ incidents }: ReliabilityResult, figure: (share: Share) => number): Told =>
  new Map(incidents.map(share => [share.of, figure(share)]))
