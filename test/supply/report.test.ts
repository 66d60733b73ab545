import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyStretch } from '../../src/ledger/supply-port.ts'
import type { SectionLine, SourceLine, SupplyLine, SupplyState } from '../../src/model/supply.ts'
import { reportOf } from '../../src/supply/report.ts'
import { supplyLine, T0 } from '../support/supply-lines.ts'

const MINUTE = 60_000
const at = (minute: number): number => T0 + minute * MINUTE
const source = (id: string, state: SourceLine['state'], since: number, role: SourceLine['role'] = 'none') =>
  ({ source: id, state, role, basis: 'measured', since: at(since), reason: 'MESSAGE' }) satisfies SourceLine
const section = (id: string, fedBy: string): SectionLine => ({
  ...{ section: id, fedBy, basis: 'measured', reason: 'SWITCH' }
})
let lines = 0
const stretch = (
  from: number,
  to: number | null,
  state: SupplyState,
  more: Partial<SupplyLine> = {}
): SupplyStretch => ({
  ...{ n: ++lines, from: at(from), to: to === null ? null : at(to) },
  line: supplyLine({ at: at(from), from: at(from), state, ...more })
})

/** One feed dies at 10, the other at 30; the generator takes over at 30:20; both come back at 90. Nothing is heard from 120 to 150. */
const DAY: readonly SupplyStretch[] = [
  stretch(0, 10, 'normal', {
    sources: [source('G1', 'live', 0, 'carrying'), source('G2', 'live', 0), source('GEN', 'ready', 0)],
    sections: [section('S1', 'G1'), section('S2', 'G1')]
  }),
  stretch(10, 30, 'reduced', {
    sources: [source('G1', 'dead', 10), source('G2', 'live', 0, 'carrying'), source('GEN', 'ready', 0)],
    sections: [section('S1', 'G2'), section('S2', 'G2')],
    transfers: [{ section: 'S1', from: 'G1', to: 'G2', start: at(10), gapMs: 1500, resolutionMs: 0 }]
  }),
  stretch(30, 31, 'interrupted', {
    ...{ extent: 'full', securityLoadSupplied: 'no', reason: 'ALL_DARK' },
    sources: [source('G1', 'dead', 10), source('G2', 'dead', 30), source('GEN', 'ready', 0)],
    sections: [section('S1', 'dark'), section('S2', 'dark')]
  }),
  stretch(31, 90, 'emergency', {
    sources: [source('G1', 'dead', 10), source('G2', 'dead', 30), source('GEN', 'running', 30.5, 'carrying')],
    sections: [section('S1', 'GEN'), section('S2', 'dark')]
  }),
  stretch(90, 95, 'normal', {
    sources: [source('G1', 'live', 90, 'carrying'), source('G2', 'live', 90), source('GEN', 'running', 30.5)],
    sections: [section('S1', 'G1'), section('S2', 'G1')]
  }),
  stretch(95, 120, 'normal', {
    sources: [source('G1', 'live', 90, 'carrying'), source('G2', 'live', 90), source('GEN', 'ready', 95)],
    sections: [section('S1', 'G1'), section('S2', 'G1')]
  }),
  stretch(120, 150, 'unknown', {
    securityLoadSupplied: 'unknown',
    sources: [source('G1', 'unknown', 120), source('G2', 'unknown', 120), source('GEN', 'unknown', 120)],
    sections: [section('S1', 'unknown'), section('S2', 'unknown')]
  }),
  stretch(150, null, 'normal', {
    sources: [source('G1', 'live', 90, 'carrying'), source('G2', 'live', 90), source('GEN', 'running', 150)],
    sections: [section('S1', 'G1'), section('S2', 'G1')]
  })
]
const minutes = (shares: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(shares).map(([key, ms]) => [key, ms / MINUTE]))

test('a period by what was so, unknown time as its own share', () => {
  const report = reportOf(DAY, at(0), at(160))
  assert.deepEqual(minutes(report.states), {
    ...{ normal: 10 + 5 + 25 + 10, reduced: 20, interrupted: 1, emergency: 59, unknown: 30 }
  })
  assert.deepEqual(minutes(report.securityLoad), { yes: 129, partly: 0, no: 1, unknown: 30 })
  assert.equal(report.availability, 129 / 130)
  const [g1, g2, gen] = report.sources
  assert.deepEqual([g1?.source, g1?.availability], ['G1', 50 / 130])
  assert.deepEqual([g2?.source, g2?.availability], ['G2', 70 / 130])
  assert.deepEqual(minutes(gen?.states ?? {}), {
    ...{ live: 0, dead: 0, ready: 31 + 25, running: 64 + 10, failed: 0, unknown: 30 }
  })
  const [s1, s2] = report.sections
  assert.deepEqual(minutes(s1?.fedBy ?? {}), { G1: 50, G2: 20, dark: 1, GEN: 59, unknown: 30 })
  assert.deepEqual([s1?.longestDarkMs, s2?.longestDarkMs], [MINUTE, 60 * MINUTE])
})

test('interruptions, transfers and runs of own sources with what was measured of them', () => {
  const report = reportOf(DAY, at(0), at(160))
  assert.deepEqual(report.interruptions, [
    {
      ...{ start: at(30), end: at(31), lasts: false, extent: 'full', securityLoadSupplied: 'no' },
      sections: ['S1', 'S2'],
      sources: ['G1', 'G2'].map(id => ({
        ...{ source: id, state: 'dead', basis: 'measured', reason: 'MESSAGE' }
      }))
    }
  ])
  assert.equal(report.longestMs, MINUTE)
  assert.deepEqual(
    report.transfers.map(({ from, to, gapMs }) => [from, to, gapMs]),
    [['G1', 'G2', 1500]]
  )
  assert.deepEqual(report.ownRuns, [
    {
      ...{ source: 'GEN', start: at(31), end: at(95), lasts: false, carriedMs: 59 * MINUTE },
      ...{ startDelayMs: MINUTE, isMeasured: true }
    },
    {
      ...{ source: 'GEN', start: at(150), end: at(160), lasts: true, carriedMs: 0 },
      ...{ startDelayMs: null, isMeasured: true }
    }
  ])
})

test('a transfer whose beginning came late is one; the gap before a run carries nothing', () => {
  const gap = { section: 'S1', from: 'G2', to: 'GEN', gapMs: 14_500, resolutionMs: 0 }
  const onGenerator = {
    sources: [source('G2', 'dead', 10), source('GEN', 'running', 10.25, 'carrying')],
    sections: [section('S1', 'GEN')]
  }
  const late = stretch(9.98, 10, 'emergency', { ...onGenerator, transfers: [{ ...gap, start: at(9.98) }] })
  const said = stretch(10, 40, 'emergency', { ...onGenerator, transfers: [{ ...gap, start: at(10) }] })
  const again = stretch(60, 70, 'emergency', { ...onGenerator, transfers: [{ ...gap, start: at(60) }] })
  const report = reportOf([late, said, again], at(0), at(80))
  assert.deepEqual(
    report.transfers.map(({ start }) => start),
    [at(9.98), at(60)]
  )
  assert.equal(report.ownRuns[0]?.carriedMs, at(40) - at(10.25))
})

test('what a person said of a run is no measurement of it', () => {
  const seen = { ...source('GEN', 'running', 10, 'carrying'), basis: 'reported' } as const
  const [run] = reportOf([stretch(10, 20, 'emergency', { sources: [seen] })], at(0), at(30)).ownRuns
  assert.equal(run?.isMeasured, false)
})

test('only what lies in the period counts, and what nobody said anything of is unknown', () => {
  const report = reportOf(DAY, at(30.5), at(32))
  assert.deepEqual(minutes(report.states), {
    interrupted: 0.5,
    emergency: 1,
    unknown: 0,
    reduced: 0,
    normal: 0
  })
  assert.deepEqual(report.transfers, [])
  const before = reportOf(DAY, at(-60), at(0))
  assert.deepEqual([before.states.unknown, before.availability], [60 * MINUTE, null])
  const lasting = reportOf([stretch(0, null, 'interrupted')], at(0), at(5))
  assert.deepEqual(
    lasting.interruptions.map(({ end, lasts }) => [end, lasts]),
    [[at(5), true]]
  )
  assert.deepEqual(reportOf([], at(0), at(1)).sources, [])
})
