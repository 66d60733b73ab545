import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Random, seededRandom } from '../../src/random.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { buildNetwork, type Network, ROOT, SwitchStates, UNFED } from '../../src/registry/lookup/network.ts'
import { makeTable } from '../../src/registry/schema.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { TIES } from '../../src/registry/tables.ts'
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
export function meshedCity(seed: number): { devices: string[]; ties: string[] } {
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

/** Plain: goes over all edges again and again until no device gets nearer to a root. */
function bruteForce(network: Network, isOpen: (edge: number) => boolean): Float64Array {
  const hops = Float64Array.from(network.normalParent, parent => (parent === ROOT ? 0 : Infinity))
  for (let changed = true; changed; ) {
    changed = false
    for (let edge = 0; edge < network.edges; edge++) {
      if (isOpen(edge)) continue
      const [a, b] = [network.endA[edge]!, network.endB[edge]!]
      if (hops[a]! + 1 < hops[b]!) hops[b] = hops[a]! + 1
      else if (hops[b]! + 1 < hops[a]!) hops[a] = hops[b]! + 1
      else continue
      changed = true
    }
  }
  return hops
}

function compare(network: Network, states: SwitchStates): void {
  const { tree } = states
  const hops = bruteForce(network, edge => states.isOpen(edge))
  const isFed = (device: number): boolean => hops[device] !== Infinity
  const seen = new Uint8Array(hops.length)
  for (const device of tree.order) {
    const [parent, over] = [tree.parent[device]!, tree.over[device]!]
    if (parent === ROOT) assert.equal(hops[device], 0)
    else {
      assert.ok(seen[parent], 'each comes after the one that feeds it')
      assert.ok(!states.isOpen(over))
      const [a, b] = [network.endA[over]!, network.endB[over]!]
      assert.ok((a === device && b === parent) || (a === parent && b === device))
      assert.equal(hops[device], hops[parent]! + 1, 'fed on a shortest way')
    }
    assert.equal(seen[device], 0, 'once')
    seen[device] = 1
  }
  let [fed, roots] = [0, 0]
  for (const [device, hop] of hops.entries()) {
    if (isFed(device)) fed++
    if (hop === 0) roots++
    assert.equal(seen[device] === 1, isFed(device))
    assert.equal(tree.parent[device] === UNFED, !isFed(device))
  }
  // A forest has as many edges as devices that are not roots: the closed ones beyond that close loops.
  let closed = 0
  for (let edge = 0; edge < network.edges; edge++) {
    const [a, b] = [network.endA[edge]!, network.endB[edge]!]
    if (a !== b && isFed(a) && isFed(b) && !states.isOpen(edge)) closed++
  }
  assert.equal(tree.loops.length, closed - (fed - roots))
}

/**
 * Random switch states of a network, and from each of them single operations of ties, against brute force.
 * @param tiesEach how many ties are operated from each state, in turn; all when absent
 */
export function checkNetwork(
  network: Network,
  random: Random,
  stateCount: number,
  tiesEach = Infinity
): void {
  const ties = [...network.edgeNumbers].slice(network.ids.length).map(([id]) => id)
  let turn = 0
  for (let state = 0; state < stateCount; state++) {
    const states = new SwitchStates(network)
    const share = random.next() ** 2 * 0.3
    for (const [id, edge] of network.edgeNumbers)
      if (random.next() < share) states.set(id, states.isOpen(edge) ? 'closed' : 'open')
    compare(network, states)
    for (let i = 0; i < Math.min(tiesEach, ties.length); i++) {
      const id = ties[turn++ % ties.length]!
      const was = states.isOpen(network.edgeNumbers.get(id)!) ? 'open' : 'closed'
      states.set(id, was === 'open' ? 'closed' : 'open')
      compare(network, states)
      states.set(id, was)
    }
  }
}

/** Registry files as a network; `more` open ties between any two devices make it meshed. */
export function networkOfFolder(folder: string, random: Random, more: number): Network {
  const { tables } = importRegistry(folder, undefined, { maxRejects: 0.5 })
  const { id } = tables.devices.text
  const pick = (): string => id[random.integer(id.length)]!
  const extra = Array.from({ length: more }, (_, i) => ({ id: `K${i}`, a: pick(), b: pick() })).filter(
    tie => tie.a !== tie.b
  )
  const { text, line } = tables.ties
  const ties = makeTable(
    TIES,
    [...line, ...extra.map(() => 0)],
    {
      id: [...text.id, ...extra.map(tie => tie.id)],
      device_a: [...text.device_a, ...extra.map(tie => tie.a)],
      device_b: [...text.device_b, ...extra.map(tie => tie.b)],
      normally_open: [...text.normally_open, ...extra.map(() => 'true')]
    },
    {}
  )
  return buildNetwork(sourceOf({ devices: tables.devices, ties }))
}

/** Random switch states of generated cities, and each tie operated from there, against brute force. */
export function checkCities(context: TestContext, cities: number, statesEach: number): void {
  const random = seededRandom(4)
  for (let city = 0; city < cities; city++) {
    const { devices, ties } = meshedCity(city)
    checkNetwork(networkOf(context, devices, ties), random, statesEach)
  }
}
