import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RunScore } from '../scoring/score-run.ts'

export type Half = 'training' | 'test'

interface AnyRun {
  /** ISO 8601, UTC, when it was over. */
  readonly date: string
  /** Of the suite; rows begin with `row-`. */
  readonly suite: string
  readonly half: Half
  readonly seed: string
  readonly seconds: number
  readonly commit: string
  /** Files differed from the commit. */
  readonly dirty: boolean
}

/** A drawn suite, with one seed. Numbers that were NaN come back from the file as null. */
export interface SuiteRun extends AnyRun {
  readonly kind: 'suite'
  readonly days: number
  readonly meters: number
  /** Fewer days or meters than the suite has. */
  readonly isSmaller: boolean
  readonly score: RunScore
}

/** A scenario file, with one seed: nothing to complain of when exactly what must came out. */
export interface RowRun extends AnyRun {
  readonly kind: 'row'
  readonly shows: readonly string[]
  readonly complaints: readonly string[]
}

/** One that could not be played, or not scored. */
export interface FailedRun extends AnyRun {
  readonly kind: 'failed'
  /** The city has no place where the scenario could happen: no fault of anybody. */
  readonly isWithoutPlace: boolean
  readonly error: string
}

/** One line of the results file. Lines are appended, never changed: a bad run stays beside the better one. */
export type OutageRun = SuiteRun | RowRun | FailedRun

export function appendOutageRun(path: string, run: OutageRun): void {
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, `${JSON.stringify(run)}\n`)
}

/** All runs of a file, oldest first; none when it does not exist. A torn last line is passed over. */
export function readOutageRuns(path: string): OutageRun[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap(line => {
      try {
        return [JSON.parse(line) as OutageRun]
      } catch {
        return []
      }
    })
}

/** The last run of each seed, of suites of each size. */
export function lastRuns<Run extends OutageRun>(runs: readonly Run[]): Run[] {
  const last = new Map<string, Run>()
  for (const run of runs) {
    const size = run.kind === 'suite' ? `${run.days} ${run.meters}` : ''
    last.set([run.suite, run.half, run.seed, size].join(' '), run)
  }
  return [...last.values()]
}
