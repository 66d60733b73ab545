import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importRegistry } from '../../src/registry/read/import.ts'
import { buildNetwork, type Network, SwitchStates, UNFED } from '../../src/registry/lookup/network.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { checkCities, networkOf } from '../support/network-cities.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

/** `section < feeder < substation` for each device, `-` when nothing feeds it. */
function paths(network: Network, states: SwitchStates): Record<string, string> {
  const { parent } = states.tree
  return Object.fromEntries(
    Array.from(network.ids, (id, device) => {
      const names: string[] = []
      for (let at = device; at >= 0; at = parent[at]!) names.push(network.ids.get(at))
      return [id, parent[device] === UNFED ? '-' : names.slice(1).join(' < ')]
    })
  )
}

test('a section whose switch opens is dark until a tie feeds it from the other side', context => {
  const devices = ['S1,substation,', 'F1,feeder,S1', 'W1,switch,F1', 'A1,section,W1', 'T1,transformer,A1']
  const others = ['S2,substation,', 'F2,feeder,S2', 'A2,section,F2']
  const network = networkOf(context, [...devices, ...others], ['K1,T1,A2,true'])
  const states = new SwitchStates(network)
  assert.deepEqual(paths(network, states), {
    S1: '',
    F1: 'S1',
    W1: 'F1 < S1',
    A1: 'W1 < F1 < S1',
    T1: 'A1 < W1 < F1 < S1',
    S2: '',
    F2: 'S2',
    A2: 'F2 < S2'
  })
  assert.ok(states.set('W1', 'open'))
  assert.deepEqual(
    [paths(network, states).W1, paths(network, states).T1, paths(network, states).F1],
    ['-', '-', 'S1']
  )
  assert.ok(states.set('K1', 'closed'))
  assert.deepEqual(states.tree.loops, [])
  assert.equal(paths(network, states).W1, 'A1 < T1 < A2 < F2 < S2', 'the section is fed backwards')
  assert.ok(states.set('W1', 'closed'))
  assert.deepEqual(states.tree.loops.length, 1, 'both sides feed now')
  assert.ok(states.set('K1', 'open'))
  assert.deepEqual(paths(network, states), paths(network, new SwitchStates(network)))
  assert.equal(states.set('K9', 'open'), false)
})

test('random switch states of a meshed city, and every single tie from there: as brute force says', context => {
  checkCities(context, 2, 25)
})

test('a registry without devices has an empty network', context => {
  const { tables } = importRegistry(
    makeFolder(context, {
      ...GOOD,
      'devices.csv': 'id,kind\n',
      'usage_points.csv': 'id\nU1\nU2\n',
      'terminals.csv': 'id\nC1\n',
      'meters.csv': 'id,usage_point,terminal\nM1,U1,C1\n'
    })
  )
  const states = new SwitchStates(buildNetwork(sourceOf(tables)))
  assert.deepEqual([states.tree.order.length, states.tree.loops], [0, []])
})
