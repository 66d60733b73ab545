import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeScore, type Row, type RunScore, scoreRun } from '../scoring/score-run.ts'
import { FeedingTree } from '../scoring/tree.ts'
import { asError } from '../src/errors.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCity } from '../src/simulator/city/write-city.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'
import { readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, tell, workFolder } from './options.ts'
import { PROJECT } from './server.ts'
import { SUITES, type Suite } from './suites.ts'

const USAGE = `npm run score -- --truth FILE --answers DIR --registry DIR    scores the output folder of a backtest against a truth file
npm run score -- --suite NAME|all [--half training|test] [--days N] [--meters N]

A suite makes its city and plays its scenario into \`backtest\`, seed by seed, without writing the lines down. Figures for people go to
standard error, one JSON line to standard output. Suites: ${SUITES.map(({ id }) => id).join(', ')}.`

/** Runs the command. @throws Error on a wrong command line or a failed run */
async function main(): Promise<void> {
  const text = { type: 'string', default: '' } as const
  const { values } = parseArgs({
    options: {
      truth: text,
      answers: text,
      registry: text,
      suite: text,
      half: { type: 'string', default: 'training' },
      days: text,
      meters: text,
      help: { type: 'boolean', default: false }
    }
  })
  if (values.truth !== '' && values.answers !== '' && values.registry !== '') {
    show(values.answers, scoreFolder(values.truth, values.answers, values.registry))
    return
  }
  const chosen = SUITES.filter(({ id }) => values.suite === 'all' || values.suite === id)
  if (chosen.length === 0 || (values.half !== 'training' && values.half !== 'test')) throw new Error(USAGE)
  for (const suite of chosen) {
    const smaller = {
      ...suite,
      meters: values.meters === '' ? suite.meters : Number(values.meters),
      leastOutages: values.days === '' && values.meters === '' ? suite.leastOutages : 0,
      scenario:
        values.days === ''
          ? suite.scenario
          : suite.scenario.replace(/duration: \w+/, `duration: ${values.days}d`)
    }
    for (const seed of suite[values.half])
      show(`${suite.id} ${values.half} ${seed}`, await runSuite(smaller, seed))
  }
}

function show(name: string, score: RunScore): void {
  tell(`\n${name}\n${describeScore(score).join('\n')}`)
  printResult({ name, ...score, ...readRevision() })
}

/** Makes a city, plays the suite's scenario and scores what came out. */
async function runSuite({ meters, scenario, leastOutages }: Suite, seed: string): Promise<RunScore> {
  const work = workFolder(DEFAULT_WORK, 'score')
  try {
    const city = join(work.path, 'city')
    writeCity(makeCity({ seed, meters }), city)
    const [path, truth, out] = ['scenario.yaml', 'truth.ndjson', 'out'].map(name =>
      join(work.path, name)
    ) as [string, string, string]
    writeFileSync(path, scenario)
    mkdirSync(out)
    await pipe(
      [
        'simulate',
        '--registry',
        join(city, 'truth'),
        '--scenario',
        path,
        '--seed',
        seed,
        '--frames',
        '-',
        '--truth',
        truth,
        '--reference'
      ],
      ['backtest', '--registry', join(city, 'registry'), '--frames', '-', '--out', out]
    )
    const score = scoreFolder(truth, out, join(city, 'truth'))
    if (score.incidents.outages < leastOutages)
      throw new Error(
        `the suite has ${score.incidents.outages} outages, ${leastOutages} are wanted: a longer run or a larger city has room`
      )
    return score
  } finally {
    work.remove()
  }
}

/** Runs two commands of the front door, the first one's output into the second. @throws Error when either fails */
async function pipe(first: readonly string[], second: readonly string[]): Promise<void> {
  const program = join(PROJECT, 'bin', 'gridvigil')
  const sender = spawn(program, first, { stdio: ['ignore', 'pipe', 'inherit'] })
  const taker = spawn(program, second, { stdio: [sender.stdout, 'ignore', 'inherit'] })
  sender.stdout.destroy()
  const codes = await Promise.all([once(sender, 'exit'), once(taker, 'exit')])
  if (codes.some(([code]) => code !== 0))
    throw new Error(`${first[0]} | ${second[0]} ended with ${codes.map(([code]) => code)}`)
}

function scoreFolder(truth: string, answers: string, registry: string): RunScore {
  const { devices, customers } = readGrid(registry)
  const tree = new FeedingTree([
    ...devices.id.map((id, device) => ({
      id,
      parent: devices.id[devices.parent[device] ?? -1] ?? '',
      customers: 0
    })),
    ...customers.point.map((id, customer) => ({
      id,
      parent: devices.id[customers.device[customer] ?? -1] ?? '',
      customers: 1
    }))
  ])
  if (!existsSync(answers)) throw new Error(`${answers}: there is no such folder of answers`)
  const said = (name: string): Row[] => rowsOf(join(answers, `${name}.ndjson`))
  return scoreRun(
    truthOf(truth),
    {
      incidents: said('incidents'),
      communication: said('communication'),
      findings: said('findings'),
      supply: said('supply')
    },
    tree
  )
}

function truthOf(path: string): Row[] {
  if (!existsSync(path)) throw new Error(`${path}: there is no such truth file`)
  return rowsOf(path)
}

/** Lines of a file; none of one that is not there. */
function rowsOf(path: string): Row[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as Row)
}

try {
  await main()
} catch (thrown) {
  tell(`score: ${asError(thrown).message}`)
  process.exitCode = 1
}
