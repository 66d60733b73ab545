/**
 * Names of what stands in InfluxDB; boards import them, so a renamed measurement breaks the build, not a board.
 *
 *   for people, overwritten in place     readings: by meter and time, with the energies of the interval that ends then
 *   for the API, never overwritten       reading_versions, interval_versions: a statement each (row-text.ts); long_texts of them
 *   what the store is about              store_state, terminals, quarantine, quarantine_bytes, quarantine_marks
 *   what the database refused            refused_points
 */
export const MEASUREMENTS = {
  readings: 'readings',
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

/** Energies of the interval that ends at a final reading, primary: kWh, kWh, kvarh, kvarh. */
export const ENERGY_FIELDS = [
  'intervalKwh',
  'intervalExportKwh',
  'intervalKvarh',
  'intervalExportKvarh'
] as const

/**
 * What stands in the six digits of a statement's time below the millisecond: of a reading its kind times KIND_SPACE and its
 * version, of an interval its revision modulo REVISION_SPACE.
 */
export const KIND_SPACE = 100_000
export const REVISION_SPACE = 1_000_000

/** Retention policies: databases `db/policy` where InfluxDB has none of those. */
export const POLICIES = ['kept', 'raw', 'final'] as const
export type Policy = (typeof POLICIES)[number]

/** How long each keeps its points, days; 0 = for ever. */
export type Retention = Readonly<Record<Policy, number>>
