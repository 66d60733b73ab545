import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { asError } from '../src/errors.ts'
import { tell } from './options.ts'
import { OUTAGE_RESULTS, playOnce } from './outage-play.ts'
import { type Half, readOutageRuns } from './outage-runs.ts'
import { renderScores } from './outage-table.ts'
import { whySkipped } from './score-suite.ts'
import { PROJECT } from './server.ts'
import { DRAWN_SUITES, ROW_SUITES, smallerSuite, type Suite } from './suites.ts'

/** What ids of suites of scenario files begin with. */
const ROW = 'row-'
/** Where the table goes, in the checkout. */
const TABLE = join('docs', 'scores', 'outages.md')

const USAGE = `npm run score:outages [-- --half training|test] [--suites a,b] [--seeds N] [--days N] [--meters N] [--out FILE.md]
npm run score:outages -- --rows [--half training|test] [--suites a,b] [--seeds N] [--out FILE.md]

Plays suites, or with --rows the files of scenarios/, seed by seed, one at a time. Every run is appended as a line to
${relative(PROJECT, OUTAGE_RESULTS)}, and the table of all that is kept there is written to --out (${TABLE} of the checkout).
--seeds takes the first N of each suite, 0 only writes the table; --days and --meters make smaller runs, with as many outages
for each meter and day.

Suites: ${DRAWN_SUITES.map(({ id }) => id).join(', ')}.
With --rows: ${ROW_SUITES.map(({ id }) => id.slice(ROW.length)).join(', ')}.`

interface Options {
  readonly isRows: boolean
  readonly half: Half
  readonly suites: readonly Suite[]
  readonly seeds: number
  readonly days: number | undefined
  readonly meters: number | undefined
  readonly out: string
}

/** Runs the command. @returns how many runs failed @throws Error on a wrong command line */
async function main(): Promise<number> {
  const options = readOptions()
  if (options === undefined) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  let failed = 0
  const { half, seeds, days, meters } = options
  for (const full of options.suites) {
    const suite = options.isRows ? full : smallerSuite(full, { days, meters })
    const skipped = whySkipped(suite)
    if (skipped !== undefined) tell(`${suite.id}: skipped: ${skipped}`)
    for (const seed of skipped === undefined ? suite[half].slice(0, seeds) : []) {
      const run = await playOnce(suite, half, seed, suite !== full && suite.scenario !== full.scenario)
      writeTable(options.out)
      if (run.kind === 'failed' && !run.isWithoutPlace) failed++
    }
  }
  writeTable(options.out)
  tell(`\n${options.out}: written`)
  return failed
}

function writeTable(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, renderScores(readOutageRuns(OUTAGE_RESULTS)))
}

/** Undefined when only help is asked for. @throws Error on a wrong command line */
function readOptions(): Options | undefined {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({
    options: {
      rows: { type: 'boolean', default: false },
      half: { type: 'string', default: 'training' },
      suites: text,
      seeds: text,
      days: text,
      meters: text,
      out: { type: 'string', default: join(PROJECT, TABLE) },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return undefined
  const all = values.rows ? ROW_SUITES : DRAWN_SUITES
  const names = values.suites.split(',').filter(name => name !== '')
  const isHalf = values.half === 'training' || values.half === 'test'
  const numbers = [values.seeds, values.days, values.meters].map(value =>
    value === '' ? undefined : Number(value)
  )
  const areNumbers = numbers.every(value => value === undefined || (Number.isInteger(value) && value >= 0))
  if (!isHalf || !areNumbers) throw new Error(USAGE)
  const [seeds = Number.POSITIVE_INFINITY, days, meters] = numbers
  return {
    isRows: values.rows,
    half: values.half as Half,
    suites: names.length === 0 ? all : names.map(name => suiteOf(all, name)),
    seeds,
    days,
    meters,
    out: values.out
  }
}

/** @throws Error that names those there are */
function suiteOf(all: readonly Suite[], name: string): Suite {
  const suite = all.find(({ id }) => id === name || id === `${ROW}${name}`)
  if (suite !== undefined) return suite
  const where = all === DRAWN_SUITES ? ' (files of scenarios/ need --rows)' : ''
  throw new Error(`unknown suite ${name}${where}; there are ${all.map(({ id }) => id).join(', ')}`)
}

try {
  if ((await main()) > 0) process.exitCode = 1
} catch (thrown) {
  tell(`score: ${asError(thrown).message}`)
  process.exitCode = 1
}
