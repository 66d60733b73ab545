import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Machine } from '../machine.ts'
import type { BarForm, Outcome } from './bar.ts'

/** One line of a results file. Lines are appended, never changed: a failed run stays beside the passing one. */
export interface RunRecord extends Outcome {
  /** ISO 8601, UTC, when the bar began. */
  readonly date: string
  readonly bar: string
  readonly form: BarForm
  readonly commit: string
  /** Files differed from the commit: the run proves nothing about it. */
  readonly dirty: boolean
  readonly seconds: number
  /** One-minute load average when the bar began: others on the machine disturb figures. */
  readonly load: number
  readonly machine: Machine
}

export function appendRun(path: string, record: RunRecord): void {
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, `${JSON.stringify(record)}\n`)
}

/** All runs of a file, oldest first; none when it does not exist. A torn last line is passed over. */
export function readRuns(path: string): RunRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return []
  }
  return text.split('\n').flatMap(line => {
    try {
      return [JSON.parse(line) as RunRecord]
    } catch {
      return []
    }
  })
}

/** Bars that passed at this very commit, in this form or a larger one, without changes beside it. */
export function passedAt(runs: readonly RunRecord[], commit: string, form: BarForm): Set<string> {
  const enough = SIZES.slice(SIZES.indexOf(form))
  return new Set(
    runs
      .filter(run => run.pass && !run.dirty && run.commit === commit && enough.includes(run.form))
      .map(run => run.bar)
  )
}

const SIZES: readonly BarForm[] = ['short', 'full', 'long']
