import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTurns } from '../../src/registry/lookup/in-turns.ts'
import { metersBelow } from '../../src/registry/lookup/meters-below.ts'
import { drawRegistry, TOWN } from '../support/outage-registry.ts'

test('parts take turns until all are through', () => {
  const parts = [[1, 2, 3], [], [4], [5, 6]]
  assert.deepEqual([...inTurns(parts.map(part => part.values()))], [1, 4, 5, 2, 6, 3])
  assert.deepEqual([...inTurns([])], [])
})

test('the first meters below a device are spread over it', () => {
  const registry = drawRegistry(TOWN)
  const below = (id: string): string[] =>
    Array.from(metersBelow(registry, registry.network.numbers.get(id)!), meter =>
      registry.meters.id.get(meter)
    )
  assert.deepEqual(below('FA').slice(0, 6), ['a0', 't0', 'b0', 'c0', 'a1', 't1'])
  assert.deepEqual(below('BC2'), ['e0', 'e1', 'e2', 'e3'])
  assert.equal(new Set(below('SUB')).size, 46)
})

test('a meter that was removed is not one of them', () => {
  const gone = drawRegistry({ ...TOWN, meters: TOWN.meters.map(row => ({ ...row, removedAt: 5 })) })
  assert.deepEqual([...metersBelow(gone, 0)], [])
})
