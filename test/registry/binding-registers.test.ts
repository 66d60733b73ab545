import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importInto } from '../../src/registry/version/import-into.ts'
import { loadSnapshot } from '../../src/registry/version/snapshot.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

test('registers at the ends of bindings reach the columns, from files and from a snapshot', t => {
  const folder = makeFolder(t, {
    ...GOOD,
    'meters.csv':
      'id,usage_point,terminal,installed_at,initial_register,removed_at,removed_register\n' +
      'M1,U1,C1,2024-01-01,0.5,2025-01-01,812.25\n' +
      'M1,U1,C1,2025-01-01,812.25,,\nM2,U2,C1,2024-01-01,,,\n'
  })
  const data = makeFolder(t)
  const { registry, name } = importInto(data, folder)
  for (const { meters } of [registry, loadSnapshot(data, name.hash)]) {
    const earlier = meters.earlier[0]
    assert.deepEqual([meters.initialRegister[0], meters.removedRegister[0]], [812.25, Number.NaN])
    assert.deepEqual([meters.initialRegister[earlier], meters.removedRegister[earlier]], [0.5, 812.25])
    assert.deepEqual([meters.initialRegister[1], meters.removedRegister[1]], [Number.NaN, Number.NaN])
  }
})
