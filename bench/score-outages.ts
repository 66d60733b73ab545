import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { asError } from '../src/errors.ts'
import { tell } from './options.ts'
import { OUTAGE_RESULTS, playOnce } from './outage-play.ts'
import { type Half, readOutageRuns } from './outage-runs.ts'
import { renderScores } from './outage-table.ts'
import { whySkipped } from './score-suite.ts'
import { PROJECT } from './server.ts'
import { DRAWN_SUITES, ROW_SUITES, smallerSuite, type Suite } from './suites.ts'

const USAGE = `npm run score:outages [-- --half training|test] [--suites a,b] [--seeds N] [--days N] [--meters N] [--out FILE.md]
npm run score:outages -- --rows [--half training|test] [--suites a,b] [--seeds N] [--out FILE.md]

Plays suites, or with --rows the files of scenarios/, seed by seed, one at a time; keeps every run as a line of bench/results/outages.ndjson
and writes the table of all that is kept. --seeds takes the first N of each suite, 0 only writes the table; --days and --meters make
smaller runs, with as many outages for each meter and day. Suites: ${DRAWN_SUITES.map(({ id }) => id).join(', ')}.`

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

function readOptions(): Options {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({
    options: {
      rows: { type: 'boolean', default: false },
      half: { type: 'string', default: 'training' },
      suites: text,
      seeds: text,
      days: text,
      meters: text,
      out: { type: 'string', default: join(PROJECT, 'docs', 'scores', 'outages.md') },
      help: { type: 'boolean', default: false }
    }
  })
  const all = values.rows ? ROW_SUITES : DRAWN_SUITES
  const names = values.suites.split(',').filter(name => name !== '')
  const suites = names.map(name => all.find(({ id }) => id === name || id === `row-${name}`))
  const isHalf = values.half === 'training' || values.half === 'test'
  const numbers = [values.seeds, values.days, values.meters].map(value =>
    value === '' ? undefined : Number(value)
  )
  const areNumbers = numbers.every(value => value === undefined || (Number.isInteger(value) && value >= 0))
  if (values.help || !isHalf || !areNumbers || suites.includes(undefined)) throw new Error(USAGE)
  const [seeds = Number.POSITIVE_INFINITY, days, meters] = numbers
  return {
    isRows: values.rows,
    half: values.half as Half,
    suites: names.length === 0 ? all : suites.filter(suite => suite !== undefined),
    seeds,
    days,
    meters,
    out: values.out
  }
}

try {
  if ((await main()) > 0) process.exitCode = 1
} catch (thrown) {
  tell(`score: ${asError(thrown).message}`)
  process.exitCode = 1
}
