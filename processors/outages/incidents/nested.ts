import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { type Incident, newIncident, placeOf } from './incident.ts'
import { membersByUnit } from './restoration.ts'

/** Part of an incident that stays dark by a failure of its own. */
export interface NestedPart {
  /** The highest device of it: what feeds that is back. */
  readonly device: number
  readonly units: readonly number[]
  readonly members: readonly number[]
  /** When what feeds it came back: then its own failure came to light (DESIGN section 6). */
  readonly since: number
  /** Terminals that say since then that their supply is gone; members that a terminal with supply misses since. */
  readonly down: number
  readonly silent: number
}

/** Of the members of a part, the share that has to be missed by a terminal that reads on, and how many. */
const SILENT_SHARE = 0.7
const SILENT_LEAST = 3

/**
 * Parts of an incident that are proven to be dark for a while after the device above them came back, though no switch above them is
 * open: what waits for a switch is restored in steps, and who is only not heard may have lost his link.
 * @param now log time
 */
export function nestedParts(books: Books, incident: Incident, now: number): NestedPart[] {
  const { grid } = books
  const top = placeOf(incident)
  if (top < 0 || incident.waiting.length === 0 || incident.back.size === 0) return []
  const { parent } = grid
  const backAt = returnsAbove(books, incident, top)
  const unitsBelow = new Map<number, number[]>()
  // What a switch kept from being fed has to stay dark anew when that is closed.
  if (incident.waiting.some(unit => grid.isCutOff(unit))) incident.cutOffAt = now
  for (const unit of incident.waiting) {
    if (grid.isCutOff(unit)) continue
    let device = unit
    while (device >= 0 && device !== top && !backAt.has(parent[device])) device = parent[device]
    if (device < 0 || device === top) continue
    unitsBelow.set(device, [...(unitsBelow.get(device) ?? []), unit])
  }
  if (unitsBelow.size === 0) return []
  const byUnit = membersByUnit(books, incident)
  return [...unitsBelow].flatMap(([device, units]) => {
    const since = backAt.get(parent[device]) ?? Number.NaN
    const members = units.flatMap(unit => byUnit.get(unit) ?? [])
    const fedSince = Number.isNaN(incident.cutOffAt) ? since : Math.max(since, incident.cutOffAt)
    if (!(now - fedSince >= figure('nestedAfter')) || members.length === 0) return []
    const down = units.reduce((sum, unit) => sum + downSince(books, unit, fedSince), 0)
    const silent = members.filter(meter => isMissedSince(books, device, meter, fedSince)).length
    const isSilent = silent >= Math.max(SILENT_LEAST, SILENT_SHARE * members.length)
    return down > 0 || isSilent ? [{ device, units, members, since, down, silent }] : []
  })
}

/** An incident of what stays dark when the one above it ends: open, and held by nothing else. @param now log time */
export function nestedIncident(
  id: number,
  host: Incident,
  { device, since, down, silent, members }: NestedPart,
  now: number
): Incident {
  const nested = newIncident(id, host.caseId, now, host.id)
  const weight = (count: number, chance: number): number => Math.round(-count * Math.log(chance) * 10) / 10
  return {
    ...nested,
    state: 'open',
    device,
    start: since,
    since,
    confidence: host.confidence,
    openedAt: now,
    members: [...members],
    confirmed: silent,
    evidence: [
      ...(down > 0
        ? [{ kind: 'terminal-supply-lost', count: down, weight: weight(down, figure('falseWord')) }]
        : []),
      ...(silent > 0
        ? [
            {
              kind: 'silent',
              count: silent,
              of: members.length,
              weight: weight(silent, figure('missedRound'))
            }
          ]
        : [])
    ]
  }
}

/**
 * Another outage takes a place below which an incident still waits for parts: what feeds those was back before, and nothing proves that they
 * stayed dark, so they came back with it and are lost again.
 * @param before when the other began @returns whether there are any
 */
export function yieldUnits(books: Books, incident: Incident, place: number, before: number): boolean {
  const { grid, meters } = books
  const top = placeOf(incident)
  if (top < 0 || incident.waiting.length === 0 || incident.back.size === 0) return false
  const backAt = returnsAbove(books, incident, top)
  const came = new Map<number, number>()
  for (const unit of incident.waiting) {
    if (!grid.isAtOrBelow(unit, place) || grid.isCutOff(unit)) continue
    const fedBy = grid.wayUp(unit).find(device => backAt.has(device))
    const since = fedBy === undefined ? Number.NaN : (backAt.get(fedBy) ?? Number.NaN)
    if (since < before && downSince(books, unit, since, before) === 0) came.set(unit, since)
  }
  if (came.size === 0) return false
  const byUnit = membersByUnit(books, incident)
  for (const [unit, since] of came) {
    incident.back.set(unit, since)
    meters.letGo(byUnit.get(unit) ?? [], incident.id)
  }
  incident.waiting = incident.waiting.filter(unit => !came.has(unit))
  return true
}

/** Devices below which something is back, with the earliest time of it. */
function returnsAbove({ grid }: Books, incident: Incident, top: number): Map<number, number> {
  const backAt = new Map<number, number>()
  for (const [unit, at] of incident.back) {
    if (incident.nested.includes(unit)) continue
    for (let device = unit; device >= 0; device = grid.parent[device]) {
      backAt.set(device, Math.min(at, backAt.get(device) ?? at))
      if (device === top) break
    }
  }
  return backAt
}

/** Terminals of an area that lived on their backup after a time, and before another, as they say. */
function downSince({ grid, terminals }: Books, unit: number, since: number, before = Infinity): number {
  let count = 0
  for (const number of grid.terminalsAt.of(unit)) {
    const { batteryAt } = terminals.of(grid.terminals[number].id)
    if (batteryAt > since + figure('momentTolerance') && batteryAt < before - figure('momentTolerance'))
      count++
  }
  return count
}

/**
 * Whether a terminal that reads on has missed a meter in a round after a time. One that hangs on the part itself, or nobody knows where,
 * shows by reading on that the part has supply, or nothing: its meters may still be looking for it.
 */
function isMissedSince(
  { grid, meters, terminals }: Books,
  part: number,
  meter: number,
  since: number
): boolean {
  const reader = grid.terminals[grid.terminalOf[meter]]
  if (reader === undefined || meters.missed[meter] === 0) return false
  if (reader.poweredBy < 0 || grid.isAtOrBelow(reader.poweredBy, part)) return false
  return terminals.of(reader.id).lastRoundAt > since + figure('momentTolerance')
}
