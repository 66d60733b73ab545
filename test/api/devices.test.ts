import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { makeFolder } from '../registry/registry-folder.ts'
import { contextOf, emptySite } from './context.ts'

/** Two feeders; the second transformer's box is fed over a tie that is closed in normal operation. */
function api(context: TestContext) {
  const { registry } = importInto(
    makeFolder(context),
    makeFolder(context, {
      'devices.csv':
        'id,kind,name,parent,rated_kva\nF1,feeder,East,,\nT1,transformer,,F1,400\nB1,box,,T1,\nB2,box,,T1,\n' +
        'F2,feeder,West,,\nT2,transformer,,F2,\n',
      'usage_points.csv': 'id,account,device\nU1,A1,B1\nU2,A2,B1\nU3,A3,T2\nU4,A4,\n',
      'terminals.csv': 'id\nC1\n',
      'meters.csv':
        'id,usage_point,device,terminal,installed_at,removed_at\nM1,U1,,C1,,2026-01-01T00:00Z\n' +
        'M2,U1,,C1,2026-01-01T00:00Z,\nM3,U2,,C1,,\nM4,,T1,C1,,\nM5,U3,,C1,2026-02-01T00:00Z,\nM5,U2,,C1,,2020-01-01T00:00Z\n'.replace(
          'M3,U2,,C1,,',
          'M3,U2,,C1,2020-01-01T00:00Z,'
        )
    })
  )
  const app = createApi({ ...contextOf(emptySite()), registry: () => registry }, { version: '0.0.0' })
  context.after(() => app.close())
  return async (url: string) => (await app.inject(url)).json()
}

test('devices: what feeds them and what hangs below', async context => {
  const ask = api(context)
  const { items, unassigned } = await ask('/v1/devices')
  const shown = items.map(({ id, fedBy, below }: { id: string; fedBy: string; below: object }) => [
    id,
    fedBy,
    ...Object.values(below)
  ])
  // Devices, usage points, meters: M1, whose place M2 took, is not among them.
  assert.deepEqual(shown, [
    ['F1', null, 4, 2, 2],
    ['T1', 'F1', 3, 2, 2],
    ['B1', 'T1', 1, 2, 2],
    ['B2', 'T1', 1, 0, 0],
    ['F2', null, 2, 1, 1],
    ['T2', 'F2', 1, 1, 1]
  ])
  assert.equal(unassigned, 1)
  const found = await ask('/v1/devices?kind=feeder&q=west')
  assert.deepEqual(
    found.items.map(({ id }: { id: string }) => id),
    ['F2']
  )
})

test('a device with its path, check meters and usage points; children by pages', async context => {
  const ask = api(context)
  const box = await ask('/v1/devices/B1')
  assert.deepEqual([box.path, box.usagePoints, box.checkMeters], [['T1', 'F1'], ['U1', 'U2'], []])
  const transformer = await ask('/v1/devices/T1')
  assert.deepEqual(
    [transformer.ratedKva, transformer.checkMeters, transformer.usagePoints],
    [400, ['M4'], []]
  )
  const first = await ask('/v1/devices/T1/children?limit=1')
  const second = await ask(`/v1/devices/T1/children?limit=1&cursor=${first.next}`)
  assert.deepEqual([first.items[0].id, second.items[0].id, second.next], ['B1', 'B2', null])
})

test('a usage point with its meters in order of time, also those that are elsewhere now', async context => {
  const ask = api(context)
  const exchanged = await ask('/v1/usage-points/U1')
  assert.deepEqual(
    exchanged.meters.map(({ id, removedAt }: { id: string; removedAt: string }) => [id, removedAt]),
    [
      ['M1', '2026-01-01T00:00:00.000Z'],
      ['M2', null]
    ]
  )
  assert.deepEqual(exchanged.path, ['B1', 'T1', 'F1'])
  const left = await ask('/v1/usage-points/U2')
  assert.deepEqual(
    left.meters.map(({ id }: { id: string }) => id),
    ['M5', 'M3']
  )
  const unassigned = await ask('/v1/usage-points/U4')
  assert.deepEqual([unassigned.device, unassigned.path, unassigned.meters], [null, [], []])
})
