import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { asError } from '../src/errors.ts'
import { type Bar, type BarForm, type Outcome, PROJECT } from './bars/bar.ts'
import { ISSUE_3 } from './bars/issue-3.ts'
import { ISSUE_4 } from './bars/issue-4.ts'
import { ISSUE_4_API } from './bars/issue-4-api.ts'
import { ISSUE_4_FUZZ } from './bars/issue-4-fuzz.ts'
import { ISSUE_5 } from './bars/issue-5.ts'
import { ISSUE_6 } from './bars/issue-6.ts'
import { ISSUE_7 } from './bars/issue-7.ts'
import { ISSUE_8 } from './bars/issue-8.ts'
import { appendRun, passedAt, readRuns } from './bars/results.ts'
import { describeMachine, loadAverage, readRevision } from './machine.ts'

/**
 * `npm run bars`: runs what the issues promise, unattended, one bar at a time, and keeps every run.
 *
 *   npm run bars -- --issue 3            all bars of an issue, as it states them
 *   npm run bars -- --issue 3 --resume   without those that passed at this commit
 *   npm run bars -- --issue 3 --bar kill one of them
 *   npm run bars                         a short form of all closed issues, at most 45 minutes
 *   … --long                             hours
 */
const ISSUES: Readonly<Record<string, readonly Bar[]>> = {
  3: ISSUE_3,
  4: [...ISSUE_4, ...ISSUE_4_API, ...ISSUE_4_FUZZ],
  5: ISSUE_5,
  6: ISSUE_6,
  7: ISSUE_7,
  8: ISSUE_8
}
const SHORT_BUDGET_MINUTES = 45

interface Line {
  readonly issue: string
  readonly bar: string
  readonly state: 'pass' | 'FAIL' | 'passed before' | 'no time left'
  readonly seconds: number
}

const { values: given } = parseArgs({
  options: {
    issue: { type: 'string' },
    bar: { type: 'string', multiple: true },
    resume: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false }
  }
})
const form: BarForm = given.long ? 'long' : given.issue === undefined ? 'short' : 'full'
const issues = given.issue === undefined ? Object.keys(ISSUES) : [given.issue]
const begun = systemClock.monotonic()
const lines: Line[] = []

for (const issue of issues) {
  const bars = ISSUES[issue]
  if (bars === undefined)
    throw new Error(`issue ${issue} has no bars; known: ${Object.keys(ISSUES).join(', ')}`)
  const unknown = given.bar?.filter(id => !bars.some(bar => bar.id === id)) ?? []
  if (unknown.length > 0) throw new Error(`no such bar: ${unknown.join(', ')}`)
  const path = join(PROJECT, 'bench', 'results', `issue-${issue}.ndjson`)
  for (const bar of bars.filter(({ id }) => given.bar?.includes(id) ?? true))
    lines.push(await runBar(issue, bar, path))
}

for (const { issue, bar, state, seconds } of lines) {
  process.stdout.write(`${state.padEnd(13)} issue ${issue} ${bar} (${seconds} s)\n`)
}
const failed = lines.filter(({ state }) => state === 'FAIL' || state === 'no time left').length
process.stdout.write(`${lines.length - failed} of ${lines.length} bars passed\n`)
process.exitCode = failed === 0 ? 0 : 1

async function runBar(issue: string, bar: Bar, path: string): Promise<Line> {
  const revision = readRevision()
  const head = { issue, bar: bar.id }
  if (given.resume && !revision.dirty && passedAt(readRuns(path), revision.commit, form).has(bar.id)) {
    return { ...head, state: 'passed before', seconds: 0 }
  }
  const elapsed = (systemClock.monotonic() - begun) / 60_000
  if (form === 'short' && elapsed > SHORT_BUDGET_MINUTES)
    return { ...head, state: 'no time left', seconds: 0 }
  process.stdout.write(`\nissue ${issue} ${bar.id} (${form}): ${bar.title}\n  limit: ${bar.limit}\n`)
  const date = new Date(systemClock.now()).toISOString()
  const load = loadAverage()
  const start = systemClock.monotonic()
  const outcome: Outcome = await bar.run(form).catch(error => ({
    pass: false,
    figures: { error: asError(error).message }
  }))
  const seconds = Math.round((systemClock.monotonic() - start) / 100) / 10
  appendRun(path, {
    date,
    bar: bar.id,
    form,
    ...revision,
    seconds,
    load,
    machine: describeMachine(),
    ...outcome
  })
  process.stdout.write(
    `  ${outcome.pass ? 'pass' : 'FAIL'} in ${seconds} s: ${JSON.stringify(outcome.figures)}\n`
  )
  return { ...head, state: outcome.pass ? 'pass' : 'FAIL', seconds }
}
