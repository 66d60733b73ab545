import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phaseBits } from '../../../src/simulator/grid/grid.ts'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import { feedsBack, makeGridLoad } from '../../../src/simulator/load/grid-load.ts'
import { CITY_EPOCH_MS } from '../../../src/simulator/load/load-patterns.ts'
import { Consumption } from '../../../src/simulator/meters/consumption.ts'
import { lossShare, type Shown, TransformerMeters } from '../../../src/simulator/meters/shown.ts'
import { cityGrid } from '../../support/city-grid.ts'
import { MINUTE, worldOf } from '../hand-grid.ts'

const DAY_MS = 86_400_000
const START = CITY_EPOCH_MS + 300 * DAY_MS

/** Each transformer of a city by its meters, over a day on which something happens to most of them. */
const grid = cityGrid({ seed: 'balance', meters: 600 })
const index = new GridIndex(grid)
const load = makeGridLoad(grid, 'balance')
const transformers = [...new Set(grid.devices.transformer)].filter(device => device >= 0)
const span = (from: number, to: number) => ({ start: START + from * MINUTE, end: START + to * MINUTE })
const failure = (device: number, from: number, to: number, phases = 'ABC') => ({
  ...span(from, to),
  device,
  phases: phaseBits(phases),
  cause: '',
  plan: ''
})
const [one = -1, two = -1, three = -1, four = -1] = transformers
const firstOf = (device: number): number => index.customersAt(device)[0]!
const trouble = (kind: 'relay' | 'breaker', customer: number) => ({
  ...span(400, 900),
  customer,
  kind,
  phases: 0
})
const world = worldOf(grid, {
  start: START,
  end: START + DAY_MS,
  failures: [
    failure(one, 600, 690),
    failure(grid.devices.parent[two]!, 1080, 1200, 'A'),
    failure(three, 300, 420, 'B'),
    failure(index.children[four]![0]!, 700, 760)
  ],
  services: [{ ...span(200, 500), customer: firstOf(two), cause: '' }],
  troubles: [trouble('relay', firstOf(three)), trouble('breaker', firstOf(four))],
  neutrals: [{ ...span(100, 300), device: index.children[one]![0]! }]
})
const consumption = new Consumption(world, load)
const metersOf = (device: number): TransformerMeters => {
  const check = grid.checkMeters.find(each => each.device === device)
  return new TransformerMeters(world, consumption, load, device, index.customersAt(device), check)
}

test('what a transformer brought is what its customers took less what they fed back, and its own loss: within 0.1 % and the steps', () => {
  assert.ok(transformers.length >= 4)
  for (const device of transformers) {
    const meters = metersOf(device)
    const [first, last] = [meters.at(START), meters.at(START + DAY_MS)]
    const check = grid.checkMeters.find(each => each.device === device)!
    const ctOf = ({ customer }: Shown): number => (customer < 0 ? check.ct : grid.customers.ct[customer]!)
    const kwh = (each: Shown, place: number, of: 'importSteps' | 'exportSteps'): number =>
      Number.isNaN(each[of]) ? 0 : ((each[of] - first[place]![of]) / 100) * ctOf(each)
    const net = (each: Shown, place: number): number =>
      kwh(each, place, 'importSteps') - kwh(each, place, 'exportSteps')
    const place = last.findIndex(({ customer }) => customer < 0)
    const brought = net(last[place]!, place)
    const taken = last.reduce((sum, each, i) => (i === place ? sum : sum + net(each, i)), 0)
    // Each of two readings is floored to 0.01 kWh times the multiplier.
    const steps = last.reduce(
      (sum, each) => sum + 0.01 * ctOf(each) * (Number.isNaN(each.exportSteps) ? 1 : 2),
      0
    )
    const off = Math.abs(brought - taken * (1 + lossShare(device)))
    assert.ok(taken > 30, `${grid.devices.id[device]} took ${taken}`)
    assert.ok(
      off <= 0.001 * taken + steps,
      `${grid.devices.id[device]} brought ${brought}, and ${taken} and its loss were taken`
    )
  }
})

test('to a thousandth of a percent before registers are floored', () => {
  for (const device of transformers) {
    const customers = index.customersAt(device)
    const sum = (of: (customer: number, time: number) => number): number =>
      customers.reduce((all, each) => all + of(each, START + DAY_MS) - of(each, START), 0)
    const counted = sum(
      (each, time) => consumption.countedKwh(each, time) - consumption.countedBackKwh(each, time)
    )
    const real = sum((each, time) => consumption.takenKwh(each, time) - consumption.fedBackKwh(each, time))
    assert.ok(Math.abs(counted / real - 1) < 1e-5, `${counted} counted, ${real} taken`)
  }
})

test('what a truck brings goes past the check meter, which shows its voltage', () => {
  const held = worldOf(grid, {
    ...{ start: START, end: START + DAY_MS, failures: [failure(one, 600, 690)] },
    sources: [{ ...span(630, 680), device: one, source: 'truck' }]
  })
  const check = grid.checkMeters.find(each => each.device === one)
  const fed = new TransformerMeters(
    held,
    new Consumption(held, load),
    load,
    one,
    index.customersAt(one),
    check
  )
  const at = (minute: number): Shown => fed.at(START + minute * MINUTE).find(({ customer }) => customer < 0)!
  assert.equal(at(631).importSteps, at(679).importSteps)
  assert.deepEqual([at(650).kw, at(650).amperes.every(flow => flow === 0)], [0, true])
  assert.ok(Math.min(...at(650).volts) > 200)
  assert.ok(at(720).importSteps > at(679).importSteps)
})

test('no register ever falls, whatever happens, and in quarters of an hour with more sun than load', () => {
  const sunny = transformers.filter(device => index.customersAt(device).some(each => feedsBack(load, each)))
  assert.ok(sunny.length > 0)
  for (const device of transformers) {
    const meters = metersOf(device)
    let before = new Map<string, Shown>()
    for (let quarter = 0; quarter <= 96; quarter++) {
      const now = new Map(meters.at(START + quarter * 15 * MINUTE).map(each => [each.meter, each]))
      for (const [meter, { importSteps, exportSteps }] of now) {
        const last = before.get(meter)
        if (last === undefined) continue
        assert.ok(importSteps >= last.importSteps, `${meter} falls in quarter ${quarter}`)
        assert.ok(Number.isNaN(exportSteps) || exportSteps >= last.exportSteps, `${meter} falls`)
      }
      before = now
    }
  }
})

test('panels that bring more than their transformer needs do not turn its check meter back', () => {
  const sunnyGrid = cityGrid({ seed: 'c', meters: 2000 })
  const sunnyIndex = new GridIndex(sunnyGrid)
  const sunnyLoad = makeGridLoad(sunnyGrid, 'c')
  const quiet = worldOf(sunnyGrid, { start: START, end: START + 14 * DAY_MS })
  const own = new Consumption(quiet, sunnyLoad)
  const shareOf = (device: number): number => {
    const customers = sunnyIndex.customersAt(device)
    return customers.filter(each => feedsBack(sunnyLoad, each)).length / customers.length
  }
  const sunny = sunnyGrid.checkMeters.toSorted((a, b) => shareOf(b.device) - shareOf(a.device)).slice(0, 3)
  let turned = 0
  for (const check of sunny) {
    const customers = sunnyIndex.customersAt(check.device)
    const meters = new TransformerMeters(quiet, own, sunnyLoad, check.device, customers, { ...check, ct: 1 })
    let before: Shown | undefined
    for (let quarter = 0; quarter < 14 * 96; quarter++) {
      const now = meters.at(START + quarter * 15 * MINUTE).at(-1)!
      if (now.kw < 0) turned++
      if (before !== undefined) {
        assert.ok(now.importSteps >= before.importSteps, `falls in quarter ${quarter}`)
        assert.ok(now.exportSteps >= before.exportSteps)
      }
      before = now
    }
  }
  assert.ok(turned > 0, 'it would be no test if power never flowed back')
})
