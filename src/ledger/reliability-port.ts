/**
 * What the ledger keeps for reliability: whom incidents interrupted, and months whose figures were published.
 *
 * What an adapter promises:
 * - What `publish` is given (months, audit rows, the place in the lines) is stored together or not at all.
 */
export interface ReliabilityLedger {
  /** Incidents that count and lasted at some time in between, in order of their beginning. */
  countedIncidents(span: ReliabilitySpan): Promise<CountedIncidentRow[]>
  /** Usage points that these name and count, at most so many. */
  interruptedPoints(span: ReliabilitySpan, most: number): Promise<InterruptedPointRow[]>
  /** When the first incident that counts began; undefined when there is none. */
  firstCounted(): Promise<number | undefined>

  /** The place in the order of all lines up to which corrections were looked for; 0 before the first. */
  correctedUpTo(): Promise<number>
  /** Incidents of which something was told behind a place, in that order. */
  toldBehind(place: number, limit: number): Promise<ToldIncident[]>
  /** Published months of a profile, or those from `from` to `to`, both included, in order. */
  publishedMonths(profile: string, from?: string, to?: string): Promise<PublishedMonth[]>
  /** @param by who did it, and when */
  publish(publication: Publication, by: Publisher): Promise<void>
}

/** [from, to), epoch ms. */
export interface ReliabilitySpan {
  readonly from: number
  readonly to: number
}

export interface CountedIncidentRow {
  readonly id: string
  /** Device and cause are those of people, where they decided. */
  readonly device: string
  /** Letters, '' for all. */
  readonly phases: string
  /** Accounts that it leaves without supply. */
  readonly affected: number
  readonly kind: string
  readonly planType: string | null
  readonly cause: string
  readonly start: number
  /** Null while it lasts. */
  readonly end: number | null
  /** Whether it has named those whom it interrupted. */
  readonly isNamed: boolean
  /** Whether its times are final, as far as anything is. */
  readonly isClosed: boolean
}

export interface InterruptedPointRow {
  readonly incident: string
  readonly usagePoint: string
  /** '' when nobody knew. */
  readonly account: string
  /** Null: with the incident. */
  readonly end: number | null
}

export interface ToldIncident {
  readonly n: number
  readonly id: string
  /** As it stands now. */
  readonly start: number
  readonly end: number | null
}

export interface PublishedMonth {
  readonly profile: string
  /** 2026-03 */
  readonly month: string
  /** When these figures were made, epoch ms. */
  readonly at: number
  /** JSON text, as the reliability module gave it. */
  readonly result: string
  /** JSON text: SAIDI of each of its days, minutes. */
  readonly days: string
}

/** As the audit trail names him; `at` in epoch ms. */
export interface Publisher {
  readonly name: string
  readonly at: number
}

export interface Publication {
  /** They take the place of what was published before. */
  readonly months: readonly PublishedMonth[]
  /** Audit rows. */
  readonly notes: readonly { readonly action: string; readonly subject: string; readonly detail: object }[]
  /** Lines up to here have been looked at; left out where none were. */
  readonly upTo?: number
}
