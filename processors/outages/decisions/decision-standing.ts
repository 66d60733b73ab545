import type { Decided } from '../../../src/model/outages.ts'
import type { IncidentDecision } from '../../../src/model/decisions.ts'

import type { PresentGrid } from '../grid/present-grid.ts'
import type { Incident } from '../incidents/incident.ts'

/** What stands after one more decision: what it leaves out stays. @param facts what only its act decides @param at log time */
export function afterDecision(
  before: Decided | undefined,
  { act, by, cause, crew, expectedAt }: IncidentDecision,
  at: number,
  facts: Partial<Decided>
): Decided {
  return {
    ...before,
    ...{ act, by, at },
    ...(cause !== undefined && { cause }),
    ...(crew !== undefined && { crew }),
    ...(expectedAt !== undefined && { expectedAt }),
    ...facts
  }
}

/** A person says that it is an outage: the system withdraws it no more. */
export const isKeptByPerson = ({ decided }: Incident): boolean => decided?.state === 'open'

/** A person says that it is over, or none: the same evidence does not open it again. */
export const isClosedByPerson = ({ decided }: Incident): boolean => decided?.state === 'closed'

/** A person says that a suspicion is none: what is claimed afterwards is new. */
export const isDismissed = (incident: Incident): boolean =>
  incident.state === 'withdrawn' && isClosedByPerson(incident) && !isMerged(incident)

/** A person said whom it holds: moves of the system change nobody in it. */
export const isPlacedByPerson = ({ decided }: Incident): boolean =>
  decided !== undefined &&
  (decided.device ?? decided.merged ?? decided.splitOff ?? decided.splitFrom) !== undefined

/** A person says that it is part of another one: nothing is left of it. */
export const isMerged = ({ decided }: Incident): boolean => decided?.into !== undefined

/** A person made others part of it: some of its members lost their supply at another place and moment. */
export const hasMerged = ({ decided }: Incident): boolean => decided?.merged !== undefined

/** Whether what is found at a place, elsewhere than above an incident's own, is part of it because a person merged it. */
export function holdsByMerge(grid: PresentGrid, incident: Incident, place: number): boolean {
  if (!hasMerged(incident) || (incident.device >= 0 && grid.isAtOrBelow(incident.device, place))) return false
  const own = new Set(incident.members)
  const below = grid.metersBelow(place)
  return below.filter(meter => own.has(meter)).length * 2 > below.length
}
