import { parseArgs } from 'node:util'
import { describeScore, type RunScore } from '../scoring/score-run.ts'
import { asError } from '../src/errors.ts'
import { readRevision } from './machine.ts'
import { printResult, tell } from './options.ts'
import { playedFolder, playSuite, scorePlayed, scoreSuite, whySkipped } from './score-suite.ts'
import { SUITES, smallerSuite } from './suites.ts'

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
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  if (values.truth !== '' && values.answers !== '' && values.registry !== '') {
    show(values.answers, scorePlayed(playedFolder(values.truth, values.answers, values.registry)))
    return
  }
  const chosen = SUITES.filter(({ id }) => values.suite === 'all' || values.suite === id)
  if (values.suite !== '' && chosen.length === 0)
    throw new Error(`unknown suite ${values.suite}; there are all, ${SUITES.map(({ id }) => id).join(', ')}`)
  if (chosen.length === 0 || (values.half !== 'training' && values.half !== 'test')) throw new Error(USAGE)
  const size = {
    days: values.days === '' ? undefined : Number(values.days),
    meters: values.meters === '' ? undefined : Number(values.meters)
  }
  for (const suite of chosen.map(each => smallerSuite(each, size))) {
    const skipped = whySkipped(suite)
    if (skipped !== undefined) tell(`${suite.id}: ${skipped}`)
    for (const seed of skipped === undefined ? suite[values.half] : [])
      show(`${suite.id} ${values.half} ${seed}`, scoreSuite(suite, await playSuite(suite, seed)))
  }
}

function show(name: string, score: RunScore): void {
  tell(`\n${name}\n${describeScore(score).join('\n')}`)
  printResult({ name, ...score, ...readRevision() })
}

try {
  await main()
} catch (thrown) {
  tell(`score: ${asError(thrown).message}`)
  process.exitCode = 1
}
