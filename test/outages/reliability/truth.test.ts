import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../../../commands/backtest/reliability.ts'
import {
  type OutageDarkness,
  type ReliabilityScore,
  type SaidReliability,
  scoreReliability
} from '../../../scoring/reliability.ts'
import { ZONE } from '../../support/interruptions.ts'
import { playCity } from '../../support/outage-city.ts'
import { play } from '../../support/outage-feed.ts'

/**
 * A transformer, a lateral, a whole feeder and a short one, one after the other. Of some nobody says a word while they last: the meters'
 * records tell of them afterwards, and where there are none the points that meters filled with zeros.
 */
const APART = `
name: reliability
title: { en: Outages one after the other, zh-CN: 相继停电 }
shows: [device-failed]
duration: 6h
steps:
  - at: 40m
    fail: { on: { kind: transformer, least: 40, pick: 0 }, cause: fuse }
    for: 50m
  - at: 100m
    fail: { on: { kind: fuse, least: 60, pick: 0 }, cause: tree }
    for: 80m
  - at: 200m
    fail: { on: { kind: feeder, pick: 0 }, cause: insulator }
    for: 40m
  - at: 280m
    fail: { on: { kind: transformer, least: 40, pick: 1 }, cause: fuse }
    for: 2m
`

/**
 * Planned work beside a lateral that fails meanwhile; a transformer that a truck feeds for a time; and one that fails while its feeder is
 * dead, so that some are out for longer by two outages.
 */
const TOGETHER = `
name: reliability-together
title: { en: Outages at the same time and in each other, zh-CN: 同时停电 }
shows: [planned, staged, other-source]
duration: 6h
steps:
  - at: 5m
    plan: { on: [{ kind: transformer, least: 40, pick: 0 }], from: 50m, to: 90m }
    as: work
  - at: 42m
    fail: { on: { kind: transformer, least: 40, pick: 0 }, plan: work }
    for: 63m
  - at: 60m
    fail: { on: { kind: fuse, least: 60, pick: 0 } }
    for: 80m
  - at: 150m
    fail: { on: { kind: transformer, least: 40, pick: 1 } }
    as: fed
    for: 45m
  - at: 160m
    feedFrom: { on: { ref: fed }, source: truck }
    for: 25m
  - at: 200m
    open: { on: { kind: feeder, least: 200 } }
    as: feeder
    for: 20m
  - at: 10m
    reboot: { on: { kind: terminal, backup: battery, below: feeder } }
    as: terminal
  - at: 210m
    fail: { on: { kind: transformer, above: terminal } }
    for: 90m
`

/** The line without records of the meters' own; undefined where nothing is left of it. */
function withoutRecords(line: string): string | undefined {
  if (!line.includes('power-outage-record')) return line
  const { payload, ...rest } = JSON.parse(line)
  const events = payload.events.filter(
    (event: object) => !JSON.stringify(event).includes('power-outage-record')
  )
  return events.length === 0 ? undefined : JSON.stringify({ ...rest, payload: { ...payload, events } })
}

type Heard = (line: string) => string | undefined

interface Judged {
  readonly outages: readonly (OutageDarkness & Readonly<Record<string, unknown>>)[]
  readonly score: ReliabilityScore
}

function judge(seed: string, scenario: string, heard?: Heard): Judged {
  const { registry, inputs, truth } = playCity(seed, 1500, scenario, heard)
  const book = new IncidentBook()
  book.take(play({ inputs }, [registry]))
  const [run] = truth.filter(({ table }) => table === 'run')
  const period = { registry, zone: ZONE, from: Number(run?.start), to: Number(run?.end) }
  const outages = truth.filter(({ table }) => table === 'incidents') as unknown as Judged['outages']
  const score = scoreReliability(
    outages,
    book.indices(period) as Readonly<Record<'dl836' | 'ieee1366', SaidReliability>>
  )
  assert.ok(score !== undefined)
  return { outages, score }
}

const READING_MS = 15 * 60_000

/** Customers of outages that nobody can know of without records: no word while they lasted, and no point of anybody falls into them. */
function unknowable(outages: Judged['outages']): number {
  const isSilent = ({ start, end, firstSignAt }: Judged['outages'][number]): boolean =>
    (firstSignAt === undefined || Number(firstSignAt) >= end) &&
    Math.ceil(start / READING_MS) * READING_MS >= end
  return outages.filter(isSilent).reduce((sum, { affected }) => sum + affected, 0)
}

const BARS: readonly [what: string, most: number, heard?: Heard][] = [
  ['as the meters record them', 0.001],
  ['without any record of theirs', 0.03, withoutRecords]
]
const SCENARIOS: readonly [how: string, scenario: string, outages: number, seeds: readonly number[]][] = [
  ['one after the other', APART, 4, [1, 2, 3, 4]],
  // Cities with a terminal that has a battery below the feeder. Of 6 a terminal hangs on the nested transformer and reads another: no record
  // of those forty meters comes, and their end is that of a reading.
  ['at the same time and in each other', TOGETHER, 5, [5, 9, 10]]
]
for (const [how, scenario, count, seeds] of SCENARIOS)
  for (const [what, most, heard] of BARS)
    test(`indices of simulated cities are those of their truth: outages ${how}, ${what}`, t => {
      for (const seed of seeds) {
        const { outages, score } = judge(`reliability-${seed}`, scenario, heard)
        t.diagnostic(`${seed}: ${JSON.stringify(score)}`)
        assert.equal(outages.length, count)
        const missed = heard === undefined ? 0 : unknowable(outages)
        for (const [profile, figures] of Object.entries(score))
          for (const [name, { said, true: wanted }] of Object.entries(figures)) {
            // They may be missing from the count, and no others; those so short weigh little among minutes.
            const least = wanted - (name === 'interruptions' ? missed : 0)
            assert.ok(
              said >= least * (1 - most) && said <= wanted * (1 + most),
              `${seed}: ${profile} ${name}: ${said} of ${wanted}, ${missed} unknowable`
            )
          }
      }
    })
