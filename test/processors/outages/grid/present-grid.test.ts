import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import type { Terminal } from '../../../../src/registry/lookup/registry.ts'
import {
  drawRegistry,
  type DrawnMeters,
  type DrawnRow,
  named,
  TOWN
} from '../../../support/outage-registry.ts'

const DEVICES: readonly DrawnRow[] = [
  ['F', 'feeder', ''],
  ['S', 'section', 'F'],
  ['T1', 'transformer', 'S'],
  ['B1', 'box', 'T1'],
  ['B1x', 'box', 'T1'],
  ['T2', 'transformer', 'S'],
  ['B2', 'box', 'T2']
]

function gridOf(
  meters: readonly DrawnMeters[],
  terminals: readonly Partial<Terminal>[] = [{ id: 'K', poweredBy: 'T1' }],
  devices = DEVICES
) {
  const registry = drawRegistry({ devices, meters, terminals })
  const grid = new PresentGrid(registry)
  const numberOf = (id: string): number => registry.meterNumbers.get(id)!
  const nameOf = (device: number | undefined): string =>
    device === undefined || device < 0 ? '' : grid.id(device)
  return {
    grid,
    numberOf,
    device: (id: string): number => registry.network.numbers.get(id)!,
    nameOf,
    placeOf: (id: string): string => nameOf(grid.placeOf[numberOf(id)]),
    recordedPlaceOf: (id: string): string => nameOf(grid.recordedPlaceOf[numberOf(id)]),
    areaOf: (id: string): string => {
      const place = grid.placeOf[numberOf(id)]!
      return place < 0 ? '' : nameOf(grid.areaOf[place])
    },
    metersIn: (area: string): string[] =>
      [...grid.metersIn.of(registry.network.numbers.get(area)!)].map(meter => grid.meterId(meter)).sort()
  }
}

test('areas are transformers with their boxes; meters stand in the area of their device', () => {
  const { grid, areaOf, metersIn, device, nameOf } = gridOf([
    { device: 'B1', terminal: 'K', ids: named('a', 3) },
    { device: 'T1', terminal: 'K', ids: named('t', 2) },
    { device: 'B2', terminal: '', ids: named('b', 2) }
  ])
  assert.deepEqual(
    ['a0', 't0', 'b1'].map(id => areaOf(id)),
    ['T1', 'T1', 'T2']
  )
  assert.deepEqual(metersIn('T1'), ['a0', 'a1', 'a2', 't0', 't1'])
  assert.deepEqual(
    grid
      .areasBelow(device('F'))
      .map(area => nameOf(area))
      .sort(),
    ['T1', 'T2']
  )
  assert.deepEqual([...grid.metersBelow(device('T1'))].map(meter => grid.meterId(meter)).sort(), [
    'a0',
    'a1',
    'a2',
    't0',
    't1'
  ])
  assert.deepEqual(grid.metersBelow(device('F')).length, 7)
  assert.deepEqual(
    grid.wayUp(device('B1')).map(each => nameOf(each)),
    ['B1', 'T1', 'S', 'F']
  )
  assert.ok(grid.isAtOrBelow(device('B1'), device('S')) && grid.isAtOrBelow(device('S'), device('S')))
  assert.ok(!grid.isAtOrBelow(device('S'), device('B1')) && !grid.isAtOrBelow(device('B1'), device('T2')))
})

test('what names no kind of area has one where customers hang on it', () => {
  const { grid, areaOf, device } = gridOf([
    { device: 'S', terminal: 'KM', ids: ['mv'] },
    { device: 'B1', terminal: 'K', ids: named('a', 3) }
  ])
  assert.equal(areaOf('mv'), 'S')
  assert.equal(grid.areaOf[device('F')], -1)
  assert.deepEqual(
    [...grid.metersIn.of(device('S'))].map(meter => grid.meterId(meter)),
    ['mv'],
    'its own alone'
  )
  assert.deepEqual(new Set(grid.areasBelow(device('S'))), new Set([device('S'), device('T1'), device('T2')]))
  assert.equal(grid.metersBelow(device('S')).length, 4)
})

test('a feeder without any transformer: its boxes are areas', () => {
  const devices: DrawnRow[] = [
    ['F', 'feeder', ''],
    ['L', 'section', 'F'],
    ['B1', 'box', 'L'],
    ['B2', 'box', 'L']
  ]
  const { grid, areaOf, device, nameOf } = gridOf(
    [
      { device: 'B1', terminal: 'K', ids: named('a', 3) },
      { device: 'B2', terminal: 'K', ids: named('b', 3) }
    ],
    [{ id: 'K', poweredBy: 'B1' }],
    devices
  )
  assert.deepEqual([areaOf('a0'), areaOf('b0')], ['B1', 'B2'])
  assert.deepEqual(
    grid
      .areasBelow(device('F'))
      .map(area => nameOf(area))
      .sort(),
    ['B1', 'B2']
  )
})

test('a record that puts a meter under another transformer than nearly all others of its terminal is not believed', () => {
  const { placeOf, recordedPlaceOf, areaOf, grid } = gridOf([
    { device: 'B1', terminal: 'K', ids: named('a', 7) },
    { device: 'T1', terminal: 'K', ids: ['t0'] },
    { device: 'B2', terminal: 'K', ids: named('wrong', 2) },
    { device: 'B2', terminal: 'K2', ids: named('b', 6) }
  ])
  assert.deepEqual([placeOf('wrong0'), areaOf('wrong0'), recordedPlaceOf('wrong0')], ['T1', 'T1', 'B2'])
  assert.deepEqual([placeOf('a0'), placeOf('t0'), placeOf('b0')], ['B1', 'T1', 'B2'])
  assert.equal(grid.id(grid.terminals[0]!.area), 'T1')
})

test('records are believed where a terminal reads few meters, or those of several transformers alike', () => {
  const few = gridOf([
    { device: 'B1', terminal: 'K', ids: named('a', 3) },
    { device: 'B2', terminal: 'K', ids: ['b0'] }
  ])
  assert.deepEqual([few.placeOf('b0'), few.grid.terminals[0]!.area], ['B2', -1])
  const alike = gridOf([
    { device: 'B1', terminal: 'K', ids: named('a', 6) },
    { device: 'B2', terminal: 'K', ids: named('b', 5) }
  ])
  assert.deepEqual([alike.placeOf('a0'), alike.placeOf('b0')], ['B1', 'B2'])
})

test('a terminal of which the registry does not say what feeds it hangs where nearly all of its meters do', () => {
  const meters = [{ device: 'B2', terminal: 'K', ids: named('b', 6) }]
  for (const poweredBy of ['', 'nobody knows']) {
    const { grid, nameOf, device } = gridOf(meters, [{ id: 'K', poweredBy }])
    assert.equal(nameOf(grid.terminals[0]!.poweredBy), 'T2')
    assert.deepEqual([...grid.terminalsAt.of(device('T2'))], [0])
  }
  const few = gridOf([{ device: 'B2', terminal: 'K', ids: ['b0'] }], [{ id: 'K', poweredBy: '' }])
  assert.deepEqual(
    [few.grid.terminals[0]!.poweredBy, few.grid.terminalsAt.of(few.device('T2')).length],
    [-1, 0]
  )
})

test('a terminal of another transformer than its meters is asked about that one', () => {
  const { grid, nameOf, device } = gridOf(
    [{ device: 'B2', terminal: 'K', ids: named('b', 6) }],
    [{ id: 'K', poweredBy: 'B1' }]
  )
  const [terminal] = grid.terminals
  assert.deepEqual([nameOf(terminal!.poweredBy), nameOf(terminal!.area)], ['B1', 'T2'])
  assert.deepEqual([...grid.terminalsAt.of(device('T1'))], [0])
})

test('meters that were removed, and those that hang on nothing known, are nowhere', () => {
  const { placeOf, metersIn, grid, numberOf } = gridOf([
    { device: 'B1', terminal: 'K', ids: named('a', 5) },
    { device: 'B1', terminal: 'K', ids: ['removed'], removedAt: Date.UTC(2026, 0, 1) },
    { device: '', terminal: 'K', ids: ['blank'] },
    { device: 'nobody knows', terminal: 'K', ids: ['lost'] }
  ])
  for (const id of ['removed', 'blank', 'lost']) {
    assert.equal(placeOf(id), '', id)
    assert.equal(grid.terminalOf[numberOf(id)], -1, id)
  }
  assert.deepEqual(metersIn('T1'), named('a', 5))
  assert.equal(grid.metersRead.of(0).length, 5)
})

test('what the registry does not say of a terminal is what is usual', () => {
  const { grid } = gridOf(
    [],
    [
      { id: 'K1', heartbeatS: Number.NaN, uploadIntervalS: Number.NaN, uploadDelayS: Number.NaN, backup: '' },
      {
        id: 'K2',
        heartbeatS: 20,
        uploadIntervalS: 60,
        uploadDelayS: 0,
        backup: 'battery',
        cell: 'c',
        carrier: 'r'
      }
    ]
  )
  const [blank, said] = grid.terminals
  assert.ok(blank!.heartbeatMs > 0 && blank!.uploadMs > 0 && blank!.uploadDelayMs >= 0)
  assert.equal(blank!.backup, 'unknown')
  const { heartbeatMs, uploadMs, uploadDelayMs, backup, cell, carrier } = said!
  assert.deepEqual([heartbeatMs, uploadMs, uploadDelayMs], [20_000, 60_000, 0])
  assert.deepEqual([backup, cell, carrier], ['battery', 'c', 'r'])
})

test('phases of services, as far as they are known', () => {
  const { grid, numberOf } = gridOf(
    ['A', 'B', 'C', 'ABC', ''].map(phase => ({ device: 'B1', terminal: 'K', ids: [`m${phase}`], phase }))
  )
  assert.deepEqual(
    ['A', 'B', 'C', 'ABC', ''].map(phase => grid.phases[numberOf(`m${phase}`)]),
    [1, 2, 4, 7, 0]
  )
})

test('nothing at all: no devices, no meters, no terminals', () => {
  const { grid } = gridOf([], [], [])
  assert.deepEqual([grid.terminals.length, grid.placeOf.length, grid.areaOf.length], [0, 0, 0])
  const orphans = gridOf([{ device: 'B1', terminal: 'K', ids: named('a', 6) }], [{ id: 'K' }], [])
  assert.equal(orphans.placeOf('a0'), '')
  assert.equal(orphans.grid.terminals[0]!.poweredBy, -1)
})

test('the order of devices in the registry changes nothing', () => {
  const told = (devices: readonly DrawnRow[]): unknown => {
    const grid = new PresentGrid(drawRegistry({ ...TOWN, devices }))
    const names = devices.map(([id]) => id).sort()
    return names.map(id => {
      const device = grid.registry.network.numbers.get(id)!
      const area = grid.areaOf[device]!
      return [
        id,
        area < 0 ? '' : grid.id(area),
        grid
          .areasBelow(device)
          .map(each => grid.id(each))
          .sort(),
        grid
          .metersBelow(device)
          .map(each => grid.meterId(each))
          .sort()
      ]
    })
  }
  assert.deepEqual(told(TOWN.devices.toReversed()), told(TOWN.devices))
})
