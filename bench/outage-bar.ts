import { judgeRow, limitsOf } from './outage-limits.ts'
import { poolScores } from './outage-pool.ts'
import { playOnce } from './outage-play.ts'
import type { Half, OutageRun, SuiteRun } from './outage-runs.ts'
import { printResult, readOptions } from './options.ts'
import { DRAWN_SUITES, ROW_SUITES, smallerSuite, type Suite } from './suites.ts'

/**
 * Suites of outages against their limits, all test seeds of each; every run is kept as `npm run score:outages` keeps it.
 *
 *   node bench/outage-bar.ts --suites gasps-path,gasps-backup [--half test] [--seeds N] [--days N] [--meters N]
 *   node bench/outage-bar.ts --rows all [--seeds N]
 */
const DEFAULTS = { suites: '', rows: '', half: 'test', seeds: 1000, days: 0, meters: 0 } as const

async function main(): Promise<void> {
  const options = readOptions(DEFAULTS, process.argv.slice(2))
  const half = options.half as Half
  const given = { days: options.days || undefined, meters: options.meters || undefined }
  const results: Record<string, object> = {}
  let pass = true
  for (const full of chosen(DRAWN_SUITES, options.suites)) {
    const suite = smallerSuite(full, given)
    const runs = await playAll(suite, half, options.seeds, suite.scenario !== full.scenario)
    const scores = runs.filter((run): run is SuiteRun => run.kind === 'suite')
    const pooled = poolScores(scores.map(({ score }) => score))
    const limits = limitsOf(full.id, pooled, suite.meters < full.meters)
    pass &&= scores.length === runs.length && Object.values(limits).every(({ isMet }) => isMet)
    const { inDoubt, withoutSign, inTime, knowable, falseIncidents, falseMeterLosses } = pooled
    const beside = { inDoubt, withoutSign, inTime, knowable, falseIncidents, falseMeterLosses }
    results[full.id] = { seeds: runs.length, ...limits, ...beside }
  }
  for (const suite of chosen(ROW_SUITES, options.rows)) {
    const runs = await playAll(suite, half, options.seeds, false)
    const result = judgeRow(suite.id, runs)
    pass &&= result.isMet
    results[suite.id] = result
  }
  printResult({ pass: pass && Object.keys(results).length > 0, ...results })
}

/** What is scored is counted in the time of the data, so that it does not matter what else runs: two cores play two seeds. */
const AT_ONCE = 2

async function playAll(suite: Suite, half: Half, seeds: number, isSmaller: boolean): Promise<OutageRun[]> {
  const played = suite[half].slice(0, seeds)
  const runs: OutageRun[] = []
  let next = 0
  const playOn = async (): Promise<void> => {
    for (let place = next++; place < played.length; place = next++)
      runs[place] = await playOnce(suite, half, played[place] ?? '', isSmaller)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, playOn))
  return runs
}

/** @throws Error on a suite that nobody knows */
function chosen(all: readonly Suite[], names: string): readonly Suite[] {
  if (names === 'all') return all
  return names
    .split(',')
    .filter(name => name !== '')
    .map(name => {
      const suite = all.find(({ id }) => id === name || id === `row-${name}`)
      if (suite === undefined) throw new Error(`no such suite: ${name}`)
      return suite
    })
}

await main()
