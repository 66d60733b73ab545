import assert from 'node:assert/strict'
import type { Random } from '../../src/random.ts'
import type { KeyCustomer, LoadSection, SupplySource } from '../../src/registry/lookup/customers.ts'
import { type Network, ROOT } from '../../src/registry/lookup/network.ts'
import { cutsOf, dependenceOf, dominatorsOf } from '../../src/supply/dependence.ts'

const CUSTOMERS = 40

/** Which devices something reaches from the roots without one of them: 1 for each that is. */
function reachedWithout(
  network: Network,
  neighbours: readonly (readonly number[])[],
  failed: number
): Uint8Array {
  const reached = new Uint8Array(neighbours.length)
  const ahead = [...network.normalParent.keys()].filter(
    device => network.normalParent[device] === ROOT && device !== failed
  )
  for (const device of ahead) reached[device] = 1
  for (let device = ahead.pop(); device !== undefined; device = ahead.pop())
    for (const next of neighbours[device] ?? [])
      if (next !== failed && reached[next] === 0) {
        reached[next] = 1
        ahead.push(next)
      }
  return reached
}

function neighboursOf(network: Network, isOpen: (edge: number) => boolean): number[][] {
  const neighbours: number[][] = Array.from(network.normalParent, () => [])
  for (let edge = 0; edge < network.edges; edge++) {
    const [a, b] = [network.endA[edge] ?? ROOT, network.endB[edge] ?? ROOT]
    if (isOpen(edge) || a === ROOT || b === ROOT) continue
    neighbours[a]?.push(b)
    neighbours[b]?.push(a)
  }
  return neighbours
}

export const section = (id: string, kind: string, sources: readonly string[]): LoadSection => ({
  ...{ id, name: id, class: kind, loadKw: 1, meter: '', sources, transfer: 'ats', allowedGapS: 15 },
  interlock: ''
})
export const source = (id: string, kind: string): SupplySource =>
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
  reached: Uint8Array
): 'interrupted' | 'emergency' | undefined {
  const standing = sections.map(({ sources, class: kind }) => ({
    kind,
    isFed: sources.some(id => id !== 'GEN' && reached[placeOf(id)] === 1),
    hasOwn: sources.includes('GEN')
  }))
  const dark = standing.filter(({ isFed, hasOwn }) => !isFed && !hasOwn)
  const onOwn = standing.filter(({ isFed, hasOwn }) => !isFed && hasOwn)
  if (dark.some(({ kind }) => kind === 'security') || dark.length === standing.length) return 'interrupted'
  if (dark.length > 0 && onOwn.length === 0) return 'interrupted'
  return onOwn.length > 0 ? 'emergency' : undefined
}

/**
 * Fails each device in turn and asks who is still reached from the roots: cuts of every place, and the single
 * failures and shared device of customers drawn at random, have to be what that shows.
 */
export function checkDependence(network: Network, random: Random, what: string): void {
  const count = network.normalParent.length
  // Some ties are closed, some devices' own edges open.
  const isSwitched = Array.from(
    { length: network.edges },
    (_, edge) => random.next() < (edge < count ? 0.03 : 0.4)
  )
  const isOpen = (edge: number): boolean => (network.normallyOpen[edge] === 1) !== isSwitched[edge]
  const neighbours = neighboursOf(network, isOpen)
  const dominator = dominatorsOf(network, isOpen)
  const all = reachedWithout(network, neighbours, -1)
  const without = Array.from({ length: count }, (_, device) => reachedWithout(network, neighbours, device))
  for (let place = 0; place < count; place++) {
    const cuts = cutsOf(dominator, place)
    assert.equal(cuts !== undefined, all[place] === 1)
    if (cuts === undefined) continue
    const expected = without.flatMap((reached, device) => (reached[place] === 1 ? [] : [device]))
    assert.deepEqual(
      [...cuts].sort((a, b) => a - b),
      expected,
      `${what} ${place}`
    )
  }
  const fed = [...all.keys()].filter(device => all[device] === 1)
  for (let round = 0; round < CUSTOMERS; round++) {
    const customer = drawCustomer(random)
    const places = new Map(customer.sources.map(({ id }) => [id, fed[random.integer(fed.length)] as number]))
    const placeOf = (id: string): number => places.get(id) ?? -1
    const found = dependenceOf(customer, dominator, placeOf)
    const failures = new Map(found.failures.map(({ device, effect }) => [device, effect]))
    for (const [device, reached] of without.entries())
      assert.equal(failures.get(device), effectOf(customer, placeOf, reached), `${what} ${round} ${device}`)
    const shared = without.flatMap((reached, device) =>
      customer.sources.every(({ id, kind }) => kind !== 'grid' || reached[placeOf(id)] !== 1) ? [device] : []
    )
    assert.equal(found.common === -1, shared.length === 0)
    if (shared.length > 0) assert.ok(shared.includes(found.common))
  }
}
