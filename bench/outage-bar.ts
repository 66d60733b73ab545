import { poolScores, type PooledScore } from './outage-pool.ts'
import { playOnce } from './outage-play.ts'
import type { Half, OutageRun, RowRun, SuiteRun } from './outage-runs.ts'
import { printResult, readOptions } from './options.ts'
import { DRAWN_SUITES, ROW_SUITES, smallerSuite, type Suite } from './suites.ts'

/**
 * Suites of outages against their limits, all test seeds of each; every run is kept as `npm run score:outages` keeps it.
 *
 *   node bench/outage-bar.ts --suites gasps-path,gasps-backup [--half test] [--seeds N] [--days N] [--meters N]
 *   node bench/outage-bar.ts --rows all [--seeds N]
 */
const DEFAULTS = { suites: '', rows: '', half: 'test', seeds: 1000, days: 0, meters: 0 } as const

/** A figure with what it has to reach. */
interface Limit {
  readonly value: number
  readonly limit: number
  readonly isMet: boolean
}
const least = (value: number, limit: number): Limit => ({ value, limit, isMet: value >= limit })
const most = (value: number, limit: number): Limit => ({ value, limit, isMet: value <= limit })

/** Of issue 6, by the first word of a suite. Where no outage happened its figures are none. */
const LIMITS: Readonly<Record<string, (score: PooledScore) => Record<string, Limit>>> = {
  gasps: score => ({
    f1: least(score.rates.f1, 0.98),
    exactOfThreeOrMore: least(score.exactOfThreeOrMore, 0.95),
    knowableS: most(score.knowableS, 30),
    saifiError: most(score.saifiError, 0.001),
    saidiError: most(score.saidiError, 0.001)
  }),
  silence: score => ({
    f1: least(score.rates.f1, 0.94),
    exact: least(score.exactAtEnd, 0.88),
    inTimeShare: least(score.inTime / score.knowable, 0.95)
  }),
  communication: score => ({
    meterDays: least(score.meterDays, 100_000),
    falseIncidents: most(score.falseIncidents.rate, 0),
    suspicionsPerMillion: most(score.falseSuspicions.rate, 20),
    lossesF1: least(score.allButMeter.losses === 0 ? 1 : score.allButMeter.f1, 0.97)
  })
}
/** How often exactly the row comes out; more of what is dangerous. */
const [ROW_SHARE, SAFETY_SHARE] = [0.95, 0.98]
const SAFETY_ROWS = ['row-broken-neutral', 'row-hospital-back-feed', 'row-island']

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
    const limits = LIMITS[full.id.split('-')[0] ?? '']?.(pooled) ?? {}
    pass &&= scores.length === runs.length && Object.values(limits).every(({ isMet }) => isMet)
    const { inDoubt, withoutSign, falseIncidents } = pooled
    results[full.id] = { seeds: runs.length, ...limits, inDoubt, withoutSign, falseIncidents }
  }
  for (const suite of chosen(ROW_SUITES, options.rows)) {
    const runs = await playAll(suite, half, options.seeds, false)
    const played = runs.filter(run => run.kind === 'row' || !('isWithoutPlace' in run && run.isWithoutPlace))
    const right = played.filter((run): run is RowRun => run.kind === 'row' && run.complaints.length === 0)
    const limit = SAFETY_ROWS.includes(suite.id) ? SAFETY_SHARE : ROW_SHARE
    const share = right.length / played.length
    pass &&= share >= limit
    results[suite.id] = { right: right.length, of: played.length, limit, isMet: share >= limit }
  }
  printResult({ pass: pass && Object.keys(results).length > 0, ...results })
}

async function playAll(suite: Suite, half: Half, seeds: number, isSmaller: boolean): Promise<OutageRun[]> {
  const runs: OutageRun[] = []
  for (const seed of suite[half].slice(0, seeds)) runs.push(await playOnce(suite, half, seed, isSmaller))
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
