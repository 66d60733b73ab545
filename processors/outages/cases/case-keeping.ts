import type { OutageLines } from '../../../src/model/outages.ts'
import type { Books } from '../books.ts'
import { isLive, isOpen, type OutageCase } from './case.ts'
import { placeIn } from './case-matching.ts'
import { accountsOf, type Incident, type LeftPoint, lineOf } from '../incidents/incident.ts'
import { unitOf, waitWhereTheyHang } from '../incidents/restoration.ts'

/**
 * A case under another registry: devices have other numbers, and meters hang elsewhere or nowhere. An incident is withdrawn whose device is
 * gone, because nobody can say any more where it was, or all whom it held while it lasts: nobody can say when they are back.
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
    keepPoints(before, books, told, incident, numberOf)
    // Of a service line that is back it is known until when it was out, whatever became of its meter.
    const isGoneMeter = told.state !== 'restored' && !(books.grid.placeOf[incident.meter] >= 0)
    const isGone = told.device < 0 ? isGoneMeter : incident.device < 0
    if (!isLive(told) || !(isGone || (isOpen(told) && !waitWhereTheyHang(books, incident)))) return incident
    books.meters.letGo(incident.members, incident.id)
    out.incidents.push(lineOf(before, { ...told, state: 'withdrawn' }, now, { reason: 'DEVICE_GONE' }))
    return { ...incident, state: 'withdrawn' }
  }
  const areas = all(each.areas)
  const [place = numberOf(each.root)] = areas
  return {
    ...each,
    // Its tree may have grown above its top: who tells of it later is looked for by the top of now.
    root: place < 0 ? -1 : placeIn(books.grid, place).root,
    areas: new Set(areas),
    feeders: new Set(all(each.feeders)),
    isDirty: true,
    incidents: each.incidents.map(after)
  }
}

/**
 * Who an incident holds are usage points, whatever meter they have: a meter that was exchanged gives its place to the next one, and a
 * usage point without any is kept aside as it was. So members stay numbers of meters, as evidence is asked for, and only the few that
 * the registry drops are remembered by more. Also of what is over: it may go on.
 */
function keepPoints(
  before: Books['grid'],
  { grid, meters }: Books,
  told: Incident,
  incident: Incident,
  numberOf: (device: number) => number
): void {
  const isThere = (meter: number): boolean => grid.placeOf[meter] >= 0
  incident.degraded = told.degraded.filter(isThere)
  const known = told.left.map(point => ({ ...point, unit: numberOf(point.unit) }))
  const gone = told.members
    .filter(meter => !isThere(meter))
    .map(meter => ({
      usagePoint: before.registry.meters.usagePoint.get(meter),
      ...{ meter, unit: numberOf(unitOf(before, told, meter)), isCounted: false }
    }))
  const points = [...known, ...gone]
  if (points.length === 0) return
  const meterAt = grid.metersOf(points.map(({ usagePoint }) => usagePoint))
  const members = new Set(told.members.filter(isThere))
  const spokenFor = new Set([...members].map(meter => before.accountOf[meter]))
  for (const { usagePoint, meter, unit } of points) {
    const next = meterAt.get(usagePoint)
    if (next === undefined) continue
    members.add(next)
    spokenFor.add(before.accountOf[meter])
    if (incident.meter === meter) incident.meter = next
    takeOver(meters, meter, next, incident.caseId)
    const isFree = meters.incident[next] < 0
    if (isFree && isOpen(incident) && !incident.back.has(unit))
      meters.hold(next, incident.id, meters.heldSince[meter])
  }
  meters.letGo(
    gone.map(({ meter }) => meter),
    incident.id
  )
  const lost = accountsOf(before, told.members)
  const hasNone = ({ usagePoint }: LeftPoint): boolean => !meterAt.has(usagePoint)
  incident.members = [...members]
  incident.left = known.filter(hasNone)
  for (const point of gone.filter(hasNone)) {
    const account = before.accountOf[point.meter]
    incident.left.push({ ...point, isCounted: lost.has(account) && !spokenFor.has(account) })
    spokenFor.add(account)
  }
}

/** The next meter of a usage point says what the one before said of a case, unless it has spoken itself. */
function takeOver(meters: Books['meters'], before: number, next: number, caseId: number): void {
  if (meters.lostCase[before] === caseId && meters.lostCase[next] !== caseId) {
    meters.lose(next, meters.lostAt[before], meters.lostBy[before])
    meters.backAt[next] = meters.backAt[before]
    meters.lostCase[next] = caseId
    meters.missed[next] = meters.missed[before]
    meters.missedSince[next] = meters.missedSince[before]
    meters.missedWeight[next] = meters.missedWeight[before]
  }
  if (meters.recordCase[before] === caseId && meters.recordCase[next] !== caseId) {
    meters.recordStart[next] = meters.recordStart[before]
    meters.recordEnd[next] = meters.recordEnd[before]
    meters.recordCase[next] = caseId
  }
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
