import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { asError } from '../src/errors.ts'
import { readRevision } from './machine.ts'
import { printResult, tell } from './options.ts'
import { playSuite } from './score-suite.ts'
import { PROJECT } from './server.ts'
import { ROW_SUITES, type Suite } from './suites.ts'
import { pool, renderSupply, type SupplyRun, scoreSupplyRun } from './supply-runs.ts'

/** Every run that was made, one line each. */
const RESULTS = join(PROJECT, 'bench', 'results', 'supply.ndjson')
const TABLE = join('docs', 'scores', 'supply.md')
/** What is scored is counted in the time of the data: two cores play two seeds. */
const AT_ONCE = 2
const DEFAULT_SEEDS = 10

const USAGE = `npm run score:supply [-- --half training|test] [--scenarios a,b] [--seeds N] [--limits] [--out FILE.md]

Plays scenarios of key customers, each in so many cities (--seeds, ${DEFAULT_SEEDS} when left out; 0 only writes the table) whose registry is as wrong as those of
outages, and judges what was shown minute by minute. Every run is appended to ${relative(PROJECT, RESULTS)}; the table of all that is kept
there is written to --out (${TABLE} of the checkout). --limits ends with whether the limits are kept, as a line of JSON.

Scenarios: ${suites()
  .map(({ id }) => id.replace('row-', ''))
  .join(', ')}.`

/** Scenarios of key customers, and one in which nothing happens. */
function suites(): Suite[] {
  return ROW_SUITES.filter(({ id }) => id.startsWith('row-hospital-') || id === 'row-quiet')
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      half: { type: 'string', default: 'training' },
      scenarios: { type: 'string', default: '' },
      seeds: { type: 'string', default: String(DEFAULT_SEEDS) },
      limits: { type: 'boolean', default: false },
      out: { type: 'string', default: join(PROJECT, TABLE) },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) return void process.stdout.write(`${USAGE}\n`)
  const seeds = Number(values.seeds)
  if (!['training', 'test'].includes(values.half) || !Number.isInteger(seeds) || seeds < 0)
    throw new Error(USAGE)
  const half = values.half as SupplyRun['half']
  const names = values.scenarios.split(',').filter(name => name !== '')
  const wanted = suites().filter(({ id }) => names.length === 0 || names.includes(id.replace('row-', '')))
  if (wanted.length === 0) throw new Error(USAGE)
  const jobs = wanted.flatMap(suite => suite[half].slice(0, seeds).map(seed => ({ suite, seed })))
  const runs: SupplyRun[] = []
  let next = 0
  const playOn = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      const run = await play(job.suite, half, job.seed)
      if (run !== undefined) runs.push(run)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, playOn))
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, renderSupply(readRuns()))
  tell(`${values.out}: written`)
  if (values.limits) printResult(limitsOf(runs, jobs.length))
}

/** Undefined where the city has no place for the scenario. */
async function play(suite: Suite, half: SupplyRun['half'], seed: string): Promise<SupplyRun | undefined> {
  try {
    const { truth, answers } = await playSuite(suite, seed)
    const run: SupplyRun = {
      ...{ date: new Date(systemClock.now()).toISOString(), scenario: suite.id.replace('row-', '') },
      ...{ half, seed, ...readRevision(), ...scoreSupplyRun(truth, answers) }
    }
    mkdirSync(dirname(RESULTS), { recursive: true })
    appendFileSync(RESULTS, `${JSON.stringify(run)}\n`)
    const { decidable, parts, settled, falselyNormal, falselyInterrupted, alarms } = run
    const share = ({ right, wrong, unsure }: SupplyRun['parts']): string =>
      (right / (right + wrong + unsure)).toFixed(4)
    tell(
      `${run.scenario} ${seed}: state ${share(decidable)} parts ${share(parts)} settled ${share(settled)} falsely normal ${falselyNormal.toFixed(1)} interrupted ${falselyInterrupted.toFixed(1)} min, alarms ${alarms.said} of ${alarms.wanted}, ${alarms.false} false`
    )
    return run
  } catch (thrown) {
    const error = asError(thrown).message
    tell(`${suite.id} ${seed}: ${error}`)
    if (error.includes('the grid has 0 things like')) return undefined
    throw thrown
  }
}

function readRuns(): SupplyRun[] {
  if (!existsSync(RESULTS)) return []
  return readFileSync(RESULTS, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as SupplyRun)
}

/** The limits of the issue, over all runs together. */
function limitsOf(runs: readonly SupplyRun[], wanted: number): object {
  const all = pool(runs)
  const of = (value: number, limit: number, isMet: boolean) => ({ value, limit, isMet })
  const limits = {
    state: of(all.state, 0.99, all.state >= 0.99),
    parts: of(all.parts, 0.99, all.parts >= 0.99),
    settled: of(all.settled, 0.995, all.settled >= 0.995),
    falselyNormalWhole: of(all.falselyNormalWhole, 0, all.falselyNormalWhole === 0),
    falselyInterrupted: of(all.falselyInterrupted, 0.001, all.falselyInterrupted <= 0.001),
    undecidableUnknown: of(all.undecidableUnknown, 0.99, all.undecidableUnknown >= 0.99),
    alarms: of(all.alarms, 0.98, Number.isNaN(all.alarms) || all.alarms >= 0.98),
    falseAlarms: of(all.falseAlarms, 0, all.falseAlarms === 0)
  }
  const isWhole = runs.length >= wanted * 0.8
  return { pass: isWhole && Object.values(limits).every(({ isMet }) => isMet), runs: runs.length, ...limits }
}

try {
  await main()
} catch (thrown) {
  tell(`score: ${asError(thrown).message}`)
  process.exitCode = 1
}
