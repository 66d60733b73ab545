import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyStretch } from '../../src/ledger/supply-port.ts'
import type { SourceLine } from '../../src/model/supply.ts'
import type { KeyCustomer, SupplySource } from '../../src/registry/lookup/customers.ts'
import { type ComplianceItem, complianceOf, type ComplianceQuestion } from '../../src/supply/compliance.ts'
import type { OwnRun } from '../../src/supply/report.ts'
import { supplyLine, T0 } from '../support/supply-lines.ts'

const DAY = 86_400_000
const source = (id: string, kind: string, more: Partial<SupplySource> = {}): SupplySource =>
  ({
    ...{ id, kind, usagePoint: kind === 'grid' ? `U-${id}` : '', routeGroup: `R-${id}` },
    ...{ capacityKw: 400, startClassS: 10 },
    ...more
  }) as SupplySource
const CUSTOMER = {
  ...{ id: 'K', grade: 'first', securityLoadKw: 300, planDate: T0 - 100 * DAY },
  sources: [source('G1', 'grid'), source('G2', 'grid'), source('GEN', 'generator')],
  sections: []
} as unknown as KeyCustomer

function item(wanted: ComplianceItem, more: Partial<ComplianceQuestion> = {}, customer: object = {}): string {
  const results = complianceOf({
    ...{ customer: { ...CUSTOMER, ...customer }, common: { device: 'SS1', kind: 'substation' } },
    ...{ isPlaced: true, sharedRoutes: [], stretches: [], ownRuns: [], tests: [], now: T0 },
    ...more
  })
  const found = results.find(each => each.item === wanted)
  const verdict = found?.isMet === null ? 'unknown' : found?.isMet ? 'met' : 'not met'
  return found === undefined ? 'none' : `${verdict}, ${found.basis}, ${found.found}`
}

/** Both feeds as they stood at a time, by their states and since when. */
const stretch = (
  ...feeds: readonly (readonly [state: SourceLine['state'], sinceMs: number])[]
): SupplyStretch => ({
  ...{ n: 1, from: T0 - DAY, to: T0 },
  line: supplyLine({
    ...{ at: T0 - DAY, state: 'reduced' },
    sources: feeds.map(([state, since], place) => ({
      ...{ source: `G${place + 1}`, state, role: 'none', basis: 'measured' },
      ...{ since: T0 - DAY + since, reason: 'VOLTAGE' }
    }))
  })
})
const run = (endedDaysAgo: number, startDelayMs: number | null): OwnRun => ({
  ...{ source: 'GEN', start: T0 - endedDaysAgo * DAY - 1000, end: T0 - endedDaysAgo * DAY },
  ...{ lasts: false, isMeasured: true, carriedMs: 0, startDelayMs }
})

test('feeds: so many as the grade asks for, on file or only by word', () => {
  assert.equal(item('feeds'), 'met, recorded, 2')
  assert.equal(item('feeds', {}, { grade: 'special' }), 'not met, recorded, 2')
  const byWord = [source('G1', 'grid', { usagePoint: '' }), source('G2', 'grid')]
  assert.equal(item('feeds', {}, { sources: byWord }), 'met, declared, 2')
  assert.equal(item('feeds', {}, { grade: '' }), 'none', 'nobody says what it is to have')
})

test('separate origin: by the registry, shown by one feed dying alone, shown otherwise by both dying together', () => {
  const of = (more: Partial<ComplianceQuestion>, customer = {}) => item('separate-origin', more, customer)
  assert.equal(of({}), 'met, recorded, SS1')
  assert.equal(of({}, { grade: 'special' }), 'not met, recorded, SS1')
  assert.equal(of({ common: { device: 'F1', kind: 'feeder' } }), 'not met, recorded, F1')
  assert.equal(of({ common: undefined }), 'unknown, not-measurable, null', 'above the top nobody sees')
  assert.equal(of({ common: undefined, isPlaced: false }), 'unknown, declared, null')
  const apart = [stretch(['dead', 0], ['live', -DAY])]
  assert.equal(of({ stretches: apart }), 'met, proven, SS1')
  assert.equal(of({ stretches: apart, common: undefined }), 'met, proven, null')
  assert.equal(of({ stretches: apart }, { grade: 'special' }), 'not met, recorded, SS1')
  const together = [stretch(['dead', 0], ['dead', 20_000])]
  assert.equal(of({ stretches: together, common: undefined }), 'not met, contradicted, null')
  const inTurn = [stretch(['dead', 0], ['dead', 600_000])]
  assert.equal(of({ stretches: inTurn, common: undefined }), 'unknown, not-measurable, null')
})

test('separate routes: as they were declared', () => {
  assert.equal(item('separate-route'), 'met, declared, none')
  const shared = [{ group: 'T1', sources: ['G1', 'G2'] }]
  assert.equal(item('separate-route', { sharedRoutes: shared }), 'not met, declared, T1')
  const silent = [source('G1', 'grid', { routeGroup: '' }), source('G2', 'grid')]
  assert.equal(item('separate-route', {}, { sources: silent }), 'unknown, declared, null')
})

test('generators carry the security load by a fifth more; a UPS and a truck do not count', () => {
  assert.equal(item('generator-capacity'), 'met, declared, 400')
  assert.equal(item('generator-capacity', {}, { securityLoadKw: 340 }), 'not met, declared, 400')
  const weak = [source('GEN', 'generator', { capacityKw: 100 }), source('U', 'ups'), source('T', 'truck')]
  assert.equal(item('generator-capacity', {}, { sources: weak }), 'not met, declared, 100')
  const silent = [source('GEN', 'generator', { capacityKw: Number.NaN })]
  assert.equal(item('generator-capacity', {}, { sources: silent }), 'unknown, declared, null')
})

test('a start in time is declared until one was measured', () => {
  assert.equal(item('start-class'), 'met, declared, 10')
  assert.equal(item('start-class', { ownRuns: [run(3, 14_000)] }), 'met, proven, 14')
  assert.equal(
    item('start-class', { ownRuns: [run(3, 14_000), run(2, 40_000)] }),
    'not met, contradicted, 40'
  )
  assert.equal(item('start-class', { ownRuns: [run(3, null)] }), 'met, declared, 10', 'a test measures none')
})

test('a plan younger than a year, a generator that ran within a month', () => {
  assert.equal(item('plan'), 'met, declared, 100')
  assert.equal(item('plan', {}, { planDate: T0 - 400 * DAY }), 'not met, declared, 400')
  assert.equal(item('plan', {}, { planDate: Number.NaN }), 'not met, declared, null')
  assert.equal(item('generator-test'), 'unknown, not-measurable, null')
  assert.equal(item('generator-test', { ownRuns: [run(40, null), run(20, null)] }), 'met, proven, 20')
  assert.equal(item('generator-test', { ownRuns: [run(40, null)] }), 'not met, proven, 40')
  const written = (daysAgo: number) => ({ tests: [{ source: 'GEN', at: T0 - daysAgo * DAY, startS: null }] })
  const seen = { ...run(5, null), isMeasured: false }
  assert.equal(item('generator-test', { ownRuns: [seen] }), 'unknown, not-measurable, null')
  assert.equal(item('generator-test', written(12)), 'met, declared, 12')
  assert.equal(item('generator-test', { ...written(12), ownRuns: [run(20, null)] }), 'met, declared, 12')
  assert.equal(item('generator-test', { ...written(12), ownRuns: [run(5, null)] }), 'met, proven, 5')
  const ofUps = { tests: [{ source: 'UPS', at: T0, startS: 1 }] }
  assert.equal(item('generator-test', ofUps), 'unknown, not-measurable, null')
  assert.equal(item('generator-test', {}, { sources: [] }), 'not met, declared, null')
})
