import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, seededRandom } from '../../src/random.ts'
import type { KeyCustomer, LoadSection, SupplySource } from '../../src/registry/lookup/customers.ts'
import { type Network, ROOT } from '../../src/registry/lookup/network.ts'
import { cutsOf, dependenceOf, dominatorsOf, sharedRoutes } from '../../src/supply/dependence.ts'
import { meshedCity, networkOf } from '../support/network-cities.ts'

/** Devices that something reaches from the roots without one of them. */
function reachedWithout(network: Network, isOpen: (edge: number) => boolean, failed: number): Set<number> {
  const { normalParent, endA, endB, edges } = network
  const reached = new Set<number>()
  for (let device = 0; device < normalParent.length; device++)
    if (normalParent[device] === ROOT && device !== failed) reached.add(device)
  for (let grows = true; grows; ) {
    grows = false
    for (let edge = 0; edge < edges; edge++) {
      const [a, b] = [endA[edge] ?? 0, endB[edge] ?? 0]
      if (isOpen(edge) || a === failed || b === failed || reached.has(a) === reached.has(b)) continue
      reached.add(a).add(b)
      grows = true
    }
  }
  return reached
}

const section = (id: string, kind: string, sources: readonly string[]): LoadSection => ({
  ...{ id, name: id, class: kind, loadKw: 1, meter: '', sources, transfer: 'ats', allowedGapS: 15 },
  interlock: ''
})
const source = (id: string, kind: string): SupplySource =>
  ({ id, kind, usagePoint: id, routeGroup: '' }) as SupplySource

/** A customer with two or three feeds somewhere, and a generator for some of its sections. */
function drawCustomer(random: Random): KeyCustomer {
  const feeds = ['G1', 'G2', 'G3'].slice(0, 2 + random.integer(2))
  const sections = ['security', 'essential', 'general'].slice(0, 1 + random.integer(3)).map((kind, place) => {
    const some = feeds.filter(() => random.next() < 0.8)
    const grid = some.length > 0 ? some : feeds.slice(0, 1)
    return section(`S${place}`, kind, random.next() < 0.4 ? [...grid, 'GEN'] : grid)
  })
  const sources = [...feeds.map(id => source(id, 'grid')), source('GEN', 'generator')]
  return { id: 'K', sources, sections } as unknown as KeyCustomer
}

/** What the customer would be without a device, by asking who is reached. */
function effectOf(
  { sections }: KeyCustomer,
  placeOf: (id: string) => number,
  reached: ReadonlySet<number>
): 'interrupted' | 'emergency' | undefined {
  const standing = sections.map(({ sources, class: kind }) => ({
    kind,
    isFed: sources.some(id => id !== 'GEN' && reached.has(placeOf(id))),
    hasOwn: sources.includes('GEN')
  }))
  const dark = standing.filter(({ isFed, hasOwn }) => !isFed && !hasOwn)
  const onOwn = standing.filter(({ isFed, hasOwn }) => !isFed && hasOwn)
  if (dark.some(({ kind }) => kind === 'security') || dark.length === standing.length) return 'interrupted'
  if (dark.length > 0 && onOwn.length === 0) return 'interrupted'
  return onOwn.length > 0 ? 'emergency' : undefined
}

test('single failures and shared devices are what failing each device in turn shows', t => {
  const random = seededRandom('dependence')
  for (let seed = 0; seed < 8; seed++) {
    const { devices, ties } = meshedCity(seed)
    const network = networkOf(t, devices, ties)
    const count = network.normalParent.length
    // Some ties are closed, some devices' own edges open.
    const isSwitched = Array.from(
      { length: network.edges },
      (_, edge) => random.next() < (edge < count ? 0.03 : 0.4)
    )
    const isOpen = (edge: number): boolean => (network.normallyOpen[edge] === 1) !== isSwitched[edge]
    const dominator = dominatorsOf(network, isOpen)
    const all = reachedWithout(network, isOpen, -1)
    const without = Array.from({ length: count }, (_, device) => reachedWithout(network, isOpen, device))
    for (let place = 0; place < count; place++) {
      const cuts = cutsOf(dominator, place)
      assert.equal(cuts !== undefined, all.has(place))
      if (cuts === undefined) continue
      const expected = without.flatMap((reached, device) => (reached.has(place) ? [] : [device]))
      assert.deepEqual(
        [...cuts].sort((a, b) => a - b),
        expected,
        `${seed} ${place}`
      )
    }
    for (let round = 0; round < 40; round++) {
      const customer = drawCustomer(random)
      const places = new Map(
        customer.sources.map(({ id }) => [id, [...all][random.integer(all.size)] as number])
      )
      const placeOf = (id: string): number => places.get(id) ?? -1
      const found = dependenceOf(customer, dominator, placeOf)
      const failures = new Map(found.failures.map(({ device, effect }) => [device, effect]))
      for (const [device, reached] of without.entries())
        assert.equal(failures.get(device), effectOf(customer, placeOf, reached), `${seed} ${round} ${device}`)
      const shared = without.flatMap((reached, device) =>
        customer.sources.every(({ id, kind }) => kind !== 'grid' || !reached.has(placeOf(id))) ? [device] : []
      )
      assert.equal(found.common === -1, shared.length === 0)
      if (shared.length > 0) assert.ok(shared.includes(found.common))
    }
  }
})

test('the nearest shared device is the lowest, and a feed of which nobody knows where it hangs counts for nothing', t => {
  const rows = [
    'S,substation,',
    'F,feeder,S',
    'N,section,F',
    'A,transformer,N',
    'B,transformer,N',
    'C,transformer,F'
  ]
  const network = networkOf(t, rows, ['K,A,B,true'])
  const dominator = dominatorsOf(network, edge => network.normallyOpen[edge] === 1)
  const at = (id: string): number => network.numbers.get(id) ?? -1
  const customer = (places: Readonly<Record<string, string>>) =>
    dependenceOf(
      {
        sources: ['G1', 'G2'].map(id => source(id, 'grid')),
        sections: [section('S', 'security', ['G1', 'G2'])]
      } as unknown as KeyCustomer,
      dominator,
      id => at(places[id] ?? '')
    )
  const near = customer({ G1: 'A', G2: 'B' })
  assert.equal(near.common, at('N'))
  assert.deepEqual(
    near.failures.map(({ device, effect }) => `${network.ids.get(device)} ${effect}`),
    ['N interrupted', 'F interrupted', 'S interrupted']
  )
  assert.equal(customer({ G1: 'A', G2: 'C' }).common, at('F'))
  const half = customer({ G1: 'A' })
  assert.deepEqual([half.feeds.get('G2'), half.common, half.failures], [undefined, -1, []])
})

test('sources of one trench', () => {
  const of = (id: string, routeGroup: string) => ({ ...source(id, 'grid'), routeGroup })
  assert.deepEqual(sharedRoutes([of('A', 'T1'), of('B', 'T1'), of('C', 'T2'), of('D', '')]), [
    { group: 'T1', sources: ['A', 'B'] }
  ])
})
