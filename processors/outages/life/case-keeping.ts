import type { OutageLines } from '../../../src/model/outages.ts'
import type { Books } from '../explain/tally.ts'
import { isLive, isOpen, type OutageCase } from './case.ts'
import { type Incident, lineOf } from './incident.ts'
import { waitWhereTheyHang } from './restoration.ts'

/**
 * A case under another registry: devices have other numbers, and meters hang elsewhere or nowhere. An incident is withdrawn whose device is
 * gone, because nobody can say any more where it was, or all whom it held.
 * @param before the network until now @param numberOf -1 for a device that is gone
 */
export function renumbered(
  each: OutageCase,
  before: Books['grid'],
  books: Books,
  numberOf: (device: number) => number,
  now: number,
  out: OutageLines
): OutageCase {
  const all = (devices: Iterable<number>): number[] =>
    [...devices].map(numberOf).filter(device => device >= 0)
  // Where a person says that it is can be there still.
  const placeAfter = ({ device, decidedAt = -1 }: Incident): number =>
    numberOf(device) >= 0 || decidedAt < 0 ? numberOf(device) : numberOf(decidedAt)
  const after = (told: Incident): Incident => {
    const { decidedAt = -1, ...rest } = told
    const incident: Incident = {
      ...rest,
      ...(decidedAt >= 0 && numberOf(decidedAt) >= 0 && { decidedAt: numberOf(decidedAt) }),
      device: told.device < 0 ? -1 : placeAfter(told),
      sameAs: all(told.sameAs),
      nested: all(told.nested),
      keptUp: told.keptUp
        .map(each => ({ ...each, unit: numberOf(each.unit) }))
        .filter(({ unit }) => unit >= 0),
      back: new Map([...told.back].map(([unit, at]) => [numberOf(unit), at]))
    }
    keepPlaced(books, incident)
    const isGone = told.device < 0 ? !(books.grid.placeOf[told.meter] >= 0) : incident.device < 0
    if (!isLive(told) || !(isGone || (isOpen(told) && !waitWhereTheyHang(books, incident)))) return incident
    books.meters.letGo(incident.members, incident.id)
    out.incidents.push(lineOf(before, { ...told, state: 'withdrawn' }, now, { reason: 'DEVICE_GONE' }))
    return { ...incident, state: 'withdrawn' }
  }
  return {
    ...each,
    root: numberOf(each.root),
    areas: new Set(all(each.areas)),
    feeders: new Set(all(each.feeders)),
    isDirty: true,
    incidents: each.incidents.map(after)
  }
}

/** Who measures no customer any more is let go, also of what is over: it may go on, and nobody would prove that he is back. */
function keepPlaced({ grid, meters }: Books, incident: Incident): void {
  const isThere = (meter: number): boolean => grid.placeOf[meter] >= 0
  meters.letGo(
    incident.members.filter(meter => !isThere(meter)),
    incident.id
  )
  incident.members = incident.members.filter(isThere)
  incident.degraded = incident.degraded.filter(isThere)
}

/** A case as plain data: sets and maps as lists, NaN as null. */
export const savedCase = (each: OutageCase): object => ({
  ...each,
  areas: [...each.areas],
  feeders: [...each.feeders],
  incidents: each.incidents.map(incident => ({ ...incident, back: [...incident.back] }))
})

export type SavedCase = Omit<OutageCase, 'areas' | 'feeders' | 'incidents'> & {
  readonly areas: readonly number[]
  readonly feeders: readonly number[]
  readonly incidents: readonly (Omit<Incident, 'back'> & { readonly back: [number, number][] })[]
}

export const loadedCase = (saved: SavedCase): OutageCase => ({
  ...saved,
  areas: new Set(saved.areas),
  feeders: new Set(saved.feeders),
  between: saved.between,
  backAt: number(saved.backAt),
  closedAt: number(saved.closedAt),
  explainedAt: saved.explainedAt ?? Number.NEGATIVE_INFINITY,
  incidents: saved.incidents.map(incident => ({
    ...incident,
    start: number(incident.start),
    since: number(incident.since),
    end: number(incident.end),
    plan: incident.plan,
    keptUp: incident.keptUp.map(part => ({ ...part, until: number(part.until) })),
    customerMinutes: number(incident.customerMinutes),
    openedAt: number(incident.openedAt),
    restoredAt: number(incident.restoredAt),
    cutOffAt: number(incident.cutOffAt),
    back: new Map(incident.back)
  }))
})

const number = (value: number | null): number => value ?? Number.NaN
