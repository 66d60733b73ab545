import { isOnBackup } from '../evidence/terminal-book.ts'
import type { Books } from '../books.ts'
import type { Incident } from './incident.ts'

/**
 * Whether all that ever spoke for an incident is the word of terminals that still say that their supply is gone, though everybody else has
 * proven to be back for so long that records would be here: then it was their own fuse, or they lie.
 */
export function restsOnWordAlone({ grid, meters, terminals }: Books, incident: Incident): boolean {
  const { caseId, members, back } = incident
  const isClaimed = members.some(meter => meters.claimsIn(meter, caseId))
  if (isClaimed) return false
  const told = [...back.keys()]
    .flatMap(unit => [...grid.terminalsAt.of(unit)])
    .map(number => terminals.of(grid.terminals[number].id))
    .filter(({ downCase }) => downCase === caseId)
  return told.length > 0 && told.every(isOnBackup)
}
