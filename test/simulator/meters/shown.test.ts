import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import { Consumption } from '../../../src/simulator/meters/consumption.ts'
import { lossShare, meterAt, type Shown, TransformerMeters } from '../../../src/simulator/meters/shown.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { BASE, CUSTOMERS, drawnNetwork, flatLoad, MINUTE, placeIn, sayings, worldOf } from '../hand-grid.ts'

/** b2t is measured through current transformers of 10, b2b feeds back, everybody else takes 1 kW. Registers began at 12.345 kWh. */
const grid = drawnNetwork({
  customers: CUSTOMERS.map(customer => (customer.id === 'b2t' ? { ...customer, ct: 10 } : customer)),
  checkMeters: ['T1', 'T2', 'T3'].map((device, i) => ({
    meter: `C${device}`,
    device,
    terminal: `K${i + 1}`,
    ct: 80
  }))
})
const index = new GridIndex(grid)
const device = placeIn(grid.devices.id.map(id => ({ id })))
const { fails, feeds, breaks, cuts, troubles, customer } = sayings(grid, BASE)
const load = flatLoad(grid, id => (id === 'b2b' ? -1 : 1), 12.345)

type Showing = (minute: number) => Record<string, Shown>

/** What all meters below a transformer show, by their ids, so many minutes after the beginning. */
function showing(happens: Partial<Happenings>, id = 'T1'): Showing {
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, ...happens })
  const check = grid.checkMeters.find(meter => meter.device === device(id))
  const consumption = new Consumption(world, load)
  const meters = new TransformerMeters(
    world,
    consumption,
    load,
    device(id),
    index.customersAt(device(id)),
    check
  )
  return minute =>
    Object.fromEntries(meters.at(BASE + Math.round(minute * MINUTE)).map(shown => [shown.meter, shown]))
}

test('registers: what was counted, in whole steps, as the meter shows it', () => {
  const quiet = showing({})
  const dead = showing({ failures: [fails('T1', 40, 90)] })
  const rows: [what: string, of: Showing, minute: number, meter: string, steps: number][] = [
    // 12.345 and 240 hours of 1 kW before the beginning.
    ['at the beginning', quiet, 0, 'Mb1a', 25_234],
    ['an hour later', quiet, 60, 'Mb1a', 25_334],
    ['a minute later', quiet, 1, 'Mb1a', 25_236],
    // A tenth of 240 and 12.345; the meter's own steps.
    ['through a current transformer', quiet, 0, 'Mb2t', 3634],
    ['an hour later', quiet, 60, 'Mb2t', 3644],
    ['three phases', quiet, 60, 'Mb1t', 25_334],
    ['before an outage', dead, 40, 'Mb1a', 25_301],
    ['in it', dead, 75, 'Mb1a', 25_301],
    ['after it', dead, 150, 'Mb1a', 25_401],
    ['who feeds back takes nothing', quiet, 60, 'Mb2b', 1234]
  ]
  for (const [what, of, minute, meter, steps] of rows)
    assert.equal(of(minute)[meter]!.importSteps, steps, `${what}: ${meter}`)
  assert.equal(quiet(60).Mb2b!.exportSteps, 24_100)
  assert.equal(dead(75).Mb2b!.exportSteps, 24_066)
  assert.ok(Number.isNaN(quiet(60).Mb1a!.exportSteps))
})

test('a register shows what is full: sums that fall short of it by a hair do not lose a step', () => {
  const exact = flatLoad(grid, () => 0.01)
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE })
  const meters = new TransformerMeters(
    world,
    new Consumption(world, exact),
    exact,
    device('T1'),
    index.customersAt(device('T1')),
    undefined
  )
  // 2.4 kWh at the beginning, a step an hour.
  for (let hour = 0; hour < 100; hour++)
    assert.equal(meters.at(BASE + hour * 60 * MINUTE)[0]!.importSteps, 240 + hour, `hour ${hour}`)
})

test('the check meter: all that was taken and 3 % on the way; what some feed back by itself', () => {
  const at = (happens: Partial<Happenings>, minute: number): Shown => showing(happens)(minute).CT1!
  // T1 is the device 4, whose register began at 4 x 7919 modulo 3000. Seven customers of 1 kW.
  const begun = 1676
  const brings = 1 + lossShare(device('T1'))
  assert.ok(brings > 1.02 && brings < 1.04)
  const rows: [what: string, happens: Partial<Happenings>, minute: number, kwh: number][] = [
    ['at the beginning', {}, 0, 7 * 240],
    ['two hours later', {}, 120, 7 * 242],
    ['dead', { failures: [fails('T1', 40, 90)] }, 90, 7 * (240 + 40 / 60)],
    ['a box', { failures: [fails('B1', 60, 120)] }, 120, 7 * 241 + 3],
    // B1 only has customers who take: its phases a and c at a quarter, b whole, three phases 0.4975.
    [
      'an open phase',
      { failures: [fails('S1', 0, 60, 'A')] },
      60,
      7 * 240 + 2 * 0.25 + 1 + 0.4975 + 0.25 * 2 + 0.4975
    ],
    ['an open relay', { troubles: [troubles('relay', 'b1a', 0, 60)] }, 60, 7 * 240 + 6],
    ['a service line', { services: [cuts('b1a', 0, 60)] }, 60, 7 * 240 + 6],
    // What a meter does not count is taken all the same.
    ['the fuse of a meter', { troubles: [troubles('meter-fuse', 'b1t', 0, 60, 'ABC')] }, 60, 7 * 241],
    ['a meter taken away', { troubles: [troubles('removed', 'b1a', 0, 60)] }, 60, 7 * 241]
  ]
  for (const [what, happens, minute, kwh] of rows) {
    const shown = at(happens, minute)
    assert.equal(shown.importSteps, Math.floor((begun + (kwh * brings) / 80) * 100 + 1e-6), what)
  }
  assert.equal(at({}, 120).exportSteps, Math.floor((242 * brings * 100) / 80 + 1e-6))
  assert.ok(Math.abs(at({}, 60).kw - ((7 - 1) * brings) / 80) < 1e-9)
  const dead = at({ failures: [fails('T1', 40, 90)] }, 75)
  assert.deepEqual([dead.kw, dead.volts, dead.amperes], [0, [0, 0, 0], [0, 0, 0]])
  assert.ok(Number.isNaN(showing({}, 'T2')(60).CT2!.exportSteps))
})

test('power, voltage and current agree, whatever happens', () => {
  const everything: [what: string, happens: Partial<Happenings>][] = [
    ['nothing', {}],
    ['an open phase', { failures: [fails('FU', 40, 100, 'A')] }],
    ['another', { failures: [fails('S1', 40, 100, 'C')] }],
    ['a phase of the transformers', { failures: [fails('T1', 40, 100, 'B'), fails('T2', 40, 100, 'A')] }],
    ['a box, and a phase of one', { failures: [fails('B1', 40, 100), fails('B4', 40, 100, 'C')] }],
    ['a broken neutral', { neutrals: [breaks('B1', 40, 100), breaks('T3', 40, 100)] }],
    ['a truck', { failures: [fails('T1', 40, 100)], sources: [feeds('truck', 'T1', 50, 100)] }],
    ['an open relay', { troubles: [troubles('relay', 'b1a', 40, 100)] }],
    ['all of it dead', { failures: [fails('FA', 40, 100)] }]
  ]
  for (const [what, happens] of everything)
    for (const transformer of ['T1', 'T2', 'T3'])
      for (const [meter, shown] of Object.entries(showing(happens, transformer)(70))) {
        const { volts, amperes, powerFactor, kw, kvar } = shown
        assert.equal(volts.length, amperes.length)
        // Currents have no sign: who feeds back has a negative power.
        const apparent = volts.reduce((sum, v, phase) => sum + (v * amperes[phase]!) / 1000, 0)
        // A phase on which more is fed back than taken counts against the others at the check meter.
        if (meter !== 'CT1')
          assert.ok(
            Math.abs(Math.abs(kw) - apparent * powerFactor) < 1e-6,
            `${what}, ${meter}: ${kw} kW is not ${volts} V x ${amperes} A x ${powerFactor}`
          )
        assert.ok(Math.abs(Math.hypot(kw, kvar) * powerFactor - Math.abs(kw)) < 1e-6)
      }
})

test('a meter behind an open phase, by hand', () => {
  const { Mb4t: three, Mb4a: half } = showing({ failures: [fails('FU', 40, 100, 'A')] }, 'T3')(70)
  // A quarter of 36 %, 33 %, a quarter of 31 %.
  assert.ok(Math.abs(three!.kw - 0.4975) < 1e-9)
  assert.ok(Math.abs(half!.kw - 0.25) < 1e-9)
  // Half the voltage and half the current: 250 W at 116 V and 0.95 are 2.27 A.
  assert.ok(Math.abs(half!.volts[0]! - 116) < 2)
  assert.ok(Math.abs(half!.amperes[0]! - 2.27) < 0.05)
  assert.ok(Math.abs(three!.amperes[1]! - 330 / (three!.volts[1]! * 0.95)) < 1e-9)
})

test('the fuse of a meter: no voltage on its phase, the current goes on, and the power of the others', () => {
  const fuse = {
    troubles: [troubles('meter-fuse', 'b1t', 40, 100, 'A'), troubles('meter-fuse', 'b1b', 40, 100, 'ABC')]
  }
  const [before, after] = [showing({})(70).Mb1t!, showing(fuse)(70).Mb1t!]
  assert.deepEqual(after.volts, [0, before.volts[1], before.volts[2]])
  assert.deepEqual(after.amperes, before.amperes)
  assert.ok(Math.abs(after.kw - 0.64) < 1e-9)
  const single = showing(fuse)(70).Mb1b!
  assert.deepEqual([single.volts, single.kw], [[0], 0])
  assert.ok(single.amperes[0]! > 4)
  assert.equal(single.importSteps, showing(fuse)(40).Mb1b!.importSteps)
})

test('an open relay: voltage, no current, and a register that stands', () => {
  const relay = showing({ troubles: [troubles('relay', 'b1a', 40, 100)] })
  const shown = relay(70).Mb1a!
  assert.ok(shown.volts[0]! > 220)
  assert.deepEqual([shown.kw, shown.amperes], [0, [0]])
  assert.equal(relay(40).Mb1a!.importSteps, relay(99).Mb1a!.importSteps)
  assert.ok(relay(101).Mb1a!.kw > 0.9)
})

test('an exchanged meter: another id, and registers that begin at nothing', () => {
  const happens = { troubles: [troubles('exchanged', 'b1a', 60), troubles('exchanged', 'b2b', 60)] }
  const shown = showing(happens)
  assert.equal(shown(59).Mb1a!.importSteps, 25_332)
  assert.equal(shown(60).Nb1a!.importSteps, 0)
  assert.equal(shown(120).Nb1a!.importSteps, 100)
  assert.equal(shown(120).Mb1a, undefined)
  assert.deepEqual([shown(59).Mb2b!.exportSteps, shown(120).Nb2b!.exportSteps], [24_098, 100])
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, ...happens })
  const id = (minute: number): string => meterAt(world, customer('b1a'), BASE + minute * MINUTE)
  assert.deepEqual([id(0), id(59.9), id(60), id(170)], ['Mb1a', 'Mb1a', 'Nb1a', 'Nb1a'])
  assert.equal(meterAt(world, customer('b1b'), BASE + 100 * MINUTE), 'Mb1b')
})
