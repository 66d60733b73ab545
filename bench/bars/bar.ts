import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { withLimit } from '../limit.ts'
import { processTree, signalAll } from '../processes.ts'

/** How much of a bar runs: what the issue states, a few minutes of it, or hours. */
export type BarForm = 'full' | 'short' | 'long'

export interface Outcome {
  readonly pass: boolean
  readonly figures: Readonly<Record<string, unknown>>
}

/** One thing an issue promises, with the figure it has to reach. Bars run one at a time. */
export interface Bar {
  readonly id: string
  readonly title: string
  /** What passes, in words. */
  readonly limit: string
  readonly run: (form: BarForm) => Promise<Outcome>
}

export const PROJECT = join(import.meta.dirname, '..', '..')
const MINUTE_MS = 60_000

/** Runs a workload of bench/ in its own process; its last line is the result. */
export async function runWorkload(
  script: string,
  args: readonly (string | number)[],
  limitMinutes: number
): Promise<Outcome> {
  const words = [join(PROJECT, 'bench', script), ...args.map(String)]
  const { output } = await runToEnd(process.execPath, words, limitMinutes)
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) return { pass: false, figures: { error: `${script} printed no result` } }
  // Machine and revision stand in the record once, beside the figures.
  const { pass, machine: _machine, commit: _commit, dirty: _dirty, ...figures } = JSON.parse(last)
  return { pass: pass === true, figures }
}

/** Runs one test file; passes when tests ran and none failed or was skipped. */
export async function runTestFile(
  file: string,
  environment: Readonly<Record<string, string>>,
  limitMinutes: number
): Promise<Outcome> {
  const words = ['--test', '--test-reporter=tap', join(PROJECT, file)]
  const { code, output } = await runToEnd(process.execPath, words, limitMinutes, environment)
  const count = (name: string): number => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(output)?.[1] ?? 0)
  const figures = { passed: count('pass'), failed: count('fail'), skipped: count('skipped') }
  const pass = code === 0 && figures.passed > 0 && figures.failed + figures.skipped === 0
  const failures = [...output.matchAll(/^\s*not ok \d+ - (.*)$/gm)].map(match => match[1])
  return { pass, figures: pass ? figures : { ...figures, failures } }
}

/** Several test files, one after the other: all must pass. */
export async function runTestFiles(files: readonly string[], limitMinutes: number): Promise<Outcome> {
  const outcomes: [file: string, outcome: Outcome][] = []
  for (const file of files) outcomes.push([file, await runTestFile(file, {}, limitMinutes)])
  const figures = Object.fromEntries(outcomes.map(([file, outcome]) => [file, outcome.figures]))
  return { pass: outcomes.every(([, { pass }]) => pass), figures }
}

interface Ended {
  readonly code: number
  readonly output: string
}

/** Standard output of a process and its exit code. Whatever it started dies with it when it takes too long. */
async function runToEnd(
  program: string,
  args: readonly string[],
  limitMinutes: number,
  environment: Readonly<Record<string, string>> = {}
): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment }
  })
  try {
    return await withLimit(collect(child), limitMinutes * MINUTE_MS, systemClock, args[0] ?? program)
  } catch (error) {
    signalAll(processTree(child.pid ?? 0), 'SIGKILL')
    throw error
  }
}

function collect(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code: code ?? -1, output }))
  })
}
