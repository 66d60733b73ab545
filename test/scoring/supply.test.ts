import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type SupplyLine,
  type SupplyState,
  scoreParts,
  scoreSupply,
  scoreTimeline,
  type TrueSupply
} from '../../scoring/supply.ts'

const at = (minutes: number): number => Date.UTC(2026, 10, 20) + minutes * 60_000
const span = (
  state: TrueSupply['state'],
  from: number,
  to: number,
  decidable: number | undefined,
  keyCustomer = 'H1'
): TrueSupply => ({
  keyCustomer,
  state,
  start: at(from),
  end: at(to),
  decidableAt: decidable === undefined ? undefined : at(decidable)
})
const said = (minute: number, state: SupplyState, keyCustomer = 'H1'): SupplyLine => ({
  at: at(minute),
  keyCustomer,
  state
})

/** A feed is lost at 60, both at 90, the generator takes over at 92; all is well again at 200. Nobody hears anything from 150 to 170. */
const TRUTH = [
  span('normal', 0, 60, 0),
  span('reduced', 60, 90, 62),
  span('interrupted', 90, 92, 91),
  span('emergency', 92, 200, 95),
  span('normal', 200, 240, 205)
]
const BLIND = [{ keyCustomer: 'H1', start: at(150), end: at(170) }]
const score = (lines: readonly SupplyLine[], blind = BLIND) => scoreSupply({ truth: TRUTH, blind, lines })

const PERFECT = [
  said(0, 'normal'),
  said(62, 'reduced'),
  said(91, 'interrupted'),
  said(95, 'emergency'),
  said(150, 'unknown'),
  said(170, 'emergency'),
  said(205, 'normal')
]

test('a perfect answer: what could be known, at once', () => {
  const result = score(PERFECT)
  const none = { wrong: 0, unsure: 0 }
  assert.deepEqual(result.minutes, {
    // 60 + 28 + 1 + (200 - 95 - 20) + 35
    decidable: { right: 209, ...none },
    // 2 + 1 + 3 + 5
    latent: { right: 11, ...none },
    undecidable: { right: 20, ...none }
  })
  assert.deepEqual([result.right, result.falselyNormal, result.changes, result.shown], [1, 0, 4, 4])
  assert.deepEqual(result.latencyS, { p50: 0, p95: 0 })
})

test('an empty answer is unknown all the time: right only where nothing can be known, or not yet', () => {
  const result = score([])
  assert.deepEqual(result.minutes.decidable, { right: 0, wrong: 0, unsure: 209 })
  assert.deepEqual([result.minutes.latent.right, result.minutes.undecidable.right], [11, 20])
  assert.deepEqual([result.right, result.falselyNormal, result.shown], [31 / 240, 0, 0])
  assert.ok(Number.isNaN(result.latencyS.p50))
})

test('an answer that says normal whatever happens', () => {
  const result = score([said(0, 'normal')])
  // Right: 60 and 35 minutes of normal, 2 of the change that is not known yet, 5 before the end is known.
  assert.deepEqual(result.minutes.decidable, { right: 95, wrong: 114, unsure: 0 })
  assert.deepEqual(result.minutes.latent, { right: 7, wrong: 4, unsure: 0 })
  assert.deepEqual(result.minutes.undecidable, { right: 0, wrong: 20, unsure: 0 })
  assert.deepEqual([result.falselyNormal, result.falselyNormalWhole], [138, 138])
  assert.deepEqual([result.changes, result.shown, result.latencyS.p50], [4, 1, 0])
})

test('a shifted answer: everything ten minutes late', () => {
  const result = score(PERFECT.map(line => ({ ...line, at: line.at + (line.at === at(0) ? 0 : 600_000) })))
  // The interruption is over before it is shown; 2 -> 10, emergency 10, normal 10 minutes late.
  assert.deepEqual([result.changes, result.shown], [4, 3])
  assert.deepEqual(result.latencyS, { p50: 600, p95: 600 })
  // Wrong: reduced 62-72 shown normal, 91-92 and 95-101 shown reduced, 101-105 interrupted, 170-180 unsure, 205-215 emergency.
  assert.deepEqual(result.minutes.decidable, { right: 209 - 10 - 1 - 6 - 4 - 10 - 10, wrong: 31, unsure: 10 })
  // In the blind time emergency stands for ten minutes more.
  assert.deepEqual(result.minutes.undecidable, { right: 10, wrong: 10, unsure: 0 })
  assert.equal(result.falselyNormal, 10)
})

test('customers are judged each by themselves; a state that never could be known is right as it was', () => {
  const truth = [
    span('normal', 0, 60, 0),
    span('reduced', 60, 120, undefined),
    span('normal', 0, 120, 0, 'H2')
  ]
  const lines = [said(0, 'normal'), said(0, 'normal', 'H2'), said(30, 'interrupted', 'H2')]
  const result = scoreSupply({ truth, blind: [], lines })
  assert.deepEqual(result.minutes.latent, { right: 60, wrong: 0, unsure: 0 })
  assert.deepEqual(result.minutes.decidable, { right: 90, wrong: 90, unsure: 0 })
  assert.deepEqual([result.changes, result.falselyNormal], [0, 0])
})

test('a line about what is over shows nothing of now', () => {
  const late = { ...said(239, 'interrupted'), from: at(10), end: at(20) }
  assert.deepEqual(score([...PERFECT, late]), score(PERFECT))
})

test('of the timeline the line that came last counts for each moment, whenever it came', () => {
  const minutes = (lines: readonly SupplyLine[]) => scoreTimeline({ truth: TRUTH, blind: BLIND, lines })
  // Told in time: 2 + 1 + 3 + 5 minutes late, blind ones left out.
  assert.deepEqual(minutes(PERFECT), { right: 209, wrong: 11, unsure: 0 })
  const since = (from: number, line: SupplyLine): SupplyLine => ({ ...line, from: at(from) })
  const dated = [
    said(0, 'normal'),
    since(60, said(62, 'reduced')),
    since(90, said(91, 'interrupted')),
    since(92, said(95, 'emergency')),
    since(150, said(150, 'unknown')),
    since(170, said(170, 'emergency')),
    since(200, said(205, 'normal'))
  ]
  assert.deepEqual(minutes(dated), { right: 220, wrong: 0, unsure: 0 })
  // A record that comes late corrects the middle, and what follows stands.
  const wrongFirst = [said(0, 'normal'), since(92, said(95, 'emergency')), since(200, said(205, 'normal'))]
  assert.deepEqual(minutes(wrongFirst), { right: 188, wrong: 32, unsure: 0 })
  const corrected = [
    ...wrongFirst,
    { ...said(206, 'reduced'), from: at(60), end: at(90) },
    { ...said(206, 'interrupted'), from: at(90), end: at(92) }
  ]
  assert.deepEqual(minutes(corrected), { right: 220, wrong: 0, unsure: 0 })
})

test('falsely normal for seconds is no whole minute, for two and a half there are two', () => {
  const truth = [span('normal', 0, 10, 0), span('interrupted', 10, 60, 10)]
  const until = (minutes: number) =>
    scoreSupply({ truth, blind: [], lines: [said(0, 'normal'), said(minutes, 'interrupted')] })
  assert.deepEqual([until(10.9).falselyNormalWhole, until(10.9).falselyNormal.toFixed(2)], [0, '0.90'])
  assert.equal(until(12.5).falselyNormalWhole, 2)
})

test('parts: every section and source as it was, from when it could be known on', () => {
  const plant = (from: number, to: number, fedBy: string, g1: string, decidable: number | undefined) => ({
    ...{ keyCustomer: 'H1', start: at(from), end: at(to) },
    decidableAt: decidable === undefined ? undefined : at(decidable),
    sections: [{ section: 'S', fedBy }],
    sources: [
      { source: 'G1', state: g1, carries: fedBy === 'G1' },
      { source: 'GEN', state: 'starting', carries: false }
    ],
    securityLoad: fedBy === 'G1' ? ('yes' as const) : ('no' as const)
  })
  const line = (minute: number, fedBy: string, g1: string, gen = 'ready') => ({
    ...said(minute, 'normal'),
    sections: [{ section: 'S', fedBy }],
    sources: [
      { source: 'G1', state: g1, role: fedBy === 'G1' ? 'carrying' : 'none' },
      { source: 'GEN', state: gen, role: 'available' }
    ],
    securityLoadSupplied: fedBy === 'G1' ? 'yes' : 'no'
  })
  const plants = [
    plant(0, 10, 'G1', 'live', 1),
    plant(10, 20, '', 'dead', 12),
    plant(20, 30, 'G1', 'live', undefined)
  ]
  const lines = [line(0, 'G1', 'live'), line(12, 'dark', 'dead', 'running'), line(18, 'dark', 'unknown')]
  assert.deepEqual(scoreParts(plants, [], lines), { right: 15, wrong: 0, unsure: 2 })
  assert.deepEqual(scoreParts(plants, [], [line(0, 'G1', 'live')]), { right: 9, wrong: 8, unsure: 0 })
  const blind = [{ keyCustomer: 'H1', start: at(15), end: at(30) }]
  assert.deepEqual(scoreParts(plants, blind, lines), { right: 12, wrong: 0, unsure: 0 })
  assert.deepEqual(scoreParts(plants, [], []), { right: 0, wrong: 0, unsure: 17 })
  const [first] = lines as [(typeof lines)[0]]
  const partly = { ...first, securityLoadSupplied: 'partly' }
  assert.deepEqual(scoreParts(plants.slice(0, 1), [], [partly]), { right: 0, wrong: 9, unsure: 0 })
  const idle = { ...first, sources: first.sources.map(each => ({ ...each, role: 'available' })) }
  assert.deepEqual(scoreParts(plants.slice(0, 1), [], [idle]), { right: 0, wrong: 9, unsure: 0 })
})
