import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testEnvironment } from '../../../src/config.ts'
import { cityGrid } from '../../support/city-grid.ts'
import { fedBackKwh, feedsBack, makeGridLoad, takenKwh } from '../../../src/simulator/load/grid-load.ts'
import { CITY_EPOCH_MS } from '../../../src/simulator/load/load-patterns.ts'
import { recordedHomes } from '../../../src/simulator/load/recorded-patterns.ts'
import { replaySource } from '../../../src/simulator/replay-source.ts'
import { meanOf, statisticsOf } from '../../support/load-statistics.ts'

const QUARTER_MS = 900_000
const DAY_MS = 86_400_000
/** A Monday in the second year. */
const MONDAY = CITY_EPOCH_MS + 60 * 7 * DAY_MS
const load = makeGridLoad(cityGrid({ seed: 'load', meters: 3000 }), 'load')
const numbers = [...load.set.keys()]

const quarters = (
  of: typeof takenKwh,
  from: ReturnType<typeof makeGridLoad>,
  number: number,
  days: number
): number[] => {
  const at = (slot: number): number => of(from, number, MONDAY + slot * QUARTER_MS)
  return Array.from({ length: days * 96 }, (_, slot) => at(slot + 1) - at(slot))
}

test('registers are a function of time: they rise, begin at nothing, and come round after six weeks with the same weeks', () => {
  for (const number of numbers.filter(each => each % 97 === 0)) {
    assert.equal(takenKwh(load, number, CITY_EPOCH_MS), 0)
    assert.equal(takenKwh(load, number, CITY_EPOCH_MS - DAY_MS), 0)
    const energies = quarters(takenKwh, load, number, 7)
    assert.ok(energies.every(energy => energy >= -1e-9))
    const week = (at: number): number => takenKwh(load, number, at + 7 * DAY_MS) - takenKwh(load, number, at)
    assert.ok(Math.abs(week(MONDAY) - week(MONDAY + 42 * DAY_MS)) < 1e-6)
    const sixWeeks = takenKwh(load, number, MONDAY + 42 * DAY_MS) - takenKwh(load, number, MONDAY)
    const { scale, set } = load
    // Panels cover a part of what a home with them takes.
    if (!feedsBack(load, number))
      assert.ok(Math.abs(sixWeeks / 42 / scale[number]! - 1) < 1e-9, `${set[number]}`)
    else assert.ok(sixWeeks / 42 < scale[number]!)
  }
})

test('a moment between two slots lies between them', () => {
  const at = MONDAY + 19 * 3_600_000
  const [before, between, after] = [at, at + 61_000, at + 300_000].map(time => takenKwh(load, 5, time))
  assert.ok(before! < between! && between! < after!)
})

test('homes, shops, factories and hospitals are busy when they are, and panels feed back at noon only', () => {
  const shareOf = (number: number, hours: readonly [number, number], of = takenKwh): number => {
    const energies = quarters(of, load, number, 7)
    const inside = energies.filter((_, slot) => {
      const hour = (slot % 96) / 4
      return hour >= hours[0] && hour < hours[1]
    })
    return inside.reduce((sum, each) => sum + each, 0) / energies.reduce((sum, each) => sum + each, 0)
  }
  const mean = (set: number, hours: readonly [number, number]): number =>
    meanOf(
      numbers
        .filter(number => load.set[number] === set && load.scale[number]! > 0)
        .slice(0, 60)
        .map(number => shareOf(number, hours))
    )
  assert.ok(mean(0, [17, 23]) > 0.4, 'homes in the evening')
  assert.ok(mean(1, [9, 21]) > 0.7, 'shops by day')
  assert.ok(mean(2, [7, 18]) > 0.45, 'factories in their shifts')
  assert.ok(mean(3, [0, 6]) > 0.15, 'hospitals by night')
  const solar = numbers.filter(number => feedsBack(load, number))
  assert.ok(solar.length > 0.02 * numbers.length && solar.length < 0.05 * numbers.length)
  for (const number of solar) {
    assert.ok(shareOf(number, [6, 18], fedBackKwh) > 0.999)
    assert.ok(quarters(fedBackKwh, load, number, 1).every(energy => energy >= -1e-9))
  }
  assert.equal(fedBackKwh(load, numbers.find(number => !feedsBack(load, number))!, MONDAY), 0)
})

test('some homes are empty', () => {
  const homes = numbers.filter(number => load.set[number] === 0)
  const empty = homes.filter(number => load.scale[number]! < 0.5)
  assert.ok(Math.abs(empty.length / homes.length - 0.04) < 0.02)
})

const { shared } = testEnvironment()
const SWISS = join(shared, 'data', 'households', 'swiss_15min_open.csv.gz')
test('homes that follow recorded ones have their statistics within 15 %', {
  skip: existsSync(SWISS) ? false : `the shared data set is not at ${shared}; set GRIDVIGIL_SHARED`
}, async () => {
  const recorded = [] as number[][]
  for await (const { registers } of replaySource('swiss', SWISS)) {
    const { units, unitsPerKwh } = registers[0]!
    recorded.push([...units].map(each => each / unitsPerKwh))
  }
  const homes = await recordedHomes(replaySource('swiss', SWISS))
  const made = makeGridLoad(cityGrid({ seed: 'swiss', meters: 12_000, homeLoad: 6 }), 'swiss', homes)
  const followers = [...made.set.keys()].filter(number => made.set[number] === 0)
  const generated = followers
    .filter((_, i) => i % 4 === 0)
    .map(number => quarters(takenKwh, made, number, 49))
  const [wanted, got] = [statisticsOf(recorded), statisticsOf(generated)]
  for (const [name, value] of Object.entries(wanted)) {
    const made = got[name as keyof typeof got]
    assert.ok(Math.abs(made / value - 1) < 0.15, `${name}: ${made} is not ${value}`)
  }
})
