/** Rows of the tables about the supply of key customers, as tables.ts says it. */
export interface SupplyTableRows {
  /** Every line that was ever said; only appended to. `seq` is that of its record in the results log. */
  readonly supply_line: {
    n: number
    key_customer: string
    seq: number
    at: number
    from_at: number
    end_at: number | null
    line: string
  }
  /** What of each moment was said last: stretches of a customer do not overlap, the last has no end. */
  readonly supply_stretch: { key_customer: string; from_at: number; to_at: number | null; line_n: number }
}
