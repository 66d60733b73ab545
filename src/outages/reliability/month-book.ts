import type { PublishedMonth, Publisher, ToldIncident } from '../../ledger/reliability-port.ts'
import { compareResults, type ResultDifference } from '../../reliability/compare.ts'
import { daysLater, type LocalMonth, monthOf, monthsIn } from '../../reliability/days.ts'
import { RELIABILITY_PROFILES } from '../../reliability/profiles.ts'
import { type ReliabilityResult, reliability } from '../../reliability/reliability.ts'
import { systemDays } from '../../reliability/report.ts'
import type { Served } from '../../reliability/served.ts'
import { readInterruptions } from './interruptions.ts'
import type { ReliabilityParts } from './reliability-desk.ts'
import { servedAccounts } from './served-accounts.ts'

const DAY_MS = 86_400_000
/** A month is published so long after its end: records of its last hours have come by then. */
const PUBLISHED_AFTER_MS = DAY_MS
/** What lasts into the month is read anyway; of what was over before it, that which one of these may have gone on from. */
const LOOKED_BACK_DAYS = 1
const LINES_AT_ONCE = 5_000
/** Incidents that an audit row names of those whose share changed; the figures themselves are whole. */
const MOST_TOLD = 100

const PROFILES = Object.values(RELIABILITY_PROFILES)

/** Action of the audit row about a published month that changed. */
export const CORRECTED = 'reliability.correct'

/**
 * Publishes the figures of each month that is over, and says in the audit trail what changes in them afterwards (decision 16). Lines are
 * looked at behind a cursor of its own; months, audit rows and cursor are stored together, so that nothing is corrected twice or not at
 * all. One turn at a time.
 */
export class MonthBook {
  readonly #parts: ReliabilityParts
  /** Incidents that published months are made of, by month; undefined until the ledger was asked. */
  #incidents: Map<string, ReadonlySet<string>> | undefined

  constructor(parts: ReliabilityParts) {
    this.#parts = parts
  }

  /** Corrects what lines have changed, else publishes one month. @returns whether it did anything */
  async turn(): Promise<boolean> {
    // Without a registry nobody knows how many are served.
    if (this.#parts.registry().version === 0) return false
    this.#incidents ??= await this.#read()
    return (await this.#correct(this.#incidents)) || (await this.#publish(this.#incidents))
  }

  async #read(): Promise<Map<string, ReadonlySet<string>>> {
    const incidents = new Map<string, ReadonlySet<string>>()
    for (const { id } of PROFILES)
      for (const { month, result } of await this.#parts.ledger.publishedMonths(id))
        incidents.set(month, new Set([...(incidents.get(month) ?? []), ...incidentsOf(JSON.parse(result))]))
    return incidents
  }

  async #correct(published: Map<string, ReadonlySet<string>>): Promise<boolean> {
    const { ledger, clock } = this.#parts
    const told = await ledger.toldBehind(await ledger.correctedUpTo(), LINES_AT_ONCE)
    const upTo = told.at(-1)?.n
    if (upTo === undefined) return false
    const changed = new Map<string, PublishedMonth[]>()
    const notes: { action: string; subject: string; detail: object }[] = []
    for (const month of this.#touched(told, published)) {
      const after = await this.#monthly(month)
      for (const each of after) {
        const [before] = await ledger.publishedMonths(each.profile, month, month)
        const difference = before && differenceOf(before, each)
        if (difference?.isSame === true) continue
        changed.set(month, [...(changed.get(month) ?? []), each])
        const detail = { profile: each.profile, month, ...(difference && shortened(difference)) }
        notes.push({ action: CORRECTED, subject: `${each.profile} ${month}`, detail })
      }
    }
    await ledger.publish({ months: [...changed.values()].flat(), notes, upTo }, systemAt(clock.now()))
    for (const [month, results] of changed) published.set(month, incidentsOfAll(results))
    return true
  }

  /** Published months that incidents touch as they stand now, or were part of. */
  #touched(told: readonly ToldIncident[], published: ReadonlyMap<string, ReadonlySet<string>>): string[] {
    const { clock } = this.#parts
    const zone = this.#parts.zone()
    const touched = new Set<string>()
    for (const { id, start, end } of new Map(told.map(each => [each.id, each])).values()) {
      for (const { month } of monthsIn(start, Math.max(start + 1, end ?? clock.now()), zone))
        if (published.has(month)) touched.add(month)
      for (const [month, incidents] of published) if (incidents.has(id)) touched.add(month)
    }
    return [...touched].sort()
  }

  async #publish(published: Map<string, ReadonlySet<string>>): Promise<boolean> {
    const { ledger, clock } = this.#parts
    const first = await ledger.firstCounted()
    if (first === undefined) return false
    const until = clock.now() - PUBLISHED_AFTER_MS
    const due = monthsIn(first, until, this.#parts.zone()).find(
      ({ month, to }) => to <= until && !published.has(month)
    )
    if (due === undefined) return false
    const months = await this.#monthly(due.month)
    await ledger.publish({ months, notes: [] }, systemAt(clock.now()))
    published.set(due.month, incidentsOfAll(months))
    return true
  }

  /** A month of the whole system by each profile. */
  async #monthly(name: string): Promise<PublishedMonth[]> {
    const { ledger, clock } = this.#parts
    const [registry, zone] = [this.#parts.registry(), this.#parts.zone()]
    const month: LocalMonth = monthOf(name, zone)
    const asOf = clock.now()
    const period = { from: month.from, to: month.to, asOf, zone }
    const begin = daysLater(month.from, -LOOKED_BACK_DAYS, zone)
    const { rows: interruptions } = await readInterruptions(ledger, registry, { from: begin, to: month.to })
    const changes = servedAccounts(registry)
    const served: Served = { unit: 'account', changes }
    return PROFILES.map(profile => ({
      ...{ profile: profile.id, month: name, at: asOf },
      result: JSON.stringify(reliability({ ...period, interruptions, served }, profile)),
      days: JSON.stringify(
        systemDays({ ...period, system: { interruptions, served: changes } }, profile).map(
          ({ saidiMinutes }) => saidiMinutes ?? 0
        )
      )
    }))
  }
}

const systemAt = (at: number): Publisher => ({ name: 'system', at })

const incidentsOf = ({ incidents }: ReliabilityResult): string[] => incidents.map(({ of }) => of)

const incidentsOfAll = (months: readonly PublishedMonth[]): ReadonlySet<string> =>
  new Set(months.flatMap(({ result }) => incidentsOf(JSON.parse(result))))

/** Undefined where the month has other bounds by now: the zone of the site was changed, and nothing can be compared. */
function differenceOf(before: PublishedMonth, after: PublishedMonth): ResultDifference | undefined {
  const [one, other] = [before, after].map(({ result }) => JSON.parse(result) as ReliabilityResult)
  if (one === undefined || other === undefined || one.from !== other.from) return undefined
  return compareResults(one, other)
}

/** As the audit trail keeps it. */
const shortened = ({ rules, indices, incidents, interruptions }: ResultDifference) => ({
  rules,
  indices,
  incidents: incidents.slice(0, MOST_TOLD),
  interruptions: interruptions.slice(0, MOST_TOLD)
})
