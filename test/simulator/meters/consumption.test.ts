import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGridLoad, takenKwh } from '../../../src/simulator/load/grid-load.ts'
import { Consumption, PHASE_SHARES, powerAt } from '../../../src/simulator/meters/consumption.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { BASE, drawnNetwork, flatLoad, HOURS_BEFORE, MINUTE, sayings, worldOf } from '../hand-grid.ts'

/** Everybody takes 1 kW all the time; b6b feeds 1 kW back. */
const grid = drawnNetwork()
const { fails, feeds, cuts, opens, troubles, breaks, customer } = sayings(grid, BASE)
const flat = flatLoad(grid, id => (id === 'b6b' ? -1 : 1))

const consumptionOf = (happenings: Partial<Happenings>, load = flat): Consumption =>
  new Consumption(worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, ...happenings }), load)

/** kWh since the beginning of the run, to a millionth. */
const since = (kwh: number): number => Math.round((kwh - HOURS_BEFORE) * 1e6) / 1e6

test('power at a voltage: none, that of a resistance, all of it', () => {
  const rows: [volts: number, power: number][] = [
    [0, 0],
    [0.09, 0],
    [0.1, 0.01],
    [0.5, 0.25],
    [0.79, 0.6241],
    [0.8, 1],
    [1, 1],
    [1.1, 1]
  ]
  for (const [volts, power] of rows) assert.ok(Math.abs(powerAt(volts) - power) < 1e-9, `${volts}`)
  assert.equal(PHASE_SHARES[0] + PHASE_SHARES[1] + PHASE_SHARES[2], 1)
})

interface Case {
  readonly what: string
  readonly happens: Partial<Happenings>
  /** By customer: kWh that its register has counted, and that it has taken, after so many minutes. */
  readonly energies: readonly (readonly [id: string, minute: number, counted: number, taken: number])[]
}

const CASES: Case[] = [
  { what: 'nothing happens', happens: {}, energies: [['b1a', 180, 3, 3]] },
  {
    what: 'an outage of fifty minutes costs what would have been taken in them, no more and no less',
    happens: { failures: [fails('T1', 40, 90)] },
    energies: [
      ['b1a', 40, 40 / 60, 40 / 60],
      ['b1a', 65, 40 / 60, 40 / 60],
      ['b1a', 90, 40 / 60, 40 / 60],
      ['b1a', 180, 130 / 60, 130 / 60],
      ['b1t', 180, 130 / 60, 130 / 60],
      ['b3a', 180, 3, 3],
      // Asked of a time before the run it is as ever.
      ['b1a', -60, -1, -1]
    ]
  },
  {
    what: 'two seconds',
    happens: { switchings: [opens('FA', 40, 40 + 2 / 60)] },
    energies: [['b1a', 180, 3 - 2 / 3600, 3 - 2 / 3600]]
  },
  {
    what: 'an outage that lasts, and one after another',
    happens: { failures: [fails('T1', 30, 60), fails('B1', 50, 80), fails('T1', 120)] },
    energies: [
      ['b1a', 180, 70 / 60, 70 / 60],
      ['b2a', 180, 90 / 60, 90 / 60]
    ]
  },
  {
    what: 'half voltage below Dyn: a quarter of the power, and of three phases each its own',
    happens: { failures: [fails('FU', 0, 60, 'A')] },
    energies: [
      ['b4a', 60, 0.25, 0.25],
      ['b4b', 60, 1, 1],
      ['b4c', 60, 0.25, 0.25],
      ['b4t', 60, 0.36 / 4 + 0.33 + 0.31 / 4, 0.36 / 4 + 0.33 + 0.31 / 4],
      ['b4a', 180, 2.25, 2.25]
    ]
  },
  {
    what: 'below Yyn: nothing, and the others all of it at 0.87',
    happens: { failures: [fails('FU', 0, 60, 'A')] },
    energies: [
      ['b3a', 60, 0, 0],
      ['b3b', 60, 1, 1],
      ['b3t', 60, 0.64, 0.64]
    ]
  },
  {
    what: 'an open relay and an open breaker',
    happens: { troubles: [troubles('relay', 'b1a', 30, 90), troubles('breaker', 'b1b', 60)] },
    energies: [
      ['b1a', 180, 2, 2],
      ['b1b', 180, 1, 1],
      ['b1c', 180, 3, 3]
    ]
  },
  {
    what: 'a relay that opens before an outage and closes in it: one gap',
    happens: { failures: [fails('T1', 50, 70)], troubles: [troubles('relay', 'b1a', 30, 60)] },
    energies: [['b1a', 180, 140 / 60, 140 / 60]]
  },
  {
    what: 'the fuse of a meter: it counts less and takes as much',
    happens: {
      troubles: [
        troubles('meter-fuse', 'b1t', 0, 60, 'A'),
        troubles('meter-fuse', 'b2t', 0, 60, 'ABC'),
        troubles('meter-fuse', 'b4t', 0, 60, 'BC'),
        // A meter of one phase has one.
        troubles('meter-fuse', 'b1b', 0, 60, 'A')
      ]
    },
    energies: [
      ['b1t', 60, 0.64, 1],
      ['b2t', 60, 0, 1],
      ['b4t', 60, 0.36, 1],
      ['b1b', 60, 0, 1],
      ['b1t', 180, 2.64, 3]
    ]
  },
  {
    what: 'a fuse and an open phase: each phase by itself',
    happens: {
      failures: [fails('FU', 0, 60, 'A')],
      troubles: [troubles('meter-fuse', 'b4t', 0, 60, 'A'), troubles('meter-fuse', 'b3t', 0, 60, 'B')]
    },
    energies: [
      ['b4t', 60, 0.33 + 0.31 / 4, 0.36 / 4 + 0.33 + 0.31 / 4],
      ['b3t', 60, 0.31, 0.64]
    ]
  },
  {
    what: 'a service line, and a transformer of one phase',
    happens: { services: [cuts('b1a', 60, 120)], failures: [fails('S3', 0, 30, 'B')] },
    energies: [
      ['b1a', 180, 2, 2],
      ['b7b', 60, 0.5, 0.5],
      // Dyn with B open: 0.5, 0.5, 1.
      ['b6a', 60, 0.5 + 0.125, 0.5 + 0.125],
      ['b6c', 60, 1, 1]
    ]
  },
  {
    what: 'what a truck brings is counted, and not taken of the network',
    happens: {
      failures: [fails('T1', 0, 60)],
      sources: [feeds('truck', 'T1', 30, 60)],
      neutrals: [breaks('B6', 0, 60)]
    },
    energies: [
      ['b1a', 60, 0.5, 0],
      ['b1a', 180, 2.5, 2],
      ['b6a', 60, 1, 1]
    ]
  },
  {
    what: 'meters that are taken away or exchanged, and clocks that stop, change nothing of what is taken',
    happens: {
      troubles: [
        troubles('removed', 'b1a', 30),
        troubles('exchanged', 'b1b', 30),
        troubles('clock', 'b1c', 30, 60)
      ]
    },
    energies: [
      ['b1a', 180, 3, 3],
      ['b1b', 180, 3, 3],
      ['b1c', 180, 3, 3]
    ]
  }
]

for (const { what, happens, energies } of CASES)
  test(what, () => {
    const consumption = consumptionOf(happens)
    for (const [id, minute, counted, taken] of energies) {
      const at = BASE + Math.round(minute * MINUTE)
      const rounded = (kwh: number): number => Math.round(kwh * 1e6) / 1e6
      assert.equal(since(consumption.countedKwh(customer(id), at)), rounded(counted), `${id} at ${minute}`)
      assert.equal(since(consumption.takenKwh(customer(id), at)), rounded(taken), `${id} at ${minute}`)
    }
  })

test('who feeds back does so while he has supply', () => {
  const consumption = consumptionOf({
    failures: [fails('T5', 40, 90)],
    troubles: [troubles('meter-fuse', 'b6b', 120, 150, 'B')]
  })
  const at = (minute: number): number => BASE + minute * MINUTE
  assert.equal(since(consumption.countedBackKwh(customer('b6b'), at(60))), Math.round((40 / 60) * 1e6) / 1e6)
  // 130 minutes with supply, 30 of them uncounted.
  assert.equal(
    since(consumption.countedBackKwh(customer('b6b'), at(180))),
    Math.round((100 / 60) * 1e6) / 1e6
  )
  assert.equal(since(consumption.fedBackKwh(customer('b6b'), at(180))), Math.round((130 / 60) * 1e6) / 1e6)
  assert.equal(consumption.takenKwh(customer('b6b'), at(180)), 0)
  assert.equal(consumption.countedKwh(customer('b6b'), at(180)), 0)
})

test('shares of the phases: of one phase it is its own, of three 36 : 33 : 31', () => {
  const consumption = consumptionOf({ failures: [fails('FU', 40, 60, 'A')] })
  const rows: [id: string, minute: number, shares: readonly number[]][] = [
    ['b1a', 50, [1, 0, 0]],
    ['b1c', 50, [0, 0, 1]],
    ['b1t', 50, PHASE_SHARES],
    ['b4t', 30, PHASE_SHARES],
    ['b4t', 50, [0.09, 0.33, 0.0775]],
    ['b3t', 50, [0, 0.33, 0.31]],
    ['b7b', 50, [0, 1, 0]]
  ]
  for (const [id, minute, shares] of rows) {
    const found = consumption.sharesAt(customer(id), BASE + minute * MINUTE)
    for (const [phase, share] of found.entries())
      assert.ok(Math.abs(share - shares[phase]!) < 1e-9, `${id} at ${minute}: ${found}`)
  }
})

test('drawn loads too: what an outage costs is what would have been taken, and registers never fall', () => {
  const load = makeGridLoad(grid, 'consumption')
  const consumption = consumptionOf(
    { failures: [fails('T1', 41, 93), fails('FU', 20, 130, 'C')], services: [cuts('b1a', 100, 101)] },
    load
  )
  const taken = (id: string, minute: number): number => takenKwh(load, customer(id), BASE + minute * MINUTE)
  for (const id of ['b1a', 'b1b', 'b1c', 'b1t']) {
    const cut = id === 'b1a' ? taken(id, 101) - taken(id, 100) : 0
    const lost = taken(id, 93) - taken(id, 41) + cut
    const left = taken(id, 180) - consumption.countedKwh(customer(id), BASE + 180 * MINUTE)
    assert.ok(Math.abs(left - lost) < 1e-9, `${id} lost ${left}, not ${lost}`)
  }
  for (let each = 0; each < grid.customers.count; each++)
    for (let minute = -5, before = 0; minute < 200; minute++) {
      const now = consumption.countedKwh(each, BASE + minute * MINUTE)
      assert.ok(now >= before - 1e-9, `${grid.customers.point[each]} falls at ${minute}`)
      before = now
    }
})
