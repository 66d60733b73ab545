import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../../src/simulator/city/chance.ts'
import { polar, type Three } from '../../../src/simulator/electrics/phasors.ts'
import { BUNDLE_70, type LineStop, radialDrop } from '../../../src/simulator/electrics/radial-drop.ts'
import { phaseBits } from '../../../src/simulator/grid/grid.ts'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import { type GridLoad, makeGridLoad } from '../../../src/simulator/load/grid-load.ts'
import { CITY_EPOCH_MS } from '../../../src/simulator/load/load-patterns.ts'
import { Consumption } from '../../../src/simulator/meters/consumption.ts'
import { LowVoltage } from '../../../src/simulator/meters/low-voltage.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import type { World } from '../../../src/simulator/world/world.ts'
import { cityGrid } from '../../support/city-grid.ts'
import { BASE, drawnNetwork, flatLoad, MINUTE, placeIn, sayings, worldOf } from '../hand-grid.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** As low-voltage.ts has them. */
const [SERVICE_OHM, OPEN_V, WANDER_V] = [0.06, 233, 5]

/** Km of the line of a transformer and where on it a device stands, from the same chances as the simulator's. */
const chance = new Chance('low voltage')
const placeOf = (device: number): number => chance.named('place of a box').at(device)
function kmOf(load: GridLoad, transformer: number, customers: readonly number[]): number {
  const meanKw = customers.reduce((sum, customer) => sum + load.scale[customer]! / 24, 0)
  const peakA = (2.2 * meanKw * 1000) / (3 * 230)
  const ohm = Math.min(
    0.443 * (0.08 + 0.27 * chance.named('length of a line').at(transformer)),
    11.5 / (peakA * 0.65)
  )
  return ohm / 0.443
}

/** Voltages at the customers' ends of their service lines by the exact reckoning. */
function exactVolts(
  world: World,
  load: GridLoad,
  low: LowVoltage,
  transformer: number,
  time: number
): number[] {
  const { kw, busVolts } = low.at(time)
  const { device } = world.index.grid.customers
  const order = [...low.customers.keys()].sort(
    (a, b) => placeOf(device[low.customers[a]!]!) - placeOf(device[low.customers[b]!]!)
  )
  const km = kmOf(load, transformer, low.customers)
  let at = 0
  const stops = order.map((place): LineStop => {
    const to = placeOf(device[low.customers[place]!]!) * km
    const part = [0, 1, 2].map(phase => kw[place * 3 + phase]!) as unknown as Three<number>
    const tangent = Math.tan(Math.acos(load.powerFactor[low.customers[place]!]!))
    const stop = { km: to - at, kw: part, kvar: part.map(each => each * tangent) as unknown as Three<number> }
    at = to
    return stop
  })
  const [a, b, c] = busVolts
  const third = (2 * Math.PI) / 3
  const { volts } = radialDrop([polar(a, 0), polar(b, -third), polar(c, third)], stops, BUNDLE_70)
  const found = new Array<number>(low.customers.length * 3).fill(0)
  order.forEach((place, stop) => {
    for (let phase = 0; phase < 3; phase++) {
      const v = volts[stop]![phase]!
      found[place * 3 + phase] = v - (SERVICE_OHM * kw[place * 3 + phase]! * 1000) / v
    }
  })
  return found
}

test('the drop along a line is that of the exact reckoning, in a city, at all hours of a day', () => {
  const grid = cityGrid({ seed: 'drop', meters: 600 })
  const index = new GridIndex(grid)
  const world = worldOf(grid, {})
  const load = makeGridLoad(grid, 'drop')
  const consumption = new Consumption(world, load)
  let [readings, close, worst, deepest] = [0, 0, 0, 0]
  for (const transformer of new Set(grid.devices.transformer)) {
    if (transformer < 0) continue
    const customers = index.customersAt(transformer)
    const low = new LowVoltage(world, consumption, load, transformer, customers)
    for (let hour = 0; hour < 24; hour++) {
      const time = CITY_EPOCH_MS + 400 * DAY_MS + hour * HOUR_MS
      const exact = exactVolts(world, load, low, transformer, time)
      const { volts, busVolts } = low.at(time)
      customers.forEach((customer, place) => {
        for (let phase = 0; phase < 3; phase++) {
          if (((grid.customers.phases[customer]! >> phase) & 1) === 0) {
            assert.equal(volts[place * 3 + phase], 0)
            continue
          }
          const drop = busVolts[phase] - exact[place * 3 + phase]!
          const off = Math.abs(volts[place * 3 + phase]! - exact[place * 3 + phase]!)
          readings++
          if (off <= Math.max(0.5, 0.02 * Math.abs(drop))) close++
          worst = Math.max(worst, off)
          deepest = Math.max(deepest, drop)
        }
      })
    }
  }
  // It would be no test of drops if there were none.
  assert.ok(readings > 10_000 && deepest > 10, `${readings} readings, ${deepest} V at most`)
  // A linear flow at last misses a little of lines that lose more than they should.
  assert.ok(close / readings > 0.999, `${close} of ${readings} are within 2 % or 0.5 V`)
  assert.ok(worst < 0.75, `${worst} V off`)
})

/** Everybody below T1, T2 and T3 of the drawn network, 1 kW each unless said. */
const grid = drawnNetwork()
const index = new GridIndex(grid)
const device = placeIn(grid.devices.id.map(id => ({ id })))
const { fails, breaks, cuts } = sayings(grid, BASE)
const AT = BASE + 60 * MINUTE

function stateOf(happens: Partial<Happenings>, id: string, kwOf = (_: string): number => 1, powerFactor = 1) {
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, ...happens })
  const load = flatLoad(grid, kwOf, 0, powerFactor)
  const customers = index.customersAt(device(id))
  const low = new LowVoltage(world, new Consumption(world, load), load, device(id), customers)
  const state = low.at(AT)
  const volts = (name: string): number[] => {
    const place = customers.findIndex(customer => grid.customers.point[customer] === name)
    return [0, 1, 2].map(phase => state.volts[place * 3 + phase]!)
  }
  return { ...state, volts, all: state.volts, customers }
}

const near = (found: readonly number[], expected: readonly number[], share: number, what = ''): void => {
  assert.equal(found.length, expected.length)
  found.forEach((value, i) => {
    const by = Math.abs(value - expected[i]!)
    assert.ok(by <= Math.abs(expected[i]!) * share + 1e-9, `${what}: ${found} is not ${expected}`)
  })
}

test('nothing drawn: 233 V everywhere, and 2.5 V around it', () => {
  const { all, customers } = stateOf({}, 'T1', () => 0)
  customers.forEach((customer, place) => {
    for (let phase = 0; phase < 3; phase++) {
      const has = ((grid.customers.phases[customer]! >> phase) & 1) === 1
      if (has) assert.ok(Math.abs(all[place * 3 + phase]! - OPEN_V) <= WANDER_V / 2)
      else assert.equal(all[place * 3 + phase], 0)
    }
  })
})

test('the transformer itself, by hand: 2 % of its rating in resistance', () => {
  const idle = stateOf({}, 'T1', () => 0)
  const { busVolts, busKw } = stateOf({}, 'T1', id => (id === 'b1t' ? 30 : 10), 0.8)
  // Two of 10 kW on each phase; 30 + 10 kW on three: 36, 33 and 31 % of 40.
  near(busKw, [34.4, 33.2, 32.4], 1e-9)
  // 0.02 x 3 x 230^2 / 400 kVA is 7.935 mOhm; 34.4 kW at 230 V are 149.6 A of active current.
  near(
    busVolts.map((volts, phase) => idle.busVolts[phase]! - volts),
    [1.187, 1.145, 1.118],
    0.02
  )
})

test('an open medium-voltage phase: the patterns of both windings at the meters', () => {
  const rows: [phases: string, dyn: number[], yyn: number[]][] = [
    ['A', [0.5, 1, 0.5], [0, 0.866, 0.866]],
    ['B', [0.5, 0.5, 1], [0.866, 0, 0.866]],
    ['C', [1, 0.5, 0.5], [0.866, 0.866, 0]],
    ['AB', [0, 0, 0], [0, 0, 0]],
    ['ABC', [0, 0, 0], [0, 0, 0]]
  ]
  for (const [phases, dyn, yyn] of rows) {
    const happens = { failures: [fails('FU', 40, 100, phases)] }
    for (const [transformer, box, factors] of [
      ['T3', 'b4', dyn],
      ['T2', 'b3', yyn]
    ] as const) {
      const [whole, open] = [stateOf({}, transformer), stateOf(happens, transformer)]
      for (const end of ['a', 'b', 'c', 't']) {
        const expected = whole.volts(box + end).map((volts, phase) => volts * factors[phase]!)
        near(open.volts(box + end), expected, 0.02, `${transformer} ${phases} ${end}`)
      }
      near(
        open.busVolts,
        whole.busVolts.map((volts, phase) => volts * factors[phase]!),
        0.02
      )
    }
  }
})

test('loads that are resistances at half voltage: a line under load is lowered by the very pattern', () => {
  const kwOf = (): number => 12
  for (const [phases, factors] of [
    ['A', [0.5, 1, 0.5]],
    ['C', [1, 0.5, 0.5]]
  ] as const) {
    const whole = stateOf({}, 'T3', kwOf)
    const open = stateOf({ failures: [fails('FU', 40, 100, phases)] }, 'T3', kwOf)
    // It is no idle line.
    assert.ok(whole.busVolts[0] - Math.min(...whole.volts('b4t')) > 1)
    for (const end of ['a', 'b', 'c', 't']) {
      const expected = whole.volts(`b4${end}`).map((volts, phase) => volts * factors[phase]!)
      near(open.volts(`b4${end}`), expected, 1e-9, `${phases} ${end}`)
    }
  }
})

test('what is dead shows nothing: a box, a phase of it, a service line', () => {
  const happens = {
    failures: [fails('B1', 40, 100, 'B'), fails('B2', 40, 100)],
    services: [cuts('b1a', 40, 100)]
  }
  const { volts, kw, busKw } = stateOf(happens, 'T1')
  const rows: [id: string, live: string][] = [
    ['b1a', ''],
    ['b1b', ''],
    ['b1c', 'C'],
    ['b1t', 'AC'],
    ['b2a', ''],
    ['b2t', '']
  ]
  for (const [id, live] of rows)
    volts(id).forEach((value, phase) => {
      assert.equal(value > 200, ((phaseBits(live) >> phase) & 1) === 1, `${id}: ${volts(id)}`)
    })
  // b1c and of b1t the phases a and c are left.
  near(busKw, [0.36, 0, 1.31], 1e-9)
  near([kw.reduce((sum, each) => sum + each, 0)], [1.67], 1e-9)
})

test('a broken neutral of a box, by hand: the phase with the least load gets the most', () => {
  const happens = { neutrals: [breaks('B1', 40, 100)] }
  // 4, 1 and 1 kW: 75.6, 18.9 and 18.9 mS, and 20 mS to earth. The point goes 230 x 56.7 / 133.4 = 97.8 V towards a, so a has
  // 132.2 V, and b and c sqrt((115 + 97.8)^2 + 199.2^2) = 291.5 V.
  const uneven = stateOf(happens, 'T1', id => ({ b1a: 4, b1t: 0 })[id] ?? 1)
  near(uneven.volts('b1a'), [132.2, 0, 0], 0.02)
  near(uneven.volts('b1b'), [0, 291.5, 0], 0.02)
  near(uneven.volts('b1c'), [0, 0, 291.5], 0.02)
  near(uneven.volts('b1t'), [132.2, 291.5, 291.5], 0.02)
  // Its neighbours have a whole one.
  near(uneven.volts('b2a'), [OPEN_V, 0, 0], 0.03)
  // Nothing on b, 2 kW on a, 1 on c: V_n = (37.8 a + 18.9 c) / 76.7, that is 230 x (0.3696, 0.2134): a has 153, c 263, b
  // 230 x sqrt(0.8696^2 + 1.0794^2) = 318.8.
  const none = stateOf(happens, 'T1', id => ({ b1a: 2, b1b: 0, b1t: 0 })[id] ?? 1)
  near(none.volts('b1a'), [153.2, 0, 0], 0.02)
  near(none.volts('b1b'), [0, 318.8, 0], 0.02)
  near(none.volts('b1c'), [0, 0, 249.9], 0.02)
  // Equal loads stay in the middle; the load of three phases lies 36 : 33 : 31.
  const even = stateOf(happens, 'T1')
  for (const id of ['b1a', 'b1b', 'b1c']) near([Math.max(...even.volts(id))], [230], 0.02)
})

test('a broken neutral of the transformer takes all of its boxes along, and a box with its own floats by itself', () => {
  const kwOf = (id: string): number => (id === 'b1a' || id === 'b2b' ? 4 : id.endsWith('t') ? 0 : 1)
  const all = stateOf({ neutrals: [breaks('T1', 40, 100)] }, 'T1', kwOf)
  // 5, 5 and 2 kW in all: 94.5, 94.5 and 37.8 mS, 20 to earth. The point lies at 230 x 56.7 / 246.8 = 52.8 V towards the middle of a
  // and b, that is opposite to c: c has 282.8 V, a and b sqrt((230 - 26.4)^2 + 45.8^2) = 208.7 V.
  for (const box of ['b1', 'b2']) {
    near(all.volts(`${box}a`), [208.7, 0, 0], 0.02)
    near(all.volts(`${box}b`), [0, 208.7, 0], 0.02)
    near(all.volts(`${box}c`), [0, 0, 282.8], 0.02)
  }
  const both = stateOf({ neutrals: [breaks('T1', 40, 100), breaks('B1', 40, 100)] }, 'T1', kwOf)
  near(both.volts('b1a'), [132.2, 0, 0], 0.02)
  assert.ok(Math.max(...both.volts('b2a')) > 260, 'of the other box b has the most load')
})

test('who feeds back lifts his voltage', () => {
  const idle = stateOf({}, 'T1', () => 0)
  const solar = stateOf({}, 'T1', id => (id === 'b1a' ? -10 : 0))
  assert.ok(solar.volts('b1a')[0]! > idle.volts('b1a')[0]! + 2)
  near(solar.busKw, [-10, 0, 0], 1e-9)
})
