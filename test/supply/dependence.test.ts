import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import type { KeyCustomer } from '../../src/registry/lookup/customers.ts'
import { dependenceOf, dominatorsOf, sharedRoutes } from '../../src/supply/dependence.ts'
import { checkDependence, section, source } from '../support/dependence-check.ts'
import { meshedCity, networkOf } from '../support/network-cities.ts'

test('single failures and shared devices are what failing each device in turn shows', t => {
  const random = seededRandom('dependence')
  for (let seed = 0; seed < 8; seed++) {
    const { devices, ties } = meshedCity(seed)
    checkDependence(networkOf(t, devices, ties), random, `city ${seed}`)
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
