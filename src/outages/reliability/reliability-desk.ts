import type { Clock } from '../../clock.ts'
import type { ReliabilityLedger } from '../../ledger/reliability-port.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { daysLater, monthsIn } from '../../reliability/days.ts'
import { historyBefore } from '../../reliability/major-events.ts'
import { type ReliabilityProfile, withValues } from '../../reliability/profile.ts'
import { RELIABILITY_PROFILES } from '../../reliability/profiles.ts'
import type { ReliabilityCalls, ReliabilityQuestion } from '../../reliability/question.ts'
import { REPEATED, type RepeatedParameters } from '../../reliability/repeated.ts'
import { type ReliabilityReport, reportOf } from '../../reliability/report.ts'
import { readInterruptions } from './interruptions.ts'
import { pointsBelow } from './located-points.ts'
import { servedAccounts } from './served-accounts.ts'

export interface ReliabilityParts {
  readonly ledger: ReliabilityLedger
  /** The one of now. */
  readonly registry: () => Registry
  readonly clock: Clock
  /** IANA zone of the site. */
  readonly zone: () => string
}

/** Answers questions about reliability from what the ledger knows of incidents. */
export class ReliabilityDesk implements ReliabilityCalls {
  readonly #parts: ReliabilityParts

  constructor(parts: ReliabilityParts) {
    this.#parts = parts
  }

  async reliabilityReport(question: ReliabilityQuestion): Promise<ReliabilityReport> {
    const { ledger, clock } = this.#parts
    const [registry, zone] = [this.#parts.registry(), this.#parts.zone()]
    const { from, to, device } = question
    const profile = RELIABILITY_PROFILES[question.profile]
    const repeated = repeatedBy(question)
    const begin = daysLater(from, -repeated.window.value, zone)
    const { rows, unclosed } = await readInterruptions(ledger, registry, { from: begin, to })
    const system = { interruptions: rows, served: servedAccounts(registry) }
    const points = device === undefined ? undefined : new Set(pointsBelow(registry, device))
    const scope =
      points === undefined
        ? system
        : {
            interruptions: system.interruptions.filter(({ usagePoint = '' }) => points.has(usagePoint)),
            served: servedAccounts(registry, points)
          }
    const history = await this.#historyBefore(from, profile)
    return reportOf(
      { ...{ from, to, zone, asOf: clock.now() }, system, scope, history, repeated, unclosed },
      profile
    )
  }

  /** SAIDI of the days of published months in the years before, up to the month in which the period begins. */
  async #historyBefore(from: number, { id, majorEvents }: ReliabilityProfile): Promise<number[]> {
    if (majorEvents === null) return []
    const { ledger } = this.#parts
    const zone = this.#parts.zone()
    const months = monthsIn(historyBefore(from, zone, majorEvents).from, from, zone)
      .filter(({ to }) => to <= from)
      .map(({ month }) => month)
    const [first, last] = [months.at(0), months.at(-1)]
    if (first === undefined || last === undefined) return []
    const published = await ledger.publishedMonths(id, first, last)
    return published.flatMap(({ days }) => JSON.parse(days) as number[])
  }
}

function repeatedBy({ repeatedCount, repeatedDays }: ReliabilityQuestion): RepeatedParameters {
  const wanted = {
    ...(repeatedCount !== undefined && { count: repeatedCount }),
    ...(repeatedDays !== undefined && { window: repeatedDays })
  }
  return withValues(REPEATED, wanted, 'as asked')
}
