import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consumption } from '../../../src/simulator/meters/consumption.ts'
import { HighVoltageMeters } from '../../../src/simulator/meters/high-voltage.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { playPlant } from '../../../src/simulator/world/plant.ts'
import { BASE, CUSTOMERS, drawnNetwork, flatLoad, MINUTE, sayings, worldOf } from '../hand-grid.ts'

const section = (id: string, loadKw: number, sources: string) => ({
  id,
  isSecurity: id === 'OP',
  loadKw,
  sources: sources.split(' '),
  isAutomatic: true,
  allowedGapMs: 60_000
})
/** A hospital of 400 kW, 100 of them for its operations; a factory at medium voltage of its own, with four wires. */
const grid = drawnNetwork({
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, ct: 40, pt: 100 },
    { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true, ct: 40, pt: 100 },
    { id: 'works', device: 'S3', phases: 'ABC', kind: 'factory', ct: 10, pt: 100 }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ],
      generator: 'GEN',
      sections: [section('OP', 100, 'G1 G2 GEN'), section('OFF', 300, 'G1 G2')]
    }
  ]
})
const { fails, cuts, customer } = sayings(grid, BASE)
const load = flatLoad(grid, id => ({ H1: 400, works: 50, main: 0, standby: 0 })[id] ?? 1, 7)

interface Reading {
  readonly meter: string
  readonly importKwh: number
  readonly activePowerKw: number
  readonly reactivePowerKvar: number
  readonly powerFactor: number
  readonly voltageV: readonly (number | null)[]
  readonly currentA: readonly (number | null)[]
}

function reading(happens: Partial<Happenings>, id: string, minute: number): Reading {
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, ...happens })
  const plants = [playPlant(world, 0)]
  const meters = new HighVoltageMeters(world, load, new Consumption(world, load), plants)
  return JSON.parse(meters.rowText(customer(id), BASE + Math.round(minute * MINUTE)))
}

const near = (found: readonly (number | null)[], expected: readonly (number | null)[], by: number): void => {
  assert.equal(found.length, expected.length)
  found.forEach((value, i) => {
    const wanted = expected[i]!
    const isNear = value === null || wanted === null ? value === wanted : Math.abs(value - wanted) <= by
    assert.ok(isNear, `${found} is not ${expected}`)
  })
}

test('a feed carries the sections that its plant puts on it', () => {
  const lost = { services: [cuts('main', 40, 100)] }
  const both = { services: [cuts('main', 40, 100), cuts('standby', 50, 90)] }
  // Secondary: 7 at first, then energy over 4000.
  const rows: [
    what: string,
    happens: Partial<Happenings>,
    id: string,
    minute: number,
    kwh: number,
    kw: number
  ][] = [
    ['all on the main feed', {}, 'main', 60, 241 * 400, 400],
    ['nothing on the other', {}, 'standby', 60, 0, 0],
    ['main lost', lost, 'main', 70, (240 + 40 / 60) * 400, 0],
    // From 1.5 s after the loss on.
    ['and the other takes it', lost, 'standby', 70, (30 / 60 - 1.5 / 3600) * 400, 400],
    ['at once: no power without voltage', lost, 'main', 40 + 10 / 60, (240 + 40 / 60) * 400, 0],
    ['and the other at once', lost, 'standby', 40 + 10 / 60, (8.5 / 3600) * 400, 400],
    // Back a minute after main stands again.
    ['back', lost, 'main', 120, (240 + 40 / 60 + 19 / 60) * 400, 400],
    ['and gone', lost, 'standby', 120, (61 / 60 - 1.5 / 3600) * 400, 0],
    ['both lost', both, 'standby', 70, (10 / 60 - 1.5 / 3600) * 400, 0],
    // The offices at once when it is back, the operations a minute later.
    ['the other comes back', both, 'standby', 90.5, (10 / 60 - 1.5 / 3600) * 400 + (0.5 / 60) * 300, 300],
    [
      'and takes all',
      both,
      'standby',
      95,
      (10 / 60 - 1.5 / 3600) * 400 + (1 / 60) * 300 + (4 / 60) * 400,
      400
    ],
    ['before the run', {}, 'main', -60, 239 * 400, 400],
    ['before the run', lost, 'standby', -60, 0, 0]
  ]
  for (const [what, happens, id, minute, kwh, kw] of rows) {
    const found = reading(happens, id, minute)
    assert.equal(found.meter, `M${id}`)
    assert.equal(found.importKwh, Math.floor((7 + kwh / 4000) * 100 + 1e-6) / 100, what)
    near([found.activePowerKw], [kw / 4000], 0.00005)
  }
})

test('voltages and currents of three wires, and of a lost one', () => {
  // 0.1 kW at 102 V and 0.95: 100 / (1.732 x 102 x 0.95) = 0.5958 A.
  const whole = reading({}, 'main', 60)
  near(whole.voltageV, [102, null, 102], 0.05)
  near(whole.currentA, [0.5958, null, 0.5958], 0.0006)
  near([whole.reactivePowerKvar], [0.1 * Math.tan(Math.acos(0.95))], 0.0001)
  const dead = reading({ services: [cuts('main', 40, 100)] }, 'main', 70)
  near(dead.voltageV, [0, null, 0], 0)
  near(dead.currentA, [0, null, 0], 0)
  // A is open: nothing is left between it and the neutral point, so A to B has what B has to it.
  near(reading({ failures: [fails('S1', 40, 100, 'A')] }, 'main', 70).voltageV, [58.9, null, 102], 0.1)
  near(reading({ failures: [fails('S1', 40, 100, 'B')] }, 'main', 70).voltageV, [58.9, null, 58.9], 0.1)
})

test('a customer at medium voltage with its own load and four wires', () => {
  const whole = reading({}, 'works', 60)
  // 50 kW over 1000; 16.7 W at 224.4 V and 0.95.
  assert.equal(whole.importKwh, Math.floor((7 + (241 * 50) / 1000) * 100 + 1e-6) / 100)
  near([whole.activePowerKw], [0.05], 0.00005)
  near(whole.voltageV, [224.4, 224.4, 224.4], 0.05)
  near(whole.currentA, [0.0782, 0.0782, 0.0782], 0.0005)
  const dead = { failures: [fails('FB', 40, 100)] }
  assert.equal(
    reading(dead, 'works', 100).importKwh,
    Math.floor((7 + ((240 + 40 / 60) * 50) / 1000) * 100 + 1e-6) / 100
  )
  const gone = reading(dead, 'works', 40 + 10 / 60)
  near([gone.activePowerKw, ...gone.voltageV, ...gone.currentA], [0, 0, 0, 0, 0, 0, 0], 0)
})

test('a key customer of which no sections are known draws nothing that could be told', () => {
  const bare = drawnNetwork({
    customers: [...CUSTOMERS, { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, pt: 100 }],
    keyCustomers: [{ id: 'H1', feeds: [['G1', 'main']] }]
  })
  const world = worldOf(bare, { start: BASE, end: BASE + 180 * MINUTE })
  const own = flatLoad(bare, () => 0, 7)
  const meters = new HighVoltageMeters(world, own, new Consumption(world, own), [playPlant(world, 0)])
  const found = JSON.parse(meters.rowText(sayings(bare).customer('main'), BASE + MINUTE))
  assert.deepEqual([found.importKwh, found.activePowerKw], [7, 0])
})
