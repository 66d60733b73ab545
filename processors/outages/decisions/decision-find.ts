import type { IncidentDecision } from '../../../src/model/decisions.ts'

import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { isLive, type OutageCase } from '../cases/case.ts'
import { type Incident, placeOf } from '../incidents/incident.ts'

export interface Found {
  readonly each: OutageCase
  readonly incident: Incident
}

type Named = Exclude<IncidentDecision['incident'], string>

/** Number of an incident by its id, NaN for what is none. */
export const numberOfId = (id: string): number => (/^I[1-9]\d*$/.test(id) ? Number(id.slice(1)) : Number.NaN)

/** Under a registry that has lost its device nothing can be said of an incident any more. */
const isThere = ({ device, meter }: Incident): boolean => device >= 0 || meter >= 0

export function findById(cases: readonly OutageCase[], id: string): Found | undefined {
  const number = numberOfId(id)
  for (const each of cases)
    for (const incident of each.incidents)
      if (incident.id === number && isThere(incident)) return { each, incident }
  return undefined
}

/**
 * The incident that is meant by a device and a time at which it was out: of those that lasted then, one on that device or on one that
 * nobody can tell from it, else one above or below; of several one that is not over, then the nearest beginning, then the first.
 */
export function findByPlace(
  { grid }: Books,
  cases: readonly OutageCase[],
  { device, time }: Named
): Found | undefined {
  const place = grid.registry.network.numbers.get(device) ?? -1
  const tolerance = figure('momentTolerance')
  const nearness = (incident: Incident): number => {
    const at = placeOf(incident)
    if (at < 0) return grid.registry.meters.usagePoint.get(incident.meter) === device ? 2 : 0
    if (place < 0) return 0
    if (at === place || incident.device === place || incident.sameAs.includes(place)) return 2
    return grid.isAtOrBelow(place, at) || grid.isAtOrBelow(at, place) ? 1 : 0
  }
  const rank = ({ incident }: Found): readonly number[] => [
    -nearness(incident),
    isLive(incident) ? 0 : 1,
    Math.abs(incident.start - time),
    incident.id
  ]
  return cases
    .flatMap(each => each.incidents.map(incident => ({ each, incident })))
    .filter(({ incident }) => {
      const hasBegun = incident.start <= time + tolerance
      const isOver = incident.end < time - tolerance
      return isThere(incident) && hasBegun && !isOver && nearness(incident) > 0
    })
    .sort((one, other) => compareRanks(rank(one), rank(other)))[0]
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, i) => value !== other[i])
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}
