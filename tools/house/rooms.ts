/**
 * Which room may import from which: one way down. Paths are prefixes; the longest that fits a file is its
 * room. A room may always import from itself and from BASICS. A file that stands in no room is a violation,
 * so a new folder gets its line here first.
 */
export interface Room {
  readonly path: string
  /** Rooms or single files it may import from. */
  readonly may: readonly string[]
}

/** Usable by all. What they themselves may import is in their own line of ROOMS. */
export const BASICS = [
  'src/errors.ts',
  'src/clock.ts',
  'src/files.ts',
  'src/random.ts',
  'src/logger.ts',
  'src/metrics.ts',
  'src/config.ts'
] as const

/** Basics import nothing of ours, except that a wrong setting is an error of the table. */
const BASIC_ROOMS: readonly Room[] = BASICS.map(path => ({
  path,
  may: path === 'src/config.ts' ? ['src/errors.ts'] : []
}))

const ALL = ['']

/** What the folders of the API may import from outside it. */
const API_MAY = [
  'src/model/',
  'src/registry/',
  'src/series/port.ts',
  'src/series/energy-steps.ts',
  'src/log/port.ts',
  'src/access/',
  'src/ledger/port.ts',
  'src/ledger/outage-port.ts',
  'src/ledger/supply-port.ts',
  'src/reliability/',
  'src/supply/',
  'src/stream/port.ts'
]

/** Tables and columns of a registry, which its folders share. */
const REGISTRY_WORDS = ['numbers', 'schema', 'source', 'tables', 'texts'].map(
  name => `src/registry/${name}.ts`
)

export const ROOMS: readonly Room[] = [
  ...BASIC_ROOMS,
  { path: 'src/model/', may: [] },
  { path: 'src/records/', may: ['src/model/'] },
  { path: 'src/log/', may: [] },
  { path: 'src/codecs/', may: ['src/model/'] },
  { path: 'src/reliability/', may: ['src/model/'] },
  { path: 'src/supply/', may: ['src/model/', 'src/registry/', 'src/ledger/supply-port.ts'] },
  { path: 'src/registry/', may: ['src/model/'] },
  { path: 'src/registry/read/', may: ['src/model/', ...REGISTRY_WORDS] },
  { path: 'src/registry/lookup/', may: ['src/model/', ...REGISTRY_WORDS] },
  {
    path: 'src/registry/version/',
    may: ['src/model/', ...REGISTRY_WORDS, 'src/registry/read/', 'src/registry/lookup/']
  },
  { path: 'src/ledger/', may: ['src/model/'] },
  { path: 'src/access/', may: ['src/model/', 'src/ledger/port.ts'] },
  { path: 'src/series/', may: ['src/model/', 'src/records/', 'src/log/port.ts'] },
  {
    path: 'src/stream/',
    may: [
      'src/model/',
      'src/log/port.ts',
      'src/series/port.ts',
      'src/series/feed-gather.ts',
      'src/ledger/outage-port.ts',
      'src/outages/gather.ts'
    ]
  },
  {
    path: 'src/outages/',
    may: [
      'src/model/',
      'src/records/',
      'src/log/port.ts',
      'src/ledger/outage-port.ts',
      'src/registry/lookup/'
    ]
  },
  {
    path: 'src/outages/reliability/',
    may: [
      'src/model/',
      'src/ledger/reliability-port.ts',
      'src/registry/lookup/',
      'src/registry/texts.ts',
      'src/reliability/'
    ]
  },
  { path: 'src/simulator/', may: ['src/codecs/', 'src/model/', 'src/registry/'] },
  { path: 'src/api/', may: API_MAY },
  { path: 'src/api/shapes/', may: API_MAY },
  { path: 'src/api/http/', may: [...API_MAY, 'src/api/shapes/', 'src/api/context.ts'] },
  {
    path: 'src/api/page/',
    may: [...API_MAY, 'src/api/shapes/', 'src/api/http/', 'src/api/context.ts', 'src/api/routes/session.ts']
  },
  { path: 'src/api/routes/', may: [...API_MAY, 'src/api/shapes/', 'src/api/http/', 'src/api/context.ts'] },
  {
    path: 'gateway/',
    may: ['src/log/', 'src/records/', 'src/registry/', 'src/model/', 'src/codecs/json-command.ts']
  },
  {
    path: 'processors/',
    may: [
      'src/codecs/',
      'src/records/',
      'src/model/',
      'src/registry/lookup/',
      'src/registry/texts.ts',
      'src/log/port.ts'
    ]
  },
  // What judges the stages shares nothing with them.
  { path: 'scoring/', may: [] },
  { path: 'dashboards/', may: [] },
  { path: 'commands/', may: ['src/', 'gateway/', 'processors/'] },
  { path: 'commands/version.ts', may: ['package.json'] },
  { path: 'bench/', may: ALL },
  { path: 'main.ts', may: ['commands/', 'package.json'] }
]

/** Composition of benchmarks and tools runs on the machine's clock and environment. */
export const COMPOSITION = ['bench/', 'tools/'] as const

/** Where each npm package may be imported: everybody else goes through the port or the room named here. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@duckdb/node-api': ['src/series/duckdb/'],
  '@influxdata/influxdb-client': ['src/series/influxdb/'],
  aedes: ['gateway/'],
  'csv-parse': ['bench/real-input.ts'],
  fastify: ['src/api/'],
  '@fastify/cookie': ['src/api/'],
  '@fastify/multipart': ['src/api/'],
  '@fastify/rate-limit': ['src/api/'],
  kysely: ['src/ledger/'],
  'kysely/migration': ['src/ledger/'],
  mqtt: ['src/simulator/publisher.ts'],
  pino: ['src/logger.ts'],
  'prom-client': ['src/metrics.ts'],
  'swagger-ui-dist': ['src/api/page/browser.ts'],
  yaml: ['src/config.ts', 'src/simulator/scenario/'],
  zod: ['src/api/', 'src/codecs/json-backup.ts', 'src/simulator/scenario/']
}

/** Longest file, lines. */
export const MAX_LINES = 400

/** Files that may be longer, each with its reason. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'src/errors.ts': 'one table of all codes, to be searched in one place'
}

/** What code may not call, and the only files that may. */
export const FORBIDDEN = [
  { name: 'Date.now', pattern: /\bDate\s*\.\s*now\b/g, allowed: ['src/clock.ts'], instead: 'take a Clock' },
  {
    name: 'new Date()',
    pattern: /\bnew\s+Date\b(?!\s*\((?!\s*\)))/g,
    allowed: ['src/clock.ts'],
    instead: 'take a Clock'
  },
  {
    name: 'setTimeout',
    pattern: /(?:\bglobalThis\s*\.\s*|(?<![.\w$]))setTimeout\b/g,
    allowed: ['src/clock.ts'],
    instead: 'take a Clock'
  },
  {
    name: 'setInterval',
    pattern: /(?:\bglobalThis\s*\.\s*|(?<![.\w$]))setInterval\b/g,
    allowed: ['src/clock.ts'],
    instead: 'take a Clock'
  },
  {
    name: 'Math.random',
    pattern: /\bMath\s*\.\s*random\b/g,
    allowed: ['src/random.ts'],
    instead: 'take a Random'
  },
  {
    name: 'process.env',
    pattern: /\bprocess\s*\.\s*env\b/g,
    allowed: ['src/config.ts'],
    instead: 'take the value from Config'
  }
] as const
