/**
 * Rows of the tables about outages, as tables.ts says it. `n` is given out by the one who writes them, in the order in which
 * ids, and lines, were first seen.
 */
export interface OutageTableRows {
  /** How far each consumer has taken its log. */
  readonly log_cursor: { name: string; seq: number }
  readonly incident: {
    n: number
    id: string
    first_at: number
    at: number
    state: string
    opened_at: number | null
    parent: string | null
    merged_into: string | null
    reason: string | null
    device: string
    same_as: string
    phases: string
    kind: string
    cause: string
    supply: string
    started_at: number
    ended_at: number | null
    affected: number
    confirmed: number
    confidence: number
    counted: number
    evidence: string
    usage_points: number | null
    plan_type: string | null
    plan: string | null
    early_s: number | null
    overrun_s: number | null
    customer_minutes: number | null
    /** JSON; null while nobody decided anything. */
    decided: string | null
  }
  /** The device of an incident, and what fed it when that was told. */
  readonly incident_place: { device: string; incident: string }
  /**
   * Usage points that an incident names, with the account that each was of when that was told and when it had supply again (null: with
   * the incident). Not counted are those of which an earlier release said that their account had supply elsewhere.
   */
  readonly incident_point: {
    usage_point: string
    incident: string
    account: string
    ended_at: number | null
    counted: number
  }
  readonly communication_loss: {
    n: number
    id: string
    first_at: number
    at: number
    state: string
    reason: string | null
    scope: string
    subject: string
    terminals: string
    meters: string
    started_at: number
    ended_at: number | null
  }
  readonly finding: {
    n: number
    id: string
    first_at: number
    at: number
    kind: string
    subject: string
    evidence: string
  }
  readonly alarm: {
    n: number
    id: string
    first_at: number
    at: number
    state: string
    kind: string
    subject: string
    value: number | null
    threshold: number | null
    started_at: number
    ended_at: number | null
    /** Of the present state, when a person made it so. */
    decided_by: string | null
    note: string | null
    until_at: number | null
  }
  /** What people decided. `facts` is JSON of what they said with it. */
  readonly decision: {
    n: number
    id: string
    first_at: number
    at: number
    state: string
    reason: string | null
    about: string
    subject: string
    act: string
    decided_by: string
    facts: string
  }
  /** Every line that was ever told; only appended to. `seq` is that of its record in the results log. */
  readonly outage_line: {
    n: number
    told_in: string
    id: string
    seq: number
    at: number
    state: string
    change: string | null
    reason: string | null
    line: string
  }
  /** Indices and daily figures of a finished month (2026-03) by a profile, as they were published last; both JSON text. */
  readonly reliability_month: { profile: string; month: string; at: number; result: string; days: string }
  /** Lines by table and state. */
  readonly outage_count: { told_in: string; state: string; lines: number }
}
