import { GridvigilError } from '../../errors.ts'
import type { CountedIncidentRow, ReliabilityLedger, ReliabilitySpan } from '../../ledger/reliability-port.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { interruptionOf } from '../../reliability/incident-rows.ts'
import type { Interruption } from '../../reliability/interruption.ts'
import { darkAccounts } from './dark-accounts.ts'
import { locatedPoints } from './located-points.ts'

/** Rows that are computed with at once: some ten seconds and a gigabyte, for which the ledger's thread does nothing else. */
const MOST_ROWS = 1_000_000

export interface ReadInterruptions {
  readonly rows: Interruption[]
  /** Incidents that are not closed: their times may still change. */
  readonly unclosed: ReadonlySet<string>
}

/**
 * Interruptions by all incidents that count and lasted at some time of a span, from their beginning. What has named nobody counts for those
 * below its device.
 *
 * @throws API_BAD_REQUEST when they are too many to be computed with
 */
export async function readInterruptions(
  ledger: ReliabilityLedger,
  registry: Registry,
  span: ReliabilitySpan
): Promise<ReadInterruptions> {
  const incidents = await ledger.countedIncidents(span)
  const byId = new Map(incidents.map(incident => [incident.id, incident]))
  const rows: Interruption[] = []
  for (const point of await ledger.interruptedPoints(span, MOST_ROWS + 1)) {
    const incident = byId.get(point.incident)
    // One that came between the two questions is told next time.
    if (incident !== undefined) rows.push(interruptionOf(incident, point))
  }
  for (const incident of incidents) if (!incident.isNamed) addLocated(rows, registry, incident)
  if (rows.length > MOST_ROWS)
    throw new GridvigilError(
      'API_BAD_REQUEST',
      `more than ${MOST_ROWS} interruptions: ask for a shorter period`
    )
  const unclosed = new Set(incidents.filter(({ isClosed }) => !isClosed).map(({ id }) => id))
  return { rows: darkAccounts(rows, registry), unclosed }
}

function addLocated(rows: Interruption[], registry: Registry, incident: CountedIncidentRow): void {
  for (const point of locatedPoints(registry, incident)) rows.push(interruptionOf(incident, point))
}
