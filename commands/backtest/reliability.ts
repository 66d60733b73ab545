import { type IncidentLine, pointEnds } from '../../src/model/outages.ts'
import { darkAccounts } from '../../src/outages/reliability/dark-accounts.ts'
import { locatedPoints } from '../../src/outages/reliability/located-points.ts'
import { servedAccounts } from '../../src/outages/reliability/served-accounts.ts'
import type { OutageTables } from '../../src/records/results-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { type InterruptedPoint, interruptionOf } from '../../src/reliability/incident-rows.ts'
import type { Interruption } from '../../src/reliability/interruption.ts'
import { RELIABILITY_PROFILES } from '../../src/reliability/profiles.ts'
import { reliability } from '../../src/reliability/reliability.ts'

/** Over which accounts and which time indices are made. */
export interface ReliabilityPeriod {
  readonly registry: Registry
  /** IANA zone of the site. */
  readonly zone: string
  /** Log time of the first and of the last line, epoch ms. */
  readonly from: number
  readonly to: number
}

/** Incidents as their last lines say, and the indices of them: the same way as the ledger's, without a ledger. */
export class IncidentBook {
  readonly #last = new Map<string, IncidentLine>()

  take({ incidents = [] }: OutageTables): void {
    // What a later line leaves out stays.
    for (const line of incidents) this.#last.set(line.id, { ...this.#last.get(line.id), ...line })
  }

  /** By each profile, for the summary; undefined where no time has passed. */
  indices({ registry, zone, from, to }: ReliabilityPeriod): object | undefined {
    if (!(to > from)) return undefined
    const interruptions = this.#interruptions(registry)
    const served = { unit: 'account' as const, changes: servedAccounts(registry) }
    const results = Object.values(RELIABILITY_PROFILES).map(profile =>
      reliability({ interruptions, served, zone, from, to, asOf: to }, profile)
    )
    return {
      ...{ from, to, servedAccounts: results[0]?.served.count },
      isProvisional: results.some(({ variants }) => variants.some(({ open }) => open > 0)),
      ...Object.fromEntries(
        results.map(({ profile, indices, variants: [all] }) => [
          profile,
          {
            ...{ interruptions: all?.interruptions, customerMinutes: all?.customerMinutes },
            ...{ momentary: all?.momentary, momentaryEvents: all?.momentaryEvents },
            indices: Object.fromEntries(indices.map(({ name, value }) => [name, value]))
          }
        ])
      )
    }
  }

  #interruptions(registry: Registry): Interruption[] {
    const rows = [...this.#last.values()]
      .filter(({ counted }) => counted)
      .flatMap(line => {
        const { id, kind, planType = null, start, end, decided } = line
        const cause = decided?.cause ?? line.cause
        const incident = { id, kind, planType, cause, start, end }
        return pointsOf(registry, line).map(point => interruptionOf(incident, point))
      })
    return darkAccounts(rows, registry)
  }
}

function pointsOf(registry: Registry, line: IncidentLine): readonly InterruptedPoint[] {
  const { usagePoints, decided } = line
  if (usagePoints === undefined)
    return locatedPoints(registry, { ...line, device: decided?.device ?? line.device })
  return pointEnds(line).flatMap((end, place) => {
    const usagePoint = usagePoints[place] ?? ''
    const account = registry.usagePoints.get(usagePoint)?.account ?? ''
    return end === undefined ? [] : [{ usagePoint, account, end }]
  })
}
