import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FeederName } from '../src/simulator/feeder-files.ts'
import { parseScenario } from '../src/simulator/scenario/read-scenario.ts'

/** A kind of run that detection is scored on: a scenario drawn by the seed, in a city of its own or on a recorded feeder. */
export interface Suite {
  readonly id: string
  readonly title: string
  readonly meters: number
  /** The recorded feeder that it is played on; a made-up city when left out. */
  readonly feeder?: FeederName
  /** The scenario, as YAML. */
  readonly scenario: string
  /** The scenario of another size, where it is written out step by step. */
  readonly sized?: (size: { readonly days: number; readonly meters: number }) => string
  /** Of a scenario file: the rows of the table that it shows. */
  readonly shows?: readonly string[]
  /** A run with fewer is no run of the suite. */
  readonly leastOutages: number
  /** Seeds of cities and scenarios: nothing is tuned on those of the test. */
  readonly training: readonly string[]
  readonly test: readonly string[]
}

const METERS = 20_000
/** A thousand by two seeds, in so many days that each is a case of its own: a backtest remembers all readings of its run. */
const OUTAGES = 500
const DAYS = 5
const DURATION = `${DAYS}d`

function drawn(id: string, title: string, collection: string, outages: number, losses: number): Suite {
  const scenario = `
name: suite-${id}
title: { en: "${title}", zh-CN: 评测场景 }
duration: ${DURATION}
collection: ${collection}
random: { outages: ${outages}, losses: ${losses} }
`
  return { id, title, meters: METERS, scenario, leastOutages: outages, ...seedsOf(id, 2) }
}

/** Seeds of one half are never those of the other. */
const seedsOf = (id: string, count: number): Pick<Suite, 'training' | 'test'> => {
  const named = (half: string): string[] => Array.from({ length: count }, (_, i) => `${id}-${half}-${i + 1}`)
  return { training: named('training'), test: named('test') }
}

/** One suite for each scenario file: each row of the table in DESIGN section 6, in cities of several seeds. */
function rowSuites(): Suite[] {
  const folder = join(import.meta.dirname, '..', 'scenarios')
  return readdirSync(folder)
    .filter(name => name !== 'demo.yaml')
    .sort()
    .map(file => {
      const scenario = readFileSync(join(folder, file), 'utf8')
      const { name, title, city, shows } = parseScenario(scenario, file)
      const id = `row-${name}`
      return {
        id,
        title: title.en,
        meters: city.meters,
        scenario,
        shows,
        leastOutages: 0,
        training: seedsOf(id, 10).training,
        test: seedsOf(id, 50).test
      }
    })
}

/** What is drawn of a feeder has to leave its one terminal a voice most of the time, and its few lines their own cases. */
const FEEDERS = [
  {
    feeder: 'eulv',
    meters: 55,
    outages: 60,
    random: 'losses: 1, mix: { box: 0, transformer: 0.2, lateral: 0.8, feeder: 0 }'
  },
  { feeder: 'ckt5', meters: 1379, outages: 200, random: 'losses: 5' }
] as const
const FEEDER_DAYS = 10
const FEEDER_COLLECTIONS = [
  ['path', 'gasps over relays', '{ gasps: path }'],
  ['silence', 'no gasps at all', '{ gaspShare: 0 }']
] as const

/** On feeders as they were recorded: the terminals stand at the transformers and have no backup. */
const feederSuites = (): Suite[] =>
  FEEDERS.flatMap(({ feeder, meters, outages, random }) =>
    FEEDER_COLLECTIONS.map(([name, title, collection]) => {
      const id = `${feeder}-${name}`
      const scenario = `
name: suite-${id}
title: { en: "${title}", zh-CN: 评测场景 }
duration: ${FEEDER_DAYS}d
collection: ${collection}
random: { outages: ${outages}, ${random} }
`
      return {
        id,
        title: `${feeder}: ${title}`,
        meters,
        feeder,
        scenario,
        leastOutages: 1,
        ...seedsOf(id, 2)
      }
    })
  )

/** A hundred thousand meter-days of each. */
const KIND_DAYS = 5
/** Meters that a terminal of a made-up city reads. */
const METERS_READ = 250

/** How large a run of a kind is. */
interface Size {
  readonly days: number
  readonly meters: number
}

/** Steps at times spread over a run, each of them for so long where it lasts. */
const stepsAt = (count: number, days: number, step: (number: number) => string, lasts = ''): string =>
  Array.from({ length: count }, (_, number) => {
    const hours = 2 + Math.floor((number * (days * 24 - 30)) / count)
    return `  - at: ${hours}h${number % 60}m\n    ${step(number)}\n${lasts === '' ? '' : `    for: ${lasts}\n`}`
  }).join('')
const ofScope =
  (scope: string) =>
  ({ days, meters }: Size): string => {
    const mix = ['meter', 'branch', 'terminal', 'cell'].map(each => `${each}: ${each === scope ? 1 : 0}`)
    const losses = Math.round((days * meters) / 100)
    return `random: { outages: 0, losses: 0, lossesAlone: ${losses}, lossMix: { ${mix.join(', ')} } }`
  }
const terminalsOf = ({ meters }: Size): number => Math.floor(meters / METERS_READ)
const onTerminal = (number: number): string => `on: { kind: terminal, pick: ${number} }`

/** What silences somebody, or makes him say what is old or wrong, and takes nobody's supply. */
const KINDS: readonly (readonly [id: string, title: string, happens: (size: Size) => string])[] = [
  ['branch', 'branches below terminals that speak', ofScope('branch')],
  ['terminal', 'links of terminals', ofScope('terminal')],
  ['cell', 'mobile cells', ofScope('cell')],
  [
    'carrier',
    'networks of carriers',
    size =>
      `steps:\n${stepsAt(20, size.days, number => `lose: { scope: carrier, ${onTerminal(number % terminalsOf(size))} }`, '40m')}`
  ],
  [
    'gateway',
    'restarts of our own',
    ({ days }) => `steps:\n${stepsAt(30, days, () => 'restart: { on: gateway }', '4m')}`
  ],
  [
    'reboots',
    'storms of reboots that send old gasps again',
    size =>
      `steps:\n${[8, 40, 90]
        .filter(hour => hour < size.days * 24)
        .flatMap(hour =>
          Array.from(
            { length: terminalsOf(size) },
            (_, number) =>
              `  - at: ${hour}h${number % 3}m\n    reboot: { ${onTerminal(number)}, resends: true }\n`
          )
        )
        .join('')}`
  ],
  [
    'backfill',
    'a day without a link, and all its points at once',
    size =>
      `steps:\n${stepsAt(terminalsOf(size), size.days, number => `lose: { scope: terminal, ${onTerminal(number)} }`, '24h')}`
  ],
  [
    'clocks',
    'clocks that stand',
    ({ days }) =>
      `steps:\n${stepsAt(200, days, number => `stopClock: { on: { kind: customer, pick: ${number * 7} } }`, '6h')}`
  ]
]

const kindSuites = (): Suite[] =>
  KINDS.map(([name, title, happens]) => {
    const id = `communication-${name}`
    const sized = (size: Size): string => `
name: suite-${id}
title: { en: "${title}", zh-CN: 评测场景 }
duration: ${size.days}d
${happens(size)}
`
    const scenario = sized({ days: KIND_DAYS, meters: METERS })
    return { id, title, meters: METERS, scenario, sized, leastOutages: 0, ...seedsOf(id, 1) }
  })

/** How long a drawn suite is played. */
export const daysOf = ({ scenario }: Pick<Suite, 'scenario'>): number =>
  Number(/duration: (\d+)d/.exec(scenario)?.[1])

/** How much smaller a run is than its suite: days, and meters where the city is made up. Undefined is as in the suite. */
export interface Smaller {
  readonly days: number | undefined
  readonly meters: number | undefined
}

/** The suite for fewer days and meters, with as many outages and losses for each meter and day. */
export function smallerSuite(suite: Suite, { days, meters }: Smaller): Suite & { readonly days: number } {
  const own = suite.feeder === undefined ? (meters ?? suite.meters) : suite.meters
  const all = daysOf(suite)
  const share = ((days ?? all) / all) * (own / suite.meters)
  if (share === 1) return { ...suite, days: all }
  const size = { days: days ?? all, meters: own }
  if (suite.sized !== undefined) return { ...suite, ...size, scenario: suite.sized(size), leastOutages: 0 }
  const scenario = suite.scenario
    .replace(/duration: \w+/, `duration: ${days ?? all}d`)
    .replaceAll(
      /\b(outages|lossesAlone): (\d+)/g,
      (_, name, count) =>
        `${name}: ${Number(count) === 0 ? 0 : Math.max(1, Math.round(Number(count) * share))}`
    )
  return { ...suite, meters: own, days: days ?? all, scenario, leastOutages: 0 }
}

/** Outages 30 % box, 40 % transformer, 20 % lateral, 10 % feeder; 2 minutes to 6 hours; losses of communication five times as often. */
export const DRAWN_SUITES: readonly Suite[] = [
  drawn('gasps-independent', 'gasps that arrive each by itself', '{ gasps: independent }', OUTAGES, 5),
  drawn('gasps-backup', 'gasps of a terminal all or none', '{ gasps: backup }', OUTAGES, 5),
  drawn('gasps-path', 'gasps over relays', '{ gasps: path }', OUTAGES, 5),
  drawn('gasps-batched', 'gasps gathered by the concentrator', '{ gasps: batched }', OUTAGES, 5),
  drawn('silence', 'no gasps at all', '{ gaspShare: 0 }', OUTAGES, 5),
  drawn('mixed', 'few gasps, many failures to read', '{ gaspShare: 0.3, readFailures: 0.05 }', OUTAGES, 5),
  {
    ...drawn('communication-only', 'lost communication and no outage', '{}', 0, 0),
    scenario: `
name: suite-communication-only
title: { en: lost communication and no outage, zh-CN: 评测场景 }
duration: ${DURATION}
random: { outages: 0, losses: 0, lossesAlone: ${OUTAGES * 5} }
`
  },
  {
    ...drawn('quiet', 'nothing happens', '{}', 0, 0),
    scenario: `
name: suite-quiet
title: { en: nothing happens, zh-CN: 评测场景 }
duration: ${DURATION}
`
  },
  ...kindSuites(),
  ...feederSuites()
]

export const ROW_SUITES: readonly Suite[] = rowSuites()

export const SUITES: readonly Suite[] = [...DRAWN_SUITES, ...ROW_SUITES]
