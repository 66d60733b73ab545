import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { KeyCustomer } from '../../src/registry/lookup/customers.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { affectedBy } from '../../src/supply/affected.ts'
import { section, source } from '../support/dependence-check.ts'
import { networkOf } from '../support/network-cities.ts'
import { drawRegistry } from '../support/outage-registry.ts'

const ROWS = ['S,substation,', 'F,feeder,S', 'A,section,F', 'B,section,F', 'G,feeder,S', 'C,section,G']
const G1 = { ...source('G1', 'grid'), usagePoint: 'U-m1' }
const G2 = { ...source('G2', 'grid'), usagePoint: 'U-m2' }
const GEN = source('GEN', 'generator')

/** A registry in which feed 1 hangs on A and feed 2 on C; A and C could be tied. */
function registryWith(t: TestContext, ...customers: Partial<KeyCustomer>[]): Registry {
  const drawn = drawRegistry({
    devices: [],
    meters: [
      { device: 'A', terminal: 'K', ids: ['m1'] },
      { device: 'C', terminal: 'K', ids: ['m2'] }
    ]
  })
  const keyCustomers = new Map(
    customers.map((each, place) => {
      const id = `K${place + 1}`
      return [id, { id, sources: [G1, G2], sections: [], ...each } as unknown as KeyCustomer]
    })
  )
  return { ...drawn, network: networkOf(t, ROWS, ['T,A,C,true']), keyCustomers }
}

const told = (registry: Registry, out: readonly string[], closed: readonly string[] = []): string[] =>
  affectedBy(registry, new Map(closed.map(id => [id, { state: 'closed' as const }])), out).map(
    ({ customer, effect, feeds }) => `${customer.id} ${effect} ${feeds.join(' ')}`
  )

test('who loses a feed, and what is left of it', t => {
  const registry = registryWith(
    t,
    { sources: [G1, G2, GEN], sections: [section('S', 'security', ['G1', 'G2', 'GEN'])] },
    {
      sources: [G1, GEN],
      sections: [section('S', 'security', ['G1', 'GEN']), section('O', 'general', ['G1'])]
    },
    { sources: [G1], sections: [section('S', 'security', ['G1'])] },
    { sources: [G2], sections: [section('S', 'security', ['G2'])] }
  )
  assert.deepEqual(told(registry, ['A']), ['K3 interrupted G1', 'K2 emergency G1', 'K1 reduced G1'])
  assert.deepEqual(told(registry, ['S']), [
    'K3 interrupted G1',
    'K4 interrupted G2',
    'K1 emergency G1 G2',
    'K2 emergency G1'
  ])
  assert.deepEqual(told(registry, ['A', 'C']), told(registry, ['S']))
  assert.deepEqual(told(registry, ['B']), [])
  assert.deepEqual(told(registry, ['nobody', '']), [])
})

test('an incident of a feed alone is of its usage point', t => {
  const registry = registryWith(t, {})
  assert.deepEqual(told(registry, ['U-m1']), ['K1 reduced G1'])
  assert.deepEqual(told(registry, ['U-m1', 'U-m2']), ['K1 interrupted G1 G2'])
})

test('as switches stand now: a closed tie goes round what is out', t => {
  const registry = registryWith(t, {})
  assert.deepEqual(told(registry, ['F'], ['T']), [])
  assert.deepEqual(told(registry, ['S'], ['T']), ['K1 interrupted G1 G2'])
})

test('a feed that is dead already is nothing that is left', t => {
  const registry = registryWith(t, {})
  const open = new Map([['G', { state: 'open' as const }]])
  assert.deepEqual(
    affectedBy(registry, open, ['A']).map(({ effect }) => effect),
    ['interrupted']
  )
})

test('sections without a source of their own go dark beside those on the generator', t => {
  const sections = [section('S', 'security', ['G1', 'GEN']), section('E', 'essential', ['G1'])]
  const both = registryWith(t, { sources: [G1, GEN], sections })
  assert.deepEqual(told(both, ['A']), ['K1 emergency G1'])
  const apart = [section('S', 'security', ['GEN']), section('E', 'essential', ['G1', 'G2'])]
  assert.deepEqual(told(registryWith(t, { sources: [G1, G2, GEN], sections: apart }), ['A']), [
    'K1 reduced G1'
  ])
  const rest = registryWith(t, {
    sources: [G1, G2],
    sections: [section('S', 'security', ['G2']), section('E', 'essential', ['G1'])]
  })
  assert.deepEqual(told(rest, ['A']), ['K1 interrupted G1'])
})
