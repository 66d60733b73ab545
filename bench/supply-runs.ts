import { type Row, type RunAnswers, rowsOf } from '../scoring/run-cases.ts'
import {
  type Blindness,
  type Minutes,
  type PlantLine,
  type SupplyLine,
  scoreParts,
  scoreSupply,
  scoreTimeline,
  type TruePlant,
  type TrueSupply
} from '../scoring/supply.ts'
import type { Half } from './outage-runs.ts'

/** One scenario of a key customer in one city, judged. Minutes. */
export interface SupplyRun {
  readonly date: string
  readonly scenario: string
  readonly half: Half
  readonly seed: string
  readonly commit: string
  readonly dirty: boolean
  /** Of the customer's state, where it could be known, not yet, and not at all. */
  readonly decidable: Minutes
  readonly latent: Minutes
  readonly undecidable: Minutes
  /** Of all sections and sources together, where they could be known. */
  readonly parts: Minutes
  /** Of the timeline when all has come. */
  readonly settled: Minutes
  readonly falselyNormal: number
  /** Those of them that are whole minutes of the clock. */
  readonly falselyNormalWhole: number
  readonly falselyInterrupted: number
  readonly latencyS: { readonly p50: number; readonly p95: number }
  readonly alarms: { readonly wanted: number; readonly said: number; readonly false: number }
}

type Judged = Omit<SupplyRun, 'date' | 'scenario' | 'half' | 'seed' | 'commit' | 'dirty'>

const orNever = <T extends { readonly decidableAt: number | null }>(row: T) => ({
  ...row,
  decidableAt: row.decidableAt ?? undefined
})

/** Judges what was said of key customers in one run. */
export function scoreSupplyRun(truth: readonly Row[], answers: RunAnswers): Judged {
  const lines = answers.supply as unknown as (SupplyLine & PlantLine)[]
  const blind = rowsOf<Blindness>(truth, 'blind')
  const rows = rowsOf<TrueSupply & { decidableAt: number | null }>(truth, 'supply').map(orNever)
  const plants = rowsOf<TruePlant & { decidableAt: number | null }>(truth, 'plant').map(orNever)
  const answer = { truth: rows, blind, lines }
  const { minutes, falselyNormal, falselyNormalWhole, latencyS } = scoreSupply(answer)
  return {
    ...minutes,
    parts: scoreParts(plants, blind, lines),
    settled: scoreTimeline(answer),
    ...{ falselyNormal, falselyNormalWhole, falselyInterrupted: falselyInterrupted(answer), latencyS },
    alarms: alarmsOf(truth, answers)
  }
}

const MINUTE_MS = 60_000

/** Minutes in which `interrupted` was shown, it could be known better, and the customer was not. */
function falselyInterrupted({ truth, blind, lines }: Parameters<typeof scoreSupply>[0]): number {
  const interrupted = lines
    .filter(({ end }) => end === undefined)
    .map(line => (line.state === 'interrupted' ? line : { ...line, state: 'unknown' as const }))
  const { minutes } = scoreSupply({ truth, blind, lines: interrupted })
  return minutes.decidable.wrong + minutes.undecidable.wrong
}

/** Back-feeds that are true and last, those of which an alarm was raised, and alarms of what is none. */
function alarmsOf(truth: readonly Row[], answers: RunAnswers): SupplyRun['alarms'] {
  interface Danger {
    readonly kind: string
    readonly subject: string
    readonly start: number
    readonly end: number
  }
  const wanted = rowsOf<Danger>(truth, 'alarms').filter(({ kind }) => kind === 'back-feed')
  const raised = (
    answers.alarms as unknown as (Danger & { readonly at: number; readonly state: string })[]
  ).filter(({ kind, state }) => kind === 'back-feed' && state === 'firing')
  const isOf = (danger: Danger, alarm: { subject: string; at: number }): boolean =>
    alarm.subject === danger.subject && alarm.at >= danger.start && alarm.at <= danger.end + 10 * MINUTE_MS
  return {
    wanted: wanted.length,
    said: wanted.filter(danger => raised.some(alarm => isOf(danger, alarm))).length,
    false: raised.filter(alarm => !wanted.some(danger => isOf(danger, alarm))).length
  }
}

const sum = (all: readonly Minutes[]): Minutes =>
  all.reduce(
    (total, each) => ({
      right: total.right + each.right,
      wrong: total.wrong + each.wrong,
      unsure: total.unsure + each.unsure
    }),
    { right: 0, wrong: 0, unsure: 0 }
  )
const rightOf = ({ right, wrong, unsure }: Minutes): number => right / (right + wrong + unsure)

/** Runs taken together. */
export function pool(runs: readonly SupplyRun[]) {
  const minutes = sum(runs.flatMap(run => [run.decidable, run.undecidable]))
  const total = minutes.right + minutes.wrong + minutes.unsure
  const count = (of: (run: SupplyRun) => number): number => runs.reduce((all, run) => all + of(run), 0)
  return {
    state: rightOf(sum(runs.map(({ decidable }) => decidable))),
    parts: rightOf(sum(runs.map(({ parts }) => parts))),
    settled: rightOf(sum(runs.map(({ settled }) => settled))),
    undecidableUnknown: rightOf(sum(runs.map(({ undecidable }) => undecidable))),
    falselyNormalMin: count(({ falselyNormal }) => falselyNormal),
    falselyNormalWhole: count(run => run.falselyNormalWhole),
    falselyInterrupted: count(run => run.falselyInterrupted) / total,
    latencyP95: Math.max(0, ...runs.map(({ latencyS }) => latencyS.p95).filter(value => value !== null)),
    alarms: count(({ alarms }) => alarms.said) / count(({ alarms }) => alarms.wanted),
    falseAlarms: count(({ alarms }) => alarms.false)
  }
}

/** The last run of each scenario, half and seed as a table. */
export function renderSupply(runs: readonly SupplyRun[]): string {
  const last = [...new Map(runs.map(run => [`${run.scenario} ${run.half} ${run.seed}`, run])).values()]
  const share = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(4))
  const tables = (['training', 'test'] as const).map(half => {
    const own = last.filter(run => run.half === half)
    const row = (name: string, some: readonly SupplyRun[]): string => {
      const all = pool(some)
      const alarms = Number.isNaN(all.alarms) ? '–' : all.alarms.toFixed(2)
      return `| ${name} | ${some.length} | ${share(all.state)} | ${share(all.parts)} | ${share(all.settled)} | ${all.falselyNormalWhole} | ${(all.falselyNormalMin * 60).toFixed(0)} | ${share(all.falselyInterrupted)} | ${share(all.undecidableUnknown)} | ${all.latencyP95.toFixed(0)} | ${alarms} | ${all.falseAlarms} |`
    }
    const names = [...new Set(own.map(({ scenario }) => scenario))].sort()
    const rows = names.map(name =>
      row(
        name,
        own.filter(({ scenario }) => scenario === name)
      )
    )
    return own.length === 0
      ? ''
      : `## ${half === 'test' ? 'Test' : 'Training'} seeds

| scenario | cities | state | parts | settled | falsely normal, whole minutes | seconds | falsely interrupted | unknown where nobody can know | latency p95, s | alarms | false alarms |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
${row('all', own)}
`
  })
  return `# How well the supply of key customers is shown

Written by \`npm run score:supply\` from bench/results/supply.ndjson: of each scenario, half and seed the last run. Cities of 1200 meters with one hospital; 2 % of meters stand at the wrong
transformer in the registry, of 10 % no phase is known. \`state\`: share of minutes in which the customer's state was shown as it was, of those in which it could be known; \`parts\`: the same of all its
sections and sources, who carries and the supply of the security load together; \`settled\`: the same of the timeline when all has come. *Falsely normal*: \`normal\` was shown and
could not have been known to be: whole minutes of the clock, and all seconds of all cities, which are those between a word's arrival and what is shown of it.

${tables.filter(table => table !== '').join('\n')}`
}
