import type { Unloaded } from '../evidence/other-sources.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import type { Incident, KeptUp } from './incident.ts'

/** A part of an incident, as far as what else feeds it is asked for. */
export interface Part {
  readonly unit: number
  readonly members: readonly number[]
  /** Whether its members prove that they have supply. */
  readonly lives: boolean
}

type Source = Omit<KeptUp, 'unit'>

const lastOf = ({ keptUp }: Incident, unit: number): KeptUp | undefined =>
  keptUp.findLast(each => each.unit === unit)

/** Whether a part that lives has to wait for the network, because something else feeds it or may do so. */
export function isKeptUp(books: Books, incident: Incident, { unit, members }: Omit<Part, 'lives'>): boolean {
  const known = lastOf(incident, unit)
  if (known !== undefined && Number.isNaN(known.until)) return true
  // A dead feed shows voltage without load while its customer's generator runs: it is the network, or the generator.
  const run = unloadedFeed(books, incident, members)
  return run !== undefined && Number.isNaN(run.until)
}

/** Since when a part has to prove that the network feeds it: since the beginning, or the end of what else fed it. */
export function sinceOf(incident: Incident, unit: number): number {
  return Math.max(lastOf(incident, unit)?.until ?? incident.since, incident.since)
}

/** How long trucks fed a part until a time, ms: its customers had supply. */
export function truckMs({ keptUp }: Incident, unit: number, end: number): number {
  const times = keptUp.filter(each => each.unit === unit && each.by === 'truck')
  return times.reduce(
    (sum, { since, until }) => sum + Math.max(0, Math.min(Number.isNaN(until) ? end : until, end) - since),
    0
  )
}

/** Notes what else feeds or fed a part. @param now log time @returns what began or ended; undefined for nothing */
export function noteSource(books: Books, incident: Incident, part: Part, now: number): KeptUp | undefined {
  const found = sourceOf(books, incident, part, now)
  if (found === undefined) return undefined
  const known = lastOf(incident, part.unit)
  const isNew = known === undefined || found.since > known.until
  const noted = isNew ? { unit: part.unit, ...found } : known
  const hasEnded = !Number.isNaN(found.until) && (isNew || Number.isNaN(known.until))
  noted.until = found.until
  // Who was fed by others has to prove once more, after it, that the network is back.
  if (hasEnded && found.until > incident.since)
    for (const meter of part.members) books.meters.hold(meter, incident.id, found.until)
  if (!isNew) {
    if (!hasEnded) return undefined
    if (incident.keptUp.every(({ until }) => !Number.isNaN(until))) incident.supply = 'none'
    return noted
  }
  incident.keptUp.push(noted)
  incident.supply = found.by === 'truck' ? 'temporary' : 'back-feed'
  const run = runOf(books, part, found)
  if (run === undefined) return noted
  // What people brought is nothing to tell.
  if (found.by === 'truck') run.isSaid = true
  run.isFedBack = found.by !== 'truck'
  return noted
}

const runOf = ({ grid, others }: Books, { unit, members }: Part, { by }: Source): Unloaded | undefined =>
  by === 'generator'
    ? others.unloadedFeed(grid.meterId(members[0]))
    : others.unloadedTransformer(grid.id(unit))

const sourceOf = (books: Books, incident: Incident, part: Part, now: number): Source | undefined =>
  truckOf(books, incident, part, now) ??
  generatorOf(books, incident, part) ??
  transformerOf(books, incident, part)

/** A truck that came when it was dark: whom one that was there before left in the dark it does not feed. */
function truckOf(
  { grid, others }: Books,
  { since }: Incident,
  { unit }: Part,
  now: number
): Source | undefined {
  for (const device of grid.wayUp(unit)) {
    const truck = others.truckAt(grid.id(device))
    if (truck === undefined || truck.since < since - figure('momentTolerance')) continue
    // Of one that never says that it left.
    const latest = truck.since + figure('truckLongest')
    return {
      by: 'truck',
      since: truck.since,
      until: Number.isNaN(truck.until) && now > latest ? latest : truck.until
    }
  }
  return undefined
}

function generatorOf(books: Books, incident: Incident, { members }: Part): Source | undefined {
  const run = unloadedFeed(books, incident, members)
  if (run === undefined || run.last - run.since < figure('backFeedLasts')) return undefined
  return { by: 'generator', since: run.since, until: run.until }
}

/**
 * A transformer that has voltage and carries nothing: if its customers were dark before and live now, somebody brought them a source; if
 * that was so before they went dark, they had kept themselves up until then.
 */
function transformerOf(
  { grid, others }: Books,
  { since }: Incident,
  { unit, lives }: Part
): Source | undefined {
  if (grid.areaOf[unit] !== unit) return undefined
  const run = others.unloadedTransformer(grid.id(unit))
  if (run === undefined) return undefined
  if (run.since > since) return lives ? { by: 'truck', since: run.since, until: run.until } : undefined
  const isJustBefore = since - run.last <= figure('rowFreshness') && !(run.until <= since)
  return isJustBefore ? { by: 'panels', since: run.since, until: since } : undefined
}

/** The stretch since the beginning in which a dead feed had voltage and no load while its customer's generator ran. */
function unloadedFeed(
  { grid, others }: Books,
  { since }: Incident,
  members: readonly number[]
): Pick<Unloaded, 'since' | 'until' | 'last'> | undefined {
  const [meter] = members
  if (meter === undefined || members.some(each => !(grid.registry.meters.pt[each] > 1))) return undefined
  const run = others.fedBackFeed(grid.meterId(meter), grid.terminalIdOf(meter))
  return run !== undefined && run.since > since ? run : undefined
}
