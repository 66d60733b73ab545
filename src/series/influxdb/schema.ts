/**
 * Names of what stands in InfluxDB; boards import them, so a renamed measurement breaks the build, not a board.
 *
 *   for people, overwritten in place     readings, intervals
 *   for the API, never overwritten       reading_versions, interval_versions (a statement each, see row-text.ts)
 *   what the store is about              store_state, terminals, quarantine, quarantine_bytes, quarantine_marks
 *   what the database refused            refused_points
 */
export const MEASUREMENTS = {
  readings: 'readings',
  intervals: 'intervals',
  readingVersions: 'reading_versions',
  intervalVersions: 'interval_versions',
  longTexts: 'long_texts',
  state: 'store_state',
  terminals: 'terminals',
  quarantine: 'quarantine',
  quarantineBytes: 'quarantine_bytes',
  quarantineMarks: 'quarantine_marks',
  refused: 'refused_points'
} as const

/** Retention policies: databases `db/policy` where InfluxDB has none of those. */
export const POLICIES = ['kept', 'raw', 'final'] as const
export type Policy = (typeof POLICIES)[number]

/** How long each keeps its points, days; 0 = for ever. */
export type Retention = Readonly<Record<Policy, number>>
