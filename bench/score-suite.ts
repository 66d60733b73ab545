import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Row, RunAnswers } from '../scoring/run-cases.ts'
import { type RunScore, scoreRun } from '../scoring/score-run.ts'
import { FeedingTree } from '../scoring/tree.ts'
import { type Voices, voicesOf } from '../scoring/voices.ts'
import { testEnvironment } from '../src/config.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCity } from '../src/simulator/city/write-city.ts'
import { writeFeederCity } from '../src/simulator/feeder-city.ts'
import { readFeeder } from '../src/simulator/feeder-files.ts'
import { phaseLetters } from '../src/simulator/grid/grid.ts'
import { parseScenario } from '../src/simulator/scenario/read-scenario.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'
import { DEFAULT_WORK, workFolder } from './options.ts'
import { PROJECT } from './server.ts'
import type { Suite } from './suites.ts'

/** A run that was played: what was true, what was said, and the grid it happened in. */
export interface Played {
  readonly truth: readonly Row[]
  readonly answers: RunAnswers
  readonly tree: FeedingTree
  readonly voices: Voices
}

/** Where the recorded feeders are. */
const feederFolder = (): string => join(testEnvironment().shared, 'data', 'feeder')

/** Why a suite cannot be played here; undefined when it can. */
export function whySkipped({ feeder }: Suite): string | undefined {
  if (feeder === undefined || existsSync(feederFolder())) return undefined
  return `the recorded feeders are not at ${feederFolder()}; set GRIDVIGIL_SHARED`
}

/** Makes the city, or takes the feeder, and plays the suite's scenario into `backtest`. @throws Error when either fails */
export async function playSuite({ meters, feeder, scenario }: Suite, seed: string): Promise<Played> {
  const work = workFolder(DEFAULT_WORK, 'score')
  try {
    const [city, path, truth, out] = ['city', 'scenario.yaml', 'truth.ndjson', 'out'].map(name =>
      join(work.path, name)
    ) as [string, string, string, string]
    const { wrongFeed } = parseScenario(scenario, 'suite').city
    if (feeder === undefined) writeCity(makeCity({ seed, meters }), city, undefined, wrongFeed)
    else writeFeederCity(readFeeder(feederFolder(), feeder), city, seed)
    writeFileSync(path, scenario)
    mkdirSync(out)
    const grid = join(city, 'truth')
    await pipe(
      ['simulate', '--registry', grid, '--scenario', path, '--seed', seed]
        .concat(['--frames', '-'])
        .concat(['--truth', truth, '--reference']),
      ['backtest', '--registry', join(city, 'registry'), '--frames', '-', '--out', out]
    )
    return playedFolder(truth, out, grid)
  } finally {
    work.remove()
  }
}

/** @throws Error when the run has fewer outages than the suite needs */
export function scoreSuite({ leastOutages }: Suite, played: Played): RunScore {
  const score = scorePlayed(played)
  if (score.incidents.outages < leastOutages)
    throw new Error(
      `the suite has ${score.incidents.outages} outages, ${leastOutages} are wanted: a longer run or a larger city has room`
    )
  return score
}

export const scorePlayed = ({ truth, answers, tree, voices }: Played): RunScore =>
  scoreRun(truth, answers, tree, voices)

/** Runs two commands of the front door, the first one's output into the second. @throws Error when either fails */
async function pipe(first: readonly string[], second: readonly string[]): Promise<void> {
  const program = join(PROJECT, 'bin', 'gridvigil')
  const sender = spawn(program, first, { stdio: ['ignore', 'pipe', 'pipe'] })
  const taker = spawn(program, second, { stdio: [sender.stdout, 'ignore', 'pipe'] })
  sender.stdout.destroy()
  const words = [sender, taker].map(({ stderr }) => lastWords(stderr))
  const codes = await Promise.all([once(sender, 'close'), once(taker, 'close')])
  if (codes.every(([code]) => code === 0)) return
  const told = words.filter((_, place) => codes[place]?.[0] !== 0).map(word => word())
  throw new Error(`${first[0]} | ${second[0]} ended with ${codes.map(([code]) => code)}: ${told.join('\n')}`)
}

/** What a program says last; its progress is written over. */
function lastWords(stderr: Readable): () => string {
  let words = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).replace(/[^\n]*\r/g, '').slice(-WORDS)
  })
  return () => words
}

/** So much of what a failed command said is told. */
const WORDS = 600

/** Reads a run from its truth file, the output folder of a backtest and the registry as things are. @throws Error when one is missing */
export function playedFolder(truth: string, answers: string, registry: string): Played {
  const { devices, customers, terminals } = readGrid(registry)
  if (!existsSync(truth)) throw new Error(`${truth}: there is no such truth file`)
  if (!existsSync(answers)) throw new Error(`${answers}: there is no such folder of answers`)
  const said = (name: string): Row[] => rowsOf(join(answers, `${name}.ndjson`))
  return {
    truth: rowsOf(truth),
    answers: {
      incidents: said('incidents'),
      communication: said('communication'),
      findings: said('findings'),
      alarms: said('alarms'),
      supply: said('supply'),
      ...summaryOf(join(answers, 'summary.json'))
    },
    tree: new FeedingTree([
      ...devices.id.map((id, device) => ({
        id,
        parent: devices.id[devices.parent[device] ?? -1] ?? '',
        customers: 0
      })),
      ...customers.point.map((id, customer) => ({
        id,
        parent: devices.id[customers.device[customer] ?? -1] ?? '',
        customers: 1,
        phases: phaseLetters(customers.phases[customer] ?? 0)
      }))
    ]),
    voices: voicesOf(customers, customer => terminals[customers.terminal[customer] ?? -1]?.id ?? '')
  }
}

const summaryOf = (path: string): Pick<RunAnswers, 'summary'> =>
  existsSync(path) ? { summary: JSON.parse(readFileSync(path, 'utf8')) as Row } : {}

/** Lines of a file; none of one that is not there. */
function rowsOf(path: string): Row[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter(line => line !== '').map(line => JSON.parse(line) as Row)
}
