import { join } from 'node:path'
import { complaintsOf } from '../scoring/row-verdict.ts'
import { describeScore } from '../scoring/score-run.ts'
import { systemClock } from '../src/clock.ts'
import { asError } from '../src/errors.ts'
import { readRevision } from './machine.ts'
import { tell } from './options.ts'
import { appendOutageRun, type Half, type OutageRun } from './outage-runs.ts'
import { playSuite, scoreSuite } from './score-suite.ts'
import { PROJECT } from './server.ts'
import { daysOf, type Suite } from './suites.ts'

/** Every run that was made, one line each. */
export const OUTAGE_RESULTS = join(PROJECT, 'bench', 'results', 'outages.ndjson')

/** One run, told to people as it comes and kept as a line of the results file. What fails is a run too. */
export async function playOnce(
  suite: Suite,
  half: Half,
  seed: string,
  isSmaller: boolean
): Promise<OutageRun> {
  const run = await play(suite, half, seed, isSmaller)
  appendOutageRun(OUTAGE_RESULTS, run)
  return run
}

async function play(suite: Suite, half: Half, seed: string, isSmaller: boolean): Promise<OutageRun> {
  const begin = systemClock.monotonic()
  tell(`\n${suite.id} ${half} ${seed}`)
  const about = (): Pick<OutageRun, 'date' | 'suite' | 'half' | 'seed' | 'seconds' | 'commit' | 'dirty'> => ({
    date: new Date(systemClock.now()).toISOString(),
    suite: suite.id,
    half,
    seed,
    seconds: Math.round((systemClock.monotonic() - begin) / 100) / 10,
    ...readRevision()
  })
  try {
    const played = await playSuite(suite, seed)
    if (suite.shows !== undefined) {
      const complaints = complaintsOf(played.truth, played.answers, played.tree, played.voices, suite.shows)
      tell(complaints.length === 0 ? 'came out' : complaints.join('\n'))
      return { kind: 'row', ...about(), shows: suite.shows, complaints }
    }
    const score = scoreSuite(suite, played)
    tell(describeScore(score).join('\n'))
    return { kind: 'suite', ...about(), days: daysOf(suite), meters: suite.meters, isSmaller, score }
  } catch (thrown) {
    const error = asError(thrown).message
    tell(`failed: ${error}`)
    return { kind: 'failed', ...about(), isWithoutPlace: error.includes(NO_PLACE), error }
  }
}

/** How the simulator says that a grid has nothing a query of the scenario asks for. */
const NO_PLACE = 'the grid has 0 things like'
