import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importInto } from '../../src/registry/version/import-into.ts'
import { openRegistryParts, partsOf, shareRegistry } from '../../src/registry/lookup/registry-parts.ts'
import { SupplyIndex, supplyIndexOf } from '../../src/registry/lookup/supply-index.ts'
import { terminalIndexOf } from '../../src/registry/lookup/terminal-index.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

const MOVED = {
  ...GOOD,
  'key_customers.csv': 'id,name,grade,accounts\nK1,市一医院,first,A1\n'
}

test('a registry sent to another thread says the same, out of shared memory', context => {
  const { registry } = importInto(makeFolder(context), makeFolder(context, MOVED))
  const parts = structuredClone(shareRegistry(registry))
  const sent = openRegistryParts(parts)
  assert.deepEqual(sent, registry)
  assert.deepEqual([...sent.meters.terminal], [...registry.meters.terminal])
  assert.deepEqual([...sent.meterNumbers], [...registry.meterNumbers])
  assert.deepEqual([...sent.network.edgeNumbers], [...registry.network.edgeNumbers])
  for (const [id] of registry.usagePoints.numbers)
    assert.deepEqual(sent.usagePoints.get(id), registry.usagePoints.get(id))
  const { meters, meterNumbers, usagePoints } = sent
  for (const column of [
    meters.id.bytes,
    meters.id.ends,
    meters.ct,
    meters.terminal.codes,
    usagePoints.columns.id.bytes
  ])
    assert.ok(column.buffer instanceof SharedArrayBuffer)
  assert.equal((meterNumbers as { texts?: unknown }).texts, meters.id, 'two that hold one column still do')
  assert.equal(partsOf(sent), parts)
  assert.equal(partsOf(registry), undefined)
})

test('its indexes come with it and answer as those that are made here', context => {
  const { registry } = importInto(makeFolder(context), makeFolder(context, MOVED))
  const sent = openRegistryParts(structuredClone(shareRegistry(registry)))
  const [made, given] = [new SupplyIndex(registry), supplyIndexOf(sent)]
  assert.equal(given.unassigned, made.unassigned)
  for (let device = 0; device < registry.network.ids.length; device++) {
    assert.deepEqual(given.below(device), made.below(device))
    assert.deepEqual(given.children(device), made.children(device))
    assert.deepEqual(given.usagePoints(device), made.usagePoints(device))
    assert.deepEqual(given.checkMeters(device), made.checkMeters(device))
  }
  for (const id of registry.terminals.keys()) {
    assert.deepEqual(terminalIndexOf(sent).bindingsOf(id), terminalIndexOf(registry).bindingsOf(id))
    assert.equal(terminalIndexOf(sent).meterCount(id), terminalIndexOf(registry).meterCount(id))
  }
})
