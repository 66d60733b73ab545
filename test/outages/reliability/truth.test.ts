import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../../../commands/backtest/reliability.ts'
import { type OutageDarkness, type SaidReliability, scoreReliability } from '../../../scoring/reliability.ts'
import { ZONE } from '../../support/interruptions.ts'
import { playCity } from '../../support/outage-city.ts'
import { play } from '../../support/outage-feed.ts'

/**
 * A transformer, a lateral, a whole feeder and a short one, one after the other. Of some nobody says a word while they last: the meters'
 * records tell of them afterwards, and where there are none the points that meters filled with zeros.
 */
const SCENARIO = `
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

/** The line without records of the meters' own; undefined where nothing is left of it. */
function withoutRecords(line: string): string | undefined {
  if (!line.includes('power-outage-record')) return line
  const { payload, ...rest } = JSON.parse(line)
  const events = payload.events.filter(
    (event: object) => !JSON.stringify(event).includes('power-outage-record')
  )
  return events.length === 0 ? undefined : JSON.stringify({ ...rest, payload: { ...payload, events } })
}

/** How far each figure of both profiles is from the truth, as a share. */
function errorsOf(seed: string, heard?: (line: string) => string | undefined): Record<string, number> {
  const { registry, inputs, truth } = playCity(seed, 1500, SCENARIO, heard)
  const book = new IncidentBook()
  book.take(play({ inputs }, [registry]))
  const [run] = truth.filter(({ table }) => table === 'run')
  const period = { registry, zone: ZONE, from: Number(run?.start), to: Number(run?.end) }
  const outages = truth.filter(({ table }) => table === 'incidents')
  const score = scoreReliability(
    outages as unknown as OutageDarkness[],
    book.indices(period) as Readonly<Record<'dl836' | 'ieee1366', SaidReliability>>
  )
  assert.ok(score !== undefined && outages.length === 4)
  return Object.fromEntries(
    Object.entries(score).flatMap(([profile, figures]) =>
      Object.entries(figures).map(([name, { error }]) => [`${profile} ${name}`, error])
    )
  )
}

const BARS: readonly [what: string, most: number, heard?: (line: string) => string | undefined][] = [
  ['as the meters record them', 0.001],
  ['without any record of theirs', 0.03, withoutRecords]
]
const SEEDS = [1, 2, 3, 4]
for (const [what, most, heard] of BARS)
  test(`indices of simulated cities are those of their truth: ${what}`, t => {
    for (const seed of SEEDS) {
      const errors = errorsOf(`reliability-${seed}`, heard)
      t.diagnostic(`${seed}: ${JSON.stringify(errors)}`)
      for (const [name, error] of Object.entries(errors)) {
        // Without records a short outage between two points of which no gasp arrives is known to nobody, and dl836 counts it.
        const isUnknowable = heard !== undefined && name === 'dl836 interruptions'
        assert.ok(error <= most || isUnknowable, `${seed}: ${name}: ${error}`)
      }
    }
  })
