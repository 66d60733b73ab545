import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { importRegistry } from '../../src/registry/import.ts'
import { buildNetwork, type Network, ROOT, SwitchStates } from '../../src/registry/network.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { makeFolder } from '../registry/registry-folder.ts'

/** The network of these rows of devices.csv and ties.csv. */
export function networkOf(
  context: TestContext,
  devices: readonly string[],
  ties: readonly string[]
): Network {
  const folder = makeFolder(context, {
    'terminals.csv': 'id\nC1\n',
    'meters.csv': 'id,terminal,usage_point\nM1,C1,U1\n',
    'devices.csv': `id,kind,parent\n${devices.join('\n')}\n`,
    'ties.csv': `id,device_a,device_b,normally_open\n${ties.join('\n')}\n`
  })
  const { tables, issues } = importRegistry(folder)
  assert.deepEqual(issues, [])
  return buildNetwork(sourceOf(tables))
}

/** A city of feeders in rings: lines of sections with transformers, ends joined by open ties. */
function meshedCity(seed: number): { devices: string[]; ties: string[] } {
  const random = seededRandom(seed)
  const pick = (below: number): number => Math.floor(random.next() * below)
  const devices = ['S0,substation,', 'S1,substation,', 'S2,substation,']
  const names: string[] = []
  for (let feeder = 0; feeder < 12; feeder++) {
    let above = `F${feeder}`
    devices.push(`${above},feeder,S${feeder % 3}`)
    const length = 3 + pick(6)
    for (let i = 0; i < length; i++) {
      const section = `F${feeder}N${i}`
      devices.push(`${section},${i % 2 === 0 ? 'switch' : 'section'},${above}`)
      devices.push(`${section}T,transformer,${section}`)
      names.push(section)
      // Some go on from a branch.
      above = random.next() < 0.8 ? section : above
    }
  }
  const ties = Array.from({ length: 20 }, (_, i) => {
    const [a, b] = [names[pick(names.length)], names[pick(names.length)]]
    return a === b ? undefined : `K${i},${a},${b},true`
  })
  return { devices, ties: ties.filter(tie => tie !== undefined) }
}

/** Slow and plain: grows the set of fed devices one edge at a time, hop by hop. */
function bruteForce(
  network: Network,
  isOpen: (edge: number) => boolean
): { fed: Set<number>; hops: Map<number, number> } {
  const hops = new Map<number, number>()
  network.normalParent.forEach((parent, device) => {
    if (parent === ROOT) hops.set(device, 0)
  })
  for (let hop = 1; ; hop++) {
    const found: number[] = []
    for (let edge = 0; edge < network.edges; edge++) {
      if (isOpen(edge)) continue
      const [a, b] = [network.endA[edge]!, network.endB[edge]!]
      if (hops.get(a) === hop - 1 && !hops.has(b)) found.push(b)
      if (hops.get(b) === hop - 1 && !hops.has(a)) found.push(a)
    }
    if (found.length === 0) return { fed: new Set(hops.keys()), hops }
    for (const device of found) hops.set(device, hop)
  }
}

function compare(network: Network, states: SwitchStates): void {
  const { tree } = states
  const { fed, hops } = bruteForce(network, edge => states.isOpen(edge))
  assert.deepEqual(
    [...tree.order].sort((a, b) => a - b),
    [...fed].sort((a, b) => a - b)
  )
  const seen = new Set<number>()
  for (const device of tree.order) {
    const [parent, over] = [tree.parent[device]!, tree.over[device]!]
    if (parent === ROOT) assert.equal(hops.get(device), 0)
    else {
      assert.ok(seen.has(parent), 'each comes after the one that feeds it')
      assert.ok(!states.isOpen(over))
      assert.deepEqual([network.endA[over]!, network.endB[over]!].sort(), [device, parent].sort())
      assert.equal(hops.get(device), hops.get(parent)! + 1, 'fed on a shortest way')
    }
    seen.add(device)
  }
  // A forest has as many edges as devices that are not roots: the closed ones beyond that close loops.
  let closed = 0
  for (let edge = 0; edge < network.edges; edge++) {
    const isInside =
      network.endA[edge] !== network.endB[edge] &&
      fed.has(network.endA[edge]!) &&
      fed.has(network.endB[edge]!)
    if (isInside && !states.isOpen(edge)) closed++
  }
  const roots = [...fed].filter(device => hops.get(device) === 0).length
  assert.equal(tree.loops.length, closed - (fed.size - roots))
}

/** Random switch states of generated cities, and each tie operated from there, against brute force. */
export function checkCities(context: TestContext, cities: number, statesEach: number): void {
  const random = seededRandom(4)
  for (let city = 0; city < cities; city++) {
    const { devices, ties } = meshedCity(city)
    const network = networkOf(context, devices, ties)
    for (let state = 0; state < statesEach; state++) {
      const states = new SwitchStates(network)
      const share = random.next() * 0.3
      for (const [id, edge] of network.edgeNumbers)
        if (random.next() < share) states.set(id, states.isOpen(edge) ? 'closed' : 'open')
      compare(network, states)
      for (const tie of ties) {
        const id = tie.split(',')[0]!
        const was = states.isOpen(network.edgeNumbers.get(id)!) ? 'open' : 'closed'
        states.set(id, was === 'open' ? 'closed' : 'open')
        compare(network, states)
        states.set(id, was)
      }
    }
  }
}
