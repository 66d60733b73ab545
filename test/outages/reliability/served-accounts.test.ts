import assert from 'node:assert/strict'
import { test } from 'node:test'
import { locatedPoints, pointsBelow } from '../../../src/outages/reliability/located-points.ts'
import { servedAccounts } from '../../../src/outages/reliability/served-accounts.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { shareTexts } from '../../../src/registry/texts.ts'
import { at, MINUTE } from '../../support/interruptions.ts'
import { drawRegistry } from '../../support/outage-registry.ts'

const [SPRING, SUMMER] = [at('2026-04-01T00:00+08:00'), at('2026-07-01T00:00+08:00')]

/** F1 feeds TR1 (a1, a2 on A, b1 on B, all three phases of c1) and TR2 (d1, and the second feed of A-a2). */
const TOWN = drawRegistry({
  devices: [
    ['F1', 'feeder', ''],
    ['TR1', 'transformer', 'F1'],
    ['TR2', 'transformer', 'F1']
  ],
  meters: [
    { device: 'TR1', terminal: 'K1', ids: ['a1'], phase: 'A' },
    { device: 'TR1', terminal: 'K1', ids: ['a2'], phase: 'A', account: 'TWO' },
    { device: 'TR1', terminal: 'K1', ids: ['b1'], phase: 'B' },
    { device: 'TR1', terminal: 'K1', ids: ['c1'], phase: 'ABC' },
    { device: 'TR2', terminal: 'K1', ids: ['d1'] },
    { device: 'TR2', terminal: 'K1', ids: ['d2'], account: 'TWO' }
  ]
})

/** The same with times of meters by their id. */
function withTimes(times: Readonly<Record<string, readonly [installed: number, removed: number]>>): Registry {
  const { meters } = TOWN
  const timesOf = (end: 0 | 1, otherwise: number): Float64Array =>
    Float64Array.from({ length: meters.count }, (_, meter) => times[meters.id.get(meter)]?.[end] ?? otherwise)
  return {
    ...TOWN,
    meters: {
      ...meters,
      installedAt: timesOf(0, Number.NEGATIVE_INFINITY),
      removedAt: timesOf(1, Number.POSITIVE_INFINITY)
    }
  }
}

const ALWAYS = Number.NEGATIVE_INFINITY
const changesOf = (registry: Registry, scope?: ReadonlySet<string>): [number, number][] =>
  servedAccounts(registry, scope).map(({ at: time, count }) => [time, count])

test('an account with two usage points is one, in any scope that has one of them', () => {
  assert.deepEqual(changesOf(TOWN), [[ALWAYS, 5]])
  assert.deepEqual(changesOf(TOWN, new Set(pointsBelow(TOWN, 'TR1'))), [[ALWAYS, 4]])
  assert.deepEqual(changesOf(TOWN, new Set(pointsBelow(TOWN, 'TR2'))), [[ALWAYS, 2]])
  assert.deepEqual(changesOf(TOWN, new Set()), [[ALWAYS, 0]])
})

test('accounts are served from their first meter to their last', () => {
  const registry = withTimes({
    a1: [SPRING, Number.POSITIVE_INFINITY],
    b1: [ALWAYS, SUMMER],
    a2: [ALWAYS, SPRING],
    d2: [SPRING - MINUTE, SUMMER]
  })
  assert.deepEqual(changesOf(registry), [
    [ALWAYS, 4],
    [SPRING, 5],
    [SUMMER, 3]
  ])
})

test('whom an incident leaves without supply that has named nobody', () => {
  const idsOf = (device: string, phases: string): string =>
    locatedPoints(TOWN, { device, phases, affected: 1 })
      .map(({ usagePoint }) => usagePoint)
      .sort()
      .join(' ')
  const rows: [device: string, phases: string, points: string][] = [
    ['TR1', '', 'U-a1 U-a2 U-b1 U-c1'],
    ['TR1', 'A', 'U-a1 U-a2'],
    ['TR1', 'AB', 'U-a1 U-a2 U-b1'],
    ['F1', 'A', ''],
    ['F1', '', 'U-a1 U-a2 U-b1 U-c1 U-d1 U-d2'],
    ['U-b1', '', 'U-b1'],
    ['U-a2', '', 'U-a2'],
    ['GONE', '', '']
  ]
  for (const [device, phases, points] of rows)
    assert.equal(idsOf(device, phases), points, `${device} ${phases}`)
})

test('who only lives at a low voltage is not interrupted: below star-star the phase that is open leaves dark who hangs on it', () => {
  const idsOf = (registry: Registry, phases: string, affected: number): string =>
    locatedPoints(registry, { device: 'F1', phases, affected })
      .map(({ usagePoint }) => usagePoint)
      .join(' ')
  const vectorGroup = shareTexts(['', 'Yyn0', 'Dyn11'])
  const starStar = { ...TOWN, devices: { ...TOWN.devices, vectorGroup } }
  assert.equal(idsOf(TOWN, 'A', 1), '')
  assert.equal(idsOf(starStar, 'A', 2), 'U-a1 U-a2')
  assert.equal(idsOf(starStar, 'A', 0), '', 'nobody is affected')
  assert.equal(idsOf(starStar, '', 0).split(' ').length, 6, 'the one feed of somebody with two')
})
