import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testEnvironment } from '../../src/config.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { SupplyIndex } from '../../src/registry/lookup/supply-index.ts'
import { type Feeder, readFeeder } from '../../src/simulator/feeder-files.ts'
import { feederTree, writeFeederRegistry } from '../../src/simulator/feeder-registry.ts'
import { makeFolder } from '../registry/registry-folder.ts'

const branch = (id: string, from: string, to: string, more: object = {}) =>
  ({ id, from, to, kind: 'section', phases: 3, open: false, kva: NaN, kv: NaN, ...more }) as const

const SMALL: Feeder = {
  name: 'ckt5',
  source: 's',
  sourceKv: 12.47,
  branches: [
    branch('L2', 'b', 'a'),
    branch('L1', 's', 'a'),
    branch('P1', 'b', 'c', { phases: 1 }),
    branch('P2', 'b', 'c', { phases: 1 }),
    branch('T1', 'c', 'x', { kind: 'transformer', phases: 1, kva: 25, kv: 0.24 }),
    branch('V1', 'x', 'x1', { kind: 'service', phases: 1 }),
    branch('V2', 'x', 'x2', { kind: 'service', phases: 1 }),
    branch('O1', 'a', 'i', { open: true }),
    branch('O2', 'i', 'c', { open: true }),
    branch('O3', 'b', 'elsewhere', { open: true })
  ],
  customers: [
    { id: 'H1', bus: 'x1', phase: 'B', kv: 0.24, kva: 5, profile: 'Residential' },
    { id: 'H2', bus: 'x2', phase: 'C', kv: 0.24, kva: 5, profile: 'Commercial_SM' }
  ]
}

test('a feeder becomes a tree; parallel branches are one edge, chains of open ones a tie', context => {
  const { order, ties } = feederTree(SMALL)
  assert.deepEqual(order, ['s', 'a', 'b', 'c', 'x', 'x1', 'x2'])
  assert.deepEqual(ties, [{ id: 'O1', a: 'a', b: 'c' }])
  const folder = makeFolder(context)
  writeFeederRegistry(SMALL, folder, 'F-')
  const { registry, result } = importInto(makeFolder(context), folder)
  assert.deepEqual(result.issues, [])
  const { network, devices } = registry
  const rows = Array.from(network.ids, (id, i) =>
    [
      id,
      devices.kind.get(i),
      devices.phases.get(i),
      network.normalParent[i]! < 0 ? undefined : network.ids.get(network.normalParent[i]!)
    ].join(' ')
  )
  assert.deepEqual(rows, [
    'F-s substation ABC ',
    'F-a section ABC F-s',
    'F-b section ABC F-a',
    'F-c section BC F-b',
    'F-x transformer BC F-c',
    'F-x1 box B F-x',
    'F-x2 box C F-x'
  ])
  assert.deepEqual([...registry.meters.terminal].slice(0, 2), ['F-C-x', 'F-C-x'])
  assert.equal(registry.terminals.get('F-C-x')?.poweredBy, 'F-x')
})

const { shared } = testEnvironment()
const folder = join(shared, 'data', 'feeder')
const skip = existsSync(folder) ? false : `the shared data set is not at ${shared}; set GRIDVIGIL_SHARED`

test('both recorded feeders import without an issue, every customer below the source', { skip }, context => {
  for (const [name, customers, transformers] of [
    ['eulv', 55, 1],
    // Of its 592 transformers seven stand beside another: one per phase between the same two buses.
    ['ckt5', 1379, 585]
  ] as const) {
    const registryFolder = makeFolder(context)
    writeFeederRegistry(readFeeder(folder, name), registryFolder)
    const { registry, result } = importInto(makeFolder(context), registryFolder)
    assert.deepEqual(result.issues, [])
    const below = new SupplyIndex(registry).below(0)
    assert.deepEqual([below.usagePoints, below.meters], [customers, customers])
    assert.equal(below.devices, registry.network.ids.length)
    assert.equal([...registry.devices.kind].filter(kind => kind === 'transformer').length, transformers)
  }
})
